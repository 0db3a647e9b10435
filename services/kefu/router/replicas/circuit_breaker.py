"""
When to leave a replica alone that fails before its first token, and when to try it again.

Closed: all may use it. Open: it failed too often, nobody does. Half-open: its pause is over, and one request at a
time may try it; the first one that gets a token closes the breaker, one that fails opens it for longer.

What says nothing about the replica's health (a prompt that is too long, a full queue, a customer who left) must not
be fed in; it is reported as `inconclusive`, so that a probe does not stay taken.
"""

import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

FAILURES_IN_A_ROW = 3
WINDOW_SECONDS = 30.0
WINDOW_OUTCOMES = 50
"""The share of failures is taken over at most so many outcomes, none older than the window."""
LEAST_OUTCOMES = 10
"""Fewer outcomes than this have no share."""
FAILURE_SHARE = 0.5
PAUSE_SECONDS = (0.5, 15.0)
"""The first pause and the longest one; each pause in a row is twice the one before."""
FORGIVE_SECONDS = 60.0
"""A replica that stayed closed for this long begins again with the shortest pause."""
_RESERVED_SECONDS = 1.0


class BreakerState(IntEnum):
    """The numbers are those of the metric."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


@dataclass(eq=False)
class Attempt:
    """One request's say in the matter; only its first outcome counts, and only for the process it was sent to."""

    process: int = 0
    settled: bool = False


@dataclass
class Breaker:
    """One replica's breaker, as one router sees it."""

    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random
    on_open: Callable[[], None] = lambda: None
    """Called each time it opens."""
    failed_at: float = float("-inf")
    """When it failed last."""
    _outcomes: deque[tuple[float, bool]] = field(
        default_factory=lambda: deque[tuple[float, bool]](maxlen=WINDOW_OUTCOMES)
    )
    _in_a_row: int = 0
    _opened: int = 0  # times in a row, which the pause grows with
    _closed_at: float = float("-inf")
    _retry_at: float | None = None  # None: closed
    _probe: Attempt | None = None
    _reserved_at: float = float("-inf")
    _process: int = 0

    @property
    def state(self) -> BreakerState:
        """What it is now."""
        if self._retry_at is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self.clock() < self._retry_at else BreakerState.HALF_OPEN

    @property
    def admits(self) -> bool:
        """A request may be sent: it is closed, or half-open and nobody is trying it."""
        match self.state:
            case BreakerState.CLOSED:
                return True
            case BreakerState.OPEN:
                return False
            case BreakerState.HALF_OPEN:
                return self._probe is None and self.clock() - self._reserved_at > _RESERVED_SECONDS

    def reserve(self) -> None:
        """Keep the one probe of a half-open replica for a request that begins at once; otherwise it is free again."""
        if self.state is BreakerState.HALF_OPEN:
            self._reserved_at = self.clock()

    def begin(self) -> Attempt:
        """A request is being sent. End it by exactly one of `succeeded`, `failed` and `inconclusive`."""
        attempt = Attempt(self._process)
        if self.state is BreakerState.HALF_OPEN and self._probe is None:
            self._probe = attempt
            self._reserved_at = float("-inf")
        return attempt

    def succeeded(self, attempt: Attempt) -> None:
        """Its first token came, or its end."""
        if self._settle(attempt):
            self._in_a_row = 0
            self._outcomes.append((self.clock(), True))
            if self._retry_at is not None:
                # A request that began before the failures may close it too: the replica writes.
                self._retry_at, self._closed_at, self._probe = None, self.clock(), None
                self._outcomes.clear()

    def failed(self, attempt: Attempt) -> None:
        """A transport fault, a server error or silence came before the first token."""
        probe = attempt is self._probe
        if not self._settle(attempt):
            return
        now = self.failed_at = self.clock()
        self._in_a_row += 1
        self._outcomes.append((now, False))
        if probe or (self._retry_at is None and self._too_many(now)):
            self._open(now)

    def inconclusive(self, attempt: Attempt) -> None:
        """It ended in a way that says nothing about the replica."""
        self._settle(attempt)

    def reset(self) -> None:
        """Another process serves there now: what the old one did says nothing about it."""
        self._retry_at, self._probe, self._in_a_row, self._opened = None, None, 0, 0
        self._reserved_at = float("-inf")
        self._outcomes.clear()
        self._process += 1

    def _settle(self, attempt: Attempt) -> bool:
        if attempt.settled:
            return False
        attempt.settled = True
        if attempt is self._probe:
            self._probe = None
        return attempt.process == self._process

    def _too_many(self, now: float) -> bool:
        if self._in_a_row >= FAILURES_IN_A_ROW:
            return True
        recent = [good for at, good in self._outcomes if now - at <= WINDOW_SECONDS]
        return len(recent) >= LEAST_OUTCOMES and recent.count(False) >= FAILURE_SHARE * len(recent)

    def _open(self, now: float) -> None:
        if self._retry_at is None and now - self._closed_at > FORGIVE_SECONDS:
            self._opened = 0
        shortest, longest = PAUSE_SECONDS
        pause = min(shortest * 2 ** min(self._opened, 16), longest)
        self._opened += 1
        # Half of the pause is jitter: many routers must not try a sick replica in step.
        self._retry_at = now + pause * (0.5 + 0.5 * self.jitter())
        self._outcomes.clear()
        self.on_open()
