"""The search for a question: by itself, with the earlier question that it leans on, or with what was read off files."""

import time
from dataclasses import replace

from kefu.common.errors import BackendUnavailable, DraftNotFound, VersionNotFound
from kefu.router import metrics
from kefu.router.answering.decision import relevant_passages
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.explaining.notes import search_made
from kefu.router.answering.history import previous_question
from kefu.router.answering.outcome import AnswerBasis
from kefu.router.answering.question import Question
from kefu.router.answering.turn_actions import seconds_to_search
from kefu.router.replicas.retrieval_client import RetrievalClient, SearchResult

WITHOUT_DRAFT = (DraftNotFound, VersionNotFound)
"""Raised by searches: the draft of knowledge is gone, or not loaded where it was searched."""
MOST_QUERY = 4000
"""Characters; see SearchRequest.query."""
_LEAST_CANDIDATES = 20
"""Passages that are asked for: evidence is chosen among more than are likely to hold it."""


class KnowledgeSearch:
    """Searches retrieval, and notes in the draft how.

    Raises BackendUnavailable, CollectionNotFound and those of `WITHOUT_DRAFT`.
    """

    def __init__(self, retrieval: RetrievalClient, seconds: float) -> None:
        """`seconds`: the longest time of one search."""
        self._retrieval = retrieval
        self._seconds = seconds

    async def search(self, question: Question, draft: AnswerDraft) -> SearchResult:
        """Search for a question. The draft's answer rests on that from here on."""
        began = time.monotonic()
        try:
            found, query = await self._found(question, draft)
        finally:
            seconds = time.monotonic() - began
            metrics.SEARCH_SECONDS.observe(seconds)
            draft.basis = AnswerBasis(search_seconds=seconds)
        draft.basis = AnswerBasis(
            searched=True,
            query=query,
            gives_instructions=found.gives_instructions,
            embedding=found.embedding,
            search_seconds=seconds,
        )
        return found

    async def retrieve(self, question: Question, draft: AnswerDraft, text: str, earlier: str) -> SearchResult:
        """Search for a text, which may lean on an earlier one."""
        request = question.request
        seconds = seconds_to_search(question, self._seconds)
        if seconds <= 0:
            raise BackendUnavailable("No time is left to search.")
        began = time.monotonic()
        found = await self._retrieval.search(
            question.principal,
            text,
            history=(earlier,) if earlier else (),
            collections=request.collections,
            as_of=question.as_of,
            filters=request.filters,
            draft=request.draft,
            version=question.knowledge_version,
            top_k=max(question.settings.max_passages, _LEAST_CANDIDATES),
            seconds=seconds,
            with_embedding=question.settings.cache_answers,
        )
        least = question.settings.least_relevance
        draft.explanation.add_search(search_made(text, earlier, found, time.monotonic() - began, least))
        return found

    async def _found(self, question: Question, draft: AnswerDraft) -> tuple[SearchResult, str]:
        """What the search found, and the query where it differs from the message."""
        request = question.request
        text = question.text[-MOST_QUERY:]  # several messages answered as one may be longer than a search takes
        query = "" if text == request.text else text
        if question.choice:
            by_staff = await self.retrieve(question, draft, question.choice, "")
            if by_staff.curated is not None:  # the choice was their question
                return by_staff, query
        if question.attached_words:
            return await self._found_with_files(question, draft, text), query  # what was read off files is in no query
        earlier = question_before(question)[-MOST_QUERY:]
        found = await self.retrieve(question, draft, text, earlier)
        if found.used_history:
            return found, f"{earlier} {text}"[-MOST_QUERY:]
        return found, query

    async def _found_with_files(self, question: Question, draft: AnswerDraft, text: str) -> SearchResult:
        """What the search found for a message, with what was read off its files where the message leans on that.

        Where nothing relevant is found for the message by itself, both are searched for together. A curated answer is
        for what the customer wrote alone, and the question is read as it was written.
        """
        alone = await self.retrieve(question, draft, text, question.attached_words)
        if alone.used_history:
            return replace(alone, read_as="")
        if alone.curated is not None or relevant_passages(question, alone):
            return alone
        behind = await self.retrieve(question, draft, f"{question.attached_words}\n{text}"[-MOST_QUERY:], "")
        if not relevant_passages(question, behind):
            return alone
        return replace(behind, curated=None, used_history=True, read_as="", embedding=b"")


def question_before(question: Question) -> str:
    """The question that this one may lean on. One with a choice holds the last message: it is the one before that."""
    return previous_question(question.history[:-1] if question.choice else question.history)
