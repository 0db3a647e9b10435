"""What became of the turns of a soak."""

from collections.abc import Sequence
from typing import Any

from loadtest.bench.records import TurnRecord
from loadtest.harness.statistics import percentile
from loadtest.harness.verdicts import count_verdicts


def turn_figures(records: Sequence[TurnRecord]) -> dict[str, Any]:
    """Counts of the turns. One that was refused for load at first and then answered is counted as both."""
    counts = count_verdicts(record.verdict for record in records)
    return {
        "turns": len(records),
        "answered": counts.good,
        "abandoned": counts.abandoned,
        "handed_over_for_load": counts.handed_over,
        "refused_for_load": sum(record.refused for record in records),
        "failed": counts.failed,
        "failures": counts.failures,
    }


def turn_sentence(records: Sequence[TurnRecord]) -> str:
    """The counts on the terminal."""
    found = turn_figures(records)
    first = [one.verdict.first_text for one in records if one.verdict.good and one.verdict.first_text is not None]
    said = (
        f"{found['turns']} turns: {found['answered']} answered, {found['abandoned']} left by the customer, "
        f"{found['handed_over_for_load']} handed over for load, {found['refused_for_load']} refused for load, "
        f"{found['failed']} failed; first text p95 {percentile(first, 0.95) * 1000:.0f} ms"
    )
    return "\n".join([said, *(f"  {count} x {failure}" for failure, count in found["failures"].items())])
