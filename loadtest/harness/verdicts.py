"""Verdicts on streams, the same for every load test: was this stream answered whole, or not?

A stream is good when its gRPC status is OK, its events came in the contract's order, each delta began where the text
before it ended, and its TurnCompleted counts the bytes that came. Anything less is a failure. Two kinds of it are told
apart, for they are how a suite behaves that is asked too much:

    handed over for load  a handoff came instead of an answer, since the search or the model did not keep up: it is
                          polite, but it is not an answer
    refused for load      before any text the call ended with RESOURCE_EXHAUSTED / OVERLOADED and the time after which
                          to come back; without that time it is a plain failure
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import grpc

from kefu.common.errors import Overloaded
from kefu.router.v1 import chat_pb2 as pb

FOR_LOAD = {
    pb.Handoff.REASON_OVERLOADED,
    pb.Handoff.REASON_SEARCH_UNAVAILABLE,
    pb.Handoff.REASON_MODEL_UNAVAILABLE,
}
"""Handoff reasons that mean that more was asked than the router, or a service behind it, could do in time."""
_FAULTS = FOR_LOAD | {pb.Handoff.REASON_EMPTY_ANSWER}
"""Handoff reasons that mean that a service behind the router failed."""
_ENDINGS = {pb.FINISH_REASON_STOP, pb.FINISH_REASON_LENGTH, pb.FINISH_REASON_HANDOFF, pb.FINISH_REASON_HUMAN}


@dataclass(frozen=True)
class Verdict:
    """Whether one stream was answered whole, and its figures. Times are in seconds."""

    failure: str
    """Empty for a good stream; else one of a few short phrases, so that they can be counted."""
    asked_at: float = 0.0
    """Time of the question, on the clock of the events."""
    abandoned: bool = False
    """The client cancelled on purpose, and the stream was good until then."""
    handed_over: bool = False
    """The failure is a handoff for load."""
    retry_after: float | None = None
    """The failure is a refusal for load: seconds after which to come back. None: it was not refused so."""
    first_text: float | None = None
    """From the question to the first text or handoff."""
    longest_gap: float = 0.0
    """Longest silence between two deltas."""
    total: float = 0.0
    deltas: int = 0
    text_bytes: int = 0
    completion_tokens: int = 0
    """By the server's count; 0 when no model was asked."""
    source: str = ""
    """GENERATED, CURATED, CANNED, EXTRACTIVE; empty for a stream that did not complete."""
    handoff: str = ""
    """Reason of the handoff, such as NOTHING_RELEVANT; empty without one."""
    brown_out: str = ""
    """What was left out under load, such as FEWER_PASSAGES; empty for an answer as good as any."""

    @property
    def good(self) -> bool:
        """Whether nothing was missing."""
        return not self.failure

    @property
    def refused(self) -> bool:
        """Whether it was refused for load."""
        return self.retry_after is not None


def is_overload(status: grpc.StatusCode, reason: str) -> bool:
    """Whether a call ended because more was asked than can be answered in time. `reason` is that of the ErrorInfo."""
    return status is Overloaded.code and reason == Overloaded.reason


