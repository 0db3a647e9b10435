"""The load tests' judge: what counts as a whole answer, and what does not."""

import grpc
import pytest

from kefu.router.v1 import chat_pb2 as pb
from loadtest.harness.verdicts import Verdict, VerdictBuilder, count_verdicts
from tests.engines.loadtest.scripted_router import completed, handoff

OK = grpc.StatusCode.OK


def started() -> pb.ConverseEvent:
    return pb.ConverseEvent(turn_started=pb.TurnStarted(session="sessions/a", turn="sessions/a/turns/b"))


def found() -> pb.ConverseEvent:
    return pb.ConverseEvent(passages_found=pb.PassagesFound())


def delta(offset: int, text: str) -> pb.ConverseEvent:
    return pb.ConverseEvent(text_delta=pb.TextDelta(offset=offset, text=text))


def judged(*events: pb.ConverseEvent, status: grpc.StatusCode = OK, must_generate: bool = False) -> Verdict:
    judge = VerdictBuilder(100.0, must_generate=must_generate)
    for number, event in enumerate(events, 1):
        judge.receive(event, 100.0 + number)
    return judge.ended(status, 110.0)


def test_a_whole_answer_is_good_and_its_times_and_counts_are_told() -> None:
    verdict = judged(started(), found(), delta(0, "多久"), delta(6, "?"), completed(7))
    assert verdict.good
    assert (verdict.first_text, verdict.longest_gap, verdict.total) == (3.0, 1.0, 10.0)
    assert (verdict.deltas, verdict.text_bytes, verdict.completion_tokens) == (2, 7, 7)
    assert verdict.source == "GENERATED"


@pytest.mark.parametrize(
    ("events", "failure"),
    [
        ([], "no TurnCompleted"),
        ([started(), delta(0, "a")], "no TurnCompleted"),
        ([started(), delta(0, "ab"), delta(3, "c"), completed(4)], "offset with a hole"),
        ([started(), delta(0, "ab"), delta(1, "bc"), completed(3)], "offset repeated"),
        ([started(), delta(1, "ab"), completed(3)], "offset with a hole"),
        ([started(), delta(0, "ab"), completed(3)], "text_bytes differs"),
        ([started(), completed(0), delta(0, "ab")], "events after TurnCompleted"),
        ([started(), started(), delta(0, "a"), completed(1)], "TurnStarted twice"),
        ([delta(0, "a"), completed(1)], "no TurnStarted"),
        ([completed(0)], "no TurnStarted"),
        ([started(), delta(0, "a"), found(), completed(1)], "events out of order"),
        ([started(), delta(0, "a"), completed(1, pb.FINISH_REASON_INTERRUPTED)], "ended as FINISH_REASON_INTERRUPTED"),
        ([started(), delta(0, "a"), completed(1, pb.FINISH_REASON_UNSPECIFIED)], "ended as FINISH_REASON_UNSPECIFIED"),
    ],
)
def test_anything_less_is_a_failure(events: list[pb.ConverseEvent], failure: str) -> None:
    assert judged(*events).failure == failure


def test_a_status_that_is_not_ok_is_a_failure_even_after_turn_completed() -> None:
    assert judged(started(), delta(0, "a"), completed(1), status=grpc.StatusCode.UNAVAILABLE).failure == "UNAVAILABLE"


HANDED_OVER = completed(2, pb.FINISH_REASON_HANDOFF, pb.ANSWER_SOURCE_CANNED)


def test_a_hand_over_that_answers_is_good() -> None:
    verdict = judged(started(), found(), handoff(pb.Handoff.REASON_NOTHING_RELEVANT, "Hm"), HANDED_OVER)
    assert (verdict.good, verdict.handed_over, verdict.handoff) == (True, False, "NOTHING_RELEVANT")


@pytest.mark.parametrize(
    ("reason", "for_load"),
    [
        (pb.Handoff.REASON_OVERLOADED, True),
        (pb.Handoff.REASON_SEARCH_UNAVAILABLE, True),
        (pb.Handoff.REASON_MODEL_UNAVAILABLE, True),
        (pb.Handoff.REASON_EMPTY_ANSWER, False),
    ],
)
def test_a_hand_over_for_a_fault_is_a_failure_and_one_for_load_is_told_apart(
    reason: "pb.Handoff.Reason.ValueType", for_load: bool
) -> None:
    verdict = judged(started(), handoff(reason, "Hm"), HANDED_OVER)
    assert verdict.failure == f"handed over: {pb.Handoff.Reason.Name(reason)}"
    assert verdict.handed_over is for_load


