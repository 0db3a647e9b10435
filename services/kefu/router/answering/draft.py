"""The answer draft: an answer as it grows while it is streamed."""

import time
from dataclasses import dataclass, field

from kefu.router import metrics
from kefu.router.answering.outcome import AnswerBasis, AnswerOutcome
from kefu.router.answering.writing.proof import Proof, Unproven
from kefu.router.dispatch.received_answer import ReceivedAnswer
from kefu.router.dispatch.relay import Relay
from kefu.router.domain.explanation import Explanation
from kefu.router.domain.handoff import Handoff
from kefu.router.domain.triage import Triage
from kefu.router.domain.turn import AnswerSource, BrownOut
from kefu.router.storage.turn_drafts import SavedDraft
from kefu.router.turn_stream.event_log import TurnEventLog
from kefu.router.turn_stream.turn_events import PassagesFound


@dataclass
class AnswerDraft:
    """An answer as it grows. `log` holds what the turn's readers were told; `arrived` is in monotonic seconds."""

    log: TurnEventLog
    arrived: float
    basis: AnswerBasis = field(default_factory=AnswerBasis)
    first_text_seconds: float | None = None
    """From the message's arrival to the first thing that the customer saw."""
    proof: Proof | Unproven | None = field(default=None, repr=False)
    relay: Relay | None = field(default=None, repr=False)
    """Which replica writes."""
    received: ReceivedAnswer | None = field(default=None, repr=False)
    """What the model wrote."""
    saved: SavedDraft | None = field(default=None, repr=False)
    """What a router that died left of this turn, until another one goes on with it or gives it up."""
    triage: Triage | None = None
    """Of the message, once it is read."""
    brown_out: BrownOut = BrownOut.NONE
    """What it was searched without."""
    fell_back: bool = False
    """The draft of knowledge was gone, and the answer is over live."""
    explanation: Explanation = field(default_factory=Explanation, repr=False)
    """Why the answer is what it is."""
    offers: tuple[str, ...] = ()
    """Titles of what the customer may want done, to stand below an answer from the pages."""
    attachment_note: str = ""
    """What was said of the files that came with the message: the end of the text."""
    version: int = 0
    """Grows when the text is begun anew."""

    def rest_on(self, basis: AnswerBasis) -> None:
        """The search is over, and the answer will rest on this."""
        self.basis = basis
        self.log.add_passages(PassagesFound(basis.passages, basis.query))

    def say(self, text: str) -> None:
        """More of the answer."""
        if text:
            self._seen()
            self.log.add_text(text)

    def tell(self, progress: str) -> None:
        """What is being done for the customer; it is no part of the answer."""
        if progress:
            self.log.add_progress(progress)

    def hand_over(self, handoff: Handoff) -> None:
        """A person is called, and the customer told so."""
        self._seen()
        self.log.add_handoff(handoff)

    def _seen(self) -> None:
        if self.first_text_seconds is None:
            self.first_text_seconds = time.monotonic() - self.arrived
            metrics.FIRST_TEXT_SECONDS.observe(self.first_text_seconds)

    @property
    def size(self) -> int:
        """Grows with all that would have to be known to go on with this turn elsewhere."""
        received = 0 if self.received is None else self.received.frames
        return self.log.has_started + self.basis.searched + self.log.text_bytes + received

    def take_over(self, saved: SavedDraft | None) -> None:
        """The turn was begun before: readers may hold more of it than is known, or something else."""
        self.saved = saved
        self.log.rewrite(0 if saved is None else len(saved.text.encode()))
        if saved is not None and saved.rewritten_from is not None:
            self.log.rewrite(saved.rewritten_from)

    def go_on(self) -> None:
        """A replica goes on with what was saved: say it again, as far as the same filters let it through."""
        saved, self.saved = self.saved, None
        if saved is None or self.proof is None:
            return
        text = self.proof.replay(saved.partial.text, saved.text)
        self.log.rewrite(_common(text.encode(), saved.text.encode()))
        self.say(text)
        metrics.TURNS_TAKEN_OVER.labels("continued").inc()

    def begin_anew(self) -> None:
        """Discard what was saved and begin with the next `version`; readers replace what they hold of it."""
        if self.saved is not None:
            self.saved = None
            self.version += 1
            self.log.rewrite(0)
            metrics.TURNS_TAKEN_OVER.labels("begun anew").inc()

    def so_far(self) -> AnswerOutcome:
        """The outcome of an answer that is broken off here: what was said of it, tied to passages, is kept.

        The turn may end before anybody went on with what was saved: then that is its text.
        """
        saved, self.saved = self.saved, None
        if saved is not None:
            self.log.add_text(saved.text)
            about = saved.context
            self.basis = AnswerBasis(about.searched, about.query, about.gives_instructions, about.passages)
        chain, relay = None if self.proof is None else self.proof.chain, self.relay
        return AnswerOutcome(
            source=AnswerSource.GENERATED if self.log.text_bytes else AnswerSource.NONE,
            basis=self.basis,
            citations=() if chain is None else chain.citations(),
            supports=() if chain is None else chain.supports(),
            model="" if relay is None else relay.model,
            replica="" if relay is None else relay.address,
        )


def _common(one: bytes, other: bytes) -> int:
    """How many bytes they begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
