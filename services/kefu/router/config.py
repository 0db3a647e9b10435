"""Configuration of the router: environment variables, and timing that no variable sets."""

from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from kefu.common.config import Fixed, StoredConfig
from kefu.common.outbound.guarded_http import networks

_MIN_SECRET_CHARACTERS = 32
_SECONDS_A_DAY = 86_400
WEBHOOK_DELIVERIES_SECONDS = 7 * _SECONDS_A_DAY
"""So long webhook deliveries are kept."""


class RouterConfig(StoredConfig, env_prefix="KEFU_ROUTER_"):
    """Configuration of the router, from environment variables. Tenants override some of it."""

    listen: str = "0.0.0.0:50051"
    """Address to serve at."""

    retrieval: str = "127.0.0.1:50052"
    """Addresses of the retrieval replicas, in the forms of KEFU_ROUTER_GENERATION, such as
    dns:///kefu-retrieval:50052."""

    generation: str = "127.0.0.1:50053"
    """Addresses of the generation replicas, comma between. dns:///name:port stands for every address the name has,
    looked up again every few seconds; k8s:///service.namespace:port for the service's ready pods, as its
    EndpointSlices tell (the router's service account has to be allowed to list and watch them; until they were read
    once it is not ready, and its log says what to check)."""

    search_seconds: float = Field(default=1.5, gt=0)
    """A search that takes longer is given up: the question is refused with a time to come back, or handed off where
    retrieval answers nobody. An idle search takes well under 150 ms; the cap is ten times that, since on a machine
    without a GPU the model's prefill keeps the cores busy. Turns wait before they search where searches would take more
    than a fifth of this."""

    first_token_seconds: float = Field(default=20.0, gt=0)
    """Wait this long for the first token of a replica that writes for nobody, then try another one.

    One that is at work has a queue, and is waited for until the turn's deadline. Prefilling takes seconds on a CPU.
    """

    between_token_seconds: float = Field(default=10.0, gt=0)
    """A replica that falls silent in mid-answer, and writes for nobody else for this long, is given up."""

    attempts: Fixed[int] = 3
    """Replicas that may be tried in a row without a word from any, the first included."""

    retry_share: Fixed[float] = 0.2
    """Requests that failed before their first token are sent again at most for this share of all requests, so that
    replicas failing under load are not asked twice as much."""

    retry_reserve: Fixed[float] = 100.0
    """Requests that may be sent again at once beyond that share: all that a dying replica had not begun to answer."""

    hedge_share: float = Field(default=0.03, ge=0, le=0.5)
    """When a first token is later than 95 % of the last ones, a second replica is asked too and the first to write
    wins; at most for this share of all requests. 0: never."""

    session_days: float = Field(default=7.0, gt=0)
    """A session is erased this long after its last turn."""

    session_turns: Fixed[int] = 2_000
    """Messages and replies that a session may hold. Beyond it a message is refused (SESSION_CLOSED), and its customer
    opens another session. 0: no bound."""

    resume_grace_seconds: Fixed[float] = 10.0
    """A resumable answer goes on for this long after its last reader was lost."""

    slow_reader_seconds: Fixed[float] = 30.0
    """A client that takes nothing of its stream for this long is cut; it may resume."""

    lease_seconds: Fixed[float] = 8.0
    """Life of a session's lock, renewed every quarter of it while the turn runs. A router that dies frees its sessions
    after this: any other one may go on with their answers then."""

    without_redis: Literal["refuse", "answer"] = "refuse"
    """New messages while Redis does not answer: refused with UNAVAILABLE, or answered without what was said before,
    kept nowhere, as TurnStarted.ephemeral says. Turns in flight go on either way, and are stored when it is back.
    To answer, keys that were valid in the last ten minutes are taken without asking Redis while it is away, and a
    request_id that comes again then is answered again."""

    queue_seconds: Fixed[float] = 60.0
    """A message with ON_BUSY_QUEUE or ON_BUSY_SUPERSEDE waits at most this long for the running answer."""

    max_concurrent_turns: int = Field(default=4096, ge=1)
    """Turns that this router answers at once; more of them wait. Fewer run when the replicas' engines begin to queue:
    this bound is for the router's own memory and descriptors."""

    max_waiting_turns: int = Field(default=2048, ge=0)
    """Turns that may wait to be admitted. Beyond it the tenant that has most waiting, for its weight, is refused."""

    max_waiting_bytes: Fixed[int] = 8_388_608
    """Bytes of question that may wait to be admitted, in sum; beyond it as above."""

    admission_seconds: float = Field(default=10.0, ge=0)
    """Longest wait to be admitted. A turn that would wait longer, by the measured rate, is refused at once."""

    brown_out_pressure: Fixed[float] = 0.25
    """Expected wait, as a share of admission_seconds, at which brown-out begins: fewer passages. Shorter answers, no
    model, and handoff (where the tenant wants it) follow at equal steps up to 1. 0: never."""

    tenant_concurrent_turns: Fixed[int] = 0
    """Turns of a tenant, running and waiting, over all routers, unless its settings say otherwise. 0: no limit."""

    tenant_questions_per_minute: int = Field(default=0, ge=0)
    """Questions a minute of a tenant, over all routers, unless its settings say otherwise. 0: no limit."""

    tenant_question_burst: Fixed[int] = 0
    """Questions of a tenant that may come at once. 0: a tenth of its questions a minute, at least 10."""

    limits_without_redis: Literal["serve", "refuse"] = "serve"
    """What a turn gets when Redis cannot tell whether its tenant is within its limits: served, or UNAVAILABLE."""

    answer_profile: Literal["auto", "evidence", "choice", "full", "verified", "unchecked"] = "auto"
    """How answers are made: evidence gives the pages' own words, choice has the model choose among them, full has it
    write what code can prove, verified has it read each of its sentences a second time as well. auto goes by the
    model's marks in the exam, or by the catalog of models. unchecked shows its words as they come, and is for an
    engine that imitates them."""

    model_exam: bool = True
    """A model that the catalog does not know sits an exam in the background, behind customers, of which its answer
    profile follows; until it has, answers are those of the profile evidence. Off: they stay so. An answer_profile other
    than auto needs no exam."""

    prompt_tokens: int = Field(default=0, ge=0)
    """Most tokens of prompt, by estimate. 0: as the answer profile says. On two CPU cores a hundred tokens of prefill
    cost about 0.1 s."""

    warm_prompts: Fixed[bool] = True
    """Have every replica that starts read what all prompts of a language begin with, before the first customer asks."""

    history_tokens: int = Field(default=200, ge=0)
    """Most tokens of the prompt for the history."""

    max_answer_tokens: int = Field(default=256, ge=1, le=4096)
    """Most tokens of answer, unless the request or the tenant says otherwise."""

    max_answer_bytes: Fixed[int] = 262_144
    """An answer is cut here, whatever the model does."""

    reasoning_tokens: Fixed[int] = 512
    """Most tokens of reasoning when a request asks for reasoning without a number."""

    temperature: Fixed[float | None] = 0.0
    """Unless the request or the tenant says otherwise. 0 is greedy: the same question, the same answer."""

    min_relevance: Fixed[float] = 0.5
    """The relevance from which a passage may hold the answer. Without such a passage a question is handed off, unless
    evidence bears on it. Calibrated collections have a threshold of their own instead."""

    max_passages: int = Field(default=10, ge=1, le=20)
    """Most passages that a model reads, as far as the prompt's budget allows."""

    cache_answers: bool = True
    """Finished answers are cached, and given again to the same question while the knowledge is the same, on the same
    day. Questions with history, personal data or options of their own are not; see docs/concepts/answer-cache.md."""

    cache_min_cosine: Fixed[float] = 0.85
    """Two questions that are the same by their words must also have embeddings this near, by cosine. The words decide;
    this catches what they cannot show."""

    cache_seconds: Fixed[float] = 86_400.0
    """Life of a cached answer."""

    cache_entries: Fixed[int] = 2_000
    """Most cached answers of a tenant, about 5 KB each in Redis; the oldest go first."""

    redact_prompts: bool = False
    """Placeholders replace personal data in customers' messages before the model sees them: telephone numbers, mail
    addresses, identity cards, bank cards, addresses. Names are not recognised. A tenant may choose for itself."""

    time_zone: str = "UTC"
    """Decides what today is, unless the tenant says otherwise. An IANA name."""

    on_busy: Fixed[Literal["reject", "queue", "supersede"]] = "reject"
    """What happens to a message while its session answers, unless the request or the tenant says otherwise."""

    escalate_seconds: int = Field(default=300, ge=0)
    """A customer who waits for an agent for longer than this, within business hours, is escalated, unless the tenant
    says otherwise. An agent who does not write for three times as long loses the claim. 0: never."""

    desk_conversations: int = Field(default=2_000, ge=0)
    """Conversations that may be at a tenant's desk, waiting or claimed. While there are so many, a customer who needs a
    person is told that nobody can come now, instead of waiting. Emergencies always come to the desk. 0: no bound."""

    default_language: Literal["zh", "en"] = "en"
    """Language of an answer when neither the question nor the session tells."""

    numbers_days: float = Field(default=400.0, gt=0)
    """Numbers by the hour are kept for this long. They hold no text of customers and outlive sessions."""

    unanswered_days: float = Field(default=30.0, gt=0)
    """Unanswered questions are kept for this long, at most 5,000 of a tenant, without personal data."""

    golden_hour: int = Field(default=3, ge=-1, le=23)
    """When each tenant's golden questions are asked every night: the hour, by the tenant's clock. -1: never."""

    golden_parallel: Fixed[int] = 2
    """Golden questions that this router asks at once, of all tenants together. They wait behind customers anyway."""
    explanations: bool = True
    """Why each answer is what it is, is kept beside its turn: about 1 KB. Off: the desk cannot show it."""

    webhook_hours: Fixed[float] = 24.0
    """A failed delivery to a webhook is attempted again for this long, with growing pauses."""

    webhook_retry_seconds: float = Field(default=5.0, gt=0)
    """The first of these pauses; each is three times the one before, up to three hours."""

    webhook_private: bool = False
    """Webhooks may also be addresses of private networks and of this machine, and need no TLS. Any admin's key can
    then have this router call what only it can reach."""

    secrets_key: SecretStr | None = None
    """Encrypts tenants' secrets in Redis: at least 32 characters. Several, comma between: the first one encrypts, all
    decrypt, so that it can be changed. Unset: made of the internal key, with which they cannot be read once it was
    changed."""

    private_networks: str = ""
    """Networks or addresses, comma between, such as 10.0.5.0/24, where a tenant's own systems may be called though they
    are not public: the keys of its customers' tokens. Empty: public addresses only."""

    smtp_url: SecretStr | None = None
    """The mail server that sends customers their codes: smtp+starttls://user:password@mail.example.com:587, smtps:// or
    smtp://. Unset: no codes are sent."""

    smtp_from: str = ""
    """The address that codes come from, such as "Example Shop <no-reply@example.com>". Required with a mail server."""

    experiment_quiet_seconds: float = Field(default=1800.0, ge=0)
    """An experiment counts a conversation when nobody has written in it for so long."""
    attachments: str = ""
    """Where pictures and PDFs of customers are kept, encrypted: a folder's absolute path, which all routers share, or
    s3://BUCKET/PREFIX, for one installation alone: files that its Redis knows no session of are deleted. Empty: none
    are taken."""

    attachment_mib: int = Field(default=10, ge=1, le=64)
    """Longest file of a customer, in MiB."""

    attachments_per_session: Fixed[int] = 20
    """Files that a conversation may have."""

    archive: str = ""
    """Where conversations are kept for longer than their sessions live in Redis: a folder's absolute path, which all
    routers share, or s3://BUCKET/PREFIX. Another place than that of customers' files. Empty: nowhere."""

    s3_endpoint: str = ""
    """The address of a service that speaks S3 and is not Amazon's, such as https://minio.example.com:9000: for the
    buckets of customers' files and of the archive."""

    s3_region: str = ""
    """The buckets' region. Empty: us-east-1."""

    s3_access_key: str = ""
    """The access key of the buckets. Empty: as the machine's role gives one."""

    s3_secret_key: SecretStr | None = None
    """The secret of that access key."""

    archive_days: float = Field(default=365.0, ge=1)
    """A conversation leaves the archive this long after its last message, or up to a day later."""

    archive_quiet_seconds: Fixed[float] = 3600.0
    """A conversation is archived when nobody has written in it for this long; at once when an agent closed it. What is
    written in it later is archived likewise."""

    archive_encrypted: bool = True
    """Conversations in the archive are encrypted with KEFU_ROUTER_SECRETS_KEY, and read through Kefu alone. Off:
    programs of others can read the files as they are, and so can whoever gets hold of them."""

    settings_seconds: Fixed[float] = 2.0
    """Tenants' settings are cached for this long."""

    @field_validator("private_networks")
    @classmethod
    def _knows_networks(cls, value: str) -> str:
        networks(value)
        return value

    @model_validator(mode="after")
    def _check_consistent(self) -> Self:
        if self.smtp_url is not None and not self.smtp_from:
            raise ValueError("KEFU_ROUTER_SMTP_URL needs KEFU_ROUTER_SMTP_FROM as well")
        if self.attachments and not self.attachments.startswith(("/", "s3://")):
            raise ValueError("KEFU_ROUTER_ATTACHMENTS must be an absolute path, or s3://BUCKET/PREFIX")
        if self.archive and not self.archive.startswith(("/", "s3://")):
            raise ValueError("KEFU_ROUTER_ARCHIVE must be an absolute path, or s3://BUCKET/PREFIX")
        if self.archive and self.attachments and _overlap(self.archive, self.attachments):
            raise ValueError(
                "KEFU_ROUTER_ARCHIVE and KEFU_ROUTER_ATTACHMENTS must not lie within one another: files whose session "
                "has ended are deleted from the latter"
            )
        if any(len(each) < _MIN_SECRET_CHARACTERS for each in self.secrets_keys):
            raise ValueError(f"KEFU_ROUTER_SECRETS_KEY must have at least {_MIN_SECRET_CHARACTERS} characters")
        return self

    @property
    def session_life(self) -> float:
        """Seconds from a session's last turn to its end."""
        return self.session_days * _SECONDS_A_DAY

    @property
    def longest_life(self) -> float:
        """The longest time that anything is kept after its session, in seconds."""
        return max(self.session_life, self.unanswered_days * _SECONDS_A_DAY, WEBHOOK_DELIVERIES_SECONDS)

    @property
    def secrets_keys(self) -> tuple[str, ...]:
        """What encrypts tenants' secrets: the first one; all decrypt."""
        chosen = self.secrets_key.get_secret_value() if self.secrets_key else self.internal_key.get_secret_value()
        return tuple(name for each in chosen.split(",") if (name := each.strip()))


