"""Ending tasks for certain."""

import asyncio
from typing import TypeVar

ValueT = TypeVar("ValueT")
_ASK_AGAIN_SECONDS = 0.1


async def cancelled(task: asyncio.Task[ValueT]) -> None:
    """Cancel a task and wait for its end; what it raised is left in it.

    Cancelling once is not enough: before Python 3.12 asyncio.wait_for, which redis-py awaits a write with, swallows a
    cancellation that comes in the very step in which the write ends.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_ASK_AGAIN_SECONDS)
