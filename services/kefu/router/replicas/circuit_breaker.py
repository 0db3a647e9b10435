"""
Circuit breaker: leaves a replica alone that fails before its first token, and tries it again later.

Closed: requests are sent. Open: the replica failed too often, and no request is sent. Half-open: the pause is over, and
one request at a time probes the replica. A probe that gets a token closes the breaker, and one that fails opens it for
longer.

An ending that says nothing about the replica's health (a prompt that is too long, a full queue, a customer who left) is
reported as `inconclusive`, so that a probe does not stay taken.
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
"""The share of failures is taken over at most so many outcomes, none older than WINDOW_SECONDS."""
LEAST_OUTCOMES = 10
"""With fewer outcomes than this the share is not taken."""
FAILURE_SHARE = 0.5
PAUSE_SECONDS = (0.5, 15.0)
"""The first pause and the longest one; each pause in a row is twice the last."""
RESET_SECONDS = 60.0
"""After so long closed, a breaker begins again with the shortest pause."""
_RESERVED_SECONDS = 1.0


class BreakerState(IntEnum):
    """State of a circuit breaker. The numbers are those of the metric."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


@dataclass(eq=False)
class Attempt:
    """One request of a replica. Only its first outcome counts, and only for the process that it was sent to."""

    process: int = 0
    settled: bool = False


@dataclass
class CircuitBreaker:
    """Circuit breaker of one replica in one router."""

    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random
    on_open: Callable[[], None] = lambda: None
    """Called each time the breaker opens."""
    failed_at: float = float("-inf")
    """When the replica failed last, by `clock`."""
    _outcomes: deque[tuple[float, bool]] = field(
        default_factory=lambda: deque[tuple[float, bool]](maxlen=WINDOW_OUTCOMES)
    )
    _failures_in_a_row: int = 0
    _times_opened: int = 0  # times in a row, which the pause grows with
    _closed_at: float = float("-inf")
    _retry_at: float | None = None  # None: closed
    _probe: Attempt | None = None
    _reserved_at: float = float("-inf")
    _process: int = 0

    @property
    def state(self) -> BreakerState:
        """The state now."""
        if self._retry_at is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self.clock() < self._retry_at else BreakerState.HALF_OPEN

    @property
    def admits(self) -> bool:
        """Whether a request may be sent: the breaker is closed, or half-open without a probe."""
        match self.state:
            case BreakerState.CLOSED:
                return True
            case BreakerState.OPEN:
                return False
            case BreakerState.HALF_OPEN:
                return self._probe is None and self.clock() - self._reserved_at > _RESERVED_SECONDS

    def reserve(self) -> None:
        """Reserve the one probe of a half-open replica for a request that begins within a second."""
        if self.state is BreakerState.HALF_OPEN:
            self._reserved_at = self.clock()

    def begin(self) -> Attempt:
        """Record a request that is being sent. End it by exactly one of `succeeded`, `failed` and `inconclusive`."""
        attempt = Attempt(self._process)
        if self.state is BreakerState.HALF_OPEN and self._probe is None:
            self._probe = attempt
            self._reserved_at = float("-inf")
        return attempt

    def succeeded(self, attempt: Attempt) -> None:
        """Record that the request's first token or its end came."""
        if self._settle(attempt):
            self._failures_in_a_row = 0
            self._outcomes.append((self.clock(), True))
            if self._retry_at is not None:
                # A request that began before the failures may close the breaker too: the replica writes.
                self._retry_at, self._closed_at, self._probe = None, self.clock(), None
                self._outcomes.clear()

    def failed(self, attempt: Attempt) -> None:
        """Record a transport fault, a server error or a time-out before the first token."""
        probe = attempt is self._probe
        if not self._settle(attempt):
            return
        now = self.failed_at = self.clock()
        self._failures_in_a_row += 1
        self._outcomes.append((now, False))
        if probe or (self._retry_at is None and self._fails_too_often(now)):
            self._open(now)

    def inconclusive(self, attempt: Attempt) -> None:
        """Record an ending that says nothing about the replica."""
        self._settle(attempt)

    def reset(self) -> None:
        """Close the breaker, since another process serves at the address: past outcomes say nothing about it."""
        self._retry_at, self._probe, self._failures_in_a_row, self._times_opened = None, None, 0, 0
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

    def _fails_too_often(self, now: float) -> bool:
        if self._failures_in_a_row >= FAILURES_IN_A_ROW:
            return True
        recent = [succeeded for at, succeeded in self._outcomes if now - at <= WINDOW_SECONDS]
        return len(recent) >= LEAST_OUTCOMES and recent.count(False) >= FAILURE_SHARE * len(recent)

    def _open(self, now: float) -> None:
        if self._retry_at is None and now - self._closed_at > RESET_SECONDS:
            self._times_opened = 0
        shortest, longest = PAUSE_SECONDS
        pause = min(shortest * 2 ** min(self._times_opened, 16), longest)
        self._times_opened += 1
        # Half of the pause is jitter: many routers must not try a sick replica in step.
        self._retry_at = now + pause * (0.5 + 0.5 * self.jitter())
        self._outcomes.clear()
        self.on_open()
