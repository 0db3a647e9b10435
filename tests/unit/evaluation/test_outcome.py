"""What an answer is counted as: beside, where nothing that answers was shown, and what else is half as it was."""

from dataclasses import replace
from typing import Any

import pytest

from kefu.evaluation.conversations.outcome import Outcome, outcome_of, overlaps
from kefu.office.golden_questions.conversation_question import ConversationQuestion
from kefu.office.golden_questions.verdict import Shown, judge
from tests.support.table import table
from tests.support.text_growth import growth

FREE = "An account is free of charge for schools and clubs."
LOGO = "Your own logo costs 12 yuan a month."


def question(**fields: Any) -> ConversationQuestion:
    given: dict[str, Any] = {"id": "q-1", "language": "en", "text": "What does a logo cost?", "kind": "direct"}
    given |= {"person": "no", "must": (("12 yuan",), ("month",))}
    return ConversationQuestion(**given | fields)


def outcome(one: ConversationQuestion, text: str, *supports: str, **shown: Any) -> Outcome:
    seen = Shown(text, **shown)
    return outcome_of(one, seen, judge(one, seen), supports)


@table(
    ("evidence", "text", "expected"),
    [
        ((LOGO,), LOGO, Outcome.RIGHT),
        ((LOGO,), FREE, Outcome.BESIDE),
        ((LOGO,), f"{FREE} Your own logo costs 12 yuan.", Outcome.HALF),
        ((LOGO,), "Fees are due each month.", Outcome.BESIDE),  # one of what must be said, in a sentence about fees
        ((FREE, LOGO), FREE, Outcome.HALF),
        (("| Pro | 30% | annual only |",), "Pro — Discount: 30%; Payment: annual only [1]", Outcome.HALF),
        ((), "Fees are due each month.", Outcome.HALF),
        ((), FREE, Outcome.BESIDE),
        ((LOGO,), "12 yuan each month, as " + "for all of our customers in all of the cities, " * 12, Outcome.HALF),
        ((LOGO,), "", Outcome.REFUSED),
    ],
)
def test_an_answer_is_beside_where_nothing_shown_is_evidence_and_what_must_be_said_is_not(
    evidence: tuple[str, ...], text: str, expected: Outcome
) -> None:
    assert outcome(question(evidence=evidence), text) is expected


def test_where_an_answer_says_what_it_shows_of_the_pages_its_words_do_not_count() -> None:
    one = question(evidence=(LOGO,))
    assert outcome(one, "That is 12.", LOGO) is Outcome.HALF
    assert outcome(one, "Your own logo costs nothing, 12 yuan.", FREE) is Outcome.BESIDE
    assert outcome(one, "", FREE, withdrawn=("Your own logo costs 12 yuan.",)) is Outcome.HALF, "it was shown as well"


def test_what_is_wrong_refused_or_asked_back_stays_so() -> None:
    one = question(evidence=(LOGO,), must_not=("clubs",))
    assert outcome(one, FREE) is Outcome.WRONG
    assert outcome(one, "", handed_over=True) is Outcome.REFUSED
    assert outcome(one, "Which logo?", asks_back=True) is Outcome.ASKED_BACK


def test_a_question_without_what_must_be_said_is_half_until_its_evidence_is_known() -> None:
    one = question(must=(), polarity="no", kind="yes_no")
    assert outcome(one, FREE) is Outcome.HALF
    assert outcome(replace(one, evidence=(LOGO,)), FREE) is Outcome.BESIDE


@pytest.mark.parametrize("person", ["allowed", "required"])
def test_an_own_answer_to_what_the_documents_do_not_answer_is_beside(person: str) -> None:
    one = question(person=person, must=())
    assert outcome(one, FREE) is Outcome.BESIDE
    assert outcome(one, "", handed_over=True) is Outcome.RIGHT
    assert outcome(one, "") is Outcome.HALF, "nothing was said, and no person was called"


@table(
    ("shown", "evidence", "expected"),
    [
        ("Plus: accounts 2; refreshed once a day; history 90 days", "| Plus | 2 | once a day | 90 days |", True),
        ("| Activity log, Pro | 36 months |", "| Activity log, Plus | 12 months |", False),
        ("| 操作日志，Pro 版 | 36 个月 |", "| 操作日志，Plus 版 | 12 个月 |", False),
        ("操作日志，Plus 版：12 个月", "| 操作日志，Plus 版 | 12 个月 |", True),
        ("2. Tap Invite and enter the address.", "1. Open Team.\n2. Tap Invite and enter the address.", True),
        ("不退。", "不退。", True),
        ("No.", "No.", False),  # of no word
        ("", LOGO, False),
    ],
)
def test_texts_overlap_by_most_words_of_the_shorter(shown: str, evidence: str, expected: bool) -> None:
    assert overlaps([shown], [evidence]) is expected


@pytest.mark.parametrize("seed", ["不", "12 ", "logo ", "a. ", "。", "| ", "- 1. "])
def test_an_outcome_takes_linear_time_whatever_is_shown(seed: str) -> None:
    one = question(evidence=(LOGO, FREE))
    assert growth(lambda text: outcome(one, text), seed, 100_000) < 8
