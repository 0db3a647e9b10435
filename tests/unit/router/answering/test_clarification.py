"""Which messages may be asked back about. How often on whole sets of questions: docs/benchmarks/answers.md."""

from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import SecretStr

from kefu.common.auth import Principal
from kefu.router.answering.clarification import (
    chosen_passages,
    chosen_subject,
    clarify,
    is_none_of_them,
    is_underspecified,
    nearly_relevant,
)
from kefu.router.answering.question import Question
from kefu.router.config import RouterConfig
from kefu.router.domain.explanation import NearestCurated
from kefu.router.domain.handoff import Handoff, HandoffReason
from kefu.router.domain.turn import AnswerSource, Completed, FinishReason, Passage, Turn
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.nlu.message import CustomerMessage
from kefu.router.tenants.settings import TenantSettings, effective_settings
from tests.support.table import table

_UNDERSPECIFIED = """
refund?
Refunds
warranty
gift card
shipping
my order?
hi, invoice please
about the membership
保修
退款？
发票
积分
请问运费
关于保修的问题
會員等級
"""
_CLEAR = """
How long is the warranty?
refund time
warranty cost
where is my order
refund not received
lost parcel
cancel order
SM-G973U
iPhone 15
delivery to Canada by Friday
怎么退款
保修多久
退款没到账
发票怎么开
能退吗
运费多少
积分过期时间
无法登录
"""


def lines(table: str) -> list[str]:
    return [line for line in table.splitlines() if line]


@table("text", lines(_UNDERSPECIFIED), floor=15)
def test_a_subject_alone_is_underspecified(text: str) -> None:
    assert is_underspecified(CustomerMessage(text))


@table("text", lines(_CLEAR), floor=18)
def test_whoever_says_what_they_want_to_know_is_clear(text: str) -> None:
    assert not is_underspecified(CustomerMessage(text))


def asked_back(*choices: str) -> Turn:
    done = Completed(FinishReason.STOP, AnswerSource.CLARIFYING, choices=choices)
    return Turn("t", "warranty", "en", "2026-11-25", 0.0, completed=done)


_REPLIES = """
1=a|2.=b|#2=b|the second one=b|first=a|the last one=c|third=c|第二个=b|选3=c|第一=a|4=|0=|2 days=|b=b|how long?=
"""


@table(("reply", "choice"), [pair.split("=") for pair in _REPLIES.strip().split("|")])
def test_a_bare_number_stands_for_a_choice(reply: str, choice: str) -> None:
    assert chosen_subject(CustomerMessage(reply), [asked_back("a", "b", "c")]) == choice


def test_a_number_after_anything_else_is_a_number() -> None:
    answered = Turn("t", "warranty", "en", "2026-11-25", 0.0, completed=Completed(FinishReason.STOP))
    assert chosen_subject(CustomerMessage("2"), [asked_back("a", "b"), answered]) == ""
    assert chosen_subject(CustomerMessage("2"), []) == ""


SETTINGS = effective_settings(TenantSettings(), RouterConfig(internal_key=SecretStr("kefu_internal_" + "0" * 64)))
CARDS = asked_back(
    "Gift cards › Validity", "Gift cards › Buying", "Can I pay in instalments?", "None of these: a person"
)


@table(
    ("reply", "choice"),
    [
        ("validity", "Gift cards › Validity"),
        ("gift cards > validity!", "Gift cards › Validity"),
        ("can i pay in instalments", "Can I pay in instalments?"),
        ("gift cards", ""),  # of two of them
        ("validity of a voucher", ""),
        ("4", "None of these: a person"),
        ("?", ""),
    ],
)
def test_the_words_of_a_choice_stand_for_it_where_no_other_has_them(reply: str, choice: str) -> None:
    assert chosen_subject(CustomerMessage(reply), [CARDS]) == choice


@table(
    "reply",
    [
        "None of these",
        "none",
        "No, none of them.",
        "neither",
        "都不是",
        "以上都不是",
        "都不对。",
        "都不是這些",
        "别的",
        "no",
    ],
    floor=10,
)
def test_a_reply_may_be_that_it_is_none_of_them(reply: str) -> None:
    assert is_none_of_them(CustomerMessage(reply), "", SETTINGS)


@pytest.mark.parametrize(
    "reply", ["none of my orders arrived", "都不是我要的尺码怎么办", "no refund yet?", "没有收到货"]
)
def test_a_question_that_begins_like_it_is_a_question(reply: str) -> None:
    assert not is_none_of_them(CustomerMessage(reply), "", SETTINGS)


@pytest.mark.parametrize(
    ("choice", "is_none"),
    [
        ("None of these: a person", True),
        ("都不是，转人工客服", True),
        ("都不是，轉人工客服", True),
        ("Other", False),  # a document may be called so
    ],
)
def test_the_last_choice_is_known_by_its_words(choice: str, is_none: bool) -> None:
    assert is_none_of_them(CustomerMessage(choice), choice, SETTINGS) is is_none


def question(text: str = "until when", history: Sequence[Turn] = (), **more: Any) -> Question:
    chosen: dict[str, Any] = {
        "request": TurnRequest(text=text, arrived=0.0),
        "message": CustomerMessage(text),
        "carried": "",
        "language": "en",
        "as_of": "2026-11-25",
        "history": history,
        "settings": SETTINGS,
        "principal": Principal("t", "k", frozenset()),
        "replica": "",
        **more,
    }
    return Question(**chosen)


