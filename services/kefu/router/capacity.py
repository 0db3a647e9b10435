"""
How many turns the replicas can take now, so that turns wait in the router, where the line is fair, and not in the
engines, where it is not.

An engine that runs as many requests as it can lets the others wait, and says so in its load report. As long as none
does, nothing is limited here. Once they do, this router keeps to its own part of what runs then. It takes less while
requests go on waiting in the engines, and more while the engines run clearly fewer than they could; and when hardly any
waited for a while it tries for more than that: slowly at first, then twice as fast each second, until some wait again.
"""

from dataclasses import dataclass

_SLACK = 0.1
"""So many may wait in the engines, as a share of those that run..."""
_LEAST_SLACK = 4
"""...or so many: requests wait for the engine's next step even when it has room."""
_QUEUED_SECONDS = 0.15
"""More than that have to wait for so long, two reports, before it counts."""
_MEAN_SECONDS = 1.0
"""Otherwise the number that waits is a mean over about so long."""
_BUSY = 0.85
"""Engines that run this share of what they were seen to run when they were full have enough to do."""
_TRY_SECONDS = 10.0
"""While hardly any wait for so long, but turns do here, more is tried."""
_GROWTH = 0.02
_LEAST_GROWTH = 1.0
"""The limit grows by this share of itself in the first second of trying, or by so many turns."""
_RELEASE_SECONDS = 5.0
"""When the engines kept up for so long and no turn waited, the limit goes."""


@dataclass(frozen=True)
class EngineLoad:
    """Requests in the engines of all replicas whose reports are fresh, whichever router sent them."""

    running: int = 0
    waiting: int = 0

    @property
    def slack(self) -> float:
        """How many may wait before anything is limited."""
        return max(self.running * _SLACK, _LEAST_SLACK)

    @property
    def few(self) -> float:
        """How many may wait before a limit is lowered."""
        return self.slack / 4

    @property
    def pressure(self) -> float:
        """Waiting beyond the slack, over running: 1 means that each running request has another one behind it."""
        return max(self.waiting - self.slack, 0.0) / max(self.running, 1)


class Capacity:
    """The most turns that should run on this router; fed with the engines' load, about ten times a second."""

    def __init__(self) -> None:
        self._limit: float | None = None
        self._full = 0
        self._queued = 0.0
        self._waiting = 0.0
        self._calm = 0.0
        self._relaxed = 0.0
        self._growth = 1.0

    @property
    def limit(self) -> int | None:
        """None: as many as come."""
        return None if self._limit is None else max(round(self._limit), 1)

    def see(self, load: EngineLoad, *, mine: int, line: int, seconds: float) -> None:
        """Take the engines' load, this router's running and waiting turns, and the time since the last call."""
        self._waiting += (load.waiting - self._waiting) * min(seconds / _MEAN_SECONDS, 1.0)
        self._queued = self._queued + seconds if load.waiting > load.slack else 0.0
        if self._queued >= _QUEUED_SECONDS:
            part = mine * load.running / (load.running + load.waiting)
            self._limit = part if self._limit is None else min(part, self._limit)
            self._full, self._waiting = load.running, 0.0
            self._calm, self._relaxed, self._growth = 0.0, 0.0, 1.0
        elif self._limit is not None and mine <= self._limit + 1:  # else those that are too many have yet to end
            self._follow(self._limit, load, line, seconds)

    def _follow(self, limit: float, load: EngineLoad, line: int, seconds: float) -> None:
        if self._waiting >= load.few:
            self._calm, self._growth = 0.0, 1.0
            self._limit = max(limit - (self._waiting - load.few) * seconds, limit / 2, 1.0)
        elif line:
            self._calm += seconds
            limit = self._limit = limit + max(self._full * _BUSY - load.running, 0.0) * seconds
            if self._calm >= _TRY_SECONDS:
                self._limit = limit + max(limit * _GROWTH, _LEAST_GROWTH) * self._growth * seconds
                self._growth *= 2**seconds
        self._relaxed = self._relaxed + seconds if not line else 0.0
        if self._relaxed >= _RELEASE_SECONDS:
            self._limit, self._calm, self._growth = None, 0.0, 1.0
