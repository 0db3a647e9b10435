"""The answer checks, each alone: what of a model's sentences is not shown, and what is."""

import pytest
from pydantic import SecretStr

from kefu.common.text.language import AnswerLanguage
from kefu.router.config import ANSWER_CHECKS, RouterConfig
from kefu.router.domain.turn import Passage
from kefu.router.grounding.evidence_pieces import EvidencePiece, PieceKind
from kefu.router.grounding.evidence_ranking import RankedPiece
from kefu.router.grounding.own_words import is_echo
from kefu.router.guardrails.answer_checks import AnswerChecks, Asked, is_in_another_language, quotes, says_otherwise
from kefu.router.guardrails.answer_subject import has_neighbours_figure, is_of_another_subject
from kefu.router.guardrails.claimed_polarity import claims_otherwise, turns_meaning
from kefu.router.guardrails.form_of_address import is_misaddressed
from tests.support.table import table

RULE = "It applies to standard delivery only and never makes express, furniture or installation delivery free."
FREE = "Standard delivery is free above 99 yuan."


@table(
    ("question", "sentence", "certain", "is_out"),
    [
        ("Can I return worn shoes?", "Yes, worn shoes can be returned.", "no", True),
        ("Can I return worn shoes?", "Yes, worn shoes can be returned.", None, True),
        ("Can I return worn shoes?", "Yes, worn shoes can be returned.", "yes", False),
        ("Can I return worn shoes?", "Shoes must be unworn.", "no", False),
        ("So I can't return worn shoes?", "No, worn shoes cannot be returned.", "no", False),
        ("穿过的鞋能退吗", "可以，穿过的鞋能退。", "no", True),
        ("穿过的鞋能退吗", "不能，穿过的鞋不能退。", "no", False),
    ],
)
def test_yes_and_no_are_said_as_the_evidence_says_them_for_certain(
    question: str, sentence: str, certain: str | None, is_out: bool
) -> None:
    assert claims_otherwise(question, sentence, certain, opening=True) is is_out  # pyright: ignore[reportArgumentType]


@table(
    ("sentence", "evidence", "is_out"),
    [
        ("Furniture delivery is free above 99 yuan.", (RULE, FREE), True),
        ("Furniture delivery is never free.", (RULE, FREE), False),
        ("Standard delivery is free above 99 yuan.", (RULE, FREE), False),
        ("You can combine coupons.", ("Coupons cannot be combined with other offers.",), True),
        ("Coupons cannot be combined.", ("Coupons cannot be combined with other offers.",), False),
        ("Express delivery is not free for Gold.", ("Express delivery is free for Gold.",), True),
        ("Cards are accepted at the counter.", ("Cards are accepted only at the counter.",), True),
        ("一个订单能用两张优惠券。", ("每个订单只能用一张优惠券。",), True),
        ("每个订单只能用一张优惠券。", ("每个订单只能用一张优惠券。",), False),
        ("支持货到付款。", ("暂不支持货到付款。",), True),
        ("其他退货运费由您承担。", ("因质量问题退货，运费由我们承担；其他退货运费由您承担。",), False),
    ],
)
def test_no_clause_loses_or_invents_a_not_an_only_or_an_except(
    sentence: str, evidence: tuple[str, ...], is_out: bool
) -> None:
    assert turns_meaning(sentence, evidence) is is_out


def cell(subject: str, column: str, value: str, score: float) -> RankedPiece:
    text = f"{column} ({subject}): {value}"
    return RankedPiece(EvidencePiece(0, PieceKind.CELL, text, 0, 9, subject=subject, column=column), score, 0.1)


def sentence_piece(text: str, score: float, passage: int = 1) -> RankedPiece:
    return RankedPiece(EvidencePiece(passage, PieceKind.SENTENCE, text, 0, 9), score, 0.1)


