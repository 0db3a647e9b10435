"""Tenant settings as messages of the contract, and checked settings from messages."""

import math
import zoneinfo
from collections.abc import Sequence
from dataclasses import asdict, fields

from kefu.common.errors import BadRequest
from kefu.common.resource_names import check_id
from kefu.router.domain.risk import Risk
from kefu.router.domain.turn import OnBusy
from kefu.router.messages.chat import timestamp
from kefu.router.messages.triage_messages import rule_message, rules_of
from kefu.router.tenants.business_hours import BusinessHours
from kefu.router.tenants.canned_replies import CannedReplies
from kefu.router.tenants.identity_settings import IdentityMode, IdentitySettings, check
from kefu.router.tenants.settings import Revision, TenantSettings
from kefu.router.tenants.staged_settings import MAX_TITLE_CHARACTERS, PREFIX, StagedSettings
from kefu.router.v1 import admin_pb2 as pb

_LANGUAGES = ("zh", "en")
_MAX_INSTRUCTIONS_CHARACTERS = 4000
_MAX_REPLY_CHARACTERS = 1000
_MAX_TURNS = 1_000_000
_MAX_WEIGHT = 1000
_MAX_SECONDS = 604_800
_MAX_OVERLOAD_HANDOFFS = 100
_MAX_ENTRIES = 100
_MAX_ENTRY_CHARACTERS = 100


def settings_message(settings: TenantSettings) -> pb.TenantSettings:
    """Settings as a message. What the tenant did not choose stays unset."""
    return pb.TenantSettings(
        min_relevance=settings.min_relevance,
        max_passages=settings.max_passages,
        max_answer_tokens=settings.max_answer_tokens,
        temperature=settings.temperature,
        instructions=settings.instructions,
        time_zone=settings.time_zone,
        on_busy=settings.on_busy,
        texts={language: pb.TenantSettings.Texts(**asdict(texts)) for language, texts in settings.texts.items()},
        max_concurrent_turns=settings.max_concurrent_turns,
        questions_per_minute=settings.questions_per_minute,
        question_burst=settings.question_burst,
        weight=settings.weight,
        cache_answers=settings.cache_answers,
        cache_min_cosine=settings.cache_min_cosine,
        redact_prompts=settings.redact_prompts,
        asks_back=settings.asks_back,
        attachments=settings.attachments,
        archive=settings.archive,
        refused_topics=settings.refused_topics,
        business_hours=settings.business_hours,
        sensitive_topics=settings.sensitive_topics,
        escalate_seconds=settings.escalate_seconds,
        claim_seconds=settings.claim_seconds,
        overload_handoffs_per_agent=settings.overload_handoffs_per_agent,
        identity=None if settings.identity is None else pb.IdentitySettings(**asdict(settings.identity)),
        action_risk=settings.action_risk,
        triage_rules=map(rule_message, settings.triage_rules),
    )


def revision_message(revision: Revision, *, with_settings: bool = True) -> pb.SettingsRevision:
    """A revision of settings as a message."""
    return pb.SettingsRevision(
        revision=revision.number,
        settings=settings_message(revision.settings) if with_settings else None,
        author=revision.author,
        create_time=timestamp(revision.time),
        changed_fields=revision.changed,
    )


def staged_settings_of(message: pb.StagedSettings, author: str) -> StagedSettings:
    """Settings to be staged, from a message. Raises BadRequest."""
    if not message.HasField("settings"):
        raise BadRequest("staged_settings.settings", "must be set.")
    if len(message.title) > MAX_TITLE_CHARACTERS:
        raise BadRequest("staged_settings.title", f"must have at most {MAX_TITLE_CHARACTERS} characters.")
    return StagedSettings(settings_of(message.settings), message.base_revision, message.title, author)


def staged_settings_message(staged: StagedSettings) -> pb.StagedSettings:
    """Staged settings as a message."""
    return pb.StagedSettings(
        name=f"{PREFIX}{staged.id}",
        title=staged.title,
        settings=settings_message(staged.settings),
        base_revision=staged.base,
        author=staged.author,
        create_time=timestamp(staged.time),
    )


def settings_of(message: pb.TenantSettings) -> TenantSettings:
    """Settings from a message. Raises BadRequest, which names the field."""
    return TenantSettings(
        min_relevance=_between(message, "min_relevance", 0, 1),
        max_passages=_integer(message, "max_passages", 1, 20),
        max_answer_tokens=_integer(message, "max_answer_tokens", 1, 4096),
        temperature=_between(message, "temperature", 0, 2),
        instructions=_instructions(message),
        time_zone=_time_zone(message),
        on_busy=_on_busy(message),
        texts={language: _texts(language, texts) for language, texts in message.texts.items()},
        max_concurrent_turns=_integer(message, "max_concurrent_turns", 0, _MAX_TURNS),
        questions_per_minute=_integer(message, "questions_per_minute", 0, _MAX_TURNS),
        question_burst=_integer(message, "question_burst", 0, _MAX_TURNS),
        weight=_integer(message, "weight", 1, _MAX_WEIGHT),
        cache_answers=message.cache_answers if message.HasField("cache_answers") else None,
        cache_min_cosine=_between(message, "cache_min_cosine", 0, 1),
        redact_prompts=message.redact_prompts if message.HasField("redact_prompts") else None,
        asks_back=message.asks_back if message.HasField("asks_back") else None,
        attachments=message.attachments if message.HasField("attachments") else None,
        archive=message.archive if message.HasField("archive") else None,
        refused_topics=_entries("refused_topics", message.refused_topics),
        business_hours=_business_hours(message.business_hours),
        sensitive_topics=_entries("sensitive_topics", message.sensitive_topics),
        escalate_seconds=_integer(message, "escalate_seconds", 0, _MAX_SECONDS),
        claim_seconds=_integer(message, "claim_seconds", 0, _MAX_SECONDS),
        overload_handoffs_per_agent=_integer(message, "overload_handoffs_per_agent", 0, _MAX_OVERLOAD_HANDOFFS),
        identity=_identity(message.identity) if message.HasField("identity") else None,
        action_risk=_risk(message),
        triage_rules=rules_of(message.triage_rules),
    )


