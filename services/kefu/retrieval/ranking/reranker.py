"""The reranker: a cross-encoder that sorts the best passages once more, off the event loop and within a time limit."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Protocol

from prometheus_client import Counter

RERANKED = Counter("kefu_reranked_total", "Searches reranked, or not for want of time, by outcome.", ("outcome",))
_WARM_UP = ("Are returns free?", "Returns are free within 30 days.")


class Reranker(Protocol):
    """Scores a question and a passage together: whether the passage answers the question."""

    batch_size: int
    """Passages in one call of `scores`."""

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """One score for each passage, 0 to 1, in the same order. Blocks."""
        ...


class TimeLimitedReranker:
    """A reranker with a time limit, made with `open`. It reads one question at a time; waiting counts as its time."""

    def __init__(self, reranker: Reranker, passages: int, seconds: float) -> None:
        self.passages = passages
        """Most passages that are reranked for one question."""
        self._reranker = reranker
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rerank")

    @classmethod
    @asynccontextmanager
    async def open(cls, reranker: Reranker, passages: int, seconds: float) -> AsyncIterator["TimeLimitedReranker"]:
        """The reranker while the block runs: `passages` at most and `seconds` at most for each question."""
        self = cls(reranker, passages, seconds)
        try:
            question, passage = _WARM_UP  # a model's first call is its slowest
            await asyncio.get_running_loop().run_in_executor(self._thread, reranker.scores, question, [passage])
            yield self
        finally:
            self._thread.shutdown(wait=True, cancel_futures=True)

    async def scores(self, question: str, passages: Sequence[str], seconds: float | None = None) -> list[float] | None:
        """One score for each passage; None when they do not come within the time limit, or within `seconds` if that is
        less.
        """
        seconds = self._seconds if seconds is None else min(self._seconds, seconds)
        deadline = time.monotonic() + seconds
        try:
            async with asyncio.timeout(seconds):
                found = await asyncio.get_running_loop().run_in_executor(
                    self._thread, self._score_until, question, passages, deadline
                )
        except TimeoutError:
            found = None
        RERANKED.labels("skipped" if found is None else "done").inc()
        return found

    def _score_until(self, question: str, passages: Sequence[str], deadline: float) -> list[float] | None:
        scores: list[float] = []
        for at in range(0, len(passages), self._reranker.batch_size):
            if time.monotonic() >= deadline:  # the caller has given up
                return None
            scores += self._reranker.scores(question, passages[at : at + self._reranker.batch_size])
        return scores
