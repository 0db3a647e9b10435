"""Batches of what several callers want done together: whatever waits when a call ends goes into the next one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from kefu.common.aio import cancel_and_wait

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


@dataclass(frozen=True, eq=False)
class _Pending(Generic[ItemT, ResultT]):
    item: ItemT
    result: asyncio.Future[ResultT]


class Batcher(Generic[ItemT, ResultT]):
    """Gathers items into batches, one batch at a time; made with `open`.

    A lone item waits for nothing. An item whose caller has given up before its batch began is left out.
    """

    def __init__(
        self,
        work: Callable[[list[ItemT]], Awaitable[Sequence[ResultT]]],
        choose: Callable[[Sequence[ItemT]], Sequence[int]],
    ) -> None:
        self._work = work
        self._choose = choose
        self._pending: list[_Pending[ItemT, ResultT]] = []
        self._wake = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        name: str,
        work: Callable[[list[ItemT]], Awaitable[Sequence[ResultT]]],
        choose: Callable[[Sequence[ItemT]], Sequence[int]],
    ) -> AsyncIterator["Batcher[ItemT, ResultT]"]:
        """A batcher while the block runs.

        `work` gives one result for each item of a batch, in order; what it raises, every caller of the batch gets.
        `choose` gives the positions of the items that go next, of all that wait, the oldest first: at least one.
        """
        self = cls(work, choose)
        runner = asyncio.create_task(self._run(), name=name)
        try:
            yield self
        finally:
            await cancel_and_wait(runner)
            _fail(self._pending, None)

    def submit(self, item: ItemT) -> asyncio.Future[ResultT]:
        """The result of an item, later. To cancel it is to give up."""
        result: asyncio.Future[ResultT] = asyncio.get_running_loop().create_future()
        self._pending.append(_Pending(item, result))
        self._wake.set()
        return result

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while batch := self._next_batch():
                try:
                    results = await self._work([pending.item for pending in batch])
                    paired = list(zip(batch, results, strict=True))
                except Exception as exc:
                    _fail(batch, exc)
                except asyncio.CancelledError:
                    _fail(batch, None)
                    raise
                else:
                    for pending, result in paired:
                        if not pending.result.done():
                            pending.result.set_result(result)

    def _next_batch(self) -> list[_Pending[ItemT, ResultT]]:
        self._pending = [pending for pending in self._pending if not pending.result.done()]
        if not self._pending:
            return []
        chosen = self._choose([pending.item for pending in self._pending])
        batch = [self._pending[at] for at in chosen]
        taken = set(chosen)
        self._pending = [pending for at, pending in enumerate(self._pending) if at not in taken]
        return batch


def _fail(batch: Sequence[_Pending[ItemT, ResultT]], exc: Exception | None) -> None:
    for pending in batch:
        if pending.result.done():
            continue
        if exc is None:
            pending.result.cancel()
        else:
            pending.result.set_exception(exc)
