"""Conversations: what counts as right, half, wrong and refused, in both languages, and what texts of any kind cost."""

from dataclasses import replace
from typing import Any

import pytest

from kefu.evaluation.metrics import wilson
from kefu.office.golden_questions.conversation_question import ConversationQuestion
from kefu.office.golden_questions.searched_text import SearchedText
from kefu.office.golden_questions.stated_polarity import statements
from kefu.office.golden_questions.verdict import Shown, Verdict, judge
from kefu.router.grounding.own_words import content, own_words
from tests.support.table import table
from tests.support.text_growth import growth

FURNITURE = "Is furniture delivery free above 99 yuan?"
COUPONS = "一个订单能用两张优惠券吗？"
POINTS = "So I don't get any points for the delivery fee?"


def question(text: str = FURNITURE, **fields: Any) -> ConversationQuestion:
    given: dict[str, Any] = {"id": "q-1", "language": "en", "kind": "yes_no", "person": "no", "text": text} | fields
    return ConversationQuestion(**given)


def verdict(one: ConversationQuestion, text: str, **shown: Any) -> Verdict:
    return judge(one, Shown(text, **shown)).verdict


@table(
    ("expected", "text", "found"),
    [
        ("20 days", "It takes 20 days.", True),
        ("20 days", "It takes 120 days.", False),
        ("20 days", "For 1, 20 days.", True),
        ("99 yuan", "¥99.5, not 0.99 yuan", False),
        ("up to 20", "up to 20.5", False),
        ("up to 20", "up to 20. Then more", True),
        ("20", "In 2017", False),
        ("20", "20 of 2017 [20]", True),
        ("12", "see [12]", False),
        ("¥1,200", "1200 元", True),
        ("¥12", "112 or 1.12", False),
        ("5-9个工作日", "5–9 個工作日", True),
        ("5-9个工作日", "15-9个工作日", False),
        ("铂金会员", "鉑金會員", True),
        ("E-14", "error e14!", True),
        ("E-14", "error E-145", False),
        ("4:51", "14:51", False),
        ("free", "", False),
    ],
)
def test_a_string_is_found_with_whole_figures_only(expected: str, text: str, found: bool) -> None:
    assert SearchedText(text).holds(expected) is found


@table(
    ("text", "own"),
    [
        ("Yes [1]. The page says: “It is never free.” [2]", "Yes ."),
        ('Yes. It says "furniture is never free above that"', "Yes. It says"),
        ("不能。资料原文：“家具配送从不包邮，偏远地区另计。”", "不能。"),
        ("可以「银卡会员可享受标准配送免运费」", "可以"),
        ("Open “My orders” and tap 「取消」.", "Open “My orders” and tap 「取消」."),
        ("No.\n> Furniture is free.\n  > really", "No."),
        ("So it is “cut off in the middle of", "So it is"),
    ],
    floor=7,
)
def test_own_words_are_what_no_quotation_holds(text: str, own: str) -> None:
    assert own_words(text) == own


