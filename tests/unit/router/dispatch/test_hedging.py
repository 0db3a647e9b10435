"""How many extra requests a router may send, and when it asks a second replica."""

import random

import pytest

from kefu.router.dispatch.hedging import FirstTokenTimes, Hedging
from kefu.router.dispatch.retry_budget import RetryBudget


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("share", [0.1, 0.2])
def test_retries_are_bounded_by_a_share_of_the_requests_beside_a_reserve(share: float) -> None:
    budget = RetryBudget(share=share, reserve=10, clock=Clock())
    sent = 0
    for _ in range(1000):  # every request fails
        budget.deposit()
        sent += budget.withdraw()
    assert sent <= 10 + share * 1000
    assert sent >= 0.95 * share * 1000


def test_a_quiet_router_may_still_retry_now_and_then() -> None:
    clock = Clock()
    budget = RetryBudget(share=0.2, reserve=3, per_second=1, clock=clock)
    assert [budget.withdraw() for _ in range(4)] == [True, True, True, False]
    clock.now += 1.5
    assert [budget.withdraw() for _ in range(2)] == [True, False]


def test_an_hour_without_failures_pays_for_no_more_than_the_reserve() -> None:
    clock = Clock()
    budget = RetryBudget(share=0.2, reserve=5, per_second=1, clock=clock)
    for _ in range(10_000):
        budget.deposit()
    clock.now += 3600
    assert sum(budget.withdraw() for _ in range(100)) == 5


def test_the_percentile_is_that_of_the_window() -> None:
    clock = Clock()
    times = FirstTokenTimes(clock)
    waits = [number / 100 for number in range(100)]
    random.Random(1).shuffle(waits)
    for wait in waits:
        times.add(wait)
    assert times.percentile(0.95, min_samples=50) == pytest.approx(0.95)
    assert times.median() == pytest.approx(0.5)
    clock.now += 60
    for _ in range(1000):
        times.add(2.0)
    assert times.percentile(0.01, min_samples=1) == 2.0  # at most a thousand, the newest
    clock.now += 121
    assert times.percentile(0.95, min_samples=1) is None
    assert times.median() is None


def test_there_is_no_hedging_before_enough_was_measured_nor_when_it_is_off() -> None:
    hedging, off = Hedging(share=0.05, min_samples=50), Hedging(share=0.0)
    for _ in range(49):
        hedging.first_token_times.add(0.1)
        off.first_token_times.add(0.1)
    assert hedging.delay_seconds() is None
    hedging.first_token_times.add(0.1)
    off.first_token_times.add(0.1)
    assert hedging.delay_seconds() == pytest.approx(0.1)
    assert off.delay_seconds() is None
    assert not off.is_allowed


def test_second_requests_are_bounded_by_their_share() -> None:
    hedging = Hedging(share=0.05, reserve=5)
    sent = 0
    for _ in range(1000):
        hedging.record_request()
        if hedging.is_allowed:
            hedging.record_hedge()
            sent += 1
    assert 45 <= sent <= 5 + 50


def test_hedging_does_not_move_the_percentile_it_goes_by() -> None:
    """Three requests in a hundred wait ten times as long, and are cut short at the percentile."""
    chance, clock = random.Random(7), Clock()
    hedging = Hedging(share=1.0, reserve=1000, clock=clock)
    delays: list[float] = []
    for _ in range(5000):
        clock.now += 0.05
        wait = chance.uniform(0.1, 0.2) * (10 if chance.random() < 0.03 else 1)
        delay = hedging.delay_seconds()
        if delay is not None and wait > delay:
            hedging.first_token_times.add(delay + 0.05)  # the second one won
            hedging.first_token_times.add(0.05)
        else:
            hedging.first_token_times.add(wait)
        delays.append(delay or 0.0)
    assert min(delays[200:]) > 0.18
