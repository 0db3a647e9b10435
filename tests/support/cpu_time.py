"""Bounds on CPU time that hold on any machine, however busy: against a loop in the same process."""

import gc
import time
from collections.abc import Callable
from functools import cache

_ADDITIONS = 1_000_000
_TRIES = 2
_LONG_SECONDS = 0.4  # a run that took so long is not repeated


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of `work`: the least of two runs, without the garbage collector, which looks at the whole process."""
    least = float("inf")
    collects = gc.isenabled()
    gc.disable()
    try:
        for _ in range(_TRIES):
            began = time.process_time()
            work()
            least = min(least, time.process_time() - began)
            if least > _LONG_SECONDS:
                break
    finally:
        if collects:
            gc.enable()
    return least


@cache
def reference_seconds() -> float:
    """CPU time of a million additions in this process: 20 ms on a core of an AMD EPYC."""
    return cpu_seconds(_additions)


def growth(work: Callable[[str], object], seed: str, characters: int) -> float:
    """How many times longer four times the text takes: 4 for linear time, 16 for quadratic.

    1 when even the longer text takes less than half of the reference loop.
    """
    longer = cpu_seconds(lambda: work(repeated(seed, characters)))
    if longer < reference_seconds() / 2:
        return 1.0
    return longer / cpu_seconds(lambda: work(repeated(seed, characters // 4)))


def repeated(seed: str, characters: int) -> str:
    """The seed over and over, cut at a number of characters."""
    return (seed * (characters // len(seed) + 1))[:characters]


def _additions() -> int:
    total = 0
    for each in range(_ADDITIONS):
        total += each
    return total