@table(
    ("asked", "answer", "said"),
    [
        (FURNITURE, "Yes, furniture delivery is free above 99 yuan.", "yes"),
        (FURNITURE, "Sure! It is.", "yes"),
        (FURNITURE, "Furniture delivery is free above ¥99 yuan [2].", "yes"),
        (FURNITURE, "No, it applies to standard delivery only.", "no"),
        (FURNITURE, "**No.** Furniture costs more.", "no"),
        (FURNITURE, "Furniture delivery isn’t free above 99 yuan.", "no"),
        (FURNITURE, "Unfortunately, that does not apply to furniture.", "no"),
        (FURNITURE, "Hello! Thanks for asking. No.", "no"),
        (FURNITURE, "No fee applies to small parcels.", None),
        (FURNITURE, "Furniture delivery costs ¥60.", None),
        (FURNITURE, "Is furniture delivery free above 99 yuan?", None),
        (FURNITURE, "Only standard delivery is free above 99 yuan.", None),
        ("Is express delivery free?", "Express delivery is free for Gold.", None),
        ("加急配送免费吗", "加急配送金卡免费。", None),
        ("Can I pay with Amex?", "You can pay with Visa and Mastercard.", None),
        ("Can I pay in instalments with WeChat Pay?", "You can pay in instalments with WeChat Pay.", "yes"),
        ("Can I pay in instalments with WeChat Pay?", "You cannot pay in instalments with WeChat Pay.", "no"),
        ("Can I return opened items?", "You can return only unopened items.", None),
        ("Do I need a receipt?", "Sorry, we can't refund without a receipt.", None),
        ("if it isn't installed, can I return the fridge?", "You can return the fridge if it isn't installed.", "yes"),
        ("Can I change the address after ordering?", "Yes. After packing you cannot change an address.", "yes"),
        ("Ordered four things, can I cancel one of them?", "You can cancel one of them.", "yes"),
        ("Four things. Can I cancel one of them?", "Can I cancel one of them? No.", "no"),
        ("Can't I return it?", "No, you can't.", "no"),
        ("Can't I return it?", "No, you can return it within 7 days.", "yes"),
        ("Can't I return it?", "Yes, you can.", "yes"),
        (POINTS, "No, there are no points for delivery.", "no"),
        (POINTS, "Yes, that's right, you don't get points for delivery.", "no"),
        (POINTS, "Correct, points are for goods.", "no"),
        (COUPONS, "一个订单能用两张优惠券[1]。", "yes"),
        (COUPONS, "可以的，最多两张。", "yes"),
        (COUPONS, "亲，不能哦，每单限用一张。", "no"),
        (COUPONS, "一个订单不能用两张优惠券。", "no"),
        (COUPONS, "每个订单只能使用一张优惠券。", None),
        ("床垫可以发澳门吗？", "很抱歉，床垫目前不支持发往澳门。", "no"),
        ("床垫可以發澳門嗎？", "不支援，澳門只能寄普通包裹。", "no"),
        ("不能退吗？", "是的，不能退。", "no"),
        ("不能退吗？", "不是的，可以退。", "yes"),
        ("不用发票可以退吗", "可以，凭订单号即可。", "yes"),
        ("打电话你们帮我下单行不行", "行的，请拨打。", "yes"),
        ("打电话你们帮我下单行不行", "不代客下单，请自己下单。", "no"),
        ("有没有次日达", "没有。", "no"),
        ("支持次日达吗", "不。", "no"),
        ("亲，企业号买东西攒积分不", "亲，企业号买东西攒积分不[2]。", None),
        ("亲，企业号买东西攒积分不", "企业号买东西不攒积分。", "no"),
        ("亲，企业号买东西攒积分不", "企业号买东西攒积分。", "yes"),
        ("秒杀的东西，用积分抵一部分成不成", "秒杀的东西，用积分抵一部分成不成[1]。", None),
        ("导出来的文件里带通话录音吗", "导出来的文件里带通话录音[2]。", "yes"),
        ("里面用的那张优惠券没了吗", "没有，优惠券会立即退回账户。", "no"),
    ],
    floor=49,
)
def test_polarity_is_read_from_the_opening_or_the_question_as_a_statement(
    asked: str, answer: str, said: str | None
) -> None:
    assert [one.polarity for one in statements(asked, own_words(answer))] == ([said] if said else [])


def test_content_is_what_a_text_says_in_its_own_words() -> None:
    assert content("Yes, you can't return the shipped parcels, free!") == content("ships RETURNING: free parcel")
    assert len(content("Yes, you can't return the shipped parcels, free!")) == 4
    assert content("您好，可以退兩張券嗎 ¥1,200") == {"退", "两", "张", "券", "1200"}


