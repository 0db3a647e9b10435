"""When the next frame of an answer is due."""

import pytest

from kefu.generation.coalescing import TICK_SECONDS, FramePacer


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_frame_that_was_late_does_not_move_those_after_it() -> None:
    clock = Clock()
    pace = FramePacer(lambda: 0.1, clock)
    assert pace.seconds_to_next() == pytest.approx(0.1)
    clock.now = 100.13
    assert pace.seconds_to_next() == pytest.approx(0.07)
    clock.now = 100.49  # so late that two places went by
    assert pace.seconds_to_next() == pytest.approx(0.01)
    clock.now = 100.5
    assert pace.seconds_to_next() == pytest.approx(0.1)


def test_answers_that_were_late_together_part_again() -> None:
    clock = Clock()
    paces = [FramePacer(lambda: 0.1, clock) for _ in range(4)]
    for number, pace in enumerate(paces):
        clock.now = 100 + number / 40
        pace.seconds_to_next()
    clock.now = 100.29  # all were held up, and are sent at once
    due = sorted(clock.now + pace.seconds_to_next() for pace in paces)
    assert due == pytest.approx([100.3, 100.325, 100.35, 100.375])


def test_long_intervals_end_at_common_ticks_and_are_never_shorter_than_asked() -> None:
    clock = Clock()
    for start in (100.0, 100.013, 100.09):
        clock.now = start
        wait = FramePacer(lambda: 0.43, clock).seconds_to_next()
        assert 0.43 <= wait <= 0.43 + TICK_SECONDS
        assert (start + wait) / TICK_SECONDS == pytest.approx(round((start + wait) / TICK_SECONDS))


def test_the_interval_may_change_from_frame_to_frame() -> None:
    clock, intervals = Clock(), [0.1, 0.5, 0.0]
    pace = FramePacer(lambda: intervals.pop(0), clock)
    assert pace.seconds_to_next() == pytest.approx(0.1)
    clock.now = 100.1
    assert pace.seconds_to_next() == pytest.approx(0.5)
    assert pace.seconds_to_next() == 0.0
