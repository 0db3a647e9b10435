"""
Idle timeout: a time-out for one wait after another.

asyncio.timeout makes a timer for each wait, which costs half of a frame's handling. Here a timer that fires too early
is set again, so that a stream that flows sets one in ten seconds.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

ValueT = TypeVar("ValueT")
_NEVER = float("inf")


class IdleTimeout:
    """Waits with a time-out, in one task at a time. Close it, or its timer keeps it in memory for a while."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = _NEVER
        self._due = _NEVER
        self._seconds = 0.0
        self._until = _NEVER
        self._alive_at: Callable[[], float] = lambda: -_NEVER
        self._waiting: asyncio.Task[object] | None = None
        self._expired = False
        self._cancelled_before = 0

    async def wait(
        self,
        awaitable: Awaitable[ValueT],
        seconds: float,
        *,
        until: float = _NEVER,
        alive_at: Callable[[], float] = lambda: -_NEVER,
    ) -> ValueT:
        """The result of `awaitable`. After `seconds`, at `until` at the latest, it is cancelled: TimeoutError.

        `alive_at` is the time of the last other sign of life, from which `seconds` are counted anew. It is asked only
        when they are over. Times are the loop's.
        """
        self._seconds, self._until, self._alive_at = seconds, until, alive_at
        self._due = min(self._loop.time() + seconds, until)
        if self._due < self._timer_at:
            self._set_timer(self._due)
        self._waiting = asyncio.current_task()
        try:
            return await awaitable
        except asyncio.CancelledError:
            task, expired = self._waiting, self._expired
            self._expired = False
            # The task may have been cancelled from outside too: that cancellation must go on.
            if expired and task is not None and task.uncancel() <= self._cancelled_before:
                raise TimeoutError from None
            raise
        finally:
            self._waiting = None

    def close(self) -> None:
        """Cancel the timer."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = None, _NEVER

    def _set_timer(self, when: float) -> None:
        self.close()
        self._timer, self._timer_at = self._loop.call_at(when, self._on_timer), when

    def _on_timer(self) -> None:
        self._timer, self._timer_at = None, _NEVER
        if self._waiting is None:
            return  # the next wait sets a timer
        now = self._loop.time()
        if now >= self._due and now < self._until:
            self._due = max(self._due, min(self._alive_at() + self._seconds, self._until))
        if now < self._due:
            self._set_timer(self._due)
            return
        self._expired = True
        self._cancelled_before = self._waiting.cancelling()
        self._waiting.cancel()
