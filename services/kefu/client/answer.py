"""What an answer is made of: its events, and all of them joined."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from kefu.router.v1 import chat_pb2 as pb

Event = pb.TurnStarted | pb.PassagesFound | pb.ReasoningDelta | pb.TextDelta | pb.Handoff | pb.TurnCompleted


@dataclass
class Answer:
    """A turn as far as it has come."""

    began: float = field(default_factory=time.monotonic)
    session: str = ""
    """"sessions/{session}": to go on with."""
    turn: str = ""
    language: str = ""
    query: str = ""
    """The question as it was searched, when it differs from what was asked."""
    joined: bytes = b""
    """The text so far, UTF-8: offsets count its bytes."""
    passages: list[pb.SourcePassage] = field(default_factory=list[pb.SourcePassage])
    handoff: pb.Handoff | None = None
    completed: pb.TurnCompleted | None = None
    first_text: float | None = None
    """Seconds from asking to the first text, as this program saw it."""
    total: float | None = None
    """Seconds from asking to the end."""

    @property
    def text(self) -> str:
        """The text so far, or what the customer is told when a person takes over."""
        if not self.joined and self.handoff is not None:
            return self.handoff.message
        return self.joined.decode("utf-8", "replace")

    @property
    def finish_reason(self) -> pb.FinishReason.ValueType:
        """How it ended; FINISH_REASON_UNSPECIFIED until then."""
        return self.completed.finish_reason if self.completed else pb.FINISH_REASON_UNSPECIFIED

    @property
    def citations(self) -> Sequence[pb.Citation]:
        """Which bytes of `joined` rest on which passage."""
        return self.completed.citations if self.completed else ()

    def add(self, event: Event) -> None:
        """Take in the next event."""
        match event:
            case pb.TurnStarted():
                self.session, self.turn, self.language = event.session, event.turn, event.language
            case pb.PassagesFound():
                self.passages, self.query = list(event.passages), event.query
            case pb.TextDelta():
                self._seen()
                self.joined = self.joined[: event.offset] + event.text.encode()
            case pb.Handoff():
                self._seen()
                self.handoff = event
            case pb.TurnCompleted():
                self.completed = event
                self.total = time.monotonic() - self.began
            case _:
                pass  # reasoning is told and not kept

    def _seen(self) -> None:
        if self.first_text is None:
            self.first_text = time.monotonic() - self.began
