"""
False alarms and power of experiments' sequential test: python -m loadtest.quality.experiment_test [--runs N]

Each run is an experiment of conversations that are drawn one by one, and looked at after each. Without a difference it
counts in how many runs the test ever says that there is one, and in how many the interval of the difference ever leaves
the truth out (looked at 20 times). With a difference it counts in how many the test says so, and after how many
conversations.
"""

import argparse
import statistics
from dataclasses import dataclass

import numpy as np

from kefu.office.experiments.sequential_test import ALPHA, Arm, compare, evidence_at_looks
from loadtest.harness.tables import table

_LOOKS_AT_INTERVAL = 20


@dataclass(frozen=True)
class Case:
    """True shares of resolved conversations, the draft's share of conversations, and how many there are."""

    draft: float
    live: float
    probability: float
    conversations: int = 1000


CASES = (
    *(Case(share, share, probability) for share in (0.7, 0.95) for probability in (0.5, 0.1)),
    *(Case(0.8, 0.7, probability) for probability in (0.5, 0.2, 0.1)),
    *(Case(0.8, 0.7, probability, 4000) for probability in (0.2, 0.1)),
    Case(0.75, 0.7, 0.5, 4000),
    Case(0.6, 0.7, 0.2),
)


def detection(case: Case, random: np.random.Generator) -> int | None:
    """After how many conversations the test says that the arms differ; None: never."""
    drafts = random.random(case.conversations) < case.probability
    resolved = random.random(case.conversations) < np.where(drafts, case.draft, case.live)
    cells = [drafts & resolved, drafts & ~resolved, ~drafts & resolved, ~drafts & ~resolved]
    looks = np.cumsum(np.stack(cells, axis=1), axis=0, dtype=np.float64)
    alarms = np.flatnonzero(evidence_at_looks(looks, case.probability) >= 1 / ALPHA)
    return int(alarms[0]) + 1 if len(alarms) else None


def is_ever_outside(case: Case, random: np.random.Generator) -> bool:
    """Whether the interval leaves the true difference out at one of some looks."""
    drafts = random.random(case.conversations) < case.probability
    resolved = random.random(case.conversations) < np.where(drafts, case.draft, case.live)
    for look in np.linspace(0, case.conversations, _LOOKS_AT_INTERVAL + 1, dtype=int)[1:]:
        first, of = drafts[:look], resolved[:look]
        draft = Arm(int(first.sum()), int(of[first].sum()))
        live = Arm(int((~first).sum()), int(of[~first].sum()))
        interval = compare(draft, live, case.probability).interval
        if not interval.low <= case.draft - case.live <= interval.high:
            return True
    return False


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000, help="experiments of each case; default: %(default)s")
    parser.add_argument(
        "--intervals",
        type=int,
        default=100,
        help="experiments of each case that are looked at with their intervals; default: %(default)s",
    )
    given = parser.parse_args()
    rows: list[list[object]] = []
    for case in CASES:
        random = np.random.default_rng(7)
        found = [detection(case, random) for _ in range(given.runs)]
        said = [number for number in found if number is not None]
        outside = sum(is_ever_outside(case, random) for _ in range(given.intervals))
        rows.append(
            [
                *(f"{case.draft:.0%}", f"{case.live:.0%}", f"{case.probability:.0%}", case.conversations),
                f"{len(said)} of {given.runs}",
                f"{statistics.median(said):.0f}" if said else "",
                f"{outside} of {given.intervals}",
            ]
        )
    headings = ["draft", "live", "share", "conversations", "difference said", "median after", "interval ever wrong"]
    print(table(headings, rows))


if __name__ == "__main__":
    main()
