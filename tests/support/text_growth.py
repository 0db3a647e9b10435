"""How the time that a reader takes grows with its text."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.cpu_time import loop_seconds, seconds

_SHORT_LOOPS = 10


def growth(read: Callable[[str], object], seed: str, characters: int) -> float:
    """How many times longer four times the text takes: 4 for linear time, 16 for quadratic.

    1 when even the longer text takes less than ten loops (see cpu_time.py). The garbage collector is off meanwhile, for
    it looks at the whole process.
    """
    long, short = repeated(seed, characters), repeated(seed, characters // 4)
    with _without_collector():
        longer = float("inf")
        for _ in range(2):
            longer = min(longer, seconds(lambda: read(long)))
            if longer <= _SHORT_LOOPS * loop_seconds():  # so for most texts: they are read once
                return 1.0
        return longer / seconds(lambda: read(short), tries=2)


def repeated(seed: str, characters: int) -> str:
    """The seed over and over, cut at a number of characters."""
    return (seed * (characters // len(seed) + 1))[:characters]


@contextmanager
def _without_collector() -> Iterator[None]:
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
