"""Unanswered questions in groups that are about the same, each named by the most central of them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kefu.common.auth import Principal
from kefu.common.errors import BackendUnavailable
from kefu.router.insight.clustering import Vectors, cluster, most_central
from kefu.router.insight.unanswered import UnansweredQuestion, UnansweredStore
from kefu.router.retrieval_client import RetrievalClient

MAX_SHOWN = 50
"""Of a group, at most so many."""
_MOST_EMBEDDED = 500
"""Questions whose embeddings are asked for in one go; others stand alone until the next time."""
_AT_ONCE = 4
_SEARCH_SECONDS = 10.0
_MOST_QUERY = 4000


@dataclass(frozen=True)
class QuestionGroup:
    """Questions about the same, latest first, at most `MAX_SHOWN`; `count` is how many there are."""

    central: UnansweredQuestion
    questions: tuple[UnansweredQuestion, ...]
    count: int


class UnansweredGroups:
    """Groups anew each time it is asked; one at a time, in a thread, since it takes seconds of a core for thousands."""

    def __init__(self, store: UnansweredStore, knowledge: RetrievalClient) -> None:
        self._store = store
        self._knowledge = knowledge
        self._one_at_a_time = asyncio.Lock()

    async def largest(self, principal: Principal, since: float, most: int) -> tuple[list[QuestionGroup], int]:
        """The largest groups of the tenant's questions, and how many questions there are in all groups.

        Raises BackendUnavailable, also when embeddings are missing and the knowledge base does not answer.
        """
        async with self._one_at_a_time:
            found = await self._embedded(principal, await self._store.all(principal.tenant, since))
            return await asyncio.to_thread(_groups, found, most), len(found)

    async def _embedded(
        self, principal: Principal, questions: Sequence[UnansweredQuestion]
    ) -> list[UnansweredQuestion]:
        found = list(questions)
        missing = [at for at, question in enumerate(found) if not question.vector][:_MOST_EMBEDDED]
        for start in range(0, len(missing), _AT_ONCE):
            some = missing[start : start + _AT_ONCE]
            embedding = (self._embed(principal, found[at]) for at in some)
            for at, outcome in zip(some, await asyncio.gather(*embedding, return_exceptions=True), strict=True):
                if isinstance(outcome, BaseException):
                    raise outcome
                found[at] = outcome
        return found

    async def _embed(self, principal: Principal, question: UnansweredQuestion) -> UnansweredQuestion:
        answer = await self._knowledge.search(
            principal,
            question.text[-_MOST_QUERY:],
            collections=(),
            as_of="",
            top_k=1,
            seconds=_SEARCH_SECONDS,
            with_embedding=True,
        )
        if not answer.embedding:
            raise BackendUnavailable("The retrieval service is of an earlier release and tells no embeddings.")
        return await self._store.set_vector(principal.tenant, question, answer.embedding)


def _groups(questions: Sequence[UnansweredQuestion], most: int) -> list[QuestionGroup]:
    vectors = _vectors(questions)
    return [
        QuestionGroup(
            questions[most_central(vectors, rows)], tuple(questions[row] for row in rows[:MAX_SHOWN]), len(rows)
        )
        for rows in cluster(vectors)[:most]
    ]


def _vectors(questions: Sequence[UnansweredQuestion]) -> Vectors:
    """Their embeddings as rows; zeros where one is not known, or of another embedder than the latest question's."""
    width = next((len(question.vector) for question in questions if question.vector), 0)
    rows = np.zeros((len(questions), width // 2), np.float32)
    for row, question in zip(rows, questions, strict=True):
        if len(question.vector) == width:
            row[:] = np.frombuffer(question.vector, "<f2")
    return rows
