"""Rows of the fault table: measured figures, targets, and output."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from loadtest.bench.records import Outcome, StoredComparison, TurnRecord, difference
from loadtest.faults.injections import Fault, FaultRun
from loadtest.faults.recovery import Baseline, recovery_seconds

LOSS_SECONDS = 2.0
"""With appendfsync everysec, Redis may lose what was written so long before it was killed."""
_CAUSES = 4


@dataclass
class Row:
    """Effect of one fault on the customers. Characters are those of whole answers."""

    name: str
    title: str
    turns: int
    failed: int
    degraded: int
    handed_over_for_load: int
    """Of the degraded ones, those whose search or model did not keep up."""
    refused_for_load: int
    """Turns that a router refused for load, also those that were answered when their customers came back."""
    abandoned: int
    resumed: int
    """Answered turns that the client had to retry or resume."""
    repeated: int
    missing: int
    lost: int
    """Turns that their customer saw whole and that are not stored so, and sessions that were gone."""
    recovery: float | None
    first_text: float
    """Seconds, 95th percentile over the row."""
    causes: dict[str, int] = field(default_factory=dict[str, int])
    notes: list[str] = field(default_factory=list[str])
    shortfalls: list[str] = field(default_factory=list[str])

    @property
    def met(self) -> bool:
        """Whether the row met its target."""
        return not self.shortfalls


def row_of(
    fault: Fault,
    run: FaultRun,
    records: Sequence[TurnRecord],
    reference: str,
    stored: StoredComparison,
    baseline: Baseline,
) -> Row:
    """The row of a fault. `reference` is the answer without a fault, always the same."""
    outcomes = Counter(record.outcome for record in records)
    answered = [record for record in records if record.outcome is Outcome.ANSWERED]
    texts = sum((difference(reference, record.text) for record in answered), stored.difference)
    until = max((record.asked_at for record in records), default=0.0)
    row = Row(
        name=fault.name,
        title=fault.title,
        turns=len(records),
        failed=outcomes[Outcome.FAILED],
        degraded=outcomes[Outcome.DEGRADED],
        handed_over_for_load=sum(record.verdict.handed_over for record in records),
        refused_for_load=sum(record.refused for record in records),
        abandoned=outcomes[Outcome.ABANDONED],
        resumed=sum(bool(record.breaks) for record in answered),
        repeated=texts.repeated,
        missing=texts.missing,
        lost=len(stored.lost) + sum(record.sessions_lost for record in records),
        recovery=recovery_seconds(records, run.injected_at, until, baseline),
        first_text=Baseline.of(records).first_text,
        causes=dict(Counter(_cause(record) for record in records if _cause(record)).most_common(_CAUSES)),
        notes=list(run.notes),
        shortfalls=list(run.violations),
    )
    row.shortfalls += _shortfalls(fault, run, row, stored)
    return row


def _shortfalls(fault: Fault, run: FaultRun, row: Row, stored: StoredComparison) -> list[str]:
    found: list[str] = []
    if not row.turns:
        found.append("nobody asked")
    if row.failed:
        found.append(f"{row.failed} turns failed")
    if row.degraded and not fault.may_degrade:
        found.append(f"{row.degraded} turns were handed over or answered without the model")
    if row.refused_for_load and not fault.may_degrade:
        found.append(f"{row.refused_for_load} turns were refused for load")
    if row.repeated or row.missing:
        found.append(f"{row.repeated} characters repeated, {row.missing} missing")
    if stored.duplicated:
        found.append(f"{stored.duplicated} messages were answered twice")
    if fault.may_lose:
        # The fault's own bound: nothing that had been whole for longer than Redis may hold it back.
        early = [one for one in stored.lost if one.ended_at < run.injected_at - LOSS_SECONDS]
        late = [one for one in stored.lost if run.repaired_at and one.asked_at > run.repaired_at]
        if early or late:
            found.append(f"{len(early) + len(late)} turns lost that were not of the last {LOSS_SECONDS:g} s")
    elif row.lost:
        found.append(f"{row.lost} turns or sessions lost")
    if fault.must_recover and row.recovery is None:
        found.append("the figures were not back at the normal ones before the row ended")
    return found


def _cause(record: TurnRecord) -> str:
    """The first failure of a turn."""
    if record.breaks:
        return record.breaks[0].cause
    return record.verdict.failure if record.outcome in (Outcome.DEGRADED, Outcome.FAILED) else ""


_HEAD = ("fault", "turns", "failed", "handed over", "resumed", "repeated / missing", "lost", "recovery s", "target")


def _cells(row: Row) -> tuple[str, ...]:
    turns = f"{row.turns}" + (f" ({row.abandoned} left)" if row.abandoned else "")
    recovery = "-" if row.recovery is None else f"{row.recovery:.1f}"
    target = "met" if row.met else "MISSED"
    return (
        *(row.title, turns, str(row.failed), str(row.degraded), str(row.resumed)),
        *(f"{row.repeated} / {row.missing}", str(row.lost), recovery, target),
    )


def print_rows(console: Console, rows: Sequence[Row], conditions: str) -> None:
    """Print the table, and the notes below it."""
    table = Table(title=conditions, title_justify="left")
    for column, name in enumerate(_HEAD):
        table.add_column(name, justify="left" if column in (0, len(_HEAD) - 1) else "right")
    for row in rows:
        table.add_row(*_cells(row), style="" if row.met else "red")
    console.print(table)
    console.print(_load_totals(rows), soft_wrap=True, highlight=False, markup=False)
    for row in rows:
        for line in _remarks(row):
            console.print(f"{row.title}: {line}", soft_wrap=True, highlight=False, markup=False)


def markdown(rows: Sequence[Row], conditions: str) -> str:
    """The table in Markdown."""
    lines = [conditions, "", f"| {' | '.join(_HEAD)} |", "|---|" + "---:|" * (len(_HEAD) - 2) + "---|"]
    lines += [f"| {' | '.join(_cells(row))} |" for row in rows]
    lines += ["", _load_totals(rows)]
    remarks = [f"- {row.title}: {line}" for row in rows for line in _remarks(row)]
    return "\n".join([*lines, *([""] if remarks else []), *remarks, ""])


def as_json(rows: Sequence[Row], conditions: str) -> dict[str, Any]:
    """The rows as JSON. Times in seconds; null: the figures were not back."""
    return {
        "conditions": conditions,
        "met": all(row.met for row in rows),
        "faults": [
            {**vars(row), "met": row.met, "recovery": None if row.recovery is None else round(row.recovery, 2)}
            for row in rows
        ],
    }


def _load_totals(rows: Sequence[Row]) -> str:
    handed_over = sum(row.handed_over_for_load for row in rows)
    refused = sum(row.refused_for_load for row in rows)
    return f"In all rows {handed_over} turns were handed over for load, and {refused} were refused for load."


def _remarks(row: Row) -> list[str]:
    causes = [f"first seen by the client: {cause} × {count}" for cause, count in row.causes.items()]
    for_load = [
        f"{count} turns were {what} for load"
        for what, count in (("handed over", row.handed_over_for_load), ("refused", row.refused_for_load))
        if count
    ]
    return [*(f"missed: {shortfall}" for shortfall in row.shortfalls), *for_load, *causes, *row.notes]
