"""The fit of polarity's weights: its pairs, its thresholds, and that it learns."""

import pytest

from kefu.evaluation.polarity_fit import Case, fit, pairs, probability, threshold


def test_a_threshold_is_the_lowest_at_which_the_precision_holds() -> None:
    judged = [(1 - at / 100, at != 30) for at in range(60)]
    assert threshold(judged, precision=0.95) == pytest.approx(0.41)
    assert threshold(judged, precision=1.0) == pytest.approx(0.71)


def test_without_enough_right_answers_there_is_no_threshold() -> None:
    assert threshold([(0.9, True)] * 19) > 1
    assert threshold([(0.9, False)] * 100) > 1
    assert threshold([]) > 1


def test_the_fit_learns_what_a_signal_says_and_ignores_what_is_untold() -> None:
    learnt = [
        *(Case({"denies": 1.0}, 0.0, 0.0, at, is_even=True) for at in range(20)),
        *(Case({"affirms": 1.0}, 1.0, 1.0, at, is_even=True) for at in range(20)),
        *(Case({"noise": 1.0}, 0.5, 0.5, at, is_even=True) for at in range(20)),
    ]
    weights = fit(learnt, ["affirms", "denies", "noise"])
    assert weights["denies"] < 0 < weights["affirms"]
    assert weights["noise"] == pytest.approx(0.0)
    assert probability(weights, learnt[0]) < 0.5 < probability(weights, learnt[20])


def test_each_pair_is_a_yes_no_question_that_both_sides_are_learnt_from() -> None:
    found = pairs()
    told = [each.yes for each in found]
    assert min(told.count(1.0), told.count(0.0)) > len(found) / 4
    assert 0.5 in told
