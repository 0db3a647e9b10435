"""An event loop with virtual time: no wait takes real time, and no test depends on how busy the machine is."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")


class _Selector(selectors.SelectSelector):
    """A selector that never waits: the timeout is added to `now` at once."""

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
    """Run a coroutine to its end in a loop of its own. Real input and output must not be used in it."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(run)


def now() -> float:
    """The running loop's time."""
    return asyncio.get_running_loop().time()