def _overlap(one: str, other: str) -> bool:
    """Whether two folders or prefixes are the same, or lie within one another."""
    first, second = (f"{each.rstrip('/')}/" for each in (one, other))
    return first.startswith(second) or second.startswith(first)


@dataclass(frozen=True)
class Timing:
    """Intervals that no environment variable sets; tests choose shorter ones. All are in seconds."""

    sweep_seconds: float = 15.0
    """Pause between two sweeps, which notice changes of watched sessions that the change feed lost."""

    store_wait_seconds: float = 2.0
    """The end of a turn waits at most this long for Redis; then its readers get it before it is stored."""

    key_check_seconds: float = 60.0
    """A stream without an end of its own stays open for at most this long after its key was revoked."""

    escalation_check_seconds: float = 2.0
    """Pause between two checks of the desks for long waits and unused claims."""

    golden_check_seconds: float = 3.0
    """Pause between two looks for drafts that wait for a check, and for a night that has begun."""

    exam_check_seconds: float = 3.0
    """Pause between two looks for a model that has to sit the exam."""

    desk_retention_seconds: float = 60.0
    """A session that has left the desk stays on the list of open ones for this long."""

    read_file_seconds: float = 40.0
    """A customer's file that is not read within this is not kept: the 30 s of
    RetrievalConfig.attachment_seconds, and 10 s until its turn comes."""

    file_sweep_seconds: float = 3600.0
    """Pause between two sweeps, which delete customers' files whose session is gone."""

    archive_pass_seconds: float = 600.0
    """Pause between two passes of the archive, each of which looks at every session in Redis."""

    presence_seconds: float = 15.0
    """Life of an agent's presence at a desk. A desk watch renews it every third of this."""
