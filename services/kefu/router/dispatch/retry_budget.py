"""
How many requests beyond the customers' own this process may send: a share of those, and a small reserve.

When replicas fail because they are overloaded, retrying every request doubles what overloads them. So a retry is paid
for from what requests put in, as in Finagle's RetryBudget
(https://twitter.github.io/finagle/guide/Clients.html#retries: a fraction per request, and a reserve for processes that
have just started or are asked little). Here it is one bucket with a rim, so that a quiet hour does not pay for a storm.
"""

import time
from collections.abc import Callable


class RetryBudget:
    """Each request puts in `share`, each extra request takes out 1; `per_second` flows in beside. Full: `reserve`.

    A share of 0 and nothing per second: none beyond the reserve it begins with.
    """

    def __init__(
        self, *, share: float, reserve: float, per_second: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._share = share
        self._reserve = reserve
        self._per_second = per_second
        self._clock = clock
        self._balance = reserve
        self._at = clock()

    @property
    def balance(self) -> float:
        """Extra requests that could be sent now."""
        now = self._clock()
        self._balance = min(self._balance + (now - self._at) * self._per_second, self._reserve)
        self._at = now
        return self._balance

    def deposit(self) -> None:
        """A customer's request is being sent."""
        self._balance = min(self._balance + self._share, self._reserve)

    def withdraw(self) -> bool:
        """Take one extra request; False: there is none to take."""
        if self.balance < 1:
            return False
        self._balance -= 1
        return True
