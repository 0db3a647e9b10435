"""How fast places become free: what a promise of "come back in so many seconds" rests on."""

import math
import statistics
from collections import deque
from collections.abc import Callable

_MEMORY_SECONDS = 30.0
"""What was seen so long ago weighs a third of what is seen now; only time with a line counts."""
_TRUSTED_SECONDS = 2.0
_TRUSTED_ENDINGS = 3.0
"""Endings are counted for so long, with a line, and there are so many of them before their rate is believed..."""
_STALLED_SECONDS = 20.0
"""...or for so long, however few there are."""
_RECENT = 101
"""Turns whose times are remembered."""


class DrainRate:
    """Turns that end, per second. Two measures: while turns wait, endings are counted, weighed down with age; before
    there was a line for long enough, Little's law serves, places taken over the mean time that a turn takes."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._full_since: float | None = None  # up to which the sums below are made
        self._full_seconds = 0.0
        self._full_endings = 0.0
        self._seconds: deque[float] = deque(maxlen=_RECENT)
        self._sum = 0.0
        self._first_texts: deque[float] = deque(maxlen=_RECENT)
        self._first_text = 0.0
        self._stale = 0

    def line(self, *, is_there: bool) -> None:
        """Say whether turns wait now; say so at every change."""
        self._age()
        self._full_since = self._clock() if is_there else None

    def ended(self, seconds: float) -> None:
        """A place is free again, `seconds` after it was taken."""
        self._age()
        if self._full_since is not None:
            self._full_endings += 1
        if len(self._seconds) == _RECENT:
            self._sum -= self._seconds[0]
        self._seconds.append(seconds)
        self._sum += seconds

    def answered(self, seconds: float) -> None:
        """A turn's first text came `seconds` after it was admitted."""
        self._first_texts.append(seconds)
        self._stale += 1
        if self._stale >= 20 or len(self._first_texts) < 20:  # a median of 101 at every turn would be a waste
            self._first_text, self._stale = statistics.median(self._first_texts), 0

    @property
    def first_text(self) -> float:
        """Median seconds from a turn's admission to its first text; 0 before any came."""
        return self._first_text

    @property
    def mean_seconds(self) -> float | None:
        """Mean time that a turn takes; None before any ended."""
        return max(self._sum, 0.0) / len(self._seconds) if self._seconds else None

    def rate(self, running: int) -> float | None:
        """Endings per second with `running` places taken; None while nothing is known."""
        self._age()
        seen, endings = self._full_seconds, self._full_endings
        if seen >= _STALLED_SECONDS or (seen >= _TRUSTED_SECONDS and endings >= _TRUSTED_ENDINGS):
            return endings / seen
        mean = self.mean_seconds
        return running / mean if mean else None

    def _age(self) -> None:
        if self._full_since is None:
            return
        now = self._clock()
        passed = now - self._full_since
        kept = math.exp(-passed / _MEMORY_SECONDS)
        self._full_seconds = self._full_seconds * kept + passed
        self._full_endings *= kept
        self._full_since = now
