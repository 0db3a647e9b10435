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
    except BaseException as error:
        raise _first(error) from None


def _first(error: BaseException) -> BaseException:
    within: tuple[BaseException, ...] = getattr(error, "exceptions", ())
    return _first(within[0]) if within else error
