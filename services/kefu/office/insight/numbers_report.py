"""Report: the numbers of a span of time, summed over its hours."""

import math
from collections import Counter
from dataclasses import dataclass, field

from kefu.office.insight.counter_store import CounterStore
from kefu.office.insight.turn_counters import (
    ASSUMED,
    CONFIRMED,
    FIRST_TEXT,
    HANDOFF,
    LANGUAGE,
    QUESTIONS,
    RATED,
    REOPENED,
    REPLIES,
    SOURCE,
    TOTAL,
    upper_bound,
)

LONGEST_SPAN_SECONDS = 92 * 86_400
DEFAULT_SPAN_SECONDS = 7 * 86_400


@dataclass(frozen=True)
class Percentiles:
    """Percentiles of durations, in milliseconds. All are 0 when nothing was measured."""

    count: int = 0
    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0


@dataclass(frozen=True)
class Numbers:
    """The numbers of a span that begins at `start`, in seconds since the epoch; see the contract."""

    start: float
    counted: Counter[str] = field(default_factory=Counter[str])

    @property
    def questions(self) -> int:
        """Questions answered by Kefu or handed off."""
        return self.counted[QUESTIONS]

    @property
    def confirmed(self) -> int:
        """Answers rated up."""
        return self.counted[CONFIRMED]

    @property
    def assumed(self) -> int:
        """Answers that nothing speaks against."""
        return self.counted[ASSUMED]

    @property
    def reopened(self) -> int:
        """Answers rated down, or whose question came again."""
        return self.counted[REOPENED]

    @property
    def replies(self) -> int:
        """Replies of agents."""
        return self.counted[REPLIES]

    def rated(self, how: str) -> int:
        """The number of ratings, "up" or "down"."""
        return self.counted[f"{RATED}{how}"]

    @property
    def handoffs(self) -> dict[str, int]:
        """Handoffs by the value of their reason."""
        return self._by(HANDOFF)

    @property
    def sources(self) -> dict[str, int]:
        """Answers by the value of their source."""
        return self._by(SOURCE)

    @property
    def languages(self) -> dict[str, int]:
        """Questions by language."""
        return self._by(LANGUAGE)

    @property
    def first_text(self) -> Percentiles:
        """Time from a message's arrival to its first text."""
        return percentiles(self._by(FIRST_TEXT))

    @property
    def total(self) -> Percentiles:
        """Time from a message's arrival to the end of its answer."""
        return percentiles(self._by(TOTAL))

    def _by(self, prefix: str) -> dict[str, int]:
        return {name.removeprefix(prefix): n for name, n in self.counted.items() if name.startswith(prefix) and n > 0}


async def read_numbers(counters: CounterStore, tenant: str, start: float, end: float) -> tuple[Numbers, list[Numbers]]:
    """The numbers of a whole span, and of each of its hours that has any. Times in seconds since the epoch."""
    hours = [Numbers(hour, counted) async for hour, counted in counters.hours(tenant, start, end)]
    together: Counter[str] = Counter()
    for hour in hours:
        together.update(hour.counted)
    return Numbers(start, together), hours


def percentiles(buckets: dict[str, int]) -> Percentiles:
    """Percentiles of a histogram: the number of durations by bucket."""
    counted = sorted((int(bucket), n) for bucket, n in buckets.items())
    count = sum(n for _, n in counted)

    def at(share: float) -> float:
        rank, seen = math.ceil(share * count), 0
        for bucket, n in counted:
            seen += n
            if seen >= rank:
                return round(upper_bound(bucket), 1)
        return 0.0

    return Percentiles(count, at(0.5), at(0.95), at(0.99)) if count else Percentiles()
