"""How fast places become free."""

import pytest

from kefu.router.admission.drain_rate import DrainRate


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_before_there_was_a_line_the_rate_follows_from_how_long_turns_take() -> None:
    drain = DrainRate(Clock())
    assert drain.rate(10) is None
    for seconds in (1.0, 2.0, 3.0):
        drain.record_end(seconds)
    assert drain.rate(10) == pytest.approx(5.0)
    assert drain.mean_seconds == pytest.approx(2.0)


def test_idle_hours_do_not_count_and_a_stall_does() -> None:
    clock = Clock()
    drain = DrainRate(clock)
    drain.record_queue(waiting=True)
    for _ in range(100):
        clock.now += 0.1
        drain.record_end(1.0)
    assert drain.rate(10) == pytest.approx(10.0, rel=0.05)
    drain.record_queue(waiting=False)
    clock.now += 36_000
    assert drain.rate(10) == pytest.approx(10.0, rel=0.05)
    drain.record_queue(waiting=True)
    clock.now += 60
    rate = drain.rate(10)
    assert rate is not None
    assert rate < 1.0


def test_the_time_to_the_first_text_is_a_median() -> None:
    drain = DrainRate(Clock())
    assert drain.first_text_seconds == 0.0
    for seconds in (0.2, 9.0, 0.3):
        drain.record_first_text(seconds)
    assert drain.first_text_seconds == 0.3
