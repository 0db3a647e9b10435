"""Means with the interval that 95 % of samples of so many questions would put them in (percentile bootstrap)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_RESAMPLES = 2_000
_LEVELS = (2.5, 97.5)


@dataclass(frozen=True)
class Interval:
    """A mean over questions."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def mean(scores: Sequence[float]) -> Interval:
    """All 0 without any score. The draws are the same in every run."""
    if not scores:
        return Interval(0.0, 0.0, 0.0)
    values = np.asarray(scores, np.float64)
    drawn = np.random.default_rng(0).integers(len(values), size=(_RESAMPLES, len(values)))
    means = values[drawn].mean(axis=1)
    low, high = (float(np.percentile(means, level)) for level in _LEVELS)
    return Interval(float(values.mean()), low, high)


def paired_difference(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """By how much the first are greater than the second on the same questions, resampled together."""
    return mean([one - other for one, other in zip(ours, theirs, strict=True)])
