"""Work on several documents at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def in_parallel(entries: Iterable[T], work: Callable[[T], Awaitable[None]], at_once: int) -> None:
    """Work on all entries, at most `at_once` of them at a time. The first error ends the work, and is raised."""
    waiting = iter(entries)

    async def worker() -> None:
        for entry in waiting:
            await work(entry)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(worker())
    except BaseExceptionGroup as errors:
        raise _first(errors) from None


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