class VerdictBuilder:
    """Builds the verdict of one turn from its events, their times on one monotonic clock, and its end."""

    def __init__(self, asked_at: float, *, must_generate: bool = False) -> None:
        self._asked_at = asked_at
        self._must_generate = must_generate
        self._failure = ""
        self._started = False
        self._rejoined = False
        self._found = False
        self._handoff: pb.Handoff | None = None
        self._completed: pb.TurnCompleted | None = None
        self._first: float | None = None
        self._last: float | None = None
        self._gap = 0.0
        self._deltas = 0
        self.session = ""
        """The session's name, once it is known."""
        self.turn = ""
        """The turn's name, once it is known."""
        self.text_bytes: int = 0
        """Bytes of the answer that the client holds: the offset for ResumeTurn."""

    @property
    def first_text_at(self) -> float | None:
        """Time of the first text or handoff, on the clock of the events."""
        return self._first

    @property
    def completed(self) -> bool:
        """Whether TurnCompleted has come."""
        return self._completed is not None

    def receive(self, event: pb.ConverseEvent, now: float) -> None:
        """Check and count an event."""
        kind = event.WhichOneof("event")
        if self._completed is not None:
            self._record_failure("events after TurnCompleted")
        elif kind == "text_delta":
            self._text(event.text_delta, now)
        elif kind == "turn_started":
            self._start(event.turn_started)
        elif not self._started:
            self._record_failure("no TurnStarted")
        elif kind == "passages_found":
            if self._deltas and not self._rejoined:
                self._record_failure("events out of order")
            self._found = True
        elif kind == "handoff":
            if self._handoff is not None and not self._rejoined:
                self._record_failure("events out of order")
            self._handoff = event.handoff
            self._note_visible(now)
        elif kind == "turn_completed":
            self._completed = event.turn_completed

    def connection_lost(self) -> None:
        """Note a lost connection whose turn is resumed: TurnStarted comes again, and text may be replaced."""
        self._started, self._rejoined = False, True

    def abandoned(self, now: float) -> Verdict:
        """The verdict of a turn that the client cancelled on purpose."""
        failure = self._failure or self._handoff_failure()
        return self._verdict(failure, now, abandoned=not failure)

    def ended(self, status: grpc.StatusCode, now: float, reason: str = "", retry_after: float | None = None) -> Verdict:
        """The verdict of a stream that has ended.

        `reason` is that of the ErrorInfo, or empty; `retry_after` the seconds of the RetryInfo, None without one.
        """
        if status is not grpc.StatusCode.OK:
            return self._broken(status, reason, retry_after, now)
        return self._verdict(self._failure or self._final_failure(), now)

    def _start(self, started: pb.TurnStarted) -> None:
        if self._started:
            self._record_failure("TurnStarted twice")
        self._started = True
        self.session, self.turn = started.session, started.turn

    def _text(self, delta: pb.TextDelta, now: float) -> None:
        if not self._started:
            self._record_failure("no TurnStarted")
        if delta.offset != self.text_bytes and not (self._rejoined and delta.offset < self.text_bytes):
            self._record_failure("offset with a hole" if delta.offset > self.text_bytes else "offset repeated")
        self._rejoined = False
        self.text_bytes = delta.offset + len(delta.text.encode())
        self._deltas += 1
        self._note_visible(now)

    def _note_visible(self, now: float) -> None:
        if self._first is None:
            self._first = now
        elif self._last is not None:
            self._gap = max(self._gap, now - self._last)
        self._last = now

    def _record_failure(self, what: str) -> None:
        self._failure = self._failure or what

    def _broken(self, status: grpc.StatusCode, reason: str, retry_after: float | None, now: float) -> Verdict:
        failure = f"{status.name}{f' / {reason}' if reason else ''}"
        overload = is_overload(status, reason)
        if overload and not retry_after:
            return self._verdict(f"{failure} without a time to come back", now)
        if overload and self._first is not None:
            return self._verdict(f"{failure} in mid-answer", now)
        return self._verdict(failure, now, retry_after=retry_after if overload and not self._failure else None)

    def _final_failure(self) -> str:
        completed, handoff = self._completed, self._handoff
        if completed is None:
            return "no TurnCompleted"
        held = self.text_bytes or (len(handoff.message.encode()) if handoff is not None else 0)
        if completed.text_bytes != held:
            return "text_bytes differs"
        if completed.finish_reason not in _ENDINGS:
            return f"ended as {pb.FinishReason.Name(completed.finish_reason)}"
        if failure := self._handoff_failure():
            return failure
        if self._must_generate and completed.source != pb.ANSWER_SOURCE_GENERATED:
            return f"not generated but {pb.AnswerSource.Name(completed.source)}"
        return ""

    def _handoff_failure(self) -> str:
        if self._handoff is None or self._handoff.reason not in _FAULTS:
            return ""
        return f"handed over: {pb.Handoff.Reason.Name(self._handoff.reason)}"

    def _verdict(
        self, failure: str, now: float, *, abandoned: bool = False, retry_after: float | None = None
    ) -> Verdict:
        completed, handoff = self._completed, self._handoff
        by_handoff = bool(failure) and failure == self._handoff_failure()
        return Verdict(
            failure,
            asked_at=self._asked_at,
            abandoned=abandoned,
            handed_over=by_handoff and handoff is not None and handoff.reason in FOR_LOAD,
            retry_after=retry_after,
            first_text=None if self._first is None else self._first - self._asked_at,
            longest_gap=self._gap,
            total=now - self._asked_at,
            deltas=self._deltas,
            text_bytes=self.text_bytes,
            completion_tokens=completed.usage.completion_tokens if completed is not None else 0,
            source=pb.AnswerSource.Name(completed.source).removeprefix("ANSWER_SOURCE_") if completed else "",
            handoff=pb.Handoff.Reason.Name(handoff.reason).removeprefix("REASON_") if handoff else "",
            brown_out=_brown_out(completed),
        )


def _brown_out(completed: pb.TurnCompleted | None) -> str:
    if completed is None or completed.brown_out == pb.BROWN_OUT_UNSPECIFIED:
        return ""
    return pb.BrownOut.Name(completed.brown_out).removeprefix("BROWN_OUT_")


class VerdictCounts(NamedTuple):
    """Number of streams by how they ended."""

    good: int
    abandoned: int
    handed_over: int
    """For load."""
    refused: int
    """For load, with a time to come back."""
    failed: int
    """For any other reason."""
    failures: dict[str, int]
    """Count of each phrase of those that are not good, the most frequent first."""


def count_verdicts(verdicts: Iterable[Verdict]) -> VerdictCounts:
    """Count verdicts. Each is exactly one of good, abandoned, handed over, refused and failed."""
    listed = list(verdicts)
    failures = Counter(verdict.failure for verdict in listed if verdict.failure)
    abandoned = sum(verdict.abandoned for verdict in listed)
    handed_over = sum(verdict.handed_over for verdict in listed)
    refused = sum(verdict.refused for verdict in listed)
    return VerdictCounts(
        good=len(listed) - failures.total() - abandoned,
        abandoned=abandoned,
        handed_over=handed_over,
        refused=refused,
        failed=failures.total() - handed_over - refused,
        failures=dict(failures.most_common()),
    )