RETURNS = [
    sentence_piece("A mattress can be tried for 100 nights.", 3.0),
    sentence_piece("Refrigerators can be returned within 7 days if they are not installed.", 0.2, 2),
]
EXPRESS = [cell("Silver", "Express delivery", "¥18", 3.0), cell("Gold", "Express delivery", "¥9", 2.5)]


def test_a_figure_has_to_stand_where_the_answer_stands() -> None:
    asked = "What does express delivery cost for Silver?"
    assert has_neighbours_figure("Express delivery costs ¥9.", asked, EXPRESS, [EXPRESS[0].piece])
    assert not has_neighbours_figure("Express delivery costs ¥18.", asked, EXPRESS, [EXPRESS[0].piece])
    both = [each.piece for each in EXPRESS]
    assert not has_neighbours_figure("Silver pays ¥18 and Gold ¥9.", "Silver or Gold?", EXPRESS, both)
    assert has_neighbours_figure("You can return it within 7 days.", "Can I return a mattress?", RETURNS, [])
    assert not has_neighbours_figure("You can try it for 100 nights.", "Can I return a mattress?", RETURNS, [])
    assert not has_neighbours_figure("After 7 days you cannot.", "Can I return it after 7 days?", RETURNS, [])
    assert not has_neighbours_figure("1. Open the page.", "How?", [], [])


def test_what_is_said_of_another_subject_is_out() -> None:
    assert is_of_another_subject("Refrigerators can be returned if they are not installed.", RETURNS)
    assert not is_of_another_subject("A mattress can be tried for 100 nights.", RETURNS)
    assert not is_of_another_subject("Yes.", RETURNS)


@table(
    ("question", "sentence", "is_out"),
    [
        ("u guys do next day shipping", "You guys do next day shipping [2].", True),
        ("Vacuum cleaner says E-14 wtf", "Vacuum cleaner says E-14 wtf.", True),
        ("What is E-14?", "E-14 is a blocked filter.", False),
        ("已经打包了还能改吗", "已经打包了[1]。", True),
        ("退款要几天", "退款需要 7 天。", False),
    ],
)
def test_an_echo_has_no_word_that_the_question_has_not(question: str, sentence: str, is_out: bool) -> None:
    assert is_echo(question, sentence) is is_out


@table(
    ("question", "sentence", "is_out"),
    [
        ("Do you ship to Hong Kong?", "Yes, you ship to Hong Kong.", True),
        ("Do you ship to Hong Kong?", "Yes, we ship to Hong Kong.", False),
        ("Do you have gift cards?", "You can buy gift cards in the shop.", False),
        ("What is your return policy?", "Your return policy is 30 days.", True),
        ("Can I share my benefits?", "You can share my benefits with 4 people.", True),
        ("Can I share my benefits?", "You can share your benefits with 4 people.", False),
        ("How do I cancel my order?", "Open My orders and choose Cancel.", False),
        ("Is it gone?", "I'm sorry, it is sold out.", False),
        ("你们发货到香港吗", "你们发货到香港。", True),
        ("你们发货到香港吗", "我们发货到香港。", False),
        ("我能退吗", "我可以退货。", True),
        ("我怎么取消", "打开“我的订单”，选择取消。", False),
    ],
)
def test_the_customer_is_you_and_the_company_is_not(question: str, sentence: str, is_out: bool) -> None:
    assert is_misaddressed(question, sentence, "打开“我的订单”") is is_out


@table(
    ("sentence", "language", "is_out"),
    [
        ("退款需要 7 天。", "en", True),
        ("Refunds take 7 days.", "zh", True),
        ("退款需要 7 天，the money comes back to your card。", "zh", True),
        ("支持 Apple Pay 和 American Express。", "zh", False),
        ("Open 会员中心 and choose it.", "en", False),
        ("Open 顾客服务中心首页 and choose it.", "en", False),
        ("Open 您的订单详情页面 and choose it.", "en", True),
        ("¥18.", "zh", False),
    ],
)
def test_a_sentence_is_in_the_answers_language(sentence: str, language: AnswerLanguage, is_out: bool) -> None:
    assert is_in_another_language(sentence, language, "顾客服务中心首页") is is_out


