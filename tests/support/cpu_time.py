"""CPU time in loops of fixed work: a bound in them holds on fast machines, on slow ones, and on busy ones."""

import gc
import re
import time
from collections.abc import Callable
from functools import cache

_TEXT = "the quick brown fox jumps over 13 lazy dogs " * 450
_WORD = re.compile(r"\b[a-z]+\b|\d+")


_FEW_LOOPS = 3
"""What takes fewer is within every bound, whatever runs beside it."""


def _loop() -> None:
    """About a millisecond on one core of an AMD EPYC: a search through 20,000 characters, and counts in Python."""
    counts: dict[str, int] = {}
    for found in _WORD.finditer(_TEXT):
        counts[found[0]] = counts.get(found[0], 0) + 1


def seconds(work: Callable[[], object], *, tries: int = 1) -> float:
    """CPU seconds of this process that `work` takes; of several tries the least.

    Garbage is not collected meanwhile: among the objects of thousands of tests that costs more than the work does.
    """
    least = float("inf")
    collects = gc.isenabled()
    gc.disable()
    try:
        for _ in range(tries):
            began = time.process_time()
            work()
            least = min(least, time.process_time() - began)
    finally:
        if collects:
            gc.enable()
    return least


@cache
def loop_seconds() -> float:
    """CPU seconds that this process takes for one loop: the least of many, for the rest is noise."""
    return seconds(_loop, tries=50)


def loops(work: Callable[[], object], *, tries: int = 1) -> float:
    """How many loops `work` takes as long as.

    Whoever shares the core slows down both: so a loop is run beside the work. Of several tries the least, over the
    least of as many loops run in turn with them.
    """
    if tries == 1:
        taken = seconds(work)
        usual = loop_seconds()
        return taken / (usual if taken < _FEW_LOOPS * usual else max(usual, seconds(_loop)))
    least_work = least_loop = float("inf")
    for _ in range(tries):
        least_loop = min(least_loop, seconds(_loop))
        least_work = min(least_work, seconds(work))
    return least_work / least_loop
