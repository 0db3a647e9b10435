"""
Search limit: how many turns may be searching at once.

Retrieval works on a few processors: what comes beyond their rate only makes every search later, until all are too late.
So turns wait in the router, and this many search: as many as retrieval works off in the target time. By Little's law
(J. Little, "A proof for the queuing formula L = λW", Operations Research 9, 1961) a limit at which searches take twice
the target is twice as high as it should be. That holds for one replica or ten, on any processor, however many routers
ask, and nothing has to be known of them but how long they take.
"""

import math

FIRST_LIMIT = 16
"""Turns that search at once before anything was measured: some cores' worth."""
_LEAST = 2
"""While one turn is between two calls, another one's are worked on."""
_MEAN_SECONDS = 0.5
"""Time constant of the mean time of a turn's calls."""
_CHANGE_SECONDS = 1.0
"""The limit goes to where it should be with this time constant: faster than the measurement follows, it would swing."""
_MOST_CHANGE = 4.0
"""How far off the limit is taken to be at most: one slow turn among few says little."""


class SearchLimit:
    """See ConcurrencyLimit. Each turn's calls to retrieval should take `target_seconds` together.

    The limit changes only while it keeps turns waiting: what is not tried out says nothing.
    """

    capacity = 0
    pressure = 0.0

    def __init__(self, target_seconds: float) -> None:
        self._target = target_seconds
        self._limit = float(FIRST_LIMIT)
        self._calls = 0.0
        self._turns = 0.0

    @property
    def limit(self) -> int:
        """See ConcurrencyLimit."""
        return round(self._limit)

    @property
    def mean_seconds(self) -> float | None:
        """How long the calls of a turn took lately; None: no turn has ended."""
        return self._calls / self._turns if self._turns else None

    def record_call(self, seconds: float) -> None:
        """Record that a call to retrieval took so long."""
        self._calls += seconds

    def record_end(self) -> None:
        """See ConcurrencyLimit."""
        self._turns += 1

    def update(self, *, running: int, waiting: int, seconds: float) -> None:
        """See ConcurrencyLimit."""
        if waiting and (mean := self.mean_seconds):
            off = min(max(self._target / mean, 1 / _MOST_CHANGE), _MOST_CHANGE)
            # Routers that share a retrieval service come to have alike limits, since a low one grows more for its size.
            growth = math.sqrt(self._limit) * seconds if off > 1 else 0.0
            self._limit = max(self._limit * off ** min(seconds / _CHANGE_SECONDS, 1.0) + growth, _LEAST)
        kept = math.exp(-seconds / _MEAN_SECONDS)
        self._calls, self._turns = self._calls * kept, self._turns * kept
