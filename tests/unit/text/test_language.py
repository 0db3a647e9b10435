"""Telling languages apart by script."""

from kefu.text.language import answer_language, han_characters, language_of
from tests.support.table import table


@table(
    ("text", "language"),
    [
        ("iPhone 保修多久", "zh"),
        ("How long?", "en"),
        ("don't won't 不会吧", "zh"),
        ("返品はいつまでですか", "ja"),
        ("반품", "ko"),
        ("где мой заказ", "ru"),
        ("ＶＩＰ", "en"),
        ("䷀䷁", "und"),
        ("3×4÷2", "und"),
        ("আমার অর্ডার", "und"),
        ("123 !", "und"),
    ],
    floor=11,
)
def test_language_is_recognised_by_script(text: str, language: str) -> None:
    assert language_of(text) == language


@table(
    ("text", "language"),
    [
        ("How long does a refund take?", "en"),
        ("退款要多久？", "zh"),
        ("VIP 会员怎么升级", "zh"),
        ("我的 iPhone 怎么退", "zh"),
        ("how do I buy 茅台", "en"),
        ("订单 SL202411250001", "zh"),
        ("¿Dónde está mi pedido?", "en"),
        ("返品できますか", "zh"),
        ("где мой заказ", "en"),
        ("где купить 茅台", "en"),
        ("优の良品怎么退", "zh"),
        ("どこですか", "en"),
        ("আমার অর্ডার", "en"),
        ("???", None),
        ("12345", None),
        ("😀", None),
        ("", None),
    ],
    floor=17,
)
def test_the_language_to_answer_a_text_in(text: str, language: str | None) -> None:
    assert answer_language(text) == language


def test_the_beginning_of_a_long_text_tells_its_language_and_all_its_han_characters_count() -> None:
    text = "word " * 1000 + "字" * 5000
    assert language_of(text) == "en"
    assert han_characters(text) == 5000
