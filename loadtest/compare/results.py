"""Rows of the comparison: what was measured, what is added to the direct way, and the table."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from loadtest.compare.clients import ClientAnswer
from loadtest.harness.report import ENDINGS_HEAD
from loadtest.harness.statistics import max_overlap, percentile
from loadtest.harness.tables import table


@dataclass(frozen=True)
class Row:
    """One way from the client to the tokens, under load. Times in milliseconds, CPU in microseconds a token."""

    name: str
    on: str
    """What is switched on in the router, or what the way consists of."""
    streams: int
    held: int
    """Most streams open at once."""
    handed_over_for_load: int
    refused_for_load: int
    failed: int
    """For any other reason."""
    failures: dict[str, int]
    """Count of each phrase of all three."""
    tokens: int
    frames: int
    first_p50: float
    first_p99: float
    router_us: float | None
    """CPU of the router's processes; None when there is none in this way."""
    behind_us: float
    """CPU of the process that makes the tokens, the imitated engine included."""
    baseline: str = ""
    """Name of the row that goes the direct way; empty for such a row."""

    @property
    def lost(self) -> int:
        """Answers that count against the run."""
        return self.handed_over_for_load + self.refused_for_load + self.failed

    @property
    def tokens_a_frame(self) -> float:
        """Tokens that a client got at a time, in the mean."""
        return self.tokens / self.frames if self.frames else math.nan


def row_of(
    name: str,
    answers: Sequence[ClientAnswer],
    *,
    on: str,
    cpu_router: float | None,
    cpu_behind: float,
    baseline: str = "",
) -> Row:
    """Sum up a load. CPU in seconds. Tokens of answers that failed count too: the router moved them."""
    failures = Counter(answer.failure for answer in answers if answer.failure)
    first = [answer.first_token * 1000 for answer in answers if answer.first_token is not None and not answer.failure]
    tokens = sum(answer.tokens for answer in answers)

    def a_token(seconds: float) -> float:
        return seconds / tokens * 1e6 if tokens else math.nan

    return Row(
        name=name,
        on=on,
        streams=len(answers),
        held=max_overlap(span for answer in answers for span in answer.spans),
        handed_over_for_load=sum(answer.handed_over for answer in answers),
        refused_for_load=sum(answer.refused for answer in answers),
        failed=sum(not (answer.handed_over or answer.refused) for answer in answers if answer.failure),
        failures=dict(failures),
        tokens=tokens,
        frames=sum(answer.frames for answer in answers),
        first_p50=percentile(first, 0.5),
        first_p99=percentile(first, 0.99),
        router_us=None if cpu_router is None else a_token(cpu_router),
        behind_us=a_token(cpu_behind),
        baseline=baseline,
    )


def added_milliseconds(row: Row, rows: Mapping[str, Row]) -> tuple[float, float]:
    """Milliseconds that the way adds to the first token, at p50 and p99; NaN for a direct way."""
    direct = rows.get(row.baseline)
    if direct is None:
        return math.nan, math.nan
    return row.first_p50 - direct.first_p50, row.first_p99 - direct.first_p99


def print_rows(rows: Sequence[Row]) -> str:
    """The table."""
    by_name = {row.name: row for row in rows}
    head = ("way", "on", "streams", "held", *ENDINGS_HEAD, "tokens", "tokens/frame", "first token p50", "p99 ms")
    head += ("added p50", "p99 ms", "router µs/token", "+ backend µs/token")
    body: list[list[object]] = []
    for row in rows:
        at_p50, at_p99 = added_milliseconds(row, by_name)
        lost = (row.handed_over_for_load, row.refused_for_load, row.failed)
        cells: list[object] = [row.name, row.on, row.streams, row.held, *lost, row.tokens]
        cells += [_one(row.tokens_a_frame), _one(row.first_p50), _one(row.first_p99), _one(at_p50), _one(at_p99)]
        cells += [_one(row.router_us), _one((row.router_us or 0.0) + row.behind_us)]
        body.append(cells)
    lines = [table(head, body)]
    lines += [f"  {row.name}: {count} x {what}" for row in rows for what, count in row.failures.items()]
    return "\n".join(lines)


def ratios(rows: Mapping[str, Row], ours: str, theirs: str, theirs_coalescing: str) -> list[str]:
    """The three ways to compare CPU a token, as sentences. Rows that are missing are left out."""
    mine = rows.get(ours)
    if mine is None or mine.router_us is None:
        return []
    found: list[str] = []
    whole = mine.router_us + mine.behind_us
    for name, what, figure in (
        (theirs, f"{theirs} as it is", mine.router_us),
        (theirs_coalescing, f"{theirs} behind a backend that coalesces as ours does", mine.router_us),
        (theirs, f"{theirs} as it is, our whole generation process added to our side", whole),
    ):
        other = rows.get(name)
        if other is not None and other.router_us is not None:
            found.append(f"{figure:.1f} µs a token against {other.router_us:.1f} of {what}")
    return found


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """For --json; NaN as null."""
    by_name = {row.name: row for row in rows}
    listed: list[dict[str, Any]] = []
    for row in rows:
        at_p50, at_p99 = added_milliseconds(row, by_name)
        figures = {**asdict(row), "tokens_a_frame": row.tokens_a_frame, "added_p50": at_p50, "added_p99": at_p99}
        listed.append({name: _rounded(value) for name, value in figures.items()})
    return listed


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 3)
    return value


def _one(value: float | None) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:.1f}"
