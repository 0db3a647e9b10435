"""How the load tests of visitors read what they are told, and when such a run has failed."""

import base64
import json
from typing import Any

import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2 as details

from loadtest.harness.report import summary
from loadtest.harness.verdicts import Verdict
from loadtest.scenarios import hostile_crowd
from loadtest.scenarios.connect_json import Refusal, refusal_of
from loadtest.scenarios.full_redis import failures, is_handed_over_for_load
from loadtest.scenarios.hostile import is_noticed, print_figures


def error(reason: str, *, says_when: bool, **metadata: str) -> bytes:
    packed: list[Message] = [details.ErrorInfo(reason=reason, metadata=metadata)]
    if says_when:
        packed.append(details.RetryInfo())
    listed = [
        {"type": each.DESCRIPTOR.full_name, "value": base64.b64encode(each.SerializeToString()).decode().rstrip("=")}
        for each in packed
    ]
    return json.dumps({"code": "resource_exhausted", "message": "Later.", "details": listed}).encode()


@pytest.mark.parametrize(
    ("body", "told", "for_load", "is_clear"),
    [
        (error("OVERLOADED", says_when=True, limit="waiting_turns"), "OVERLOADED (waiting_turns)", True, True),
        (error("OVERLOADED", says_when=False), "OVERLOADED (Later.)", True, False),
        (error("STORAGE_FULL", says_when=False, what="a new session"), "STORAGE_FULL (a new session)", False, True),
        (error("BACKEND_UNAVAILABLE", says_when=True), "BACKEND_UNAVAILABLE (Later.)", False, False),
        (b"<html>", "", False, False),
        (b'{"message": "no details"}', "", False, False),
    ],
)
def test_a_refusal_is_clear_when_it_tells_what_to_do(body: bytes, told: str, for_load: bool, is_clear: bool) -> None:
    refusal = refusal_of(body)
    assert (str(refusal), refusal.for_load, refusal.is_clear) == (told, for_load, is_clear)
    assert isinstance(refusal, Refusal)


def test_a_handoff_for_load_is_told_from_one_that_was_asked_for() -> None:
    def events(reason: str) -> list[dict[str, Any]]:
        return [{"turnStarted": {}}, {"handoff": {"reason": reason}}, {"turnCompleted": {}}]

    assert is_handed_over_for_load(events("REASON_OVERLOADED"))
    assert is_handed_over_for_load(events("REASON_SEARCH_UNAVAILABLE"))
    assert not is_handed_over_for_load(events("REASON_CUSTOMER_ASKED"))
    assert not is_handed_over_for_load([{"turnStarted": {}}, {"turnCompleted": {}}])


def test_visitors_may_find_redis_full_and_not_the_routers() -> None:
    kept: dict[str, Any] = {
        "refused": {"STORAGE_FULL (a new session)": 9},
        "unanswered": {},
        "handed_over_for_load": 0,
        "refused_for_load": 0,
        "redis_writes_refused": 0,
        "redis_keys_evicted": 0,
        "turns_lost": 0,
        "redis_memory_most_share": 0.95,
    }
    assert failures(kept) == []
    assert failures(kept | {"handed_over_for_load": 2}) == ["messages handed over for load: 2"]
    assert failures(kept | {"refused_for_load": 3}) == ["messages refused for load: 3"]


def beside_a_visitor(quiet: list[Verdict], disturbed: list[Verdict]) -> dict[str, Any]:
    return {
        "others_quiet": summary(quiet),
        "others_disturbed": summary(disturbed),
        "visitor": {"HTTP 429": 900},
        "first_text_p95_ratio": 1.0,
        "loops": {},
    }


@pytest.mark.parametrize(
    "verdict", [Verdict("UNAVAILABLE"), Verdict("a", retry_after=1.0), Verdict("a", handed_over=True)]
)
def test_a_hostile_visitor_is_noticed_when_any_other_is_not_answered(verdict: Verdict) -> None:
    good = Verdict("", first_text=0.1)
    assert not is_noticed(beside_a_visitor([good], [good]))
    assert is_noticed(beside_a_visitor([good, verdict], [good]))
    assert is_noticed(beside_a_visitor([good], [good, verdict]))
    assert is_noticed(beside_a_visitor([good], [good]) | {"first_text_p95_ratio": 1.3})
    assert "handed over  refused  failed" in print_figures(beside_a_visitor([good], [good]))


def test_a_crowd_is_noticed_when_others_lose_answers_or_a_service_ends() -> None:
    good, lost = [Verdict("", first_text=0.1)], [Verdict("UNAVAILABLE")]
    found = {
        "others_quiet": summary(good),
        "others_disturbed": summary(good),
        "visitors": {"empty message: HTTP 400": 1},
        "mails": 1,
        "first_text_p95_ratio": 1.1,
        "services_started_again": 0,
    }
    assert not hostile_crowd.is_noticed(found)
    for noticed in (
        {"others_disturbed": summary(good + lost)},
        {"first_text_p95_ratio": 1.3},
        {"services_started_again": 1},
    ):
        assert hostile_crowd.is_noticed(found | noticed), noticed
    assert "empty message: HTTP 400" in hostile_crowd.print_figures(found)
