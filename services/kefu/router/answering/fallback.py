"""Answers for which no model is asked: an excerpt of a passage, a handoff to a person."""

from collections.abc import Sequence
from dataclasses import replace

from kefu.router.answering.handoff_text import handoff_of
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.answering.question import Question
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource, Citation, FinishReason, Passage
from kefu.router.grounding.sentence_selection import excerpt
from kefu.text.language import language_of


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
