"""A stage: it takes the turn and gives it on, with a decision where it made one."""

from dataclasses import dataclass, replace
from typing import Protocol

from kefu.router.answering.decision import Decision
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.question import Question


@dataclass(frozen=True)
class AnswerTurn:
    """A turn on its way through the stages."""

    question: Question
    """With what its answer has to do without, once that is known."""
    draft: AnswerDraft
    decision: Decision | None = None
    """What the message is answered with. None: a later stage decides."""

    def decided(self, decision: Decision | None) -> "AnswerTurn":
        """The turn with this decision in place of the one before."""
        return replace(self, decision=decision)


class Stage(Protocol):
    """A function or an object that is called with a turn. It gives on what it has nothing to say to."""

    async def __call__(self, turn: AnswerTurn) -> AnswerTurn:
        """The turn after this stage. Raises as `AnswerPipeline.answer` does."""
        ...