def test_only_code_quotes() -> None:
    assert quotes("The page says: “Refunds of cards take as long as the bank needs.”")
    assert quotes("资料原文：金卡会员免费，银卡会员仍收 18 元。")
    assert quotes("It is so: “Refunds of cards take as long as the bank needs.”")
    assert not quotes("Choose “Cancel order” on the page [1].")
    assert not quotes("点击“取消订单”即可。")


def passage(text: str, language: str = "en") -> Passage:
    return Passage(1, "collections/help/documents/d1/passages/1", "Orders", (), text, "", 0.9, language)


def failed(question: str, sentence: str, text: str, *enabled: str) -> str:
    piece = EvidencePiece(0, PieceKind.SENTENCE, text, 0, len(text))
    asked = Asked(question, "en", [passage(text)], (RankedPiece(piece, 1.0, 1.0),), (piece,))
    return AnswerChecks(asked, enabled or ANSWER_CHECKS).failed(sentence)


def test_a_sentence_that_says_what_the_evidence_says_passes_all() -> None:
    text = "Worn shoes cannot be returned. Unworn shoes can be returned within 30 days."
    assert failed("How long can I return shoes?", "You can return unworn shoes within 30 days.", text) == ""


def test_the_check_that_failed_is_named_and_only_enabled_ones_are_made() -> None:
    text = "Your order number is SL202603150042, for example."
    said = "Your order number is SL202603150042."
    assert failed("Where is it?", said, text, "codes") == "codes"
    assert failed("Where is it?", said, text, "echo") == ""
    pirates = "Pirates love treasure, parrots and wooden legs above everything else."
    assert failed("How long does a refund take?", pirates, "Refunds take 7 days.", "support") == "support"


def test_an_echo_of_what_was_written_is_one_however_the_question_was_read() -> None:
    piece = EvidencePiece(0, PieceKind.SENTENCE, "Calls: 5000", 0, 11)
    asked = Asked("可以购买吗", "zh", [passage("Calls: 5000")], chosen=(piece,), written="可以 buy more calls 吗")
    assert AnswerChecks(asked, ["echo"]).failed("可以 buy more calls。") == "echo"


def test_the_switch_knows_its_names() -> None:
    key = SecretStr("k" * 32)
    assert RouterConfig(internal_key=key).enabled_checks == frozenset(ANSWER_CHECKS)
    assert RouterConfig(internal_key=key, answer_checks="none").enabled_checks == frozenset()
    assert RouterConfig(internal_key=key, answer_checks="echo, person").enabled_checks == {"echo", "person"}
    with pytest.raises(ValueError, match="no check is named eco; there are language"):
        RouterConfig(internal_key=key, answer_checks="eco")


def test_a_quotation_that_seems_to_contradict_the_answer_is_known() -> None:
    assert says_otherwise("Delivery to Hong Kong costs ¥45.", "Fee: ¥33")
    assert says_otherwise("Coupons can be combined.", "Coupons cannot be combined with other offers.")
    assert not says_otherwise("Delivery to Hong Kong costs ¥45.", "Hong Kong: ¥45; Macao: ¥33")
    assert not says_otherwise("Delivery to Hong Kong costs ¥45.", "Parcels arrive within 7 days.")


def test_the_first_sentence_alone_opens_with_the_yes_or_no_of_the_answer() -> None:
    text = "Shoes can be returned within 30 days."
    piece = EvidencePiece(0, PieceKind.SENTENCE, text, 0, len(text))
    asked = Asked("Do you like shoes?", "en", [passage(text)], (RankedPiece(piece, 1.0, 1.0),), (piece,))
    assert AnswerChecks(asked, ["polarity"]).failed("Yes.") == "polarity"
    checks = AnswerChecks(asked, ["polarity"])
    assert checks.failed("Shoes can be returned within 30 days.") == ""
    assert checks.failed("No worries.") == ""
