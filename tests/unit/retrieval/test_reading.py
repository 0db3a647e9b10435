"""Questions are read by the words of the collection that they are asked of. No model: what is read is text."""

from functools import cache

import pytest
from symspellpy.editdistance import DistanceAlgorithm, EditDistance

from kefu.retrieval.index.bm25 import LexicalView
from kefu.retrieval.ranking.query_rewrite import Reading, read_as, read_question
from kefu.retrieval.text.english_words import EnglishWords
from tests.support.table import table
from tests.unit.retrieval.shared_analyzer import analyzer

PASSAGES = (
    "How to cancel an order: open My orders and choose Cancel order.",
    "An order that has been packed can no longer be cancelled. Track your order in My orders.",
    "The warranty of a vacuum cleaner is 24 months. Error code E-14 means that the brush is blocked.",
    "Gift card points, Platinum members and the delivery fee. Kumquat chairs are made to order.",
    "怎么取消订单：打开我的订单，选择取消订单。已打包的订单不能取消。",
    "退货运费由买家承担。退货后退款到账需要三天。退货请寄回原包装。",
    "优惠券的有效期是一年。订单完成后发放优惠券。退款时退回优惠券。",
    "次日达：运费 18 元。西藏不支持次日达。",
)


@cache
def collection() -> LexicalView:
    return LexicalView({number: analyzer().terms(text) for number, text in enumerate(PASSAGES)})


def read(text: str) -> Reading:
    return read_question(text, analyzer(), collection())


@table(
    ("typed", "meant"),
    [
        ("how do i canel my order", "how do i cancel my order"),
        ("Vaccum cleaner says E-14 wtf.", "Vacuum cleaner says E-14."),
        ("how long is the warrenty", "how long is the warranty"),
        ("can i pay with a giftcard", "can i pay with a gift card"),
        ("the kumqat chair", "the kumquat chair"),
        ("how can i cancle an odrer", "how can i cancel an order"),
        ("寄西臧要多少运废", "寄西藏要多少运费"),
        ("优会券的有笑期", "优惠券的有效期"),
        ("能取肖吗", "能取消吗"),
    ],
    floor=9,
)
def test_a_misspelt_word_becomes_the_collections_word(typed: str, meant: str) -> None:
    assert read(typed) == Reading(meant, meant)


@pytest.mark.parametrize(("typed", "meant"), [("i wnat a chair", "i want a chair"), ("定单怎么取消", "订单怎么取消")])
def test_a_word_that_may_be_right_is_searched_in_both_ways(typed: str, meant: str) -> None:
    assert read(typed) == Reading(meant, typed)
    assert read(typed).embedded_texts == (meant, typed)


@table(
    "text",
    [
        "Where is order SL202603150042?",
        "can i pay with Klarna",
        "is there a toaster",
        "E-15 and B2C and mail@ordr.com",
        "Wie kann ich meine Bestellung stornieren?",
        "我的手机能退货吗",
        "笔记本电脑的退款",
        "报价多久",
        "?",
    ],
    floor=9,
)
def test_names_codes_other_languages_and_known_words_stay(text: str) -> None:
    assert read(text) == Reading(text, text)


def test_a_question_in_two_languages_is_searched_in_one_too() -> None:
    chinese = read("refund多久到账")
    assert chinese == Reading("退款多久到账", "refund多久到账")
    english = read("How long is the 有效期 of a coupon?")
    assert english.literal == "How long is the 有效期 of a coupon?"
    assert "有效期" not in english.text


def test_a_long_message_is_not_mended() -> None:
    text = "how do i canel my order? " * 20
    assert "canel" in read(text).text


def test_an_empty_collection_mends_nothing() -> None:
    assert read_question("how do i canel my order pls", analyzer(), LexicalView({})).text == "how do i canel my order"


def test_the_reading_is_told_where_it_says_something_else() -> None:
    for text in ("How do I CANCEL my order?", "退貨運費", "  What  is the fee ?"):
        assert read_as(text, read(text)) == ""
    assert read_as("how do i canel my order", read("how do i canel my order")) == "how do i cancel my order"


def test_the_words_near_a_misspelt_one_are_all_those_so_many_edits_away() -> None:
    listed = "cancel cancer cancels chancel canoe camel channel kennel cancelled concealed scandal el caramel"
    words = EnglishWords(iter(f"{word} 9" for word in listed.split()))
    distance = EditDistance(DistanceAlgorithm.DAMERAU_OSA)
    for asked in ("canel", "cancle", "cancell", "cancelde", "l"):
        most = 2 if len(asked) >= 7 else 1
        edits = {word: distance.compare(asked, word, most) for word in listed.split()}
        near = {word: each for word, each in edits.items() if 0 < each <= (most if word[0] == asked[0] else 1)}
        assert words.near(asked) == near
    assert words.near("canel") == {"cancel": 1, "camel": 1}
