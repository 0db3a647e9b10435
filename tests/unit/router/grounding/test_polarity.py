"""What the evidence says to a yes/no question, and how it is said."""

import time

import pytest

from kefu.common.text.language import AnswerLanguage
from kefu.router.grounding.evidence_pieces import EvidencePiece, PieceKind
from kefu.router.grounding.polarity import Polarity, first_word, polarity_of, with_polarity
from kefu.router.grounding.yes_no_question import Modal
from tests.support.table import table

_EVEN = 0.5


def piece(text: str, kind: PieceKind = PieceKind.SENTENCE, *, asked: str = "", says: str = "") -> EvidencePiece:
    return EvidencePiece(0, kind, text, 0, len(text), own=text, asked=asked, says=says)


def yes(question: str, *evidence: EvidencePiece, language: AnswerLanguage = "en") -> float:
    found = polarity_of(question, evidence, language)
    assert found is not None
    return found.yes


@table(
    ("language", "question", "evidence"),
    [
        ("en", "May I record the lecture?", "Lectures must not be recorded in sound or picture."),
        ("en", "Do I get points for gift cards?", "There are no points for fees, for gift cards, or for tickets."),
        ("en", "Is there a fee for closing the account?", "Closing an account is free of charge."),
        ("en", "Will I lose my seat?", "Your seat is kept when you change the date."),
        ("en", "Do I need a passport?", "A passport is not required."),
        ("en", "Can I return the helmet after 20 days?", "Helmets can be returned within 14 days."),
        ("zh", "上课可以录音不", "课程不得录音、录像。"),
        ("zh", "销户收手续费吗", "销户免费。"),
        ("zh", "积分会不会清零", "账户存续期间积分长期有效。"),
        ("zh", "租礼堂要交押金吗", "租用礼堂不收押金。"),
        ("zh", "头盔收到20天了还能退吗", "头盔可在收货后 14 天内退货。"),
        ("en", "Can I pay with a voucher?", "Vouchers are refused at the counter."),
        ("en", "Do you accept vouchers?", "Vouchers are refused at the counter."),
        ("zh", "可以用代金券付款吗", "柜台拒绝代金券付款。"),
        ("zh", "你们收代金券吗", "柜台拒收代金券。"),
    ],
    floor=15,
)
def test_evidence_that_denies_speaks_for_no(language: AnswerLanguage, question: str, evidence: str) -> None:
    assert yes(question, piece(evidence), language=language) < _EVEN


@table(
    ("language", "question", "evidence"),
    [
        ("en", "Could I extend a loan twice?", "A loan can be extended twice."),
        ("en", "Do you charge for a new key?", "A new key costs $15."),
        ("en", "Can I return the helmet after 10 days?", "Helmets can be returned within 14 days."),
        ("en", "Must the consent form be signed?", "The consent form must be signed before the operation."),
        ("zh", "借的书可以续借两次吗", "每本书可续借两次，每次四周。"),
        ("zh", "健身房有桑拿没", "所有会员都可以使用健身房的桑拿。"),
        ("zh", "补一把钥匙要钱吗", "补办钥匙每把 15 元。"),
        ("zh", "头盔收到十天了还能退吗", "头盔可在收货后 14 天内退货。"),
        # A refusal denies what is asked leave for, and no fact.
        ("en", "Does my voucher expire?", "Voucher refused: expired (after 2 years), or used before."),
        ("zh", "代金券会过期吗", "代金券被拒绝：已过期（2 年），或已使用。"),
    ],
    floor=10,
)
def test_evidence_that_affirms_speaks_for_yes(language: AnswerLanguage, question: str, evidence: str) -> None:
    assert yes(question, piece(evidence), language=language) > _EVEN


@pytest.mark.parametrize(
    ("plain", "negated", "language", "evidence"),
    [
        ("Can I bring my own food?", "So I can't bring my own food?", "en", "Guests may bring their own food."),
        ("Can I transfer my ticket?", "Can't I transfer my ticket?", "en", "Tickets cannot be transferred."),
        ("票能转给朋友吗", "票不能转给朋友吗", "zh", "票不能转给他人。"),
    ],
)
def test_polarity_is_about_the_thing_and_not_about_the_negated_question(
    plain: str, negated: str, language: AnswerLanguage, evidence: str
) -> None:
    asked, asked_negated = (
        yes(plain, piece(evidence), language=language),
        yes(negated, piece(evidence), language=language),
    )
    assert (asked > _EVEN) == (asked_negated > _EVEN)


