"""Apply the tenant's rules: triage of the message, and a person where a rule calls one."""

from collections.abc import Mapping

from kefu.router.answering.decision import Continue, HandOver, Settle
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.question import Question
from kefu.router.answering.stages.stage import AnswerTurn
from kefu.router.answering.triage.reader import TriageReader
from kefu.router.answering.triage.signals import Sender
from kefu.router.answering.turn_actions import TurnActions
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import BrownOut


class ApplyRules:
    """Applies the rules to a message, once. As a stage: to one that no earlier stage has read."""

    def __init__(self, triage: TriageReader | None, actions: TurnActions) -> None:
        """`triage`: None where messages are not read."""
        self._triage = triage
        self._actions = actions

    async def __call__(self, turn: AnswerTurn) -> AnswerTurn:
        """See `Stage`. It needed no search, or there was none."""
        question, draft, decision = turn.question, turn.draft, turn.decision
        if draft.triage is not None:
            return turn
        is_for_person = isinstance(decision, HandOver) and decision.reason is not HandoffReason.OVERLOADED
        is_compared = is_for_person and question.brown_out is BrownOut.NONE
        cosines = await self._actions.compared(question) if is_compared else None
        person = await self.read(question, draft, cosines)
        if person is None or isinstance(decision, Continue | HandOver):
            return turn
        is_owed = isinstance(decision, Settle) and await self._actions.owes_outcome(question, draft)
        return turn if is_owed else turn.decided(person)

    async def read(
        self, question: Question, draft: AnswerDraft, cosines: Mapping[str, float] | None
    ) -> HandOver | None:
        """Read the message, and note it in the draft. Returns the decision of a rule that calls a person.

        `cosines`: of the message, by known message; None: they are not there.
        """
        if self._triage is None:
            return None
        sender = Sender(question.principal, question.request, question.session_id)
        draft.triage = await self._triage.read(question.message, cosines, sender, question.settings.triage_rules)
        if not draft.triage.needs_person:
            return None
        return HandOver(HandoffReason.TRIAGE, detail=", ".join(draft.triage.rules))
