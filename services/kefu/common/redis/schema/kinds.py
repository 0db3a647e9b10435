"""The kinds of data in Redis by the names of their keys: what `kefu data check` and backups count."""

import re
from collections.abc import Iterable, Iterator

UNKNOWN = "unknown"
_KINDS: dict[str, dict[str, str]] = {
    "coordination of routers": {
        "": "bell desks attachments:sweep desks:attendant golden:checker archive:writer exam:examiner"
    },
    "archive and backup": {"": "archive:erased archive:status backup"},
    "marks of models": {"": "exam:marks"},
    "keys and tenants": {"": "tenants", "key": "key", "tenant": "keys"},
    "secrets": {"tenant": "secrets"},
    "settings": {"tenant": "settings staged-settings"},
    "actions": {"tenant": "actions"},
    "procedures": {"tenant": "procedure procedures"},
    "golden questions": {"tenant": "golden-questions golden-answers golden-results golden-runs golden-night"},
    "audit log": {"tenant": "audit"},
    "sign-in of customers": {"tenant": "identity-token email-code email-codes-sent"},
    "cached answers": {"tenant": "answer answers cached-by"},
    "numbers": {"tenant": "hour cited counted"},
    "unanswered questions": {"tenant": "unanswered"},
    "reviews": {"tenant": "facts why noted reviewed"},
    "triage": {"tenant": "triage-messages triage-returns triage-identities"},
    "experiments": {
        "tenant": "experiment experiments experiment-running experiment-sessions experiment-people",
    },
    "webhooks": {"tenant": "webhooks delivery deliveries pending told", "webhooks": "due owners"},
    "conversations": {
        "session": "session order turns ratings lock queue stop events replies changes attachments alive draft attempts"
    },
    "desk": {"desk": "open past agents load"},
    "indexes of conversations": {"by": "sessions user request", "tenant": "conversations traces subjects erased"},
    "limits of tenants": {"quota": "leases rate"},
    "collections": {
        "": "collections collections:changes sources:due",
        "collection": "collection calibration changes confirmed reembedding copied_from live versions",
    },
    "documents": {"collection": "documents document passages histories history"},
    "vectors": {"collection": "vectors"},
    "curated answers and dictionaries": {"collection": "curated dictionary"},
    "sources": {"collection": "sources source"},
}
"""By kind the words that follow the owner in the names of keys; an owner stands in braces, "" is nobody."""


def _label(owner: str, word: str) -> str:
    return f"{owner}/{word}" if owner and word not in ("", owner) else owner or word


_KIND_OF = {
    _label(owner, word): kind
    for kind, owned in _KINDS.items()
    for owner, words in owned.items()
    for word in words.split()
}
_NAME = re.compile(r"\{([^{}]*)\}:?(?:v:[^:]*:)?([^:]*)")
_SESSION = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def label_of(name: str) -> str:
    """What follows `kefu:N:` in a name, without all that stands for values: `session`, `session/turns`, `tenant/keys`.

    UNKNOWN for a name that is none of ours.
    """
    match = _NAME.match(name)
    labels = [name] if match is None else [_label(owner, match[2]) for owner in _owners(match[1])]
    return next((label for label in labels if label in _KIND_OF), UNKNOWN)


def _owners(tag: str) -> Iterator[str]:
    """Whose key it may be, the likeliest first: a collection may have any name, `desk` too."""
    first, _, second = tag.partition(":")
    if first in ("tenant", "key") or tag == "webhooks":
        yield first
    if second in ("desk", "quota"):
        yield second
    if second.startswith("by-"):
        yield "by"
    if _SESSION.fullmatch(second):
        yield "session"
    yield "collection"


def kind_of(name: str) -> str:
    """The kind of a key by what follows `kefu:N:` in its name; UNKNOWN for none of ours."""
    return _KIND_OF.get(label_of(name), UNKNOWN)


def kinds() -> Iterable[str]:
    """All kinds, in the order in which they are shown."""
    return _KINDS