def test_what_an_answer_must_not_say_is_wrong_wherever_it_stands() -> None:
    one = question("How long is a mattress?", kind="direct", must=(("100 nights",),), must_not=("7 days",))
    assert verdict(one, "100 nights.") is Verdict.RIGHT
    assert verdict(one, "100 nights; a fridge has 7 days.") is Verdict.WRONG
    assert verdict(one, "100 nights. The page says: “Within 7 days of receipt.”") is Verdict.WRONG
    assert verdict(one, "", withdrawn=("Within 7 days",), handed_over=True) is Verdict.WRONG
    assert judge(one, Shown("In 7 days.")).why == "it says “7 days”"


def test_the_opposite_polarity_is_wrong_in_its_own_sentence_and_not_in_a_quotation() -> None:
    one = question(polarity="no", must=(("furniture",),))
    found = judge(one, Shown("Yes, furniture delivery is free. The page says: “It never makes furniture free.”"))
    assert (found.verdict, found.said) == (Verdict.WRONG, "yes")
    assert verdict(one, "No. The page says: “Yes, standard delivery is free, furniture is not.”") is Verdict.RIGHT
    assert verdict(one, "No. Furniture delivery is free above 99 yuan.") is Verdict.WRONG
    assert verdict(one, "Furniture costs ¥60.") is Verdict.RIGHT, "unmistakable: all that it must say is said"
    assert verdict(replace(one, must=()), "Furniture costs ¥60.") is Verdict.HALF
    assert verdict(replace(one, must=()), "No.") is Verdict.RIGHT
    assert verdict(one, "", withdrawn=("Yes, it is",), handed_over=True) is Verdict.WRONG
    chinese = question(COUPONS, language="zh", polarity="no", must=(("一张",),))
    assert verdict(chinese, "可以，一张或两张。") is Verdict.WRONG
    assert verdict(chinese, "不可以，每单限用一张。") is Verdict.RIGHT


def test_an_echo_is_wrong_unless_it_says_all_that_it_must() -> None:
    vacuum = question("Vaccum cleaner says E-14 wtf", kind="slang", must=(("filter",),))
    assert verdict(vacuum, "Vaccum cleaner says E-14 wtf [1].") is Verdict.WRONG
    assert verdict(vacuum, "Vaccum cleaner says E-14. The page says: “E-14: the dust box is full.”") is Verdict.WRONG
    assert verdict(vacuum, "Vaccum cleaner says E-14 wtf? The page says: “E-14: clean the filter.”") is Verdict.WRONG
    assert verdict(vacuum, "E-14: the box is full.") is Verdict.HALF
    assert verdict(vacuum, "E-14: clean the filter.") is Verdict.RIGHT
    assert verdict(replace(vacuum, must=()), "Vaccum cleaner says E-14.") is Verdict.RIGHT
    free = question(must=(("99",), ("standard",)), polarity="yes")
    assert verdict(free, "Yes.") is Verdict.HALF, "no word of the question"
    assert verdict(free, "Yes, furniture delivery is free.") is Verdict.HALF, "the right polarity is an answer"
    assert (
        verdict(free, "Yes, furniture delivery is free. “Standard and furniture delivery: from ¥99”") is Verdict.RIGHT
    )
    which = question("Is express or standard delivery faster?", kind="comparison", must=(("express",),))
    assert verdict(which, "Express is faster.") is Verdict.RIGHT
    assert verdict(which, "Is express or standard delivery faster [1].") is Verdict.WRONG, "it asks"
    packed = question("已经打包了还能取消吗", language="zh", polarity="no", must=(("联系客服",),))
    assert verdict(packed, "已经打包了[1]。") is Verdict.WRONG


