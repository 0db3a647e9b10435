"""
How many turns the replicas can take now, so that turns wait in the router, where the line is fair, and not in the
engines, where it is not.

An engine that says how many requests it can run is filled up to that, by all routers together: each has what the others
leave. What an engine does not say is found out. One that runs as many as it can lets the others wait, and says so in
its load report. As long as none does, nothing is limited for that. Once they do, this router keeps to its own part of
what runs then. It takes less while requests go on waiting in the engines, and more while the engines run clearly fewer
than they could; and when hardly any waited for a while it tries for more than that: slowly at first, then twice as fast
each second, until some wait again. Then it returns to what it had, and takes twice as long to try the next time.
"""

from kefu.router.replicas.engine_load import EngineLoad

_QUEUED_SECONDS = 0.15
"""More than the slack have to wait for so long, two reports, before it counts..."""
_DOUBTED_SECONDS = 2.0
"""...or for so long while the engines run clearly fewer than they say they can: they may have stood still."""
_MEAN_SECONDS = 1.0
"""Otherwise the number that waits is a mean over about so long."""
_BUSY = 0.85
"""Engines that run this share of what they were seen to run when they were full have enough to do."""
_TRY_SECONDS, _LONGEST_TRY_SECONDS = 10.0, 160.0
"""While hardly any wait for so long, but turns do here, more is tried."""
_GROWTH = 0.02
_LEAST_GROWTH = 1.0
"""The limit grows by this share of itself in the first second of trying, or by so many turns."""
_MUCH_MORE = 1.5
"""Engines that took so many times what was taken for their limit have another one: it is looked for as at first."""
_RELEASE_SECONDS = 5.0
"""When the engines kept up for so long and no turn waited, the limit goes."""
_ELSEWHERE_SECONDS = 5.0
"""Turns that are not in an engine, for they are searching or being stored, are a mean over about so long."""


class AdaptiveConcurrencyLimit:
    """The most turns that should run on this router; fed with the engines' load, about ten times a second."""

    def __init__(self) -> None:
        self.most = 0
        """What the engines can run for all routers; 0 when one does not say."""
        self._left: float | None = None
        self._elsewhere = 0.0
        self._limit: float | None = None
        self._full = 0
        self._queued = 0.0
        self._waiting = 0.0
        self._calm = 0.0
        self._relaxed = 0.0
        self._growth = 1.0
        self._held = 0.0
        self._try_seconds = _TRY_SECONDS

    @property
    def limit(self) -> int | None:
        """None: as many as come."""
        limits = [limit for limit in (self._left, self._limit) if limit is not None]
        return max(round(min(limits)), 1) if limits else None

    def see(self, load: EngineLoad, *, mine: int, line: int, seconds: float) -> None:
        """Take the engines' load, this router's running and waiting turns, and the time since the last call."""
        self._take_told(load, mine, seconds)
        self._waiting += (load.waiting - self._waiting) * min(seconds / _MEAN_SECONDS, 1.0)
        self._queued = self._queued + seconds if load.waiting > load.slack else 0.0
        if self._limit is not None and mine > self._limit + 1:
            return  # those that are too many have yet to end
        doubted = load.running < load.most * _BUSY
        if self._queued >= (_DOUBTED_SECONDS if doubted else _QUEUED_SECONDS):
            part = mine * load.running / (load.running + load.waiting)
            self._limit = part if self._limit is None else min(part, self._limit)
            self._full, self._waiting, self._relaxed = load.running, 0.0, 0.0
            self._was_too_much()
        elif self._limit is not None:
            self._follow(self._limit, load, mine, line, seconds)

    def _take_told(self, load: EngineLoad, mine: int, seconds: float) -> None:
        elsewhere = mine - load.sent - load.astray
        self._elsewhere += (elsewhere - self._elsewhere) * min(seconds / _ELSEWHERE_SECONDS, 1.0)
        self.most, self._left = load.most, None
        if load.most:
            others = max(load.running + load.waiting - load.sent, 0)
            self._left = load.most - others + load.astray + max(self._elsewhere, 0.0)

    def _follow(self, limit: float, load: EngineLoad, mine: int, line: int, seconds: float) -> None:
        if self._waiting >= load.few:
            self._limit = max(limit - (self._waiting - load.few) * seconds, limit / 2, 1.0)
            self._was_too_much()
        elif line:
            self._calm += seconds
            kept = max(limit - mine, 0.0)  # places that those who wait may not have
            limit = self._limit = limit + max(self._full * _BUSY - kept - load.running, 0.0) * seconds
            if not self._tries:
                self._held = limit
            else:
                self._limit = limit + max(limit * _GROWTH, _LEAST_GROWTH) * self._growth * seconds
                self._growth *= 2**seconds
                if self._limit > self._held * _MUCH_MORE:
                    self._try_seconds = _TRY_SECONDS
        self._relaxed = self._relaxed + seconds if not line else 0.0
        if self._relaxed >= _RELEASE_SECONDS:
            self._limit, self._calm, self._growth, self._try_seconds = None, 0.0, 1.0, _TRY_SECONDS

    @property
    def _tries(self) -> bool:
        return self._calm >= self._try_seconds

    def _was_too_much(self) -> None:
        if self._tries and self._limit is not None and self._limit <= self._held * _MUCH_MORE:
            self._limit, self._waiting = min(self._limit, self._held), 0.0
            self._try_seconds = min(2 * self._try_seconds, _LONGEST_TRY_SECONDS)
        self._calm, self._growth = 0.0, 1.0
