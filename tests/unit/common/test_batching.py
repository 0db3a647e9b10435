"""What several callers want done goes together, and a caller who gives up delays nobody."""

import asyncio
from collections.abc import Sequence

import pytest

from kefu.common.batches import Batcher


class Doubling:
    """Doubles numbers when it is let, and notes the batches."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.batches: list[list[int]] = []

    async def double(self, numbers: list[int]) -> list[int]:
        self.batches.append(numbers)
        await self.go.wait()
        if -1 in numbers:
            raise ValueError("-1")
        return [2 * number for number in numbers]


def at_most_three(items: Sequence[int]) -> Sequence[int]:
    return range(min(3, len(items)))


async def begun(doubling: Doubling) -> None:
    while not doubling.batches:
        await asyncio.sleep(0)


async def test_what_waits_when_a_call_ends_goes_into_the_next() -> None:
    doubling = Doubling()
    async with Batcher[int, int].open("double", doubling.double, at_most_three) as batcher:
        first = batcher.submit(1)
        await begun(doubling)
        rest = [batcher.submit(number) for number in range(2, 7)]
        doubling.go.set()
        assert await asyncio.gather(first, *rest) == [2, 4, 6, 8, 10, 12]
    assert doubling.batches == [[1], [2, 3, 4], [5, 6]]


async def test_whoever_gave_up_is_left_out_and_an_error_reaches_its_batch_alone() -> None:
    doubling = Doubling()
    async with Batcher[int, int].open("double", doubling.double, at_most_three) as batcher:
        first = batcher.submit(1)
        await begun(doubling)
        gone, failing, beside, later = (batcher.submit(number) for number in (7, -1, 3, 4))
        last = batcher.submit(5)
        gone.cancel()
        doubling.go.set()
        assert await first == 2
        for future in (failing, beside, later):
            with pytest.raises(ValueError, match="-1"):
                await future
        assert await last == 10
    assert doubling.batches == [[1], [-1, 3, 4], [5]]


async def test_nobody_waits_for_a_batcher_that_has_ended() -> None:
    doubling = Doubling()
    async with Batcher[int, int].open("double", doubling.double, at_most_three) as batcher:
        running = batcher.submit(1)
        await begun(doubling)
        waiting = batcher.submit(2)
    for future in (running, waiting):
        with pytest.raises(asyncio.CancelledError):
            await future
