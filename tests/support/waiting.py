"""Waits for a condition, rather than for a time."""

import asyncio
from collections.abc import Awaitable, Callable


async def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Return once the condition holds. The test fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def wait_until_async(condition: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """As `wait_until`, for a condition that has to be awaited."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.05)
