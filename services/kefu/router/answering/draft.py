"""The answer draft: an answer as it grows while it is streamed."""

import time
from dataclasses import dataclass, field

from kefu.router import metrics
from kefu.router.dispatch.received_answer import ReceivedAnswer
from kefu.router.domain.handoff import Handoff
from kefu.router.domain.turn import AnswerSource, BrownOut, Citation, FinishReason, Passage, Support, Usage
from kefu.router.guardrails.answer_filter import AnswerFilter
from kefu.router.storage.turn_drafts import SavedDraft
from kefu.router.turn_stream.event_log import TurnEventLog


@dataclass
class AnswerDraft:
    """A turn as it is being answered; `log` has what its readers were told. Seconds, where time is meant."""

    log: TurnEventLog
    arrived: float
    finish: FinishReason = FinishReason.STOP
    source: AnswerSource = AnswerSource.NONE
    passages: tuple[Passage, ...] = ()
    searched: bool = False
    query: str = ""
    embedding: bytes = b""
    """Of the question; see `Found.embedding`."""
    handoff: Handoff | None = None
    citations: tuple[Citation, ...] = ()
    supports: tuple[Support, ...] = ()
    choices: tuple[str, ...] = ()
    usage: Usage | None = None
    model: str = ""
    replica: str = ""
    queue_seconds: float | None = None
    search_seconds: float | None = None
    first_text_seconds: float | None = None
    brown_out: BrownOut = BrownOut.NONE
    """What the answer was made without."""
    filter: AnswerFilter | None = field(default=None, repr=False)
    received: ReceivedAnswer | None = field(default=None, repr=False)
    """What the model wrote."""
    saved: SavedDraft | None = field(default=None, repr=False)
    """What a router left of this turn that died, until it is gone on with or given up."""
    version: int = 0
    """Grows when the text is begun anew."""

    def say(self, text: str) -> None:
        """More of the answer."""
        if text:
            self.seen()
            self.log.add_text(text)

    def seen(self) -> None:
        """The customer sees something."""
        if self.first_text_seconds is None:
            self.first_text_seconds = time.monotonic() - self.arrived
            metrics.FIRST_TEXT_SECONDS.observe(self.first_text_seconds)

    def do_without(self, rung: BrownOut) -> None:
        """The answer is made with less than it could be."""
        if rung is not BrownOut.NONE:
            self.brown_out = rung
            metrics.BROWNED_OUT_TURNS.labels(rung.name.lower()).inc()

    @property
    def size(self) -> int:
        """Grows with all that would have to be known to go on with this turn elsewhere."""
        received = 0 if self.received is None else self.received.frames
        return self.log.has_started + self.searched + self.log.text_bytes + received

    def take_over(self, saved: SavedDraft | None) -> None:
        """The turn was begun before: readers may hold more of it than is known, or something else."""
        self.saved = saved
        self.log.rewrite(0 if saved is None else len(saved.text.encode()))
        if saved is not None and saved.rewritten_from is not None:
            self.log.rewrite(saved.rewritten_from)

    def keep_saved(self) -> None:
        """The turn ends before anybody went on with what was saved: that is its text."""
        if self.saved is not None:
            self.log.add_text(self.saved.text)
            self.passages, self.searched, self.query = (
                self.saved.context.passages,
                self.saved.context.searched,
                self.saved.context.query,
            )
            self.source = AnswerSource.GENERATED
            self.saved = None

    def go_on(self) -> None:
        """A replica goes on with what was saved: say it again, as far as the same filters let it through."""
        saved, self.saved = self.saved, None
        if saved is None or self.filter is None:
            return
        text = self.filter.push(saved.partial.text)
        self.log.rewrite(_common(text.encode(), saved.text.encode()))
        self.say(text)
        metrics.TURNS_TAKEN_OVER.labels("continued").inc()

    def begin_anew(self) -> None:
        """What was saved is of no use: whatever readers hold of it will be replaced."""
        if self.saved is not None:
            self.saved = None
            self.version += 1
            self.log.rewrite(0)
            metrics.TURNS_TAKEN_OVER.labels("begun anew").inc()

    def cite(self) -> None:
        """Tie what was said so far to passages; also for an answer that was stopped half way."""
        if self.filter is not None:
            self.citations, self.supports = self.filter.citations(), self.filter.supports()


def _common(one: bytes, other: bytes) -> int:
    """How many bytes they begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
