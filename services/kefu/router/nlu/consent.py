"""Whether a reply to the question "shall I do it?" is a yes. Only what is nothing but a yes is one.

A rule over words, and not a classifier: what follows a yes cannot be taken back, so that one must be able to read off
which replies count. Whatever is not in the list is no yes.
"""

import re
from collections.abc import Sequence
from enum import Enum, auto

from kefu.router.nlu.own_case import asks_something
from kefu.router.nlu.packs import PACKS

_BREAK = re.compile(r"[,.。!;、~…\n:)(\"“”]+")
_MARK = "?"
_LONGEST = 200


class Consent(Enum):
    """What a reply says to the question."""

    YES = auto()
    NO = auto()
    UNCLEAR = auto()
    """It speaks to the question, and is neither."""


def consent_of(normalized: str) -> Consent | None:
    """What a normalized reply says; None where it speaks of something else."""
    if len(normalized) > _LONGEST:
        return None
    segments = [segment.strip() for segment in _BREAK.split(normalized) if segment.strip()]
    if not segments:
        return Consent.UNCLEAR
    asks = _MARK in normalized
    bare = [segment.rstrip(f"{_MARK} ") for segment in segments]
    if _is_yes(bare):
        return Consent.UNCLEAR if asks else Consent.YES
    if not any(bare) or any(pack.consent.hesitates.fullmatch("".join(bare)) for pack in PACKS):
        return Consent.UNCLEAR
    if not asks and any(pack.consent.no.match(bare[0]) for pack in PACKS):
        return Consent.NO
    hesitates = any(pack.consent.hesitates.match(bare[0]) for pack in PACKS)
    return Consent.UNCLEAR if hesitates and not asks_something(normalized) else None


def calls_off(normalized: str) -> bool:
    """Whether a normalized reply says "cancel" and no more: what is being asked, or an order, as one takes it."""
    said = " ".join(segment.strip() for segment in _BREAK.split(normalized[:_LONGEST]) if segment.strip())
    return any(pack.consent.calls_off.fullmatch(said) for pack in PACKS)


def _is_yes(segments: Sequence[str]) -> bool:
    """Whether each says yes, or stands beside one that does."""
    yes = [any(pack.consent.yes.fullmatch(segment) for pack in PACKS) for segment in segments]
    beside = [any(pack.consent.beside_yes.fullmatch(segment) for pack in PACKS) for segment in segments]
    return any(yes) and all(says or aside for says, aside in zip(yes, beside, strict=True))
