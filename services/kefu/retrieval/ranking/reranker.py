"""The reranker: a cross-encoder that sorts the best passages once more, off the event loop and within a time limit."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from prometheus_client import Counter

from kefu.retrieval.ranking.timed_pairs import Pair, TimedPairs

RERANKED = Counter("kefu_reranked_total", "Searches reranked, or not for want of time, by outcome.", ("outcome",))


class Reranker(Protocol):
    """Scores questions and passages together: whether the passage answers the question."""

    @property
    def batch_size(self) -> int:
        """Most pairs in one call of `scores`."""
        ...

    def scores(self, pairs: Sequence[Pair]) -> list[float]:
        """One score for each pair, 0 to 1, in the same order. Blocks."""
        ...


class TimeLimitedReranker:
    """A reranker with a time limit, made with `open`; see TimedPairs."""

    def __init__(self, pairs: TimedPairs[float], passages: int) -> None:
        self.passages = passages
        """Most passages that are reranked for one question."""
        self._pairs = pairs

    @classmethod
    @asynccontextmanager
    async def open(cls, reranker: Reranker, passages: int, seconds: float) -> AsyncIterator["TimeLimitedReranker"]:
        """The reranker while the block runs: `passages` at most and `seconds` at most for each question."""
        async with TimedPairs[float].open("rerank", reranker.scores, lambda: reranker.batch_size, seconds) as pairs:
            yield cls(pairs, passages)

    async def scores(self, question: str, passages: Sequence[str], seconds: float | None = None) -> list[float] | None:
        """One score for each passage; None when they do not come within the time limit, or within `seconds` if that is
        less.
        """
        found = await self._pairs.results(question, passages, seconds)
        RERANKED.labels("skipped" if found is None else "done").inc()
        return found
