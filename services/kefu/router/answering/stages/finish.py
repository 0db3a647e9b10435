"""Finish: what stands below the answer, a full desk, and the last words to the turn's readers."""

from dataclasses import replace

from kefu.router import metrics
from kefu.router.answering.action_answer import asked_still, offered_below
from kefu.router.answering.attachments.replies import note_of
from kefu.router.answering.desk_capacity import DeskCapacity
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.fallback import turn_away
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.answering.question import Question


class Finish:
    """Finishes answers."""

    def __init__(self, desk: DeskCapacity) -> None:
        self._desk = desk

    async def __call__(self, outcome: AnswerOutcome, question: Question, draft: AnswerDraft) -> AnswerOutcome:
        """Say through the draft what is still to be said of an outcome. Returns it as it is stored."""
        if outcome.handoff is not None and not await self._desk.has_room_for(question, outcome.handoff):
            metrics.DESK_TURNED_AWAY.labels(question.principal.tenant).inc()
            outcome = turn_away(question, outcome, was_begun=draft.log.text_bytes > 0)
        outcome = offered_below(question, asked_still(question, outcome), draft.offers)
        return _said(_noted(question, outcome, draft), draft)


def _noted(question: Question, outcome: AnswerOutcome, draft: AnswerDraft) -> AnswerOutcome:
    """The answer, and behind it what was read off the files that came with the message. A person sees them anyway."""
    if draft.attachment_note or outcome.handoff is not None or not (note := note_of(question)):
        return outcome
    draft.attachment_note = question.message.in_its_variant(note)
    is_begun = bool(outcome.text) or draft.log.text_bytes > 0
    return replace(outcome, text=outcome.text + ("\n\n" if is_begun else "") + draft.attachment_note)


def _said(outcome: AnswerOutcome, draft: AnswerDraft) -> AnswerOutcome:
    """Tell the turn's readers what is still to be said."""
    draft.say(outcome.text)
    if outcome.handoff is not None:
        draft.hand_over(outcome.handoff)
        metrics.HANDOFFS.labels(outcome.handoff.reason).inc()
    return replace(outcome, text="", basis=draft.basis)
