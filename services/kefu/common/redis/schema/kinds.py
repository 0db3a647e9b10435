"""The kinds of data in Redis by the names of their keys: what `kefu data check` counts."""

import re
from collections.abc import Iterable

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_OF_A_TENANT = {
    "keys and tenants": "keys|keys:used",
    "secrets": "secrets",
    "settings": "settings|staged-settings",
    "actions": "actions",
    "procedures": "procedures?",
    "golden questions": "golden-[a-z]+",
    "audit log": "audit|audit:chain",
    "sign-in of customers": "identity-token|email-codes?(-sent)?",
    "cached answers": "answers?|cached-by",
    "numbers": "hour|cited|counted",
    "unanswered questions": "unanswered",
    "indexes of conversations": "conversations|traces|subjects|erased",
    "reviews": "facts|why|noted|reviewed",
    "triage": "triage-[a-z]+",
    "experiments": "experiments?(-[a-z]+)?",
    "webhooks": "webhooks|deliver(y|ies)|pending|told",
}
_KINDS: tuple[tuple[str, str], ...] = (
    ("coordination of routers", r"(bell|desks|attachments:sweep|desks:attendant|golden:checker|archive:writer)$"),
    ("archive and backup", r"(archive:(erased|status)|backup)$"),
    ("keys and tenants", r"tenants$|\{key:"),
    ("webhooks", r"\{webhooks\}:"),
    *((kind, rf"\{{tenant:[^}}]+\}}:(?:{names})(?::.*)?$") for kind, names in _OF_A_TENANT.items()),
    ("conversations", rf"\{{[^:}}]+:{_UUID}\}}:"),
    ("desk", r"\{[^:}]+:desk\}:(open|past|agents|load)$"),
    ("indexes of conversations", r"\{[^:}]+:by-[^}]+\}:"),
    ("limits of tenants", r"\{[^:}]+:quota\}:(leases|rate)$"),
    ("collections", r"(collections|collections:changes|sources:due)$"),
    ("vectors", r"\{[^:}]+:[^}]+\}:(v:[^:]+:)?vectors:"),
    ("documents", r"\{[^:}]+:[^}]+\}:(v:[^:]+:)?(documents|document|passages|histories|history)(:|$)"),
    ("curated answers and dictionaries", r"\{[^:}]+:[^}]+\}:(v:[^:]+:)?(curated|dictionary)(:|$)"),
    ("sources", r"\{[^:}]+:[^}]+\}:sources?(:|$)"),
    (
        "collections",
        r"\{[^:}]+:[^}]+\}:(v:[^:]+:)?(collection|calibration|changes|confirmed|reembedding|copied_from|live|versions.*)$",
    ),
)
_COMPILED = tuple((kind, re.compile(rf"\A(?:{pattern})")) for kind, pattern in _KINDS)
UNKNOWN = "unknown"


def kind_of(name: str) -> str:
    """The kind of a key by what follows `kefu:N:` in its name; UNKNOWN for none of ours."""
    return next((kind for kind, pattern in _COMPILED if pattern.match(name)), UNKNOWN)


def kinds() -> Iterable[str]:
    """All kinds, in the order in which they are shown."""
    return dict.fromkeys(kind for kind, _ in _KINDS)
