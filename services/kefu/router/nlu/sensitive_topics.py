"""
Sensitive topics, which should not be left to a program: lives, health, violence, lawsuits, insults, and the topics of a
tenant's own lists.

By words, and in the first person: "I want to die" is one, "does the policy pay for suicide?" is a question. Precise
rather than complete, as in `intents`.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from kefu.router.nlu.normalization import normalize
from kefu.router.nlu.packs import PACKS

EMERGENCIES = frozenset({"self-harm", "emergency"})
"""Topics in which minutes count."""
_RULES = [pack.sensitive for pack in PACKS]
_HAN = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[a-z0-9']+")


def sensitive_topic_of(normalized: str, own: Sequence[str] = ()) -> str:
    """The contract's name of what is sensitive about a message, or the entry of a tenant's `own` list; else empty."""
    if any(rules.self_harm.search(normalized) for rules in _RULES):
        return "self-harm"
    if any(rules.emergency.search(normalized) for rules in _RULES) and not _is_hypothetical(normalized):
        return "emergency"
    if any(rules.violence.search(normalized) for rules in _RULES):
        return "violence"
    if any(rules.legal.search(normalized) for rules in _RULES):
        return "legal"
    return topic_of(normalized, own)


def _is_hypothetical(normalized: str) -> bool:
    return any(rules.hypothetical.search(normalized) for rules in _RULES)


def is_abuse(normalized: str) -> bool:
    """Whether a message insults its reader; strong language about something else is no abuse."""
    text = normalized.rstrip("!.?！。？ ")
    return any(rules.abuse.search(text) for rules in _RULES)


def topic_of(normalized: str, topics: Iterable[str]) -> str:
    """The first topic every word of which stands in the message, whatever the order; else empty."""
    words = frozenset(map(_stem, _WORD.findall(normalized)))
    return next((topic for topic in topics if _stands_in(topic, normalized, words)), "")


def _stands_in(topic: str, normalized: str, words: frozenset[str]) -> bool:
    parts, needed = _parts(topic)
    return bool(parts or needed) and needed <= words and all(part in normalized for part in parts)


@lru_cache(maxsize=4096)
def _parts(topic: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """What of a topic has to occur as it is (Chinese), and which words."""
    pieces = normalize(topic).split()
    words = [word for piece in pieces if not _HAN.search(piece) for word in _WORD.findall(piece)]
    return tuple(piece for piece in pieces if _HAN.search(piece)), frozenset(map(_stem, words))


def _stem(word: str) -> str:
    return word.removesuffix("'s").rstrip("s") if len(word) > 3 else word
