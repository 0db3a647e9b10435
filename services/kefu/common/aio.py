"""Reliable cancellation of asyncio tasks."""

import asyncio
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
