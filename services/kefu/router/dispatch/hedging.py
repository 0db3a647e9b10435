"""
When to ask a second replica for a first token that is late, and how often that may be done.

The slowest few per cent wait for something that has little to do with their question: a replica that pauses, a batch
that is full. Asking another replica once the wait exceeds a high percentile of all waits cuts that tail for a few per
cent more requests (Dean and Barroso, "The Tail at Scale", CACM 56(2), 2013; gRPC A6 calls it hedging). The percentile
is this router's own, measured over a sliding window; the few per cent are a bound, not a hope.
"""

import time
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable

from kefu.router.dispatch.retry_budget import RetryBudget

_WINDOW_SECONDS = 120.0
_MOST_SAMPLES = 1000
_MEDIAN = 0.5
_LEAST_FOR_MEDIAN = 8


class FirstTokenTimes:
    """Waits for a first token, in seconds, of the last two minutes and at most a thousand requests."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._recent: deque[tuple[float, float]] = deque()
        self._sorted: list[float] = []

    def add(self, seconds: float) -> None:
        """A first token came after so long, or had not come yet when nobody waited for it any more."""
        self._recent.append((self._clock(), seconds))
        insort(self._sorted, seconds)
        if len(self._recent) > _MOST_SAMPLES:
            self._forget_oldest()

    def percentile(self, share: float, *, least: int) -> float | None:
        """The wait that `share` of them did not exceed; None while there are fewer than `least`."""
        horizon = self._clock() - _WINDOW_SECONDS
        while self._recent and self._recent[0][0] < horizon:
            self._forget_oldest()
        if len(self._sorted) < max(least, 1):
            return None
        return self._sorted[min(int(share * len(self._sorted)), len(self._sorted) - 1)]

    def median(self) -> float | None:
        """Half of the first tokens came sooner; None while there are too few to tell."""
        return self.percentile(_MEDIAN, least=_LEAST_FOR_MEDIAN)

    def _forget_oldest(self) -> None:
        _, seconds = self._recent.popleft()
        del self._sorted[bisect_left(self._sorted, seconds)]


class Hedging:
    """Decides over second requests. `share` bounds them as a share of all requests; 0 turns them off.

    The waits of requests that lost to a second one are counted as what they had waited by then. That is too little,
    but it lies above the percentile, so the percentile stays what it would be without hedging.
    """

    def __init__(
        self,
        *,
        share: float,
        percentile: float = 0.95,
        least_samples: int = 50,
        reserve: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.times = FirstTokenTimes(clock)
        self._share = share
        self._percentile = percentile
        self._least_samples = least_samples
        self._budget = RetryBudget(share=share, reserve=reserve, clock=clock)

    def asked(self) -> None:
        """A request that could be hedged is being sent."""
        self._budget.deposit()

    def delay(self) -> float | None:
        """Ask a second replica after so many seconds without a first token; None: do not."""
        if self._share <= 0:
            return None
        return self.times.percentile(self._percentile, least=self._least_samples)

    @property
    def allowed(self) -> bool:
        """One more second request is within the bound."""
        return self._share > 0 and self._budget.balance >= 1

    def take(self) -> None:
        """A second request is being sent."""
        self._budget.withdraw()