def test_what_nobody_reads_to_its_end_is_half() -> None:
    one = question(kind="direct", must=(("word",),))
    assert verdict(one, "word " + "x" * 445) is Verdict.RIGHT
    assert verdict(one, "word " + "x" * 446) is Verdict.HALF
    assert verdict(one, "word " + "x" * 445 + "[1]") is Verdict.RIGHT
    assert verdict(replace(one, kind="procedure"), "word " + "x" * 800) is Verdict.RIGHT
    chinese = question("怎么退", language="zh", kind="direct", must=(("退",),))
    assert verdict(chinese, "退货" + "字" * 178) is Verdict.RIGHT
    assert verdict(chinese, "退货" + "字" * 179) is Verdict.HALF
    assert verdict(replace(chinese, kind="two_questions"), "退货" + "字" * 300) is Verdict.RIGHT
    assert verdict(replace(one, must_not=("word",)), "word " + "x" * 999) is Verdict.WRONG, "long and wrong is wrong"


def test_of_each_group_one_alternative_must_occur() -> None:
    one = question("Silver and Gold?", kind="comparison", must=(("¥18", "18 yuan"), ("free",)))
    assert verdict(one, "Silver pays 18 yuan, Gold has it free.") is Verdict.RIGHT
    found = judge(one, Shown("Silver pays ¥18."))
    assert (found.verdict, found.why) == (Verdict.HALF, "it does not say “free”")


@pytest.mark.parametrize(
    ("person", "handed_over", "nothing_said"),
    [
        ("no", Verdict.REFUSED, Verdict.REFUSED),
        ("allowed", Verdict.RIGHT, Verdict.HALF),
        ("required", Verdict.RIGHT, Verdict.HALF),
    ],
)
def test_a_person_is_a_failure_or_what_is_right(person: str, handed_over: Verdict, nothing_said: Verdict) -> None:
    one = question("where is my order 12345?", kind="order", person=person, must_not=("SL2026",))
    assert verdict(one, "", handed_over=True) is handed_over
    assert verdict(one, "") is nothing_said
    assert verdict(one, "", withdrawn=("It is number SL2026",), handed_over=True) is Verdict.WRONG


def test_what_no_document_answers_is_not_answered_rightly_by_any_text() -> None:
    weather = question("How is the weather?", kind="out_of_scope", person="allowed")
    assert verdict(weather, "I can help with the shop alone.", is_fixed=True) is Verdict.RIGHT
    assert verdict(weather, "It is sunny today.") is Verdict.HALF
    assert verdict(replace(weather, must=(("sunny",),)), "It is sunny today.") is Verdict.RIGHT


def test_a_question_back_is_neither_right_nor_wrong() -> None:
    one = question("refund?", must=(("5 days",),), must_not=("cancelled",))
    choices = "Did you mean:\n1. Refund of 5 days\n2. Cancelled orders"
    assert verdict(one, choices, asks_back=True) is Verdict.ASKED_BACK
    assert verdict(replace(one, person="required"), choices, asks_back=True) is Verdict.ASKED_BACK


@pytest.mark.parametrize(
    "seed",
    [
        "不吗", "Can't I ", "“a", '"', "yes, ", "> no\n", "1,000", "1.", "，", "page says: ", "[1]", " ", "抱歉，",
        "n't ", "7 days ", "可以不可以", "。", "「", "No. ", "a-", "会不会", "a: “",
    ],
)  # fmt: skip
def test_a_verdict_takes_linear_time_whatever_is_shown_or_asked(seed: str) -> None:
    wanted: dict[str, Any] = {"polarity": "no", "must": (("7 days",), ("1a",)), "must_not": ("11 1",)}
    assert growth(lambda text: judge(question(**wanted), Shown(text)), seed, 20_000) < 8
    assert growth(lambda text: judge(question(text, **wanted), Shown("No, it is not.")), seed, 20_000) < 8


def test_an_interval_says_what_so_few_questions_can_exclude() -> None:
    none = wilson(0, 300)
    assert (none.value, none.low) == (0.0, 0.0)
    assert none.high == pytest.approx(0.0126, abs=0.0005)
    some = wilson(5, 10)
    assert (some.low, some.high) == (pytest.approx(0.237, abs=0.001), pytest.approx(0.763, abs=0.001))
    assert wilson(10, 10).high == 1.0
    assert wilson(0, 0).high == 0.0
