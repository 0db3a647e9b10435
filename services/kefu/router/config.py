"""What the router needs to know before it serves."""

from typing import Literal

from pydantic import Field

from kefu.common.config import StoredConfig


class RouterConfig(StoredConfig, env_prefix="KEFU_ROUTER_"):
    """Where the services behind the router are, and how long it waits for them. Tenants override some of it."""

    listen: str = "0.0.0.0:50051"
    """Address to serve at."""

    retrieval: str = "127.0.0.1:50052"
    """Address of the retrieval service, such as dns:///kefu-retrieval:50052."""

    generation: str = "127.0.0.1:50053"
    """Addresses of the generation replicas, comma between. One that begins with dns:/// stands for every address its
    name has, looked up again every few seconds."""

    search_seconds: float = Field(default=1.5, gt=0)
    """A search that takes longer is given up, and the customer handed over. An idle search takes well under 150 ms;
    the cap is ten times that, since on a machine without a GPU the model's prefill keeps the cores busy."""

    first_token_seconds: float = Field(default=20.0, gt=0)
    """Wait this long for a replica's first token, then try another one. Prefilling takes seconds on a CPU."""

    between_token_seconds: float = Field(default=10.0, gt=0)
    """A replica that writes nothing for this long in mid-answer is given up."""

    attempts: int = Field(default=3, ge=1, le=10)
    """Replicas that one answer may try, the first included."""

    session_days: float = Field(default=7.0, gt=0)
    """A session is erased this long after its last turn."""

    resume_grace_seconds: float = Field(default=10.0, ge=0)
    """A resumable answer goes on for this long after its last reader was lost."""

    slow_reader_seconds: float = Field(default=30.0, gt=0)
    """A client that takes nothing of its stream for this long is cut; it may resume."""

    lease_seconds: float = Field(default=8.0, gt=0, le=10)
    """Life of a session's lock, renewed while the turn runs. A router that dies frees its sessions after this."""

    heartbeat_seconds: float = Field(default=0.4, gt=0, le=1)
    """How often a running turn renews its lease and looks for a StopTurn that another router took."""

    queue_seconds: float = Field(default=60.0, ge=0)
    """A message with ON_BUSY_QUEUE or ON_BUSY_SUPERSEDE waits at most this long for the running answer."""

    max_concurrent_turns: int = Field(default=256, ge=1)
    """Turns that this router answers at once; more of them wait."""

    max_waiting_turns: int = Field(default=256, ge=0)
    """Turns that may wait to be admitted; more are refused with OVERLOADED."""

    admission_seconds: float = Field(default=10.0, ge=0)
    """A turn that was not admitted after this is refused with OVERLOADED."""

    tenant_concurrent_turns: int = Field(default=0, ge=0)
    """Answers at once per tenant, over all routers, unless the tenant's settings say otherwise. 0: no limit."""

    prompt_tokens: int = Field(default=900, ge=200)
    """Most tokens of prompt, by estimate. On two CPU cores a hundred tokens of prefill cost about 0.1 s."""

    history_tokens: int = Field(default=200, ge=0)
    """Of these, at most so many for what was said before."""

    max_answer_tokens: int = Field(default=256, ge=1, le=4096)
    """Most tokens of answer, unless the request or the tenant says otherwise."""

    max_answer_bytes: int = Field(default=262_144, ge=1024)
    """An answer is cut here, whatever the model does."""

    reasoning_tokens: int = Field(default=512, ge=1, le=4096)
    """Most tokens of thinking when a request asks for thinking without a number."""

    temperature: float | None = Field(default=0.0, ge=0, le=2)
    """Unless the request or the tenant says otherwise. 0 is greedy: the same question, the same answer."""

    min_relevance: float = Field(default=0.5, ge=0, le=1)
    """A passage below this is not shown to the model; none at or above it: hand over."""

    max_passages: int = Field(default=3, ge=1, le=20)
    """Most passages shown to the model, as far as the prompt's budget allows."""

    time_zone: str = "UTC"
    """Decides what today is, unless the tenant says otherwise. An IANA name."""

    on_busy: Literal["reject", "queue", "supersede"] = "reject"
    """What a message gets while its session answers, unless the request or the tenant says otherwise."""

    default_language: Literal["zh", "en"] = "en"
    """Language of an answer when neither the question nor the session tells."""

    settings_seconds: float = Field(default=2.0, ge=0)
    """Tenants' settings are remembered for this long."""
