"""Intents, leaning on what was said before."""

import pytest

from kefu.router.context import leans_on_history, merged
from kefu.router.intents import Intent, intent_of
from kefu.router.knowledge import Curated, Found
from kefu.router.model import Passage


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("hi", Intent.GREETING),
        ("Hello there!!", Intent.GREETING),
        ("你好", Intent.GREETING),
        ("您好，在吗？", Intent.GREETING),
        ("你好在吗", Intent.GREETING),
        ("早上好", Intent.GREETING),
        ("Thanks a lot!", Intent.THANKS),
        ("thank you so much 😊", Intent.THANKS),
        ("好的，谢谢你", Intent.THANKS),
        ("谢谢🙏", Intent.THANKS),
        ("ok", Intent.ACKNOWLEDGEMENT),
        ("Got it.", Intent.ACKNOWLEDGEMENT),
        ("知道了", Intent.ACKNOWLEDGEMENT),
        ("👍", Intent.ACKNOWLEDGEMENT),
        ("bye", Intent.GOODBYE),
        ("ok, thanks, bye!", Intent.GOODBYE),
        ("再见", Intent.GOODBYE),
        ("转人工", Intent.PERSON),
        ("请帮我转人工客服，谢谢", Intent.PERSON),
        ("我要人工", Intent.PERSON),
        ("我想找客服", Intent.PERSON),
        ("human please", Intent.PERSON),
        ("Can I talk to a real person?", Intent.PERSON),
        ("Hello, I want to speak to an agent", Intent.PERSON),
        ("hi, where is my parcel?", None),
        ("你好，我的包裹在哪", None),
        ("thanks, but where is my refund", None),
        ("人工客服几点下班？", None),
        ("怎么联系客服", None),
        ("Do you sell human hair wigs?", None),
        ("What does an agent cost?", None),
        ("好的怎么退货", None),
        ("I am not ok with this", None),
        ("不用谢谢", None),
        ("no", None),
        ("", None),
        ("...", None),
        ("hi " * 100, None),
    ],
)
def test_a_message_is_an_intent_only_when_all_of_it_is(text: str, intent: Intent | None) -> None:
    assert intent_of(text) == intent


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("and how long for furniture?", True),
        ("那退款呢", True),
        ("what about express?", True),
        ("Is it free?", True),
        ("要多久", True),
        ("How long does delivery to Hong Kong take when I order two sofas?", False),
        ("How do I change my phone number?", False),
        ("怎样修改我的收货地址和电话号码？", False),
    ],
)
def test_short_questions_with_a_hint_lean_on_the_one_before(text: str, leans: bool) -> None:
    assert leans_on_history(text) is leans


def passage(name: str, relevance: float) -> Passage:
    return Passage(1, name, "", (), name, "", relevance, "en")


def test_two_searches_are_merged_by_relevance_and_the_curated_answer_is_the_plain_ones() -> None:
    curated = Curated("c", "answer", "en")
    plain = Found((passage("a", 0.9), passage("b", 0.3)), None)
    leaning = Found((passage("b", 0.8), passage("c", 0.5)), curated)
    found, from_history = merged(plain, leaning)
    assert [(item.name, item.number, item.relevance) for item in found.passages] == [
        ("a", 1, 0.9),
        ("b", 2, 0.8),
        ("c", 3, 0.5),
    ]
    assert (found.curated, from_history) == (None, False)
    assert merged(Found((), curated), leaning) == (Found(merged(Found((), None), leaning)[0].passages, curated), True)