def _between(message: pb.TenantSettings, name: str, least: float, most: float) -> float | None:
    if not message.HasField(name):  # pyright: ignore[reportArgumentType] - the names above are its fields
        return None
    value = float(getattr(message, name))
    if not (math.isfinite(value) and least <= value <= most):
        raise BadRequest(f"settings.{name}", f"must be {least} to {most}.")
    return round(value, 6)  # a float on the wire is slightly off: 0.3 comes as 0.30000001


def _integer(message: pb.TenantSettings, name: str, least: int, most: int) -> int | None:
    value = _between(message, name, least, most)
    return None if value is None else int(value)


def _instructions(message: pb.TenantSettings) -> str | None:
    if not message.HasField("instructions"):
        return None
    if len(message.instructions) > _MAX_INSTRUCTIONS_CHARACTERS:
        raise BadRequest("settings.instructions", f"must have at most {_MAX_INSTRUCTIONS_CHARACTERS} characters.")
    return message.instructions


def _time_zone(message: pb.TenantSettings) -> str | None:
    if not message.HasField("time_zone"):
        return None
    try:
        zoneinfo.ZoneInfo(message.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder, such as "Asia"
        raise BadRequest("settings.time_zone", 'must be an IANA name, such as "Asia/Shanghai".') from None
    return message.time_zone


def _on_busy(message: pb.TenantSettings) -> OnBusy | None:
    if not message.HasField("on_busy"):
        return None
    try:
        return OnBusy(message.on_busy)
    except ValueError:
        raise BadRequest("settings.on_busy", 'must be "reject", "queue" or "supersede".') from None


def _risk(message: pb.TenantSettings) -> Risk | None:
    if not message.HasField("action_risk"):
        return None
    try:
        return Risk(message.action_risk)
    except ValueError:
        raise BadRequest("settings.action_risk", 'must be "read", "write" or "money".') from None


def _entries(name: str, given: Sequence[str]) -> tuple[str, ...]:
    if len(given) > _MAX_ENTRIES:
        raise BadRequest(f"settings.{name}", f"must have at most {_MAX_ENTRIES} entries.")
    for entry in given:
        if not entry.strip() or len(entry) > _MAX_ENTRY_CHARACTERS:
            raise BadRequest(f"settings.{name}", f"must have entries of 1 to {_MAX_ENTRY_CHARACTERS} characters.")
    return tuple(entry.strip() for entry in given)


def _identity(message: pb.IdentitySettings) -> IdentitySettings:
    try:
        mode = IdentityMode(message.mode)
    except ValueError:
        raise BadRequest("settings.identity.mode", 'must be "off", "optional" or "required".') from None
    settings = IdentitySettings(
        mode=mode,
        issuer=message.issuer.strip(),
        audience=message.audience.strip(),
        jwks_url=message.jwks_url.strip(),
        public_key=message.public_key.strip(),
        shared_secret=check_id("settings.identity.shared_secret", message.shared_secret)
        if message.shared_secret
        else "",
        claims=tuple(dict.fromkeys(message.claims)),
        email_codes=message.email_codes,
    )
    try:
        check(settings)
    except ValueError as wrong:
        name, _, what = str(wrong).partition(": ")
        raise BadRequest(f"settings.identity.{name}", f"{what}.") from None
    return settings


def _business_hours(given: Sequence[str]) -> tuple[str, ...]:
    entries = _entries("business_hours", given)
    try:
        BusinessHours(entries)
    except ValueError as wrong:
        raise BadRequest("settings.business_hours", str(wrong)) from None
    return entries


def _texts(language: str, texts: pb.TenantSettings.Texts) -> CannedReplies:
    if language not in _LANGUAGES:
        raise BadRequest("settings.texts", 'must be by language, "zh" or "en".')
    replies = CannedReplies(**{field.name: str(getattr(texts, field.name)) for field in fields(CannedReplies)})
    for name, text in asdict(replies).items():
        if len(text) > _MAX_REPLY_CHARACTERS:
            raise BadRequest(f"settings.texts.{name}", f"must have at most {_MAX_REPLY_CHARACTERS} characters.")
    return replies
