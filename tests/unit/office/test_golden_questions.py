"""Golden questions: lines in and out, the comparison of two answers, and what is proposed of a turn."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kefu.office.golden_questions.checker import last_night
from kefu.office.golden_questions.conversation_question import ConversationQuestion
from kefu.office.golden_questions.golden_question import Change, GoldenAnswer, GoldenResult, summed
from kefu.office.golden_questions.proposal import proposal_of_turn, proposal_of_unanswered
from kefu.office.golden_questions.question_lines import BadLine, parsed_lines, parsed_row, row_of
from kefu.office.golden_questions.question_store import ANSWER_SECONDS, without_old_text
from kefu.office.golden_questions.verdict import Verdict
from kefu.office.insight.unanswered import UnansweredQuestion
from kefu.office.messages.golden_questions import id_of_line
from kefu.router.domain.handoff import Handoff, HandoffReason
from kefu.router.domain.turn import Citation, Completed, FinishReason, Passage, Turn

FULL = ConversationQuestion(
    id="label",
    language="en",
    text="How long is it valid?",
    kind="follow_up",
    person="allowed",
    before=("I got a label",),
    polarity="yes",
    must=(("7 days", "seven days"),),
    must_not=("15 days",),
    documents=("returns",),
    note="Seven days.",
    evidence=("It is valid for 7 days.",),
)
RIGHT, WRONG = GoldenAnswer(Verdict.RIGHT, "it says what it must"), GoldenAnswer(Verdict.WRONG, "it says “15 days”")
NOT_ASKED = GoldenAnswer(None, "customers left no time for it")


def turn(question: str, text: str, *, query: str = "", handoff: Handoff | None = None, cited: bool = True) -> Turn:
    label = Passage(
        1,
        "collections/help/documents/d/passages/1",
        "The label",
        (),
        "It is valid for 7 days. It costs ¥12.",
        "",
        0.9,
        "en",
    )
    other = replace(label, number=2, title="Other", text="Refunds take 30 days.")
    citations = (Citation(0, 1, 1, label.name, label.title, ""),) if cited else ()
    return Turn(
        "t2",
        question,
        "en",
        "2026-11-29",
        1.0,
        text=text,
        query=query,
        passages=(label, other),
        handoff=handoff,
        completed=Completed(FinishReason.STOP, citations=citations),
    )


def test_a_question_is_written_as_it_is_read_with_all_its_fields() -> None:
    assert parsed_row(json.loads(json.dumps(row_of(FULL)))) == FULL
    plain = ConversationQuestion("q", "zh", "你好", "small_talk", "no")
    assert row_of(plain) == {"_id": "q", "language": "zh", "text": "你好", "kind": "small_talk", "person": "no"}


def test_each_bad_line_is_told_with_its_number() -> None:
    good = json.dumps(row_of(FULL))
    found, wrong = parsed_lines(f'{good}\n\n{{"_id": "b"}}\nno json\n{good}\n')
    assert [each.id for each in found] == ["label"]
    assert [number for number, _ in wrong] == [3, 4, 5]
    assert wrong[2][1] == "has the _id label of an earlier line"


def test_evidence_that_stands_in_several_places_is_a_list_in_a_list() -> None:
    row = {"_id": "a", "language": "en", "text": "Why?", "kind": "direct", "person": "no"}
    assert parsed_row(row | {"evidence": ["one", ["two", "2"]]}).evidence == ("one", "two", "2")
    with pytest.raises(BadLine, match="no list of texts"):
        parsed_row(row | {"evidence": [["two", 2]]})


@pytest.mark.parametrize(
    ("given", "id_"),
    [("shop_en-1", "shop-en-1"), ("17", "q-17"), ("Größe/7", "gr-e-7"), ("x" * 80, "x" * 63), ("。", "q")],
)
def test_any_id_of_a_line_becomes_one_that_a_name_can_hold(given: str, id_: str) -> None:
    assert id_of_line(given) == id_


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [
        (RIGHT, WRONG, Change.LOST),
        (WRONG, RIGHT, Change.GAINED),
        (WRONG, WRONG, Change.STILL_WRONG),
        (RIGHT, RIGHT, Change.STILL_RIGHT),
        (None, RIGHT, Change.UNKNOWN),
        (RIGHT, NOT_ASKED, Change.UNKNOWN),
        (NOT_ASKED, WRONG, Change.UNKNOWN),
    ],
)
def test_two_answers_are_compared(before: GoldenAnswer | None, now: GoldenAnswer, change: Change) -> None:
    result = GoldenResult("label", FULL.text, "en", now, before)
    assert result.change is change
    numbers = summed([result])
    assert numbers["changes"] == {change: 1}
    assert numbers["lost_questions"] == (("label",) if change is Change.LOST else ())


def test_a_night_that_begins_late_reaches_into_the_next_day() -> None:
    assert last_night(datetime(2026, 11, 29, 23, 5, tzinfo=UTC), 23) == ("2026-11-29", 0)
    assert last_night(datetime(2026, 11, 30, 1, 5, tzinfo=UTC), 23) == ("2026-11-29", 2)
    assert last_night(datetime(2026, 11, 30, 1, 5, tzinfo=UTC), 3) == ("2026-11-29", 22)


def test_an_answer_is_forgotten_after_thirty_days_and_its_verdict_is_not() -> None:
    young = replace(WRONG, text="15 days", time=time.time() - ANSWER_SECONDS + 60)
    assert without_old_text(young) == young
    old = without_old_text(replace(young, time=time.time() - ANSWER_SECONDS - 60))
    assert (old.text, old.verdict, old.why) == ("", Verdict.WRONG, WRONG.why)


def test_a_proposal_has_the_figures_that_answer_and_evidence_share_and_no_personal_data() -> None:
    asked = turn(
        "My mail is ann@example.com. How long is the label valid?", "It is valid for 7 days, not for 20 days. [1]"
    )
    found = proposal_of_turn(asked, [turn("before", "text")])
    assert "ann@example.com" not in found.question.text
    assert found.question.must == (("7 days",),)
    assert (found.question.person, found.question.before, found.question.documents) == ("no", (), ("The label",))
    assert found.answer == "It is valid for 7 days, not for 20 days."


def test_a_proposal_has_nothing_of_what_was_said_of_files() -> None:
    note = "In your file I read: “30 days”."
    asked = replace(turn("How long?", f"It is valid for 7 days. [1]\n\n{note}"), attachment_note=note)
    assert proposal_of_turn(asked, ()).answer == "It is valid for 7 days."


def test_a_proposal_of_a_follow_up_has_what_it_leans_on() -> None:
    asked = turn("And how long?", "7 days [1].", query="What of the label? And how long?")
    found = proposal_of_turn(asked, [turn("What of the label? Call 13812345678", "text")])
    assert found.question.kind == "follow_up"
    assert found.question.before[0].startswith("What of the label?")
    assert "13812345678" not in found.question.before[0]


def test_a_proposal_of_a_hand_over_says_whether_a_person_is_needed() -> None:
    wanted = Handoff(HandoffReason.CUSTOMER_ASKED, "A colleague comes.", "")
    assert (
        proposal_of_turn(turn("A person please", "A colleague comes.", handoff=wanted), ()).question.person
        == "required"
    )
    missing = proposal_of_turn(
        turn("Do you sell tea?", "", handoff=replace(wanted, reason=HandoffReason.NOTHING_RELEVANT)), ()
    )
    assert (missing.question.person, missing.question.must, missing.question.kind) == ("no", (), "direct")


def test_a_proposal_of_a_yes_or_no_question_has_what_was_said() -> None:
    found = proposal_of_turn(turn("Can I return it?", "No, you can't return it [1]."), ())
    assert (found.question.kind, found.question.polarity) == ("yes_no", "no")


def test_a_proposal_of_an_unanswered_question_has_the_figures_that_a_person_replied() -> None:
    found = proposal_of_unanswered(
        UnansweredQuestion(
            "s", "t", "How long is the label valid?", "en", HandoffReason.NOTHING_RELEVANT, 1.0, reply="7 days."
        )
    )
    assert found.question.must == (("7 days",),)
