"""
Sequential test of two shares, and intervals, all of which may be looked at as often as one likes.

The test is a mixture of likelihood ratios. Where both arms resolve the same share, whether a conversation got the draft
says nothing about its outcome. So each alternative, a share m of all and a difference d, bets that it does: an outcome
is worth P(outcome | arm) / P(outcome). Whatever the true share is, such a product is a martingale that begins at 1, and
so is the mean of the products of all alternatives. By Ville's inequality it reaches 1 / ALPHA at any time with a
probability of ALPHA at most, with few conversations too and however unequal the arms are.

For a difference of d0 the denominator is the nearest point of that hypothesis, in Kullback-Leibler divergence:
Grünwald, de Heide and Koolen, "Safe testing", JRSS B 86 (2024), theorem 1; Turner and Grünwald, "Exact anytime-valid
confidence intervals for contingency tables and beyond", Statistics and Probability Letters 198 (2023). The interval of
the difference is what that test does not refuse. That of one arm is the beta-binomial mixture of Robbins, as in Howard,
Ramdas, McAuliffe and Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49
(2021).

statsmodels' intervals hold for one look alone; confseq bounds single means, and is built with Boost.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.05
"""The rate of false alarms: in so many of all experiments with equal arms, at most, a difference is ever reported."""
_SHARES = 1 / (1 + np.exp(-np.linspace(-3.5, 3.5, 15)))
"""Shares of both arms together that are bet on: 3 to 97 %."""
_DIFFERENCES = np.concatenate([np.arange(0.01, 0.1, 0.01), np.arange(0.1, 0.3, 0.02), np.arange(0.3, 0.95, 0.05)])
"""Differences that are bet on, both ways."""
_DECAY = 0.15
"""Half of the stakes are on differences below about this."""
_EDGE_STEPS = 15
"""Halvings in which an interval's end is looked for: it is too far out by 0.00006 at most."""
_NEAREST_STEPS = 25
"""Halvings in which a nearest share is looked for."""
_MOST_LOG_EVIDENCE = 700.0
"""More is no number any more."""
_MOST_LOG_RATIO = 1e6
"""Nothing is impossible: what did not happen must not count."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """An interval that holds the true value at all times at once, in 95 of 100 experiments at least."""

    low: float
    high: float


@dataclass(frozen=True)
class Arm:
    """Conversations of one arm that have ended, and how many of them were resolved."""

    conversations: int
    successes: int

    @property
    def share(self) -> float:
        """The share of successes; 0 of nothing."""
        return self.successes / self.conversations if self.conversations else 0.0


@dataclass(frozen=True)
class Comparison:
    """What two arms say of their difference, the draft's share less the live one's."""

    difference: float
    interval: Interval
    evidence: float
    """How many times the stakes of the test have grown. From 1 / ALPHA on the arms differ."""

    @property
    def differs(self) -> bool:
        """Whether the test says that the arms differ."""
        return self.evidence >= 1 / ALPHA


def evidence_at_looks(looks: Floats, probability: float) -> Floats:
    """The evidence at each of many looks, each of them a row of counts as in `_counts`."""
    found = _log_evidence(_alternatives(probability), looks, probability, 0.0)
    return np.exp(np.minimum(found, _MOST_LOG_EVIDENCE))


@lru_cache(maxsize=1024)
def compare(draft: Arm, live: Arm, probability: float) -> Comparison:
    """Compare two arms. `probability`: that of a conversation to get the draft, above 0 and below 1.

    It takes some tens of milliseconds, once for the same figures.
    """
    alternatives, counts = _alternatives(probability), _counts(draft, live)
    difference = draft.share - live.share
    if not draft.conversations or not live.conversations:
        interval = Interval(-1.0, 1.0)
    else:
        interval = Interval(
            _edge(lambda d0: float(_log_evidence(alternatives, counts, probability, d0)[0]), difference, -1.0),
            _edge(lambda d0: float(_log_evidence(alternatives, counts, probability, d0)[0]), difference, 1.0),
        )
    return Comparison(difference, interval, float(evidence_at_looks(counts, probability)[0]))


@lru_cache(maxsize=4096)
def share_interval(arm: Arm) -> Interval:
    """The interval of one arm's share."""
    n, k = arm.conversations, arm.successes
    if not n:
        return Interval(0.0, 1.0)
    mixture = math.lgamma(k + 0.5) + math.lgamma(n - k + 0.5) - math.lgamma(n + 1) - math.log(math.pi)

    def log_evidence(share: float) -> float:
        return mixture - _log_likelihood(k, share) - _log_likelihood(n - k, 1 - share)

    return Interval(_edge(log_evidence, k / n, 0.0), _edge(log_evidence, k / n, 1.0))


