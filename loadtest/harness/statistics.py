"""Statistics over many streams: percentiles, and a timeline by the second."""

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path


def percentile(values: Sequence[float], share: float) -> float:
    """Percentile by nearest rank: the smallest value that `share` (0 to 1) do not exceed. NaN: no values."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


@dataclass(frozen=True)
class Spread:
    """Count and percentiles of values, in their own unit. NaN: no values."""

    count: int
    p50: float
    p95: float
    p99: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Spread of these values."""
        most = max(values, default=math.nan)
        return cls(len(values), percentile(values, 0.5), percentile(values, 0.95), percentile(values, 0.99), most)

    def milliseconds(self) -> dict[str, float | None]:
        """A spread of seconds in milliseconds for JSON, rounded to a tenth; NaN is null."""
        named = {"p50": self.p50, "p95": self.p95, "p99": self.p99, "max": self.most}
        return {name: None if math.isnan(value) else round(value * 1000, 1) for name, value in named.items()}


@dataclass
class Second:
    """Counts of one second of a run."""

    started: int = 0
    ended: int = 0
    failed: int = 0
    """Ended without a whole answer, whatever became of them."""
    open: int = 0
    """Streams open at its end."""
    text_bytes: int = 0
    frames: int = 0
    first_text: list[float] = field(default_factory=list[float])
    """Seconds to the first text, of the turns that saw it in this second and ended well."""


class Timeline:
    """Counts by the second since `began`. All times are on the same clock."""

    def __init__(self, began: float) -> None:
        self.began = began
        self._seconds: dict[int, Second] = {}

    def at(self, now: float) -> Second:
        """The second that `now` is in."""
        return self._seconds.setdefault(max(int(now - self.began), 0), Second())

    def merge(self, other: "Timeline") -> None:
        """Add the counts of another timeline with the same `began`."""
        for number, theirs in other._seconds.items():
            second = self._seconds.setdefault(number, Second())
            second.started += theirs.started
            second.ended += theirs.ended
            second.failed += theirs.failed
            second.text_bytes += theirs.text_bytes
            second.frames += theirs.frames
            second.first_text += theirs.first_text

    def rows(self) -> list[tuple[int, Second]]:
        """Every second from the first to the last, also empty ones, with `open` filled in."""
        rows: list[tuple[int, Second]] = []
        running = 0
        for number in range(max(self._seconds, default=-1) + 1):
            second = self._seconds.get(number, Second())
            running += second.started - second.ended
            second.open = running
            rows.append((number, second))
        return rows


def max_overlap(spans: Iterable[tuple[float, float]]) -> int:
    """The most spans that overlap at one time. A span that ends as another begins does not overlap it."""
    steps = sorted(step for begin, end in spans for step in ((begin, 1), (end, -1)))
    running = most = 0
    for _, step in steps:
        running += step
        most = max(most, running)
    return most


def tokens_per_byte(text_bytes: int, tokens: int) -> float:
    """Tokens per byte of the completed answers, to convert bytes over time to tokens. 0: none completed."""
    return tokens / text_bytes if text_bytes else 0.0


COLUMNS = (
    "second",
    "started",
    "ended",
    "failed",
    "open",
    "frames",
    "tokens",
    "first_text_p50_ms",
    "first_text_p95_ms",
    "first_text_p99_ms",
)
"""Columns of the CSV that `write_timeline` writes."""


def write_timeline(path: Path, timeline: Timeline, tokens_of_a_byte: float) -> None:
    """Write a row for each second. Percentiles are empty in seconds without a first text."""
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for number, second in timeline.rows():
            writer.writerow(
                [number, second.started, second.ended, second.failed, second.open, second.frames]
                + [round(second.text_bytes * tokens_of_a_byte)]
                + [_cell(percentile(second.first_text, share)) for share in (0.5, 0.95, 0.99)]
            )


def _cell(seconds: float) -> str:
    return "" if math.isnan(seconds) else f"{seconds * 1000:.1f}"


def mean(values: Iterable[float]) -> float:
    """The mean; 0: no values."""
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0
