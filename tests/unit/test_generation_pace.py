"""When the next frame of an answer is due."""

import pytest

from kefu.generation.frames import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_frame_that_was_late_does_not_move_those_after_it() -> None:
    clock = Clock()
    pace = Pace(lambda: 1.0, clock)
    assert pace.wait() == pytest.approx(1.0)
    clock.now = 101.3
    assert pace.wait() == pytest.approx(0.7)
    clock.now = 104.9  # so late that two places went by
    assert pace.wait() == pytest.approx(0.1)
    clock.now = 105.0
    assert pace.wait() == pytest.approx(1.0)


def test_answers_that_were_late_together_part_again() -> None:
    clock = Clock()
    paces = [Pace(lambda: 1.0, clock) for _ in range(4)]
    for number, pace in enumerate(paces):
        clock.now = 100 + number / 4
        pace.wait()
    clock.now = 102.9  # all were held up, and are sent at once
    due = sorted(clock.now + pace.wait() for pace in paces)
    assert due == pytest.approx([103.0, 103.25, 103.5, 103.75])


def test_the_interval_may_change_from_frame_to_frame() -> None:
    clock, intervals = Clock(), [0.1, 0.5, 0.0]
    pace = Pace(lambda: intervals.pop(0), clock)
    assert pace.wait() == pytest.approx(0.1)
    clock.now = 100.1
    assert pace.wait() == pytest.approx(0.5)
    assert pace.wait() == 0.0
