"""Tenant settings: every revision in Redis, with its author. The last one is in force."""

import time
from dataclasses import dataclass, field, fields
from typing import TypeVar

import pydantic

from kefu.common.errors import BackendUnavailable, StaleRevision
from kefu.common.redis.commands import RedisCommands
from kefu.router.config import RouterConfig
from kefu.router.domain.risk import Risk
from kefu.router.domain.triage import TriageRule
from kefu.router.domain.turn import OnBusy, Passage
from kefu.router.storage import keys
from kefu.router.storage.tenant_cache import TenantCache
from kefu.router.tenants.canned_replies import DEFAULT_REPLIES, CannedReplies
from kefu.router.tenants.identity_settings import IdentitySettings
from kefu.text.language import AnswerLanguage

UPDATE_SETTINGS = """
-- KEYS: revisions. ARGV: the revision that was read, the new one as JSON
if redis.call('LLEN', KEYS[1]) ~= tonumber(ARGV[1]) then return 0 end
return redis.call('RPUSH', KEYS[1], ARGV[2])
"""
"""Add a revision of settings. Returns 0 when the one that was read is not the last."""
TRUST_FIELDS = frozenset({"identity", "action_risk"})
"""Settings that decide who is a customer, and what is done for one without a person: an administrator's alone."""
ValueT = TypeVar("ValueT")


@dataclass(frozen=True)
class TenantSettings:
    """The choices of a tenant. None, or an empty text, means the installation's choice."""

    min_relevance: float | None = None
    max_passages: int | None = None
    max_answer_tokens: int | None = None
    temperature: float | None = None
    instructions: str | None = None
    time_zone: str | None = None
    on_busy: OnBusy | None = None
    texts: dict[str, CannedReplies] = field(default_factory=dict[str, CannedReplies])
    """Canned replies by language."""
    max_concurrent_turns: int | None = None
    questions_per_minute: int | None = None
    question_burst: int | None = None
    weight: int | None = None
    cache_answers: bool | None = None
    cache_min_cosine: float | None = None
    redact_prompts: bool | None = None
    asks_back: bool | None = None
    refused_topics: tuple[str, ...] = ()
    business_hours: tuple[str, ...] = ()
    sensitive_topics: tuple[str, ...] = ()
    escalate_seconds: int | None = None
    claim_seconds: int | None = None
    overload_handoffs_per_agent: int | None = None
    identity: IdentitySettings | None = None
    action_risk: Risk | None = None
    triage_rules: tuple[TriageRule, ...] = ()
    attachments: bool | None = None
    archive: bool | None = None


@dataclass(frozen=True)
class Revision:
    """A revision of a tenant's settings. `number` counts from 1; `time` in seconds since the epoch."""

    number: int
    settings: TenantSettings
    author: str
    """Who made the change; see `actor_of`."""
    time: float
    staged: str = ""
    """Id of the staged settings that were put in force. Empty: none were."""
    changed: tuple[str, ...] = ()
    """Names of the settings that differ from those before. Empty in revisions that are older than this."""
    trust: int = 0
    """Number of the last revision that changed one of TRUST_FIELDS. 0: none did since this is noted."""


_CLAIM_TIMES = 3
"""`escalate_seconds` that an agent may hold a conversation without a word, where the tenant does not say."""
_REVISION = pydantic.TypeAdapter(Revision)


@dataclass(frozen=True)
class EffectiveSettings:
    """The settings in force for one tenant: its choices, and the installation's where it made none."""

    min_relevance: float
    calibrated: bool
    """Whether the thresholds of calibrated collections go before `min_relevance`: the tenant chose none."""
    max_passages: int
    max_answer_tokens: int
    temperature: float | None
    instructions: str
    time_zone: str
    on_busy: OnBusy
    texts: dict[AnswerLanguage, CannedReplies]
    max_concurrent_turns: int
    """Turns running and waiting. 0: no limit."""
    questions_per_minute: int
    """0: no limit."""
    question_burst: int
    """Questions that may come at once; at least 1."""
    weight: int
    """Fair share of the admission slots, against other tenants' weights."""
    cache_answers: bool
    cache_min_cosine: float
    redact_prompts: bool = False
    """Placeholders replace customers' personal data before the model sees it."""
    asks_back: bool = True
    refused_topics: tuple[str, ...] = ()
    business_hours: tuple[str, ...] = ()
    """See `kefu.router.tenants.business_hours`."""
    sensitive_topics: tuple[str, ...] = ()
    escalate_seconds: int = 300
    """Seconds within business hours that a customer may wait for an agent. 0: for ever."""
    claim_seconds: int = 900
    """Seconds within business hours that an agent may hold a conversation without a word. 0: for ever."""
    overload_handoffs_per_agent: int = 0
    """Customers a minute who may be handed over for load, for each agent at the desk."""
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    action_risk: Risk = Risk.WRITE
    """The most that actions may do without a person."""
    triage_rules: tuple[TriageRule, ...] = ()
    """What becomes of messages by what is read out of them; see `kefu.router.answering.triage.rules`."""
    attachments: bool = False
    """Whether customers may send pictures and PDFs."""
    archive: bool = False
    """Whether conversations are archived."""

    def least_relevance(self, passage: Passage) -> float:
        """The relevance from which on a passage may hold the answer.

        A collection's own threshold goes before the tenant's, unless the settings are not `calibrated`.
        """
        return (self.calibrated and passage.min_relevance) or self.min_relevance


