"""Metrics: hit rates and mean reciprocal rank with bootstrap intervals, and shares with those of Wilson."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

_RESAMPLES = 2_000
_LEVELS = (2.5, 97.5)

Ranks = Sequence[int]
"""The rank of each question's first right document, from 1; 0 if none was found."""


@dataclass(frozen=True)
class Figure:
    """A mean over questions with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Figures:
    """H@1, H@5 and MRR@10 of some questions."""

    queries: int
    h1: Figure
    h5: Figure
    mrr10: Figure


def rank_figures(ranks: Ranks) -> Figures:
    """The figures of some ranks; all 0 without any."""
    found = np.array(ranks, np.int64)
    return Figures(len(found), *(bootstrap_mean(score(found)) for score in _SCORES))


def hit_rate_gain(ranks: Ranks, before: Ranks) -> Figure:
    """The gain of H@1 over other ranks of the same questions, resampled together."""
    return bootstrap_mean(_hit(np.array(ranks, np.int64), 1) - _hit(np.array(before, np.int64), 1))


def bootstrap_mean(scores: npt.NDArray[np.float64]) -> Figure:
    """The mean of scores, one for each question; all 0 without any. The draws are the same in every run."""
    if not len(scores):
        return Figure(0.0, 0.0, 0.0)
    drawn = np.random.default_rng(0).integers(len(scores), size=(_RESAMPLES, len(scores)))
    means: npt.NDArray[np.float64] = scores[drawn].mean(axis=1)
    low, high = (float(np.percentile(means, level)) for level in _LEVELS)
    return Figure(float(scores.mean()), low, high)


def wilson(hits: int, of: int) -> Figure:
    """A share with its 95 % interval by Wilson's score; all 0 of nothing.

    A bootstrap of no hits says that there never is one; this says what so few questions can exclude.
    """
    if not of:
        return Figure(0.0, 0.0, 0.0)
    share, z = hits / of, 1.96
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return Figure(share, max(0.0, middle - half), min(1.0, middle + half))


def _hit(ranks: npt.NDArray[np.int64], within: int) -> npt.NDArray[np.float64]:
    return ((ranks >= 1) & (ranks <= within)).astype(np.float64)


def _reciprocal(ranks: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return _hit(ranks, 10) / np.maximum(ranks, 1)


_SCORES: tuple[Callable[[npt.NDArray[np.int64]], npt.NDArray[np.float64]], ...] = (
    lambda ranks: _hit(ranks, 1),
    lambda ranks: _hit(ranks, 5),
    _reciprocal,
)
