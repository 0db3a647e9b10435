"""Numbers in words: their values, and that a long row of them is no number too large to write."""

import pytest

from kefu.router.guardrails.evidence import LiteralEvidence
from kefu.router.guardrails.literals import LiteralGuard
from kefu.text.number_words import HAN_NUMBER, han_number
from kefu.text.quantities import quantities_in


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("三十", 30),
        ("一百零五", 105),
        ("两万", 20_000),
        ("九千九百九十九万九千九百九十九", 99_999_999),
    ],
)
def test_a_number_in_han_characters_has_its_value(text: str, value: int) -> None:
    found = HAN_NUMBER.fullmatch(text)
    assert found is not None
    assert han_number(found[0]) == value


@pytest.mark.parametrize("text", ["一万" * 2_000, "万" * 4_000, "万" * 1_100 + "元", "零" * 4_000 + "一万"])
def test_a_long_row_of_them_is_read_without_an_error(text: str) -> None:
    """Python writes no number of more than 4,300 digits: the turn failed, for everybody who found the passage."""
    evidence = LiteralEvidence([text], [("", text)], text)
    assert all(len(quantity.value) < 100 for quantity in quantities_in(text))
    guard = LiteralGuard(evidence)
    guard.push([text])
    guard.finish()
    assert not evidence.has_number("13")