def test_a_cell_answers_for_its_own_column_only() -> None:
    row = piece("Basic rate — Breakfast: no; Wi-Fi: yes; Late check-out: no", PieceKind.ROW)
    assert (
        yes("Is breakfast included in the basic rate?", row) < _EVEN < yes("Is Wi-Fi included in the basic rate?", row)
    )
    row = piece("基础房价——早餐：无；无线网络：有；延迟退房：无", PieceKind.ROW)
    assert yes("基础房价含早餐吗", row, language="zh") < _EVEN < yes("基础房价有没有无线网络", row, language="zh")


def test_only_denies_what_it_leaves_out() -> None:
    only = piece("Spare batteries may be carried in hand luggage only.")
    assert yes("Are spare batteries allowed in checked bags?", only) < yes(
        "Are spare batteries allowed in hand luggage?", only
    )


def test_the_verdict_of_the_pages_own_question_counts() -> None:
    question, text = "Can I bring a dog?", "It must be on a lead."
    denied = yes(question, piece(text, asked="Can I bring a dog?", says="no"))
    assert denied < yes(question, piece(text, asked="Can I bring a dog?", says="yes"))


def test_evidence_about_something_else_says_nothing() -> None:
    assert polarity_of("Can I bring a dog?", [piece("Parking costs nothing on Sundays.")], "en") is None
    assert polarity_of("能带狗进去吗", [piece("周日停车免费。")], "zh") is None


@table("question", ["How long does it take?", "怎么退货", "", "🙂", "Is A as good as B?", "和以前一样吗"], floor=6)
def test_what_is_no_plain_yes_no_question_has_no_polarity(question: str) -> None:
    for language in ("en", "zh"):
        assert polarity_of(question, [piece("It takes two days."), piece("两天退货。")], language) is None


def test_without_evidence_there_is_no_polarity() -> None:
    assert polarity_of("Can I bring a dog?", [], "en") is None
    assert polarity_of("Can I bring a dog?", [piece("")], "en") is None


def test_a_word_is_said_only_where_it_is_certain() -> None:
    assert with_polarity("Dogs stay outside.", Polarity(0.5), "en") == "Dogs stay outside."
    assert with_polarity("Dogs stay outside.", None, "en") == "Dogs stay outside."
    assert with_polarity("Dogs stay outside.", Polarity(0.0), "en") == "No. Dogs stay outside."
    assert with_polarity("", Polarity(0.0), "en") == ""


@table(
    ("modal", "word"),
    [
        (Modal.CAN, "不可以。"),
        (Modal.WILL, "不会。"),
        (Modal.HAVE, "没有。"),
        (Modal.NEED, "不需要。"),
        (Modal.BE, "不是。"),
    ],
)
def test_chinese_answers_with_the_questions_own_modal_word(modal: Modal, word: str) -> None:
    assert with_polarity("狗不得入内。", Polarity(0.0, modal), "zh") == f"{word}狗不得入内。"


def test_a_question_in_the_negative_gets_no_word_that_could_be_misread() -> None:
    assert first_word(Polarity(0.0, Modal.CAN, negated=True), "en") == "No, that isn't possible."
    assert first_word(Polarity(0.0, Modal.WILL, negated=True), "en") == ""
    assert first_word(Polarity(0.0, Modal.CAN, negated=True), "zh") == "不可以。"
    assert first_word(Polarity(0.0, Modal.BE, negated=True), "zh") == ""


@pytest.mark.parametrize(
    "text",
    ["不" * 4_000, "的" * 4_000, "if " * 2_000, "no, " * 2_000, "1 day " * 1_000, "a" * 8_000, "没有的，" * 1_500],
)
def test_hostile_evidence_is_read_in_linear_time(text: str) -> None:
    started = time.process_time()
    polarity_of("Can I bring a dog for 3 days?", [piece(text + "dog")] * 3, "en")
    polarity_of("能带狗进去 3 天吗", [piece(text + "狗")] * 3, "zh")
    assert time.process_time() - started < 1.0
