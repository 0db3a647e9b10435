"""
Adaptive concurrency limit: how many turns the replicas can take now.

Turns should wait in the router, where the queue is fair, and not in the engines, where it is not.

Reported limit: an engine that reports how many requests it can run is filled up to that number, by all routers
together. Each router has what the others leave.

Learned limit: for the other engines the limit is found by probing. An engine that runs as many requests as it can
queues the others, and its load report says so. While no engine queues, this limit does not apply. Once engines queue,
this router keeps to its own part of what runs then. It lowers the limit while requests go on waiting in the engines,
and raises it while the engines run clearly fewer than they could. When hardly any request waited for a while, the
limit is probed: it grows slowly at first, then twice as fast each second, until some wait again. Then it returns to
its earlier value, and the pause before the next probe doubles.
"""

from collections.abc import Callable

from kefu.router.replicas.engine_load import EngineLoad

_OVERLOAD_SECONDS = 0.15
"""Overload counts when more than the slack have waited for so long, which is two reports..."""
_DOUBTFUL_OVERLOAD_SECONDS = 2.0
"""...or for so long while the engines run clearly fewer than they say they can: they may have stood still."""
_MEAN_SECONDS = 1.0
"""Time constant of the mean number that waits in the engines."""
_BUSY_SHARE = 0.85
"""Engines are busy when they run this share of what they ran when they were full."""
_PROBE_PAUSE_SECONDS, _MAX_PROBE_PAUSE_SECONDS = 10.0, 160.0
"""The limit is probed when hardly any request has waited in the engines for so long while turns wait here."""
_GROWTH = 0.02
_MIN_GROWTH_TURNS = 1.0
"""A probe raises the limit by this share of itself in the first second, or by so many turns."""
_NEW_LIMIT_FACTOR = 1.5
"""Engines that took so many times their former limit have another limit: the next probe starts as the first one did."""
_RELEASE_SECONDS = 5.0
"""The learned limit is dropped when the engines kept up for so long and no turn waited."""
_OUTSIDE_MEAN_SECONDS = 5.0
"""Time constant of the mean number of turns outside the engines: those that search, or are being stored."""


class AdaptiveConcurrencyLimit:
    """The most turns that should run on this router. `update` is called about ten times a second."""

    def __init__(self) -> None:
        self.max_running = 0
        """Requests that the engines can run for all routers; 0 when one engine does not report it."""
        self._available: float | None = None
        self._outside_engines = 0.0
        self._learned: float | None = None
        self._running_when_full = 0
        self._overload_seconds = 0.0
        self._mean_waiting = 0.0
        self._calm_seconds = 0.0
        self._no_queue_seconds = 0.0
        self._growth = 1.0
        self._before_probe = 0.0
        self._probe_pause = _PROBE_PAUSE_SECONDS

    @property
    def limit(self) -> int | None:
        """The limit in turns, at least 1; None while there is no limit."""
        limits = [limit for limit in (self._available, self._learned) if limit is not None]
        return max(round(min(limits)), 1) if limits else None

    def update(self, load: EngineLoad, *, running: int, waiting: int, seconds: float) -> None:
        """Apply the engines' load, this router's running and waiting turns, and the time since the last call."""
        self._update_reported_limit(load, running, seconds)
        self._mean_waiting += (load.waiting - self._mean_waiting) * min(seconds / _MEAN_SECONDS, 1.0)
        self._overload_seconds = self._overload_seconds + seconds if load.waiting > load.slack else 0.0
        if self._learned is not None and running > self._learned + 1:
            return  # the turns above the limit have yet to end
        is_doubtful = load.running < load.max_running * _BUSY_SHARE
        if self._overload_seconds >= (_DOUBTFUL_OVERLOAD_SECONDS if is_doubtful else _OVERLOAD_SECONDS):
            own_part = running * load.running / (load.running + load.waiting)
            self._learned = own_part if self._learned is None else min(own_part, self._learned)
            self._running_when_full, self._mean_waiting, self._no_queue_seconds = load.running, 0.0, 0.0
            self._end_probe()
        elif self._learned is not None:
            self._adjust(self._learned, load, running, waiting, seconds)

    def _update_reported_limit(self, load: EngineLoad, running: int, seconds: float) -> None:
        outside = running - load.sent - load.unreported
        self._outside_engines += (outside - self._outside_engines) * min(seconds / _OUTSIDE_MEAN_SECONDS, 1.0)
        self.max_running, self._available = load.max_running, None
        if load.max_running:
            others = max(load.running + load.waiting - load.sent, 0)
            self._available = load.max_running - others + load.unreported + max(self._outside_engines, 0.0)

    def _adjust(self, limit: float, load: EngineLoad, running: int, waiting: int, seconds: float) -> None:
        if self._mean_waiting >= load.calm_waiting:
            self._learned = max(limit - (self._mean_waiting - load.calm_waiting) * seconds, limit / 2, 1.0)
            self._end_probe()
        elif waiting:
            self._calm_seconds += seconds
            reserved = max(limit - running, 0.0)  # slots that the waiting turns may not have
            spare = max(self._running_when_full * _BUSY_SHARE - reserved - load.running, 0.0)
            limit = self._learned = limit + spare * seconds
            if not self._is_probing:
                self._before_probe = limit
            else:
                self._learned = limit + max(limit * _GROWTH, _MIN_GROWTH_TURNS) * self._growth * seconds
                self._growth *= 2**seconds
                if self._learned > self._before_probe * _NEW_LIMIT_FACTOR:
                    self._probe_pause = _PROBE_PAUSE_SECONDS
        self._no_queue_seconds = self._no_queue_seconds + seconds if not waiting else 0.0
        if self._no_queue_seconds >= _RELEASE_SECONDS:
            self._learned, self._calm_seconds, self._growth = None, 0.0, 1.0
            self._probe_pause = _PROBE_PAUSE_SECONDS

    @property
    def _is_probing(self) -> bool:
        return self._calm_seconds >= self._probe_pause

    def _end_probe(self) -> None:
        if self._is_probing and self._learned is not None and self._learned <= self._before_probe * _NEW_LIMIT_FACTOR:
            self._learned, self._mean_waiting = min(self._learned, self._before_probe), 0.0
            self._probe_pause = min(2 * self._probe_pause, _MAX_PROBE_PAUSE_SECONDS)
        self._calm_seconds, self._growth = 0.0, 1.0


class EngineLimit:
    """The adaptive limit over the engines' load, which `load` returns; see scheduler.ConcurrencyLimit."""

    def __init__(self, load: Callable[[], EngineLoad]) -> None:
        self._load = load
        self._adaptive = AdaptiveConcurrencyLimit()
        self.pressure = 0.0
        """Of the engines, at the last update."""

    @property
    def limit(self) -> int | None:
        """In turns, at least 1; None while there is no limit."""
        return self._adaptive.limit

    @property
    def capacity(self) -> int:
        """Requests that the engines can run for all routers; 0 when one engine does not report it."""
        return self._adaptive.max_running

    def update(self, *, running: int, waiting: int, seconds: float) -> None:
        """Apply the engines' load; see `AdaptiveConcurrencyLimit.update`."""
        load = self._load()
        self._adaptive.update(load, running=running, waiting=waiting, seconds=seconds)
        self.pressure = load.pressure

    def record_end(self) -> None:
        """Nothing: the engines report what they run."""
