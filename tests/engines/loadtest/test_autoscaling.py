"""The simulated day: its parts do what Kubernetes, an engine and customers do."""

from dataclasses import replace
from itertools import pairwise

import pytest

from loadtest.harness.suite import H100
from loadtest.simulation.autoscaling.hpa import Autoscaler, Policy, Rules, written
from loadtest.simulation.autoscaling.model import DAY, DaySimulation, Replica, Turn, arrivals, capacity, rate_at, slower

RULES = Rules(
    least=2,
    most=8,
    threshold=10.0,
    scheduled=0,
    opens=8.0,
    closes=20.0,
    up=(Policy(percent=100, period=180.0), Policy(pods=2, period=180.0)),
    up_window=0.0,
    down=(Policy(pods=1, period=300.0),),
    down_window=900.0,
)


def test_the_rules_are_those_of_the_overlay() -> None:
    rules = written()
    assert 2 <= rules.least < rules.scheduled < rules.most
    assert rules.threshold > 0
    assert rules.opens == 7.5
    assert rules.closes == 21.0
    assert rules.up == (Policy(percent=100, period=180.0), Policy(pods=2, period=180.0))
    assert (rules.places, rules.drain) == (256, 60.0)


def test_a_day_has_its_questions_and_most_of_them_in_the_morning() -> None:
    times = list(arrivals(50_000, seed=1))
    assert len(times) == pytest.approx(50_000, rel=0.02)
    assert times == sorted(times)
    assert times[-1] < DAY
    by_hour = [sum(hour * 3600 <= at < (hour + 1) * 3600 for at in times) for hour in range(24)]
    assert by_hour.index(max(by_hour)) in (9, 10)
    assert by_hour[20] > 1.5 * by_hour[19], "the sale"
    assert max(by_hour) > 8 * min(by_hour)
    assert rate_at(9.5 * 3600, 86_400) > 2 * 1.0, "more than twice the mean"


def test_an_engine_alone_writes_a_token_a_step_after_its_prompt() -> None:
    replica = Replica(H100)
    first = replica.take(Turn(0.0, prompt=350.0, answer=120.0), 0.0, 1)
    assert first == pytest.approx(350 / 35_000 + 0.00463)
    assert replica.next_end == pytest.approx(350 / 35_000 + 120 * 0.00463)


def test_a_prompt_that_is_prefilled_holds_up_what_is_written() -> None:
    replica = Replica(H100)
    replica.take(Turn(0.0, prompt=0.0, answer=120.0), 0.0, 1)
    alone = replica.next_end
    replica.take(Turn(0.1, prompt=3_500.0, answer=1_000.0), 0.1, 2)
    assert replica.next_end > alone + 0.1


def test_capacity_grows_with_batching_and_is_bounded_by_prefill() -> None:
    assert capacity(H100, 1) < capacity(H100, 24) < capacity(H100, 256) < 35_000 / 400
    assert capacity(slower(H100, 10), 24) == pytest.approx(capacity(H100, 24) / 10)


def test_as_many_replicas_as_the_work_wants_within_the_bounds() -> None:
    assert Autoscaler(RULES, 2).decide(0.0, 0.0) == 2
    assert Autoscaler(RULES, 2).decide(0.0, 21.0) == 2, "within the tolerance"
    assert Autoscaler(RULES, 2).decide(0.0, 23.0) == 3
    assert Autoscaler(replace(RULES, up=(Policy(pods=100),)), 2).decide(0.0, 1_000.0) == 8


def test_scale_up_is_bounded_in_each_period() -> None:
    scaler = Autoscaler(RULES, 2)
    assert [scaler.decide(at, 1_000.0) for at in (0.0, 15.0, 165.0)] == [4, 4, 4]
    assert scaler.decide(180.0, 1_000.0) == 8


def test_scale_down_waits_for_quiet_and_goes_one_by_one() -> None:
    scaler = Autoscaler(RULES, 6)
    scaler.decide(0.0, 60.0)
    quiet = [(at, scaler.decide(at, 0.0)) for at in range(15, 2_400, 15)]
    assert {number for at, number in quiet if at < 900} == {6}
    falls = [at for (_, before), (at, after) in pairwise(quiet) if after < before]
    assert falls[0] == 900
    assert all(later - earlier >= 300 for earlier, later in pairwise(falls))
    assert quiet[-1][1] == 2


def test_a_scale_down_without_a_window_is_followed_at_once() -> None:
    scaler = Autoscaler(replace(RULES, down=(Policy(pods=8, period=15.0),), down_window=0.0), 8)
    assert scaler.decide(0.0, 0.0) == 2
    numbers = [scaler.decide(15.0 * n, 1_000.0 * (n % 3 == 0)) for n in range(1, 40)]
    assert min(numbers) == 2
    assert max(numbers) <= 8


def test_business_hours_have_their_number() -> None:
    rules = replace(RULES, scheduled=5)
    assert Autoscaler(rules, 5).decide(12 * 3600.0, 0.0) == 5
    assert Autoscaler(rules, 2).decide(7.9 * 3600, 0.0) == 2


def test_a_day_that_fits_refuses_nobody_and_a_cold_start_that_is_too_long_does() -> None:
    slow = slower(H100, 80)
    rules = replace(RULES, threshold=12.0)
    short = DaySimulation(rules, slow, 60_000, cold_start=60.0).play()
    assert short.questions == pytest.approx(60_000, rel=0.02)
    assert short.refused == 0
    assert len(short.first) == pytest.approx(short.questions, abs=200)
    assert 48 < short.gpu_seconds / 3600 < 24 * 8
    never = DaySimulation(replace(rules, most=2), slow, 60_000, cold_start=60.0).play()
    assert never.refused > 1_000
    assert never.gpu_seconds / 3600 == pytest.approx(48, rel=0.01)
    assert short.at(0.95) < never.at(0.95)


def test_a_day_is_the_same_each_time() -> None:
    one, two = (DaySimulation(RULES, H100, 5_000, cold_start=180.0).play() for _ in range(2))
    assert (one.first, one.gpu_seconds, one.refused) == (two.first, two.gpu_seconds, two.refused)
