"""An event loop whose time is a number: nobody waits, and nothing depends on how busy the machine is."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")


class _Selector(selectors.SelectSelector):
    """Does not wait: the time that it was to wait has passed at once."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "nothing is scheduled: this would wait for ever"
        self.now += max(timeout, 0.0)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now


def run_in_virtual_time(run: Coroutine[Any, Any, ResultT]) -> ResultT:
    """Run to the end, in a loop of its own. Real input and output are not to be used in it."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(run)


def now() -> float:
    """The running loop's time."""
    return asyncio.get_running_loop().time()
