"""What a turn adds to the numbers, and what durations are read from their histogram."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.office.insight.numbers_report import percentiles
from kefu.office.insight.turn_counters import bucket_of, turn_counters, upper_bound
from kefu.router.domain.handoff import Handoff, HandoffReason
from kefu.router.domain.turn import AnswerSource, Citation, Completed, FinishReason, Timings, Turn, TurnState

NOON = 1_764_072_000.0  # 2025-11-25 12:00 UTC


def turn(
    source: AnswerSource = AnswerSource.GENERATED,
    finish: FinishReason = FinishReason.STOP,
    handoff: HandoffReason | None = None,
    *,
    question: str = "How long does a refund take?",
    superseded: bool = False,
) -> Turn:
    citation = Citation(0, 5, 1, "collections/help/documents/d1/passages/p1", "Refunds", "")
    done = Completed(finish, source, (citation, citation), timings=Timings(first_text=0.2, total=1.5))
    handed = None if handoff is None else Handoff(handoff, "A colleague will answer.", "")
    return Turn(
        "t1", question, "en", "2025-11-25", NOON, text="x", handoff=handed, completed=done, superseded=superseded
    )


def test_an_answer_is_counted_in_the_hour_of_its_question_by_source_language_and_time() -> None:
    tally = turn_counters(turn(), TurnState.FINISHED)
    assert tally is not None
    assert tally.hour == "2025112512"
    assert set(tally.counters) == {
        "questions",
        "language:en",
        "source:generated",
        f"first:{bucket_of(0.2)}",
        f"total:{bucket_of(1.5)}",
    }
    assert tally.cited == ("collections/help/documents/d1",)
    assert tally.answered


@pytest.mark.parametrize("source", [AnswerSource.CANNED, AnswerSource.CLARIFYING, AnswerSource.REFUSED])
def test_small_talk_questions_back_and_refusals_have_no_outcome(source: AnswerSource) -> None:
    tally = turn_counters(turn(source), TurnState.FINISHED)
    assert tally is not None
    assert "questions" in tally.counters
    assert not tally.answered
    assert not tally.tried


def test_a_hand_over_is_counted_by_its_reason_and_has_no_outcome_though_it_was_answered_first() -> None:
    handed_over = turn(finish=FinishReason.HANDOFF, handoff=HandoffReason.LOW_SUPPORT)
    tally = turn_counters(handed_over, TurnState.FINISHED)
    assert tally is not None
    assert "handoff:low_support" in tally.counters
    assert not tally.answered
    assert not tally.leaves


def test_an_answer_that_was_stopped_has_no_end_and_no_outcome() -> None:
    tally = turn_counters(turn(finish=FinishReason.STOPPED), TurnState.FINISHED)
    assert tally is not None
    assert not tally.answered
    assert not [name for name in tally.counters if name.startswith("total:")]


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (turn(), TurnState.FAILED),
        (turn(AnswerSource.NONE, FinishReason.HUMAN), TurnState.FINISHED),
        (turn(question=""), TurnState.FINISHED),
    ],
)
def test_what_failed_or_was_said_to_a_person_or_by_one_is_not_counted(told: Turn, state: TurnState) -> None:
    assert turn_counters(told, state) is None


def test_a_message_that_is_answered_with_the_next_one_counts_once() -> None:
    tally = turn_counters(turn(superseded=True), TurnState.FINISHED)
    assert tally is not None
    assert tally.counters == ()


def test_questions_that_ask_the_same_in_other_words_of_manners_are_the_same() -> None:
    hashes = {
        tally.asked
        for question in ("How do I return a parcel?", "how can i return a parcel please")
        if (tally := turn_counters(turn(question=question), TurnState.FINISHED))
    }
    assert len(hashes) == 1


@given(st.floats(min_value=1e-6, max_value=1e5))
def test_a_bucket_holds_its_duration_and_is_too_high_by_a_quarter_at_most(seconds: float) -> None:
    bound = upper_bound(bucket_of(seconds))
    assert seconds * 1000 <= bound * (1 + 1e-6)
    assert bound <= max(1.0, seconds * 1000 * 1.25 * (1 + 1e-6))


@given(st.lists(st.floats(min_value=0.001, max_value=1e4), min_size=1, max_size=200))
def test_percentiles_are_those_of_the_durations_to_a_quarter(durations: list[float]) -> None:
    buckets: dict[str, int] = {}
    for seconds in durations:
        name = str(bucket_of(seconds))
        buckets[name] = buckets.get(name, 0) + 1
    found = percentiles(buckets)
    assert found.count == len(durations)
    ranked = sorted(durations)
    for share, told in ((50, found.p50), (95, found.p95), (99, found.p99)):
        exact = ranked[-(-share * len(ranked) // 100) - 1] * 1000
        assert exact * 0.999 - 0.06 <= told <= exact * 1.251 + 0.06


def test_nothing_measured_is_nought() -> None:
    assert percentiles({}).count == 0
    assert percentiles({}).p99 == 0.0
