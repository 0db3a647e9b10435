"""What an answer rests on, and how a message was answered: the results of the pipeline's stages."""

from dataclasses import dataclass, field

from kefu.router.domain.card import Cards
from kefu.router.domain.handoff import Handoff
from kefu.router.domain.turn import (
    AnswerSource,
    BrownOut,
    Citation,
    FinishReason,
    Passage,
    Pending,
    Support,
    Usage,
)


@dataclass(frozen=True)
class AnswerBasis:
    """What an answer rests on. It is known before the answer's first word."""

    searched: bool = False
    query: str = ""
    """As it was searched, where that differs from the question."""
    gives_instructions: bool = False
    """The question tells the assistant what to say: its words are no evidence."""
    passages: tuple[Passage, ...] = ()
    """What the answer may cite."""
    embedding: bytes = b""
    """The question's; see `SearchResult.embedding`."""
    search_seconds: float | None = None
    brown_out: BrownOut = BrownOut.NONE
    """What the answer is made without."""


@dataclass(frozen=True)
class AnswerOutcome:
    """How a message was answered. What was streamed of the answer stands in the turn's event log."""

    source: AnswerSource = AnswerSource.NONE
    finish: FinishReason = FinishReason.STOP
    text: str = ""
    """What is still to be said: all of an answer that was not streamed."""
    basis: AnswerBasis = field(default_factory=AnswerBasis)
    citations: tuple[Citation, ...] = ()
    supports: tuple[Support, ...] = ()
    choices: tuple[str, ...] = ()
    """What the customer is asked to choose from, when the answer is a question back."""
    pending: Pending | None = None
    """What an action asks the customer for."""
    cards: Cards | None = None
    """What an action says, as cards."""
    handoff: Handoff | None = None
    usage: Usage | None = None
    is_cut: bool = False
    """Whether the model's text ends before the model's end: it is not kept for others."""
    model: str = ""
    replica: str = ""
    """Address of the replica that wrote the answer, or was the last one that failed to."""
