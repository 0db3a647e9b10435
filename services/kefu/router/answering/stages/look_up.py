"""Look up: decide by what the search finds. A curated answer, a kept one, evidence, what a model reads, or a person."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from kefu.common.errors import BackendUnavailable
from kefu.router.answering.answer_cache import AnswerCache
from kefu.router.answering.decision import (
    Decision,
    Generate,
    GiveCached,
    GiveExcerpt,
    HandOver,
    after_evidence,
    after_search,
    may_be_evidence,
    passages_to_read,
    relevant_passages,
)
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.evidence.question_evidence import QuestionEvidence
from kefu.router.answering.evidence.question_parts import QuestionParts
from kefu.router.answering.knowledge_search import KnowledgeSearch
from kefu.router.answering.question import Question
from kefu.router.answering.search_slots import SearchSlots
from kefu.router.answering.stages.stage import AnswerTurn
from kefu.router.answering.writing.generator import AnswerGenerator
from kefu.router.domain.handoff import HandoffReason
from kefu.router.nlu.question_splitting import split_questions
from kefu.router.replicas.retrieval_client import SearchLate, SearchResult

_log = structlog.stdlib.get_logger()


class LookUpPages:
    """Searches for a question, and reads what was found as the answer profile says."""

    def __init__(
        self,
        slots: SearchSlots,
        search: KnowledgeSearch,
        evidence: QuestionEvidence,
        generator: AnswerGenerator,
        cache: AnswerCache | None,
    ) -> None:
        """`slots`: of which this search has one. `generator`: whose profile is in force."""
        self._slots = slots
        self._search = search
        self._evidence = evidence
        self._parts = QuestionParts(search, evidence)
        self._generator = generator
        self._cache = cache

    async def __call__(self, turn: AnswerTurn) -> AnswerTurn:
        """See `Stage`."""
        return turn.decided(await self._decision(turn.question, turn.draft))

    async def _decision(self, question: Question, draft: AnswerDraft) -> Decision:
        try:
            found = await self._search.search(question, draft)
        except BackendUnavailable as error:
            _log.warning("search.unavailable", cause=error.message)
            if isinstance(error, SearchLate):
                raise self._slots.too_late(question) from error
            return HandOver(HandoffReason.SEARCH_UNAVAILABLE)
        question = replace(question, knowledge_version=found.version)
        decision = after_search(question, found)
        if self._cache is not None and not question.attachments and isinstance(decision, Generate | GiveExcerpt):
            answer = await self._cache.find(question, found)
            if answer is not None:
                return GiveCached(answer)
        profile = self._generator.profile
        if not profile.is_proven or not may_be_evidence(decision):
            return decision
        parts = () if question.choice else split_questions(question.text)
        if profile.writes and not isinstance(decision, GiveExcerpt):
            searches = await self._searches_for(question, draft, parts, found)
            if searches is not None and any(relevant_passages(question, each) for each in searches):
                return Generate(passages_to_read(question, searches), found)
        if len(parts) > 1 and (several := await self._parts.decision(question, draft, parts)) is not None:
            return several
        evidence = await self._evidence.of(question, draft, found)
        if profile.writes and evidence.may_be_read and not isinstance(decision, GiveExcerpt):
            return Generate(passages_to_read(question, [found]), found)
        return after_evidence(question, decision, evidence, found)

    async def _searches_for(
        self, question: Question, draft: AnswerDraft, parts: Sequence[str], found: SearchResult
    ) -> list[SearchResult] | None:
        """What was found for a message, and for each of several questions in it. None: staff answered one of them."""
        searches = [found]
        try:
            for number, part in enumerate(parts if len(parts) > 1 else ()):
                searches.append(await self._search.retrieve(question, draft, part, parts[0] if number else ""))
        except BackendUnavailable as error:
            _log.warning("search.unavailable", cause=error.message)
        return None if any(each.curated is not None for each in searches) else searches