def passage(relevance: float, title: str, *headings: str, document: str = "", language: str = "en") -> Passage:
    name = f"collections/help/documents/{document or title}/passages/{len(headings)}"
    return Passage(1, name, title, headings, "It is so.", "", relevance, language, min_relevance=0.4)


@pytest.mark.parametrize(
    ("relevance", "offered"),
    [(0.39, ("Gift cards",)), (0.09, ("Gift cards",)), (0.08, ()), (0.0, ())],
)
def test_what_lies_in_the_band_below_the_threshold_is_offered(relevance: float, offered: tuple[str, ...]) -> None:
    assert nearly_relevant(question(), [passage(relevance, "Gift cards")]) == offered


def test_beside_it_stands_what_is_not_far_below_the_band_three_documents_at_most() -> None:
    found = [passage(0.2, "A"), passage(0.05, "B"), passage(0.01, "C"), passage(0.05, "D"), passage(0.05, "E")]
    assert nearly_relevant(question(), found) == ("A", "B", "D")


def test_of_a_document_one_section_is_offered() -> None:
    found = [passage(0.3, "Gift cards", "Use", "Online"), passage(0.2, "Gift cards", "Loss"), passage(0.2, "Points")]
    assert nearly_relevant(question(), found) == ("Gift cards › Online", "Points")


@table(
    ("found", "name"),
    [
        (passage(0.3, "Gift cards", "How long are they valid? "), "How long are they valid?"),
        (passage(0.3, "礼品卡", "有效期多久？", language="zh"), "有效期多久？"),
        (passage(0.3, "Points", "Points"), "Points"),
        (passage(0.3, "", "Loss", document="d"), "Loss"),
        (passage(0.3, "x" * 500), "x" * 119 + "…"),
    ],
)
def test_a_choice_is_what_a_customer_would_recognise(found: Passage, name: str) -> None:
    assert nearly_relevant(question(language=found.language), [found]) == (name,)


def test_what_has_no_name_or_another_language_is_not_offered() -> None:
    found = [passage(0.3, "", document="d"), passage(0.3, "礼品卡", language="zh")]
    assert nearly_relevant(question(), found) == ()
    assert nearly_relevant(question(language="zh"), found) == ("礼品卡",)


def near(
    cosine: float = 0.92, reason: str = "OTHER_WORDS", asks: str = "Is there a student discount?"
) -> NearestCurated:
    return NearestCurated("collections/help/curatedAnswers/1", asks, cosine, 0.85, reason)


@table(
    ("curated", "is_offered"),
    [
        (near(), True),
        (near(reason="OTHER_QUESTION"), True),
        (near(reason="NEGATION"), True),
        (near(cosine=0.915), False),
        (near(reason="TOO_FAR"), False),
        (near(reason="NOT_VALID"), False),
        (near(reason="OTHER_LANGUAGE"), False),
        (near(asks="x" * 121), False),  # it stands on a button
    ],
)
def test_a_question_that_staff_answered_is_offered_where_it_is_near(curated: NearestCurated, is_offered: bool) -> None:
    assert nearly_relevant(question(), [], curated) == ((curated.question,) if is_offered else ())


def test_the_question_of_staff_comes_first_and_three_are_offered_at_most() -> None:
    found = [passage(0.3, "A"), passage(0.3, "B"), passage(0.3, "C")]
    assert nearly_relevant(question(), found, near()) == ("Is there a student discount?", "A", "B")
    assert nearly_relevant(question(history=[CARDS]), found, near()) == ()


def handed_over(reason: HandoffReason) -> Turn:
    done = Completed(FinishReason.HANDOFF, AnswerSource.CANNED)
    return Turn("t", "x", "en", "2026-11-25", 0.0, handoff=Handoff(reason, "", ""), completed=done)


def answered(source: AnswerSource) -> Turn:
    return Turn("t", "x", "en", "2026-11-25", 0.0, completed=Completed(FinishReason.STOP, source))


@table(
    ("history", "asks"),
    [
        ([CARDS], False),
        ([CARDS, answered(AnswerSource.CANNED)], False),  # thanks
        ([handed_over(HandoffReason.NOTHING_RELEVANT)], False),
        ([CARDS, answered(AnswerSource.GENERATED)], True),
        ([handed_over(HandoffReason.CUSTOMER_ASKED)], True),
        ([answered(AnswerSource.CANNED)], True),
    ],
)
def test_two_misses_in_a_row_are_for_a_person(history: list[Turn], asks: bool) -> None:
    assert bool(nearly_relevant(question(history=history), [passage(0.3, "Gift cards")])) is asks


def test_the_last_choice_is_that_it_is_none_of_them_in_the_variant_of_the_customer() -> None:
    asked = question("那個卡能用到什麼時候", language="zh")
    outcome = clarify(asked, ("礼品卡",), is_unsure=True)
    assert outcome.choices == ("礼品卡", "都不是，轉人工客服")
    assert outcome.text.splitlines()[1:] == ["1. 礼品卡", "2. 都不是，轉人工客服"]


def test_what_was_chosen_is_what_stands_under_its_name_then_the_rest_of_its_document() -> None:
    found = [passage(0.9, "Points"), passage(0.3, "Gift cards", "Use"), passage(0.1, "Gift cards", "A", "Loss")]
    assert chosen_passages("Gift cards › Loss", found) == (found[2], found[1])
    assert chosen_passages("", found) == ()