def changed_fields(before: TenantSettings, after: TenantSettings) -> tuple[str, ...]:
    """Names of the settings that differ."""
    return tuple(one.name for one in fields(before) if getattr(before, one.name) != getattr(after, one.name))


def effective_settings(settings: TenantSettings, config: RouterConfig) -> EffectiveSettings:
    """A tenant's settings, with the installation's where the tenant made no choice."""
    per_minute = _chosen(settings.questions_per_minute, config.tenant_questions_per_minute)
    burst = _chosen(settings.question_burst, config.tenant_question_burst)
    escalate_seconds = _chosen(settings.escalate_seconds, config.escalate_seconds)
    return EffectiveSettings(
        min_relevance=_chosen(settings.min_relevance, config.min_relevance),
        calibrated=settings.min_relevance is None,
        max_passages=_chosen(settings.max_passages, config.max_passages),
        max_answer_tokens=_chosen(settings.max_answer_tokens, config.max_answer_tokens),
        temperature=config.temperature if settings.temperature is None else settings.temperature,
        instructions=settings.instructions or "",
        time_zone=settings.time_zone or config.time_zone,
        on_busy=settings.on_busy or OnBusy(config.on_busy),
        texts={
            language: settings.texts.get(language, CannedReplies()).with_defaults(base)
            for language, base in DEFAULT_REPLIES.items()
        },
        max_concurrent_turns=_chosen(settings.max_concurrent_turns, config.tenant_concurrent_turns),
        questions_per_minute=per_minute,
        question_burst=burst or max(per_minute // 10, 10),
        weight=_chosen(settings.weight, 1),
        cache_answers=_chosen(settings.cache_answers, config.cache_answers),
        cache_min_cosine=_chosen(settings.cache_min_cosine, config.cache_min_cosine),
        redact_prompts=_chosen(settings.redact_prompts, config.redact_prompts),
        asks_back=_chosen(settings.asks_back, True),
        refused_topics=settings.refused_topics,
        business_hours=settings.business_hours,
        sensitive_topics=settings.sensitive_topics,
        escalate_seconds=escalate_seconds,
        claim_seconds=_chosen(settings.claim_seconds, _CLAIM_TIMES * escalate_seconds),
        overload_handoffs_per_agent=_chosen(settings.overload_handoffs_per_agent, 0),
        identity=settings.identity or IdentitySettings(),
        action_risk=settings.action_risk or Risk.WRITE,
        triage_rules=settings.triage_rules,
        attachments=bool(config.attachments) and _chosen(settings.attachments, True),
        archive=bool(config.archive) and _chosen(settings.archive, True),
    )


def _chosen(choice: ValueT | None, default: ValueT) -> ValueT:
    return default if choice is None else choice


class SettingsStore:
    """Tenant settings in Redis. Reads are cached for `config.settings_seconds`.

    Without Redis the last known settings stay in force.
    """

    def __init__(self, commands: RedisCommands, config: RouterConfig) -> None:
        self._commands = commands
        self._config = config
        self._cache = TenantCache[EffectiveSettings](config.settings_seconds)

    async def effective(self, tenant: str) -> EffectiveSettings:
        """The settings in force for a tenant."""

        async def read() -> EffectiveSettings:
            return effective_settings((await self.current(tenant)).settings, self._config)

        try:
            return await self._cache.get(tenant, read)
        except BackendUnavailable:
            if self._config.without_redis == "refuse":
                raise
            return effective_settings(TenantSettings(), self._config)

    async def current(self, tenant: str) -> Revision:
        """The last revision. Number 0 and no choices when there is none."""
        found = await self._commands.list_range(keys.tenant_settings(tenant), -1, -1)
        return _REVISION.validate_json(found[0]) if found else Revision(0, TenantSettings(), "", 0.0)

    async def update(self, tenant: str, settings: TenantSettings, read: int, author: str, staged: str = "") -> Revision:
        """Put new settings in force. Returns their revision. Raises StaleRevision when `read` is not the last one."""
        before = await self.current(tenant)
        changed = changed_fields(before.settings, settings)
        trust = before.trust if TRUST_FIELDS.isdisjoint(changed) else read + 1
        revision = Revision(read + 1, settings, author, time.time(), staged, changed, trust)
        arguments = (read, _REVISION.dump_json(revision).decode())
        # `before` is the one that was read, or the script refuses: a revision is never changed.
        if not await self._commands.script(UPDATE_SETTINGS, [keys.tenant_settings(tenant)], arguments):
            raise StaleRevision("Someone else changed the settings: read them again, then update.")
        self._cache.forget(tenant)
        return revision

    async def revisions(self, tenant: str, before: int, count: int) -> list[Revision]:
        """Revisions below number `before` (0: all), latest first."""
        key = keys.tenant_settings(tenant)
        last = (before - 1 if before else await self._commands.list_length(key)) - 1
        if last < 0:
            return []
        found = await self._commands.list_range(key, max(last - count + 1, 0), last)
        return [_REVISION.validate_json(revision) for revision in reversed(found)]
