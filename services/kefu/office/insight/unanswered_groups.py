"""Groups of unanswered questions that are about the same, each named by its most central question."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kefu.common.auth import Principal
from kefu.common.errors import BackendUnavailable
from kefu.office.insight.clustering import Vectors, cluster, most_central
from kefu.office.insight.unanswered import UnansweredQuestion, UnansweredStore
from kefu.router.replicas.retrieval_client import RetrievalClient

MAX_SHOWN = 50
"""Most questions listed of a group."""
_MAX_EMBEDDED = 500
"""Most embeddings fetched in one call. Further questions stand alone until the next call."""
_MAX_SEARCHES_AT_ONCE = 4
_SEARCH_SECONDS = 10.0
_MAX_QUERY_CHARACTERS = 4000


@dataclass(frozen=True)
class QuestionGroup:
    """Questions about the same, latest first, at most `MAX_SHOWN`. `count`: how many there are in all."""

    central: UnansweredQuestion
    questions: tuple[UnansweredQuestion, ...]
    count: int


class UnansweredGroups:
    """Groups of unanswered questions, computed on each call.

    One call at a time, in a thread: thousands of questions take seconds of a core.
    """

    def __init__(self, store: UnansweredStore, retrieval: RetrievalClient) -> None:
        self._store = store
        self._retrieval = retrieval
        self._lock = asyncio.Lock()

    async def largest(self, principal: Principal, since: float, limit: int) -> tuple[list[QuestionGroup], int]:
        """The largest groups of the tenant's questions, and how many questions there are in all groups.

        Raises BackendUnavailable, also when embeddings are missing and the retrieval service does not answer.
        """
        async with self._lock:
            found = await self._embedded(principal, await self._store.all(principal.tenant, since))
            return await asyncio.to_thread(_groups, found, limit), len(found)

    async def _embedded(
        self, principal: Principal, questions: Sequence[UnansweredQuestion]
    ) -> list[UnansweredQuestion]:
        found = list(questions)
        missing = [at for at, question in enumerate(found) if not question.vector][:_MAX_EMBEDDED]
        for start in range(0, len(missing), _MAX_SEARCHES_AT_ONCE):
            some = missing[start : start + _MAX_SEARCHES_AT_ONCE]
            embedding = (self._embed(principal, found[at]) for at in some)
            for at, outcome in zip(some, await asyncio.gather(*embedding, return_exceptions=True), strict=True):
                if isinstance(outcome, BaseException):
                    raise outcome
                found[at] = outcome
        return found

    async def _embed(self, principal: Principal, question: UnansweredQuestion) -> UnansweredQuestion:
        answer = await self._retrieval.search(
            principal,
            question.text[-_MAX_QUERY_CHARACTERS:],
            collections=(),
            as_of="",
            top_k=1,
            seconds=_SEARCH_SECONDS,
            with_embedding=True,
        )
        if not answer.embedding:
            raise BackendUnavailable("The retrieval service is of an earlier release and tells no embeddings.")
        return await self._store.set_vector(principal.tenant, question, answer.embedding)


def _groups(questions: Sequence[UnansweredQuestion], limit: int) -> list[QuestionGroup]:
    vectors = _vectors(questions)
    return [
        QuestionGroup(
            questions[most_central(vectors, rows)], tuple(questions[row] for row in rows[:MAX_SHOWN]), len(rows)
        )
        for rows in cluster(vectors)[:limit]
    ]


def _vectors(questions: Sequence[UnansweredQuestion]) -> Vectors:
    """Embeddings as rows. Zeros where one is not known, or is of another embedder than the latest question's."""
    width = next((len(question.vector) for question in questions if question.vector), 0)
    rows = np.zeros((len(questions), width // 2), np.float32)
    for row, question in zip(rows, questions, strict=True):
        if len(question.vector) == width:
            row[:] = np.frombuffer(question.vector, "<f2")
    return rows
