"""
Hedging: when to ask a second replica for a first token that is late, and how often that may be done.

The slowest few per cent wait for something that has little to do with their question: a replica that pauses, a batch
that is full. Asking another replica once the wait exceeds a high percentile of all waits cuts that tail for a few per
cent more requests (Dean and Barroso, "The Tail at Scale", CACM 56(2), 2013; gRPC A6 calls it hedging). The percentile
is this router's own, measured over a sliding window. The few per cent are enforced by a budget.
"""

import time
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable

from kefu.router.dispatch.retry_budget import RetryBudget

_WINDOW_SECONDS = 120.0
_MAX_SAMPLES = 1000
_MEDIAN = 0.5
_MIN_FOR_MEDIAN = 8


class FirstTokenTimes:
    """Waits for a first token, in seconds, of the last two minutes and at most a thousand requests."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._recent: deque[tuple[float, float]] = deque()
        self._sorted: list[float] = []

    def add(self, seconds: float) -> None:
        """Record the wait of a request: until its first token, or until the wait was given up."""
        self._recent.append((self._clock(), seconds))
        insort(self._sorted, seconds)
        if len(self._recent) > _MAX_SAMPLES:
            self._forget_oldest()

    def percentile(self, fraction: float, *, min_samples: int) -> float | None:
        """The wait that a `fraction` (0 to 1) did not exceed; None with fewer than `min_samples`."""
        horizon = self._clock() - _WINDOW_SECONDS
        while self._recent and self._recent[0][0] < horizon:
            self._forget_oldest()
        if len(self._sorted) < max(min_samples, 1):
            return None
        return self._sorted[min(int(fraction * len(self._sorted)), len(self._sorted) - 1)]

    def median(self) -> float | None:
        """The median wait; None with too few samples."""
        return self.percentile(_MEDIAN, min_samples=_MIN_FOR_MEDIAN)

    def _forget_oldest(self) -> None:
        _, seconds = self._recent.popleft()
        del self._sorted[bisect_left(self._sorted, seconds)]


class Hedging:
    """Decides on hedges. `share` bounds them as a share of all requests, 0 to 1; 0 turns them off.

    The wait of a request that lost to its hedge counts as far as it had come. That is too short, but it lies above the
    percentile, so that the percentile stays what it would be without hedging.
    """

    def __init__(
        self,
        *,
        share: float,
        percentile: float = 0.95,
        min_samples: int = 50,
        reserve: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.first_token_times = FirstTokenTimes(clock)
        self._share = share
        self._percentile = percentile
        self._min_samples = min_samples
        self._budget = RetryBudget(share=share, reserve=reserve, clock=clock)

    def record_request(self) -> None:
        """Record a request that may be hedged."""
        self._budget.deposit()

    def delay_seconds(self) -> float | None:
        """Seconds without a first token after which to ask a second replica; None: do not ask one."""
        if self._share <= 0:
            return None
        return self.first_token_times.percentile(self._percentile, min_samples=self._min_samples)

    @property
    def is_allowed(self) -> bool:
        """Whether one more hedge is within the bound."""
        return self._share > 0 and self._budget.balance >= 1

    def record_hedge(self) -> None:
        """Record a hedge that is being sent."""
        self._budget.withdraw()
