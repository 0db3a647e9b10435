"""What an action says, or what is missing for it, as an answer; and its question again below another answer."""

from collections.abc import Sequence
from dataclasses import replace

from kefu.router.actions.request import ActionReply, Missing
from kefu.router.answering.clarification import with_choices
from kefu.router.answering.fallback import hand_over
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.answering.question import Question
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource, PendingChange

_CALLS_PERSON = {
    Missing.FAILED: HandoffReason.ACTION_FAILED,
    Missing.NEEDS_PERSON: HandoffReason.CHANGE_NEEDS_PERSON,
    Missing.UNCONFIRMED: HandoffReason.CHANGE_UNCONFIRMED,
}


def act(question: Question, reply: ActionReply) -> AnswerOutcome:
    """What an action says, or what is missing for it. Where it failed a person is called, who reads why."""
    in_its_variant, replies = question.message.in_its_variant, question.replies
    if reply.missing in _CALLS_PERSON:
        return replace(hand_over(question, _CALLS_PERSON[reply.missing], detail=reply.detail), pending=reply.pending)
    match reply.missing:
        case Missing.IDENTITY:
            text = in_its_variant(replies.sign_in)
        case Missing.NOT_THERE:
            text = in_its_variant(replies.not_there)
        case Missing.NOT_WANTED:
            text = in_its_variant(replies.change_not_made)
        case _:
            text = reply.text
    cards = reply.cards
    if reply.is_asked_again:
        again = in_its_variant(replies.change_asked_again)
        text = f"{again}\n\n{text}"
        cards = cards and replace(cards, text=f"{again}\n\n{cards.text}")
    return AnswerOutcome(
        AnswerSource.ACTION,
        text=_below(text, reply.choices),
        choices=reply.choices,
        pending=reply.pending,
        cards=cards,
    )


def asked_still(question: Question, outcome: AnswerOutcome) -> AnswerOutcome:
    """An answer to something else than an action has just asked, with the action's question again below it: once.

    So a yes is always one to what the customer has just read.
    """
    pending = question.pending
    if pending is None or not question.is_asked or question.consent is not None:
        return outcome
    before = question.history[-1].completed
    if before is None or before.source is not AnswerSource.ACTION:
        return outcome
    if outcome.source is AnswerSource.ACTION or outcome.handoff is not None or outcome.choices:
        return outcome
    asked, choices = pending.question, pending.choices
    if isinstance(pending, PendingChange):
        asked = f"{question.message.in_its_variant(question.replies.change_asked_again)}\n\n{asked}"
    text = f"{outcome.text}\n\n{_below(asked, choices)}"
    return replace(outcome, text=text, choices=choices, pending=pending)


def _below(text: str, choices: Sequence[str]) -> str:
    """A text with the choices that it has below it; it may have paragraphs of its own."""
    return with_choices(f"{text}\n", choices) if choices else text
