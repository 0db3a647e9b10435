"""Drain rate: how fast slots become free. The retry delay that a refused caller is given rests on it."""

import math
import statistics
from collections import deque
from collections.abc import Callable

_MEMORY_SECONDS = 30.0
"""An observation of this age weighs a third of one made now. Only time with turns in the queue counts."""
_TRUSTED_SECONDS = 2.0
_TRUSTED_ENDINGS = 3.0
"""The counted rate is used once the queue has held turns for so long and so many turns have ended..."""
_STALLED_SECONDS = 20.0
"""...or for so long, however few have ended."""
_RECENT_TURNS = 101
"""Turns whose times are remembered."""


class DrainRate:
    """Turns that end per second, by two measures.

    While turns wait, endings are counted, weighed down with age. Before the queue has held turns for long enough,
    Little's law serves: slots in use over the mean time that a turn takes.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._counted_until: float | None = None  # the sums below are made up to here; None: no turn waits
        self._queue_seconds = 0.0
        self._queue_endings = 0.0
        self._turn_seconds: deque[float] = deque(maxlen=_RECENT_TURNS)
        self._turn_seconds_sum = 0.0
        self._first_texts: deque[float] = deque(maxlen=_RECENT_TURNS)
        self._median_first_text = 0.0
        self._since_median = 0

    def record_queue(self, *, waiting: bool) -> None:
        """Record whether turns wait now; to be called at every change."""
        self._age()
        self._counted_until = self._clock() if waiting else None

    def record_end(self, seconds: float) -> None:
        """Record that a slot is free again, `seconds` after it was taken."""
        self._age()
        if self._counted_until is not None:
            self._queue_endings += 1
        if len(self._turn_seconds) == _RECENT_TURNS:
            self._turn_seconds_sum -= self._turn_seconds[0]
        self._turn_seconds.append(seconds)
        self._turn_seconds_sum += seconds

    def record_first_text(self, seconds: float) -> None:
        """Record that a turn's first text came `seconds` after its admission."""
        self._first_texts.append(seconds)
        self._since_median += 1
        # A median of 101 at every turn would be a waste.
        if self._since_median >= 20 or len(self._first_texts) < 20:
            self._median_first_text, self._since_median = statistics.median(self._first_texts), 0

    @property
    def first_text_seconds(self) -> float:
        """Median seconds from a turn's admission to its first text; 0 before the first one."""
        return self._median_first_text

    @property
    def mean_seconds(self) -> float | None:
        """Mean time that a turn takes; None before one has ended."""
        return max(self._turn_seconds_sum, 0.0) / len(self._turn_seconds) if self._turn_seconds else None

    def rate(self, running: int) -> float | None:
        """Endings per second with `running` slots in use; None while nothing is known."""
        self._age()
        seconds, endings = self._queue_seconds, self._queue_endings
        if seconds >= _STALLED_SECONDS or (seconds >= _TRUSTED_SECONDS and endings >= _TRUSTED_ENDINGS):
            return endings / seconds
        mean = self.mean_seconds
        return running / mean if mean else None

    def _age(self) -> None:
        if self._counted_until is None:
            return
        now = self._clock()
        elapsed = now - self._counted_until
        weight = math.exp(-elapsed / _MEMORY_SECONDS)
        self._queue_seconds = self._queue_seconds * weight + elapsed
        self._queue_endings *= weight
        self._counted_until = now
