"""Answers: their events, and the state that the events add up to."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from kefu.router.v1 import chat_pb2 as pb

Event = (
    pb.TurnStarted | pb.PassagesFound | pb.ReasoningDelta | pb.Progress | pb.TextDelta | pb.Handoff | pb.TurnCompleted
)
"""One event of an answer, as the contract has it."""


@dataclass
class Answer:
    """The answer of one turn, as far as its events have come."""

    began: float = field(default_factory=time.monotonic)
    """When the question was sent, in seconds of `time.monotonic`."""
    session: str = ""
    """Name of the session, "sessions/{session}", with which to go on."""
    turn: str = ""
    """Name of the turn, "sessions/{session}/turns/{turn}"."""
    language: str = ""
    """Language of the answer, zh or en."""
    query: str = ""
    """The question as it was searched, when that differs from the customer's text."""
    joined: bytes = b""
    """The text so far in UTF-8, empty after a handoff, which withdraws it. Offsets count these bytes."""
    passages: list[pb.SourcePassage] = field(default_factory=list[pb.SourcePassage])
    """The passages that were found."""
    progress: str = ""
    """What is being done for the customer, such as "Looking up your orders"; empty before, and once it has ended."""
    handoff: pb.Handoff | None = None
    """Why a person takes over; None when Kefu answers."""
    completed: pb.TurnCompleted | None = None
    """The last event; None until then."""
    first_text: float | None = None
    """Seconds from the question to the first text, measured by this program."""
    total: float | None = None
    """Seconds from the question to the end."""

    @property
    def text(self) -> str:
        """The text so far, or the handoff's message to the customer."""
        if self.handoff is not None:
            return self.handoff.message
        return self.joined.decode("utf-8", "replace")

    @property
    def finish_reason(self) -> pb.FinishReason.ValueType:
        """Why the answer ended; FINISH_REASON_UNSPECIFIED until then."""
        return self.completed.finish_reason if self.completed else pb.FINISH_REASON_UNSPECIFIED

    @property
    def citations(self) -> Sequence[pb.Citation]:
        """The citations: ranges of bytes of `joined`, each tied to a passage."""
        return self.completed.citations if self.completed else ()

    @property
    def cards(self) -> pb.Cards | None:
        """What `text` says, as cards; None where there are none. A program shows one or the other."""
        return self.completed.cards if self.completed and self.completed.HasField("cards") else None

    def add(self, event: Event) -> None:
        """Add the next event."""
        match event:
            case pb.TurnStarted():
                self.session, self.turn, self.language = event.session, event.turn, event.language
            case pb.PassagesFound():
                self.passages, self.query = list(event.passages), event.query
            case pb.Progress():
                self.progress = event.text
            case pb.TextDelta():
                self._seen()
                self.joined = self.joined[: event.offset] + event.text.encode()
            case pb.Handoff():
                self._seen()
                self.handoff, self.joined = event, b""
            case pb.TurnCompleted():
                self.completed, self.progress = event, ""
                self.total = time.monotonic() - self.began
            case _:
                pass  # reasoning is not kept

    def _seen(self) -> None:
        if self.first_text is None:
            self.first_text = time.monotonic() - self.began
