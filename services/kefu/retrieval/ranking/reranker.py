"""The reranker: a cross-encoder that sorts the best passages once more, off the event loop and within a time limit."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import NamedTuple, Protocol

from prometheus_client import Counter

from kefu.common.batching import Batcher

RERANKED = Counter("kefu_reranked_total", "Searches reranked, or not for want of time, by outcome.", ("outcome",))


class Pair(NamedTuple):
    """What a reranker scores together."""

    question: str
    passage: str


_WARM_UP = Pair("Are returns free?", "Returns are free within 30 days.")


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
    """A reranker with a time limit, made with `open`.

    Questions that come together share its batches, the oldest first; waiting counts as their time. Of a question whose
    time is over, what is in no batch yet is not read.
    """

    def __init__(self, reranker: Reranker, passages: int, seconds: float) -> None:
        self.passages = passages
        """Most passages that are reranked for one question."""
        self._reranker = reranker
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rerank")
        self._pairs: Batcher[Pair, float]

    @classmethod
    @asynccontextmanager
    async def open(cls, reranker: Reranker, passages: int, seconds: float) -> AsyncIterator["TimeLimitedReranker"]:
        """The reranker while the block runs: `passages` at most and `seconds` at most for each question."""
        self = cls(reranker, passages, seconds)
        try:
            await self._score([_WARM_UP])  # a model's first call is its slowest
            async with Batcher[Pair, float].open("rerank", self._score, self._next_pairs) as self._pairs:
                yield self
        finally:
            self._thread.shutdown(wait=True, cancel_futures=True)

    async def scores(self, question: str, passages: Sequence[str], seconds: float | None = None) -> list[float] | None:
        """One score for each passage; None when they do not come within the time limit, or within `seconds` if that is
        less.
        """
        scores = asyncio.gather(*(self._pairs.submit(Pair(question, passage)) for passage in passages))
        try:
            async with asyncio.timeout(self._seconds if seconds is None else min(self._seconds, seconds)):
                found = await scores
        except TimeoutError:
            found = None
        RERANKED.labels("skipped" if found is None else "done").inc()
        return found

    def _next_pairs(self, pairs: Sequence[Pair]) -> Sequence[int]:
        return range(min(self._reranker.batch_size, len(pairs)))

    async def _score(self, pairs: list[Pair]) -> list[float]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._reranker.scores, pairs)
