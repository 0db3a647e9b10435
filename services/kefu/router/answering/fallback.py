"""Answers for which no model is asked: an excerpt of a passage, a handoff to a person, what an action says."""

from collections.abc import Sequence
from dataclasses import replace

from kefu.common.text.language import language_of
from kefu.router.actions.request import ActionReply, Missing
from kefu.router.answering.handoff import handoff_of
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.answering.question import Question
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource, Citation, FinishReason, Passage, PendingChange
from kefu.router.grounding.sentence_selection import excerpt

_CALLS_PERSON = {
    Missing.FAILED: HandoffReason.ACTION_FAILED,
    Missing.NEEDS_PERSON: HandoffReason.CHANGE_NEEDS_PERSON,
    Missing.UNCONFIRMED: HandoffReason.CHANGE_UNCONFIRMED,
}


def give_excerpt(question: Question, passages: Sequence[Passage], otherwise: HandoffReason) -> AnswerOutcome:
    """An excerpt of the first passage in the customer's language; a handoff for the reason `otherwise` without one."""
    readable = [each for each in passages if (each.language or language_of(each.text)) == question.language]
    if not readable:
        return hand_over(question, otherwise, passages)
    passage = readable[0]
    text = question.message.in_its_variant(excerpt(passage, question.text))
    citation = Citation(0, len(text.encode()), passage.number, passage.name, passage.title, passage.uri)
    return AnswerOutcome(AnswerSource.EXTRACTIVE, text=f"{text} [{passage.number}]", citations=(citation,))


def hand_over(
    question: Question,
    reason: HandoffReason,
    nearest: Sequence[Passage] = (),
    detail: str = "",
    *,
    said_before: str = "",
) -> AnswerOutcome:
    """A handoff before anything was said. `nearest` and `detail` are for the person; see `handoff_of`.

    `said_before`: the customer reads this above the handoff's own message.
    """
    handoff = handoff_of(question, reason, nearest, detail)
    if said_before:
        message = f"{question.message.in_its_variant(said_before)}\n\n{handoff.message}"
        handoff = replace(handoff, message=message)
    return AnswerOutcome(AnswerSource.CANNED, FinishReason.HANDOFF, handoff=handoff)


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
    if reply.is_asked_again:
        text = f"{in_its_variant(replies.change_asked_again)}\n\n{text}"
    return AnswerOutcome(
        AnswerSource.ACTION, text=_with_choices(text, reply.choices), choices=reply.choices, pending=reply.pending
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
    text = f"{outcome.text}\n\n{_with_choices(asked, choices)}"
    return replace(outcome, text=text, choices=choices, pending=pending)


def _with_choices(text: str, choices: Sequence[str]) -> str:
    """A question with its choices, numbered: for clients that show no buttons."""
    numbered = "\n".join(f"{number}. {each}" for number, each in enumerate(choices, 1))
    return f"{text}\n\n{numbered}" if choices else text


def turn_away(question: Question, outcome: AnswerOutcome, *, was_begun: bool) -> AnswerOutcome:
    """What is said instead of a handoff while the desk takes nobody more. `was_begun`: it follows what was said."""
    text = question.message.in_its_variant(question.replies.handoff_desk_full)
    return replace(
        outcome,
        source=outcome.source if was_begun else AnswerSource.CANNED,
        finish=FinishReason.STOP,
        text=f"\n\n{text}" if was_begun else text,
        handoff=None,
    )
