"""
How often the interval of reviews holds the truth: python -m loadtest.quality.review_intervals [DRAWS]

Populations of answers with known verdicts are made up, samples are drawn from each and estimated as at the desk.
"""

import random
import sys
from collections.abc import Mapping

from kefu.office.insight.reviews.estimate import ReviewedCell, estimate
from kefu.office.insight.reviews.sample import Stratum, allocation

Population = Mapping[Stratum, tuple[int, float]]
"""By stratum: how many answers there are, and the share of right ones."""
POPULATIONS: Mapping[str, Population] = {
    "200 conversations, mixed": {
        Stratum.ORDINARY: (140, 0.92),
        Stratum.REPLACED: (15, 0.6),
        Stratum.LOW_SUPPORT: (20, 0.5),
        Stratum.REOPENED: (15, 0.33),
        Stratum.LONG: (10, 0.7),
    },
    "200 conversations, nearly all right": {
        Stratum.ORDINARY: (170, 0.99),
        Stratum.REPLACED: (5, 0.8),
        Stratum.LOW_SUPPORT: (10, 0.9),
        Stratum.REOPENED: (5, 0.8),
        Stratum.LONG: (10, 0.9),
    },
    "200 conversations, all right": {Stratum.ORDINARY: (180, 1.0), Stratum.LONG: (20, 1.0)},
    "200 conversations, half of them right": {
        Stratum.ORDINARY: (100, 0.5),
        Stratum.REPLACED: (30, 0.5),
        Stratum.LOW_SUPPORT: (30, 0.5),
        Stratum.REOPENED: (20, 0.5),
        Stratum.LONG: (20, 0.5),
    },
    "200 conversations, nothing noticed of any": {Stratum.ORDINARY: (200, 0.95)},
    "5,000 conversations, mixed": {
        Stratum.ORDINARY: (4000, 0.9),
        Stratum.REPLACED: (300, 0.6),
        Stratum.LOW_SUPPORT: (300, 0.5),
        Stratum.REOPENED: (200, 0.3),
        Stratum.LONG: (200, 0.7),
    },
}


def coverage(population: Population, count: int, draws: int) -> tuple[float, float]:
    """How often the interval of `count` reviews holds the truth, and how wide it is on average."""
    chance = random.Random(1934)
    sizes = {stratum: size for stratum, (size, _) in population.items()}
    verdicts = {
        stratum: [at < round(size * right) for at in range(size)] for stratum, (size, right) in population.items()
    }
    truth = sum(map(sum, verdicts.values())) / sum(sizes.values())
    drawn, held, width = allocation(sizes, count), 0, 0.0
    for _ in range(draws):
        found = estimate(
            ReviewedCell(stratum, sizes[stratum], tuple(chance.sample(known, drawn.get(stratum, 0))))
            for stratum, known in verdicts.items()
        )
        if found is not None:
            held += found.low <= truth <= found.high
            width += found.high - found.low
    return held / draws, width / draws


def main() -> None:
    """Print a row for each population and size of the sample."""
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for name, population in POPULATIONS.items():
        for count in (20, 60, 140):
            held, width = coverage(population, count, draws)
            print(f"{name:45} n={count:3}  holds {held:6.1%}  width {width:6.1%}", flush=True)


if __name__ == "__main__":
    main()
