"""Record and outcome of each turn, and the difference of its text from the stored one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from kefu.router.v1 import chat_pb2 as pb
from loadtest.harness.verdicts import Verdict


class Outcome(StrEnum):
    """How a turn ended for its customer: exactly one for each turn."""

    ANSWERED = "answered"
    """The model's whole answer came."""
    DEGRADED = "degraded"
    """A handoff or an excerpt came, because a service behind the router was down."""
    FAILED = "failed"
    """No answer came, whatever the client tried."""
    ABANDONED = "abandoned"
    """The customer cancelled on purpose."""


class StreamBreak(NamedTuple):
    """A stream that broke during a turn. Times are on one monotonic clock, in seconds."""

    at: float
    cause: str
    refused: bool = False
    """It was refused for load, with a time to come back."""


@dataclass
class TurnRecord:
    """One turn as its customer saw it. Times are in seconds on one monotonic clock."""

    question: str
    asked_at: float
    session: str = ""
    turn: str = ""
    ended_at: float = 0.0
    text: str = ""
    """Text that the client holds, joined by offsets."""
    handoff: str = ""
    """The message of a handoff."""
    verdict: Verdict = field(default_factory=lambda: Verdict("never asked"))
    breaks: list[StreamBreak] = field(default_factory=list[StreamBreak])
    silences: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """Begin and end of each long wait between two deltas, or for the end after the last one."""
    sessions_lost: int = 0
    """Times that the session was gone, and the question was asked in a new one."""

    @property
    def refused(self) -> bool:
        """Whether it was refused for load, even if it was answered when its customer came back."""
        return any(one.refused for one in self.breaks)

    @property
    def outcome(self) -> Outcome:
        """Outcome of the turn."""
        if self.verdict.abandoned:
            return Outcome.ABANDONED
        if not self.verdict.failure:
            return Outcome.ANSWERED
        whole = bool(self.verdict.source)
        return Outcome.DEGRADED if whole and (self.handoff or self.verdict.source != "GENERATED") else Outcome.FAILED


class Difference(NamedTuple):
    """Characters that one text has too many and too few."""

    repeated: int
    missing: int

    def __add__(self, other: object) -> "Difference":
        """The sum."""
        if not isinstance(other, Difference):
            return NotImplemented
        return Difference(self.repeated + other.repeated, self.missing + other.missing)


NONE = Difference(0, 0)


def difference(expected: str, got: str) -> Difference:
    """Characters between the longest common prefix and suffix: there the text was cut and joined."""
    if expected == got:
        return NONE
    shorter = min(len(expected), len(got))
    begin = next((at for at in range(shorter) if expected[at] != got[at]), shorter)
    rest = shorter - begin
    end = next((at for at in range(rest) if expected[-1 - at] != got[-1 - at]), rest)
    return Difference(len(got) - begin - end, len(expected) - begin - end)


@dataclass
class StoredComparison:
    """Comparison of the stored turns with the customers' records."""

    difference: Difference = NONE
    """Sum over the texts of answered turns."""
    lost: list[TurnRecord] = field(default_factory=list[TurnRecord])
    """Turns that the customer saw whole, but that are not stored as finished."""
    duplicated: int = 0
    """Messages that are stored as more than one turn."""


def compare_stored(records: Iterable[TurnRecord], stored: Mapping[str, Sequence[pb.Turn]]) -> StoredComparison:
    """Compare records with `stored`, the turns by session. Sessions that are gone are not in `stored`."""
    result = StoredComparison()
    by_name = {turn.name: turn for turns in stored.values() for turn in turns}
    seen = set[str]()
    for turn in by_name.values():
        if turn.request_id and turn.request_id in seen:
            result.duplicated += 1
        seen.add(turn.request_id)
    for record in records:
        if record.outcome not in (Outcome.ANSWERED, Outcome.DEGRADED):
            continue
        turn = by_name.get(record.turn)
        if turn is None or turn.state != pb.Turn.STATE_FINISHED:
            result.lost.append(record)
        else:
            result.difference += difference(turn.text, record.text or record.handoff)
    return result
