"""Equations: which sums of a text hold, and what they rest on."""

import pytest

from kefu.router.guardrails.equations import equations
from tests.support.cpu_time import loops
from tests.support.table import table


def read(text: str) -> list[tuple[tuple[str, ...], str]]:
    return [(each.operands, each.result) for each in equations(text)]


@table(
    ("text", "operands", "result"),
    [
        ("3 × 6 = 18", (), "18"),
        ("3x6=18", (), "18"),
        ("3 × ¥6 = ¥18", ("6",), "18"),
        ("(15 − 5) × 4 + 30 = 70", ("15", "30"), "70"),
        ("2 × (3 + 4) = 14", (), "14"),
        ("¥300 × 20% = ¥60", ("300", "20"), "60"),
        ("3 晚 × 200 元 = 600 元", ("200",), "600"),
        ("200元/晚 × 3 晚 = 600 元", ("200",), "600"),
        ("¥120/night × 2 nights + ¥30 = ¥270", ("120", "30"), "270"),
        ("3 boxes × 6 yuan = 18 yuan", (), "18"),
        ("1,000 × 2 = 2,000", ("1000",), "2000"),
        ("199 - 20 = 179", ("199", "20"), "179"),
        ("¥99 × 0.7 = ¥69.3", ("99", "0.7"), "69.3"),
        ("12 + 13 = 25", ("13",), "25"),
        ("10 ÷ 3 = 3.33", (), "3.33"),
        ("10 ÷ 3 ≈ 3.3", (), "3.3"),
    ],
)
def test_a_sum_that_holds_is_read_with_the_figures_that_need_evidence(
    text: str, operands: tuple[str, ...], result: str
) -> None:
    assert read(f"So it is {text}.") == [(operands, result)]


@table(
    "text",
    [
        "3 × 6 = 19",
        "3 晚 × 200 元 = 500 元",
        "¥300 × 20% = ¥6000",
        "10 ÷ 3 = 3.4",
        "10 ÷ 3 = 4",
        "5 ÷ 0 = 0",
        "(3 + 4 = 7",
        "It takes 7 days, = 18.",
        "Refunds take 5-7 days.",
        "3 + 4 is 7.",
    ],
)
def test_what_does_not_hold_or_is_none_is_no_equation(text: str) -> None:
    assert read(text) == []


def test_of_several_sums_those_that_hold_are_told_with_where_they_stand() -> None:
    text = "Books: 3 × 6 = 18. Lamps: 2 × 30 = 61. Pens: 2 × 40 = 80."
    assert [text[each.start : each.end].strip() for each in equations(text)] == ["3 × 6 = 18", "2 × 40 = 80"]


@pytest.mark.parametrize(
    "text",
    [
        "9" * 4_000 + " × 9 = 1",
        "0" * 5_000 + "1 + 1 = 2",
        "1 + " * 1_000 + "1 = 1001",
        "1+" * 2_000,
        "(" * 2_000 + "1 + 1" + ")" * 2_000 + " = 2",
        "9 ** 9 ** 9 ** 9 = 1",
        "9 × 9 × " * 500 + "9 = 1",
        "1 " + "a" * 4_000 + "= 1",
        "7 ÷ 3 = " * 500,
        f"{'9' * 400}.5 × {'9' * 400}.5 = {'9' * 300}",
    ],
)
def test_long_rows_and_huge_figures_are_read_in_linear_time(text: str) -> None:
    assert loops(lambda: read(text)) < 40