def _log_likelihood(count: int, probability: float) -> float:
    if not count:
        return 0.0
    return count * math.log(probability) if probability > 0 else -math.inf


def _edge(log_evidence: Callable[[float], float], inside: float, outside: float) -> float:
    """Where the evidence against a value becomes enough, between one that holds and the end of the scale."""
    enough = math.log(1 / ALPHA)
    if log_evidence(outside) < enough:
        return outside
    for _ in range(_EDGE_STEPS):
        middle = (inside + outside) / 2
        if log_evidence(middle) < enough:
            inside = middle
        else:
            outside = middle
    return outside


@dataclass(frozen=True, eq=False)
class _Alternatives:
    """Pairs of shares that are bet on, with the logarithms of their stakes."""

    draft: Floats
    live: Floats
    log_stakes: Floats


@lru_cache(maxsize=64)
def _alternatives(probability: float) -> _Alternatives:
    signed = np.concatenate([_DIFFERENCES, -_DIFFERENCES])
    # A difference stands for those up to the next one: the stakes are a density times that width.
    widths = np.gradient(_DIFFERENCES)
    stakes = np.exp(-_DIFFERENCES / _DECAY) * widths
    share, difference = (axis.ravel() for axis in np.meshgrid(_SHARES, signed, indexing="ij"))
    stake = np.tile(np.concatenate([stakes, stakes]), len(_SHARES))
    draft, live = share + (1 - probability) * difference, share - probability * difference
    possible = (draft > 0) & (draft < 1) & (live > 0) & (live < 1)
    stake = stake[possible] / stake[possible].sum()
    return _Alternatives(draft[possible], live[possible], np.log(stake))


def _counts(draft: Arm, live: Arm) -> Floats:
    """One row: successes and failures of the draft, then of live."""
    pairs = [(arm.successes, arm.conversations - arm.successes) for arm in (draft, live)]
    return np.array([[*pairs[0], *pairs[1]]], dtype=np.float64)


def _log_evidence(alternatives: _Alternatives, looks: Floats, probability: float, difference: float) -> Floats:
    """The logarithms of the evidence against one difference, a row of counts each."""
    p1, p0 = alternatives.draft, alternatives.live
    if abs(difference) >= 1:
        return np.full(len(looks), math.inf)  # no share at all is so far from another
    q1, q0 = _nearest(p1, p0, probability, difference)
    with np.errstate(divide="ignore"):
        ratios = np.log(np.stack([p1 / q1, (1 - p1) / (1 - q1), p0 / q0, (1 - p0) / (1 - q0)]))
    logs = looks @ np.clip(ratios, -_MOST_LOG_RATIO, _MOST_LOG_RATIO) + alternatives.log_stakes
    most = logs.max(axis=1)
    return most + np.log(np.exp(logs - most[:, None]).sum(axis=1))


def _nearest(p1: Floats, p0: Floats, probability: float, difference: float) -> tuple[Floats, Floats]:
    """Of all pairs of shares with a difference, the one nearest to each alternative, in Kullback-Leibler divergence."""
    if difference == 0:
        share = probability * p1 + (1 - probability) * p0
        return share, share
    low = np.full_like(p0, max(0.0, -difference))
    high = np.full_like(p0, min(1.0, 1.0 - difference))
    for _ in range(_NEAREST_STEPS):
        q0 = (low + high) / 2
        q1 = q0 + difference
        slope = probability * (p1 / q1 - (1 - p1) / (1 - q1)) + (1 - probability) * (p0 / q0 - (1 - p0) / (1 - q0))
        rises = slope > 0
        low, high = np.where(rises, q0, low), np.where(rises, high, q0)
    q0 = (low + high) / 2
    return q0 + difference, q0
