"""Carry out: the answer that was decided on."""

from collections.abc import Sequence
from dataclasses import replace

from kefu.router import metrics
from kefu.router.answering.action_answer import act, ask_again
from kefu.router.answering.answer_cache import AnswerCache
from kefu.router.answering.attachments.replies import reply_to_files
from kefu.router.answering.clarification import clarify
from kefu.router.answering.decision import (
    Act,
    AskAgain,
    Clarify,
    Continue,
    Decision,
    Generate,
    GiveCached,
    GiveCanned,
    GiveCurated,
    GiveEvidence,
    GiveExcerpt,
    HandOver,
    Refuse,
    ReplyToFiles,
    Settle,
    TurnDown,
)
from kefu.router.answering.desk_capacity import DeskCapacity
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.evidence.evidence_answer import Evidence, evidence_answer
from kefu.router.answering.evidence.question_evidence import QuestionEvidence
from kefu.router.answering.fallback import give_excerpt, hand_over
from kefu.router.answering.outcome import AnswerBasis, AnswerOutcome
from kefu.router.answering.question import Question
from kefu.router.answering.search_slots import SearchSlots
from kefu.router.answering.turn_actions import TurnActions
from kefu.router.answering.writing.generator import AnswerGenerator
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource, BrownOut, Passage
from kefu.router.guardrails.prompt_injection import passage_for_model
from kefu.router.replicas.retrieval_client import SearchResult
from kefu.router.storage.turn_drafts import SavedDraft


class CarryOut:
    """Makes the answer of each kind of decision. A model's words are streamed; the others are in the outcome's text."""

    def __init__(
        self,
        generator: AnswerGenerator,
        evidence: QuestionEvidence,
        actions: TurnActions,
        slots: SearchSlots,
        desk: DeskCapacity,
        cache: AnswerCache | None,
    ) -> None:
        self._generator = generator
        self._evidence = evidence
        self._actions = actions
        self._slots = slots
        self._desk = desk
        self._cache = cache

    async def __call__(self, decision: Decision, question: Question, draft: AnswerDraft) -> AnswerOutcome:
        """The outcome of a decision. Raises as `AnswerPipeline.answer` does."""
        match decision:
            case Continue(saved):
                return await self._continue(saved, question, draft)
            case Generate(passages, found):
                return await self._generate(passages, found, question, draft)
            case GiveExcerpt(passages):
                return await self._give_excerpt(passages, question, draft)
            case Act(wanted):
                return act(question, await self._actions.run(wanted, question, draft))
            case Settle(consent):
                return act(question, await self._actions.settle(consent, question, draft))
            case AskAgain(pending):
                return ask_again(pending)
            case HandOver():
                return _hand_over(decision, question, draft)
            case GiveEvidence(parts):
                answer = evidence_answer(question, parts)
                draft.rest_on(replace(_under_load(draft.basis, question), passages=answer.passages))
                return answer.outcome()
            case GiveCached(answer):
                draft.rest_on(replace(draft.basis, passages=answer.passages))
                return answer.outcome()
            case GiveCurated(curated):
                draft.rest_on(draft.basis)
                return AnswerOutcome(AnswerSource.CURATED, text=curated.answer)
            case Clarify(choices, is_unsure):
                draft.rest_on(draft.basis)
                return clarify(question, choices, is_unsure=is_unsure)
            case TurnDown():
                draft.rest_on(draft.basis)
                reply = question.message.in_its_variant(question.replies.out_of_scope)
                return AnswerOutcome(AnswerSource.CANNED, text=reply)
            case ReplyToFiles(subjects):
                outcome, draft.attachment_note = reply_to_files(question, subjects)
                return outcome
            case Refuse():
                refusal = question.message.in_its_variant(question.replies.refused_topic)
                return AnswerOutcome(AnswerSource.REFUSED, text=refusal)
            case GiveCanned(intent):
                return AnswerOutcome(AnswerSource.CANNED, text=question.replies.reply_to(intent))

    async def _continue(self, saved: SavedDraft, question: Question, draft: AnswerDraft) -> AnswerOutcome:
        about = saved.context
        draft.basis = AnswerBasis(about.searched, about.query, about.gives_instructions)

        async def in_saved(told: Sequence[Passage]) -> Evidence:
            return await self._evidence.in_saved(question, about.query or question.text, told)

        return await self._generator.write(question, draft, about.passages, in_saved)

    async def _generate(
        self, passages: Sequence[Passage], found: SearchResult, question: Question, draft: AnswerDraft
    ) -> AnswerOutcome:
        draft.basis = _under_load(draft.basis, question)
        shown = tuple(map(passage_for_model, passages))

        async def in_told(told: Sequence[Passage]) -> Evidence:
            return await self._evidence.of(question, draft, replace(found, passages=tuple(told)))

        outcome = await self._generator.write(question, draft, shown, in_told)
        if self._cache is not None and not question.attachments:
            await self._cache.keep(question, found, outcome, draft)
        return outcome

    async def _give_excerpt(self, passages: Sequence[Passage], question: Question, draft: AnswerDraft) -> AnswerOutcome:
        shown = tuple(map(passage_for_model, passages))
        outcome = give_excerpt(question, shown, HandoffReason.OVERLOADED)
        if outcome.handoff is not None and not await self._desk.takes_for_load(question):
            raise self._slots.too_late(question)
        draft.rest_on(replace(_under_load(draft.basis, question), passages=shown))
        return outcome


def _hand_over(decision: HandOver, question: Question, draft: AnswerDraft) -> AnswerOutcome:
    if question.is_none_of_them:
        draft.basis = AnswerBasis(query=question.text)  # this is what went unanswered, not the reply
    if decision.reason is HandoffReason.OVERLOADED:
        draft.basis = _under_load(draft.basis, question)
    if draft.basis.searched:
        draft.rest_on(draft.basis)
    said_before = decision.self_service
    return hand_over(question, decision.reason, decision.nearest, decision.detail, said_before=said_before)


def _under_load(basis: AnswerBasis, question: Question) -> AnswerBasis:
    """The basis of an answer that is made with less than it could be, if so."""
    level = question.brown_out
    if level is not BrownOut.NONE:
        metrics.BROWNED_OUT_TURNS.labels(level.name.lower()).inc()
    return replace(basis, brown_out=level)
