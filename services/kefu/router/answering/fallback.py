"""Answers for which no model is asked: an excerpt, or a person."""

from collections.abc import Sequence

from kefu.common.text.chinese import match_variant
from kefu.common.text.language import language_of
from kefu.router import metrics
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.handoff import handoff_of
from kefu.router.answering.question import Question
from kefu.router.answering.repeated_failures import has_failed_again
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource, Citation, FinishReason, Passage
from kefu.router.grounding.sentence_selection import excerpt
from kefu.router.nlu.sensitive_topics import is_abuse, sensitive_subject


def why_not_answer(question: Question) -> HandoffReason | None:
    """Why this should be left to a person before anything is looked up; None: it should not."""
    if sensitive_subject(question.text, question.rules.sensitive_topics):
        return HandoffReason.SENSITIVE
    if is_abuse(question.text):
        return HandoffReason.ABUSE
    if has_failed_again(question.text, question.history, question.disliked):
        return HandoffReason.REPEATED_FAILURE
    return None


def give_excerpt(question: Question, draft: AnswerDraft, otherwise: HandoffReason) -> None:
    """An excerpt in the customer's language of the draft's passages, if nothing was said yet, else a person."""
    draft.finish = FinishReason.STOP
    readable = [
        passage for passage in draft.passages if (passage.language or language_of(passage.text)) == question.language
    ]
    if draft.log.text_bytes or not readable:
        if draft.filter is not None:
            draft.say(draft.filter.break_off())
        hand_over(question, draft, otherwise, nearest=draft.passages)
        return
    passage = readable[0]
    text = match_variant(question.text, excerpt(passage, question.text))
    draft.filter = None
    draft.source = AnswerSource.EXTRACTIVE
    draft.citations = (Citation(0, len(text.encode()), passage.number, passage.name, passage.title, passage.uri),)
    draft.say(f"{text} [{passage.number}]")


def hand_over(
    question: Question, draft: AnswerDraft, reason: HandoffReason, *, nearest: Sequence[Passage] = (), detail: str = ""
) -> None:
    """Call a person, and tell the customer so."""
    draft.handoff = handoff_of(question, reason, nearest, detail)
    draft.finish = FinishReason.HANDOFF
    if not draft.log.text_bytes:
        draft.source = AnswerSource.CANNED
    draft.seen()
    draft.log.add_handoff(draft.handoff)
    metrics.HANDOFFS.labels(draft.handoff.reason).inc()
