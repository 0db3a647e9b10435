"""Helpers around asyncio: reliable cancellation, semaphores by key, and threads that keep no process from ending."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

ValueT = TypeVar("ValueT")
_RETRY_CANCEL_SECONDS = 0.1


async def cancel_and_wait(task: asyncio.Task[ValueT]) -> None:
    """Cancel a task and wait for its end; a result or an exception stays in the task.

    One cancellation is not enough. redis-py awaits a write with asyncio.wait_for. Before Python 3.12 that swallows a
    cancellation which comes in the very step in which the write ends.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_RETRY_CANCEL_SECONDS)


class KeyedSemaphores:
    """A semaphore for each key, kept while somebody holds it or waits for it. `most`: holders of one at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._used: dict[str, tuple[asyncio.Semaphore, int]] = {}

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncIterator[None]:
        """Hold the semaphore of `key` while the block runs."""
        semaphore, users = self._used.get(key) or (asyncio.Semaphore(self._most), 0)
        self._used[key] = semaphore, users + 1
        try:
            async with semaphore:
                yield
        finally:
            semaphore, users = self._used.pop(key)
            if users > 1:
                self._used[key] = semaphore, users - 1


async def run_in_thread(work: Callable[[], ValueT]) -> ValueT:
    """Run `work` in a daemon thread. Unlike an executor's thread, it does not keep a process from ending."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[ValueT] = loop.create_future()

    def settle(result: ValueT | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # pyright: ignore[reportArgumentType] - it is a ValueT when there is no error

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as raised:  # raised to the caller
            error = raised
        with suppress(RuntimeError):  # the loop is closed: no task waits any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, daemon=True, name=work.__qualname__).start()
    return await future
