"""Questions and texts that a model reads together: in batches, off the event loop and within a time limit."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Generic, NamedTuple, TypeVar

from kefu.common.batches import Batcher

ResultT = TypeVar("ResultT")


class Pair(NamedTuple):
    """What a model reads together."""

    question: str
    passage: str


_WARM_UP = Pair("Are returns free?", "Returns are free within 30 days.")


class TimedPairs(Generic[ResultT]):
    """Reads pairs with a time limit, made with `open`.

    Questions that come together share a batch, the oldest first; waiting counts as their time. Of a question whose
    time is over, what is in no batch yet is not read.
    """

    def __init__(self, pairs: Batcher[Pair, ResultT], seconds: float) -> None:
        self._pairs = pairs
        self._seconds = seconds

    @classmethod
    @asynccontextmanager
    async def open(
        cls, name: str, read: Callable[[Sequence[Pair]], list[ResultT]], batch_size: Callable[[], int], seconds: float
    ) -> AsyncIterator["TimedPairs[ResultT]"]:
        """It while the block runs. `read` blocks, and gives a result for each of at most as many pairs as `batch_size`
        says at the time; `seconds` is the most that one question may take."""
        thread = ThreadPoolExecutor(1, thread_name_prefix=name)

        async def work(pairs: list[Pair]) -> list[ResultT]:
            return await asyncio.get_running_loop().run_in_executor(thread, read, pairs)

        def choose(waiting: Sequence[Pair]) -> Sequence[int]:
            return range(min(batch_size(), len(waiting)))

        try:
            await work([_WARM_UP])  # a model's first call is its slowest
            async with Batcher[Pair, ResultT].open(name, work, choose) as pairs:
                yield cls(pairs, seconds)
        finally:
            thread.shutdown(wait=True, cancel_futures=True)

    async def results(self, question: str, texts: Sequence[str], seconds: float | None = None) -> list[ResultT] | None:
        """One for each text; None when they do not come within the time limit, or within `seconds` if that is less."""
        results = asyncio.gather(*(self._pairs.submit(Pair(question, text)) for text in texts))
        try:
            async with asyncio.timeout(self._seconds if seconds is None else min(self._seconds, seconds)):
                return await results
        except TimeoutError:
            return None
