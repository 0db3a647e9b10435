"""How many turns a router answers at once: a bound, a short line behind it, and an honest refusal."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kefu.common.errors import Overloaded

_WINDOW_SECONDS = 30.0


class Admission:
    """First come, first served. A refusal names the time after which a place is likely, by the measured drain."""

    def __init__(self, *, running: int, waiting: int, seconds: float) -> None:
        self._most_running = running
        self._most_waiting = waiting
        self._seconds = seconds
        self._running = 0
        self._line: deque[asyncio.Future[None]] = deque()
        self._ended: deque[float] = deque(maxlen=1000)

    @property
    def running(self) -> int:
        """Turns admitted and not ended."""
        return self._running

    @property
    def waiting(self) -> int:
        """Turns in the line."""
        return len(self._line)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place while the block runs. Raises Overloaded when the line is full, or does not move in time."""
        if self._running >= self._most_running or self._line:
            await self._wait()
        else:
            self._running += 1
        try:
            yield
        finally:
            self._ended.append(time.monotonic())
            self._pass_on()

    async def _wait(self) -> None:
        if len(self._line) >= self._most_waiting:
            raise self.refusal()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        try:
            async with asyncio.timeout(self._seconds):
                await turn
        except BaseException as exc:
            if turn.done() and not turn.cancelled():
                self._pass_on()  # the place came too late to be used
            elif turn in self._line:
                self._line.remove(turn)
            if isinstance(exc, TimeoutError):
                raise self.refusal() from None
            raise

    def _pass_on(self) -> None:
        self._running -= 1
        while self._line:
            turn = self._line.popleft()
            if not turn.done():  # else its waiter was just cancelled
                self._running += 1
                turn.set_result(None)
                return

    def refusal(self) -> Overloaded:
        """What a turn gets that cannot be admitted now."""
        now = time.monotonic()
        lately = [ended for ended in self._ended if now - ended < _WINDOW_SECONDS]
        rate = len(lately) / _WINDOW_SECONDS
        seconds = min(max((len(self._line) + 1) / rate if rate else 5.0, 0.5), 30.0)
        return Overloaded("All places are taken; come back after the time in RetryInfo.", retry_after=seconds)
