"""Step watch: notices an engine that has requests and takes no step, though its process lives."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

_CHECK_SECONDS = 0.2


class StepWatch:
    """Counts requests, and remembers the last step. `stuck_seconds`: an engine without a step for so long is stuck."""

    def __init__(self, stuck_seconds: float) -> None:
        self._stuck_seconds = stuck_seconds
        self._requests = 0
        self._last_step = time.monotonic()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count a request while the block runs."""
        if self._requests == 0:
            self.step()  # an idle engine takes none
        self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1

    def step(self) -> None:
        """Remember that the engine did something now."""
        self._last_step = time.monotonic()

    async def stuck(self) -> str:
        """Wait until the engine is stuck, and return what happened."""
        while True:
            idle = time.monotonic() - self._last_step
            if self._requests and idle > self._stuck_seconds:
                return f"the engine has {self._requests} requests and took no step for {idle:.0f} s"
            await asyncio.sleep(min(_CHECK_SECONDS, self._stuck_seconds / 4))
