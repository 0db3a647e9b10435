"""The sequential test of two shares: its rate of false alarms is what it says, at every look, and exactly so."""

import math
from collections.abc import Iterable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from kefu.office.experiments import sequential_test
from kefu.office.experiments.sequential_test import ALPHA, Arm, compare, evidence_at_looks, share_interval

Counts = tuple[int, int, int, int]
"""Conversations and successes of the draft, then of live."""


def next_counts(counts: Counts, probability: float, draft: float, live: float) -> Iterator[tuple[Counts, float]]:
    """The counts after one more conversation, with their probabilities."""
    n1, s1, n0, s0 = counts
    yield (n1 + 1, s1 + 1, n0, s0), probability * draft
    yield (n1 + 1, s1, n0, s0), probability * (1 - draft)
    yield (n1, s1, n0 + 1, s0 + 1), (1 - probability) * live
    yield (n1, s1, n0 + 1, s0), (1 - probability) * (1 - live)


def spread(reached: dict[Counts, float], probability: float, draft: float, live: float) -> dict[Counts, float]:
    further: dict[Counts, float] = {}
    for counts, likelihood in reached.items():
        for after, step in next_counts(counts, probability, draft, live):
            further[after] = further.get(after, 0.0) + likelihood * step
    return further


def looks(counts: Iterable[Counts]) -> NDArray[np.float64]:
    """Rows as the test takes them: successes and failures of the draft, then of live."""
    return np.array([(s1, n1 - s1, s0, n0 - s0) for n1, s1, n0, s0 in counts], dtype=np.float64)


@pytest.mark.parametrize("probability", [0.1, 0.5])
@pytest.mark.parametrize("share", [0.05, 0.7])
def test_without_a_difference_the_evidence_is_a_fair_game_and_an_alarm_is_as_rare_as_stated(
    probability: float, share: float
) -> None:
    reached = {(0, 0, 0, 0): 1.0}
    alarmed = 0.0
    for _ in range(30):
        reached = spread(reached, probability, share, share)
        assert math.isclose(sum(reached.values()), 1.0 - alarmed)
        found = evidence_at_looks(looks(reached), probability)
        for counts, evidence in zip(list(reached), found.tolist(), strict=True):
            if evidence >= 1 / ALPHA:
                alarmed += reached.pop(counts)
    assert alarmed <= ALPHA
    everything = {(0, 0, 0, 0): 1.0}
    for _ in range(8):
        everything = spread(everything, probability, share, share)
    mean = float(np.array([*everything.values()]) @ evidence_at_looks(looks(everything), probability))
    assert math.isclose(mean, 1.0, rel_tol=1e-9)


@pytest.mark.parametrize(("draft", "live"), [(0.9, 0.6), (0.2, 0.5)])
def test_against_the_true_difference_the_evidence_is_no_better_than_a_fair_game(draft: float, live: float) -> None:
    probability = 0.3
    everything = {(0, 0, 0, 0): 1.0}
    for _ in range(7):
        everything = spread(everything, probability, draft, live)
    alternatives = sequential_test._alternatives(probability)  # pyright: ignore[reportPrivateUsage]
    logs = sequential_test._log_evidence(  # pyright: ignore[reportPrivateUsage]
        alternatives, looks(everything), probability, draft - live
    )
    against = float(np.array([*everything.values()]) @ np.exp(logs))
    assert 0.5 < against <= 1.0 + 1e-6


def test_the_interval_holds_the_difference_and_leaves_nought_out_exactly_when_the_arms_differ() -> None:
    clear, not_yet = compare(Arm(500, 400), Arm(500, 350), 0.5), compare(Arm(100, 80), Arm(100, 70), 0.5)
    assert clear.differs
    assert 0.0 < clear.interval.low < clear.difference < clear.interval.high < 0.21
    assert not not_yet.differs
    assert not_yet.interval.low < 0.0 < not_yet.interval.high
    mirrored = compare(Arm(500, 350), Arm(500, 400), 0.5)
    assert math.isclose(mirrored.interval.high, -clear.interval.low, abs_tol=1e-6)


def test_of_nothing_everything_is_possible_and_the_extremes_are_no_trouble() -> None:
    nothing = compare(Arm(0, 0), Arm(0, 0), 0.1)
    assert (nothing.difference, nothing.interval.low, nothing.interval.high, nothing.evidence) == (0.0, -1.0, 1.0, 1.0)
    assert (share_interval(Arm(0, 0)).low, share_interval(Arm(0, 0)).high) == (0.0, 1.0)
    assert compare(Arm(300, 300), Arm(2700, 0), 0.1).differs
    everything = share_interval(Arm(1000, 1000))
    assert (everything.low > 0.99, everything.high) == (True, 1.0)


def test_the_interval_of_a_share_holds_it_at_every_look() -> None:
    """Exactly, by all ways in which 60 conversations may go: seldom is the truth ever outside."""
    share, outside = 0.8, 0.0
    reached = {0: 1.0}
    for conversations in range(1, 61):
        further: dict[int, float] = {}
        for successes, likelihood in reached.items():
            further[successes + 1] = further.get(successes + 1, 0.0) + likelihood * share
            further[successes] = further.get(successes, 0.0) + likelihood * (1 - share)
        reached = further
        for successes in list(reached):
            interval = share_interval(Arm(conversations, successes))
            if not interval.low <= share <= interval.high:
                outside += reached.pop(successes)
    assert 0.0 < outside <= ALPHA
