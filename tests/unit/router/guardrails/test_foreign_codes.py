"""Numbers of orders and the like that a document gives as an example, and codes that it means."""

import pytest

from kefu.router.guardrails.foreign_codes import holds_foreign_code
from tests.support.table import table

_EXAMPLE = 'Every order number is "SL" followed by 12 digits, for example SL202603150042.'


@table(
    "piece",
    [
        _EXAMPLE,
        "Your order number is SL202603150042.",
        "You get a message: order SL202603150042 has left the warehouse.",
        "Your tracking number looks like 78123456789.",
        "订单号由“SL”加 12 位数字组成，例如 SL202603150042。",
        "發票號碼：2026031500。",
        "The ticket has a number such as C-209311.",
    ],
)
def test_the_number_of_an_example_is_foreign(piece: str) -> None:
    assert holds_foreign_code(piece, "where is my order 12345?")


@pytest.mark.parametrize(
    "question", ["where is SL202603150042?", "sl 2026-0315-0042 到哪了", "ＳＬ２０２６０３１５００４２"]
)
def test_a_number_that_the_customer_wrote_is_not(question: str) -> None:
    assert not holds_foreign_code(_EXAMPLE, question)


@table(
    "piece",
    [
        "Call 400-555-0177 about your order.",
        "The bed SL-B2 is assembled free of charge, for example on Saturdays.",
        "Error E-14 means that the dust box is full, for example.",
        "Standards such as GB/T 18801-2022 apply.",
        "Our tax number is 91330100MA27XXXX3N.",
        "Transfer it to our account 6222020200112233445.",
        "Spare part WM40123 fits; order it by phone.",
        "Orders such as those above 1500 yuan are free of charge from 2026-11-25 on.",
        "例如，SL-V8 的质保期为 24 个月。",
    ],
)
def test_models_errors_hotlines_and_the_companys_own_numbers_are_none(piece: str) -> None:
    assert not holds_foreign_code(piece, "what does it cost?")


def test_of_several_numbers_each_must_be_the_customers() -> None:
    both = "For example SL202603150042 or SL202603150043."
    assert holds_foreign_code(both, "where is SL202603150042?")
    assert not holds_foreign_code(both, "SL202603150042 and SL202603150043")
