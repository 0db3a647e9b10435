"""
Retry budget: how many requests beyond the customers' own a router may send, as a share of those and a small reserve.

When replicas fail because they are overloaded, retrying every request doubles the overload. So a retry is paid for
from what requests deposit, as in Finagle's RetryBudget (https://twitter.github.io/finagle/guide/Clients.html#retries: a
fraction per request, and a reserve for processes that have just started or are asked little). Here the budget is one
capped bucket, so that a quiet hour does not pay for a storm.
"""

import time
from collections.abc import Callable


class RetryBudget:
    """A capped bucket of extra requests, full at `reserve`, which it starts with.

    Each customer's request deposits `share` (0 to 1), each extra request withdraws 1, and `per_second` is added with
    time. With 0 for both, nothing is allowed beyond the first reserve.
    """

    def __init__(
        self, *, share: float, reserve: float, per_second: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._share = share
        self._reserve = reserve
        self._per_second = per_second
        self._clock = clock
        self._balance = reserve
        self._updated_at = clock()

    @property
    def balance(self) -> float:
        """Extra requests that may be sent now."""
        now = self._clock()
        self._balance = min(self._balance + (now - self._updated_at) * self._per_second, self._reserve)
        self._updated_at = now
        return self._balance

    def deposit(self) -> None:
        """Record a customer's request."""
        self._balance = min(self._balance + self._share, self._reserve)

    def withdraw(self) -> bool:
        """Take one extra request; False when none is left."""
        if self.balance < 1:
            return False
        self._balance -= 1
        return True
