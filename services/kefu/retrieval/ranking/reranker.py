"""A reranker for an event loop: off the loop, and only as long as there is time for it."""

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
    """Reads a question and a passage together, and says whether one answers the other."""

    batch_size: int
    """Passages read in one call of `scores`."""

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """One score a passage, 0 to 1. Blocks."""
        ...


class TimeLimitedReranker:
    """Make it with `open`. One question is read at a time: the others' waiting counts as their time."""

    def __init__(self, reranker: Reranker, passages: int, seconds: float) -> None:
        self.passages = passages
        """How many are reranked."""
        self._reranker = reranker
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rerank")

    @classmethod
    @asynccontextmanager
    async def open(cls, reranker: Reranker, passages: int, seconds: float) -> AsyncIterator["TimeLimitedReranker"]:
        """Reranking while the block runs: of so many passages, at most so long for each question."""
        self = cls(reranker, passages, seconds)
        try:
            question, passage = _WARM_UP  # a model's first call is its slowest
            await asyncio.get_running_loop().run_in_executor(self._thread, reranker.scores, question, [passage])
            yield self
        finally:
            self._thread.shutdown(wait=True, cancel_futures=True)

    async def scores(self, question: str, passages: Sequence[str], seconds: float | None = None) -> list[float] | None:
        """The reranker's scores; None when it does not finish in time, or not within `seconds` if that is less."""
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
            if time.monotonic() >= deadline:  # nobody waits for it any more
                return None
            scores += self._reranker.scores(question, passages[at : at + self._reranker.batch_size])
        return scores