def test_a_hand_over_for_load_that_breaks_the_contract_is_a_plain_failure() -> None:
    ended = completed(3, pb.FINISH_REASON_HANDOFF, pb.ANSWER_SOURCE_CANNED)
    verdict = judged(started(), handoff(pb.Handoff.REASON_OVERLOADED, "Hm"), ended)
    assert (verdict.failure, verdict.handed_over) == ("text_bytes differs", False)


def refused(*events: pb.ConverseEvent, reason: str = "OVERLOADED", retry_after: float | None = 3.0) -> Verdict:
    judge = VerdictBuilder(100.0)
    for event in events:
        judge.receive(event, 101.0)
    return judge.ended(grpc.StatusCode.RESOURCE_EXHAUSTED, 110.0, reason, retry_after)


def test_a_refusal_for_load_says_when_to_come_back_and_is_not_good() -> None:
    verdict = refused(started(), found())
    assert (verdict.refused, verdict.retry_after, verdict.good) == (True, 3.0, False)
    assert verdict.failure == "RESOURCE_EXHAUSTED / OVERLOADED"


@pytest.mark.parametrize(
    ("verdict", "failure"),
    [
        (refused(retry_after=None), "RESOURCE_EXHAUSTED / OVERLOADED without a time to come back"),
        (refused(retry_after=0.0), "RESOURCE_EXHAUSTED / OVERLOADED without a time to come back"),
        (refused(reason="TENANT_LIMIT"), "RESOURCE_EXHAUSTED / TENANT_LIMIT"),
        (refused(reason=""), "RESOURCE_EXHAUSTED"),
        (refused(started(), delta(0, "a")), "RESOURCE_EXHAUSTED / OVERLOADED in mid-answer"),
        (refused(started(), started()), "RESOURCE_EXHAUSTED / OVERLOADED"),
    ],
)
def test_any_other_refusal_is_a_plain_failure(verdict: Verdict, failure: str) -> None:
    assert (verdict.failure, verdict.refused) == (failure, False)


def test_another_status_with_that_reason_is_no_refusal() -> None:
    assert not VerdictBuilder(0.0).ended(grpc.StatusCode.UNAVAILABLE, 1.0, "OVERLOADED", 3.0).refused


def test_where_generated_answers_are_wanted_another_one_is_a_failure() -> None:
    events = started(), delta(0, "a"), completed(1, source=pb.ANSWER_SOURCE_CURATED)
    assert judged(*events).good
    assert judged(*events, must_generate=True).failure == "not generated but ANSWER_SOURCE_CURATED"


def test_after_a_lost_connection_the_text_may_go_on_or_replace_but_leave_no_hole() -> None:
    for offset, good in ((4, True), (2, True), (5, False)):
        judge = VerdictBuilder(0.0)
        for event in (started(), delta(0, "abcd")):
            judge.receive(event, 1.0)
        judge.connection_lost()
        for event in (started(), delta(offset, "x"), completed(offset + 1)):
            judge.receive(event, 2.0)
        assert judge.ended(OK, 3.0).good is good


def test_leaving_on_purpose_is_no_failure_unless_something_was_wrong_before() -> None:
    for event, abandoned in ((delta(0, "a"), True), (delta(9, "a"), False)):
        judge = VerdictBuilder(0.0)
        judge.receive(started(), 0.5)
        judge.receive(event, 1.0)
        verdict = judge.abandoned(1.0)
        assert (verdict.abandoned, verdict.good) == (abandoned, abandoned)


def test_an_answer_that_was_made_with_less_is_good_and_says_so() -> None:
    ended = completed(1)
    assert judged(started(), delta(0, "a"), ended).brown_out == ""
    ended.turn_completed.brown_out = pb.BROWN_OUT_SHORTER_ANSWER
    verdict = judged(started(), delta(0, "a"), ended)
    assert (verdict.good, verdict.brown_out) == (True, "SHORTER_ANSWER")


def test_leaving_after_a_hand_over_for_load_is_no_leaving() -> None:
    judge = VerdictBuilder(0.0)
    judge.receive(started(), 0.5)
    judge.receive(handoff(pb.Handoff.REASON_OVERLOADED, "Hm"), 1.0)
    verdict = judge.abandoned(1.0)
    assert (verdict.abandoned, verdict.handed_over) == (False, True)


def test_the_tally_counts_each_stream_once() -> None:
    verdicts = [Verdict(""), Verdict("", abandoned=True), Verdict("a"), Verdict("b"), Verdict("b")]
    verdicts += [Verdict("c", handed_over=True)] * 4 + [Verdict("d", retry_after=1.0)] * 5
    counts = count_verdicts(verdicts)
    assert counts[:5] == (1, 1, 4, 5, 3)
    assert (counts.handed_over, counts.refused, counts.failed) == (4, 5, 3)
    assert list(counts.failures.items()) == [("d", 5), ("c", 4), ("b", 2), ("a", 1)]
