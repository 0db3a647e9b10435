"""
The daily sample of answers to be reviewed, drawn by strata. Pure functions.

Each answer belongs to the first stratum that it fits, in the order of `Stratum`. Within a stratum the answers with the
smallest hashes are drawn, which is a random sample of it however many come later: the sample of a day that is not over
grows into that of the whole day. Half of the sample is of answers that nothing is noticed of, the rest of the others
alike; what a stratum has too few of goes to the next ones.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import pydantic

from kefu.office.insight.conversations.facts import KnownTurn

SAMPLE_SIZE = 20


class Stratum(StrEnum):
    """What is noticed of an answer before it is reviewed."""

    REPLACED = "replaced"
    """The pages' words, or nothing more, came in place of the model's."""
    LOW_SUPPORT = "low_support"
    """The pages hardly hold it up."""
    REOPENED = "reopened"
    """Rated down, or the same question came again."""
    LONG = "long"
    """The conversation is long."""
    ORDINARY = "ordinary"
    """None of these: drawn at random among the rest."""


class ReviewVerdict(StrEnum):
    """What a reviewer says of an answer."""

    RIGHT = "right"
    HALF = "half"
    """Right as far as it goes; something is missing."""
    WRONG = "wrong"
    UNSAFE = "unsafe"
    """Wrong, and harmful to whoever follows it."""


@dataclass(frozen=True)
class Candidate:
    """An answer that may be drawn."""

    session_id: str
    turn_id: str
    stratum: Stratum


@dataclass(frozen=True)
class Sample:
    """The sample of a day. `sizes`: how many answers each stratum had when it was drawn."""

    drawn_at: float
    """Seconds since the epoch."""
    sizes: Mapping[Stratum, int] = field(default_factory=dict[Stratum, int])
    handed_over: int = 0
    """Questions of the day that were handed over to a person: no answer, and not resolved."""
    drawn: tuple[Candidate, ...] = ()
    is_final: bool = False
    """The day was over when it was drawn: it is not drawn again."""

    @property
    def answers(self) -> int:
        """How many answers there were."""
        return sum(self.sizes.values())


SAMPLE = pydantic.TypeAdapter(Sample)
"""Samples to JSON and back."""


def stratum_of(turn: KnownTurn) -> Stratum:
    """The stratum of an answer."""
    if turn.facts.replaced or turn.facts.checked:
        return Stratum.REPLACED
    if turn.has_low_support:
        return Stratum.LOW_SUPPORT
    if turn.reopened:
        return Stratum.REOPENED
    return Stratum.LONG if turn.is_long else Stratum.ORDINARY


def allocation(sizes: Mapping[Stratum, int], count: int) -> dict[Stratum, int]:
    """How many of `count` are drawn of each stratum."""
    flagged = [each for each in Stratum if each is not Stratum.ORDINARY and sizes.get(each, 0)]
    given = {Stratum.ORDINARY: min(sizes.get(Stratum.ORDINARY, 0), count if not flagged else (count + 1) // 2)}
    given.update(dict.fromkeys(flagged, 0))
    left = min(count, sum(sizes.values())) - given[Stratum.ORDINARY]
    while left > 0:
        open_ones = [each for each in flagged if given[each] < sizes[each]] or [Stratum.ORDINARY]
        for each in open_ones[:left]:
            given[each] += 1
        left -= len(open_ones[:left])
    return {each: number for each, number in given.items() if number}


def draw(candidates: Sequence[Candidate], salt: str, count: int = SAMPLE_SIZE) -> tuple[Candidate, ...]:
    """The sample of some answers. `salt`: of the tenant and the day; the same one draws the same."""
    sizes = sizes_of(candidates)
    drawn: list[Candidate] = []
    for stratum, number in allocation(sizes, count).items():
        of_stratum = [each for each in candidates if each.stratum is stratum]
        drawn += sorted(of_stratum, key=lambda each: _hash(salt, each))[:number]
    return tuple(sorted(drawn, key=lambda each: _hash(salt, each)))


def sizes_of(candidates: Sequence[Candidate]) -> dict[Stratum, int]:
    """How many answers each stratum has."""
    sizes = {stratum: sum(each.stratum is stratum for each in candidates) for stratum in Stratum}
    return {stratum: size for stratum, size in sizes.items() if size}


def _hash(salt: str, candidate: Candidate) -> bytes:
    return hashlib.sha256(f"{salt}/{candidate.session_id}/{candidate.turn_id}".encode()).digest()
