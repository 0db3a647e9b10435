"""Waiting for what will be, rather than for a time."""

import asyncio
from collections.abc import Awaitable, Callable


async def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Return once it holds; the test fails when it never does."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.01)


async def wait_until_async(condition: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """As `wait_until`, for what has to be asked for."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.05)
