"""
Estimate: what the reviews of a sample say of all answers, with its interval.

The answers of each stratum that were not reviewed are predicted from those that were. The share of a stratum is drawn
from the two beta distributions whose quantiles are the limits of Clopper and Pearson, the lower and the upper one; what
was not reviewed is drawn from that share, and the strata are added up. The interval is between quantiles of the lower
and of the upper sums: it holds the truth at least as often as it says, with small samples and shares near 0 and 1 too.

  the limits of one stratum   Clopper, Pearson: The Use of Confidence or Fiducial Limits Illustrated in the Case of the
                              Binomial. Biometrika 26 (1934), 404-413
  days of unequal weight      the effective sample size of Korn, Graubard: Confidence Intervals for Proportions With
                              Small Expected Number of Positive Counts Estimated From Survey Data. Survey Methodology
                              24 (1998), 193-201
  finite populations          what was reviewed is known; Ericson: Subjective Bayesian Models in Sampling Finite
                              Populations. Journal of the Royal Statistical Society B 31 (1969), 195-233

The point is the stratified estimate. How often the interval holds the truth is simulated: docs/guides/reviews.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

LEVEL = 0.95
_DRAWS = 4_000
_SEED = 1934
"""The same reviews have the same interval."""
_NONE = 1e-9


@dataclass(frozen=True)
class ReviewedCell:
    """The answers of one stratum on one day: how many there were, and which of those reviewed are what is counted."""

    stratum: str
    size: int
    reviewed: tuple[bool, ...]


@dataclass(frozen=True)
class Estimate:
    """A share of all answers, with its interval. `count`: answers reviewed; `of`: answers in all."""

    share: float
    low: float
    high: float
    count: int
    of: int


@dataclass(frozen=True)
class _Stratum:
    size: int
    """Answers in all."""
    share: float
    """Of what was reviewed, each day with its weight."""
    effective: float
    """How many reviews of equal weight would say as much."""
    reviewed: int


def estimate(cells: Iterable[ReviewedCell], *, besides: int = 0, level: float = LEVEL) -> Estimate | None:
    """The share of all answers that are what is counted. None where nothing was reviewed.

    `besides`: further cases that are known not to be, such as questions that had no answer.
    """
    by_stratum: defaultdict[str, list[ReviewedCell]] = defaultdict(list)
    for cell in cells:
        by_stratum[cell.stratum].append(cell)
    strata = [_pooled(of_stratum) for of_stratum in by_stratum.values()]
    count = sum(each.reviewed for each in strata)
    size = sum(each.size for each in strata) + besides
    if not count:
        return None
    seen = [each for each in strata if each.reviewed]
    seen_size, unseen = sum(each.size for each in seen), sum(each.size for each in strata if not each.reviewed)
    of_seen = sum(each.size * each.share for each in seen) / seen_size
    point = of_seen * (seen_size + unseen) / size
    low, high = _interval(strata, size, level)
    return Estimate(point, min(low, point), max(high, point), count, size)


def _pooled(cells: Sequence[ReviewedCell]) -> _Stratum:
    reviewed = [cell for cell in cells if cell.reviewed]
    weights = [cell.size / len(cell.reviewed) for cell in reviewed for _ in cell.reviewed]
    values = [value for cell in reviewed for value in cell.reviewed]
    total = sum(weights)
    if not total:
        return _Stratum(sum(cell.size for cell in cells), 0.0, 0.0, 0)
    share = sum(weight for weight, value in zip(weights, values, strict=True) if value) / total
    effective = total**2 / sum(weight**2 for weight in weights)
    return _Stratum(sum(cell.size for cell in cells), share, effective, len(values))


def _interval(strata: Sequence[_Stratum], size: int, level: float) -> tuple[float, float]:
    random = np.random.default_rng(_SEED)
    lower, upper = np.zeros(_DRAWS), np.zeros(_DRAWS)
    for each in strata:
        counted = each.share * each.effective
        others = each.effective - counted
        least = random.beta(counted, others + 1, _DRAWS) if counted > _NONE else np.zeros(_DRAWS)
        most = random.beta(counted + 1, others, _DRAWS) if others > _NONE else np.ones(_DRAWS)
        unknown, known = max(each.size - each.reviewed, 0), each.share * each.reviewed
        lower += known + random.binomial(unknown, least)
        upper += known + random.binomial(unknown, most)
    low, high = np.quantile(lower / size, (1 - level) / 2), np.quantile(upper / size, (1 + level) / 2)
    return float(low), float(high)


def cells_of(sizes: Mapping[str, int], reviewed: Mapping[str, Sequence[bool]]) -> list[ReviewedCell]:
    """The cells of one day."""
    return [ReviewedCell(stratum, size, tuple(reviewed.get(stratum, ()))) for stratum, size in sizes.items()]
