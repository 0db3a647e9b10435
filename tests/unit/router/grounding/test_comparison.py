"""What a question compares is answered side by side, from the cells of one table or the items of one list."""

import pytest

from kefu.router.domain.turn import Passage
from kefu.router.grounding.comparison import compared
from kefu.router.grounding.evidence_pieces import EvidencePiece, pieces_of
from tests.support.cpu_time import loops
from tests.support.table import table

_MOST_LOOPS = 200
"""Loops (see `cpu_time`) for 10,000 rows: a comparison in linear time takes about 15."""
_TIERS = """\
| | Basic | Gold | Platinum |
|---|---|---|---|
| Points per ¥1 | 1 | 1.2 | 1.5 |
| Birthday coupon | ¥20 | ¥50 | ¥100 |
| Telephone line | no | no | yes |
"""
_TIERS_ZH = """\
| 等级 | 运费 | 生日券 | 电话专线 |
|---|---|---|---|
| 普通卡 | 18 元 | 20 元 | 无 |
| 金卡 | 免费 | 50 元 | 无 |
| 白金卡 | 免费 | 100 元 | 有 |
"""
_DELIVERY = """\
| Method | Time | Fee | Remark |
|---|---|---|---|
| Standard | 2-4 working days | ¥8 | to the door |
| Express | next day | ¥18 | in 42 cities |
| Furniture | 5-9 working days | ¥60 | by appointment |
"""
_REFUNDS = "| Paid with | Money arrives |\n|---|---|\n| Alipay, WeChat Pay | 1-3 days |\n| Bank card | 5-7 days |\n"
_LIMITS = "Pictures are read up to a limit:\n- Plus: 100 a month\n- Pro: 600 a month\n- Free: none\n"


def pieces(text: str) -> list[EvidencePiece]:
    return pieces_of(0, Passage(1, "p/1", "Title", (), text, "", 0.9, "zh" if "金" in text else "en"))


def lines(question: str, text: str) -> list[str] | None:
    found = compared(question, pieces(text))
    return None if found is None else [piece.text for piece in found]


@pytest.mark.parametrize(
    "question",
    [
        "what is the difference between gold and platinum",
        "Gold vs Platinum?",
        "How do gold and platinum differ?",
    ],
)
def test_columns_that_are_compared_stand_side_by_side_in_every_row(question: str) -> None:
    assert lines(question, _TIERS) == [
        "Points per ¥1: Gold 1.2; Platinum 1.5",
        "Birthday coupon: Gold ¥50; Platinum ¥100",
        "Telephone line: Gold no; Platinum yes",
    ]


def test_the_row_asked_about_alone_is_told_of_columns() -> None:
    question = "Which birthday coupon is higher, gold or platinum?"
    assert lines(question, _TIERS) == ["Birthday coupon: Gold ¥50; Platinum ¥100"]


def test_rows_that_are_compared_stand_side_by_side() -> None:
    assert lines("金卡和白金卡有什么区别", _TIERS_ZH) == [
        "运费：金卡 免费；白金卡 免费",
        "生日券：金卡 50 元；白金卡 100 元",
        "电话专线：金卡 无；白金卡 有",
    ]


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("express or standard, what does it cost?", "Fee: Express ¥18; Standard ¥8"),
        ("Standard vs express: which has a fee?", "Fee: Standard ¥8; Express ¥18"),
        ("Is express faster than standard?", "Time: Express next day; Standard 2-4 working days"),
    ],
)
def test_a_price_or_a_time_is_found_by_what_stands_in_the_cells(question: str, line: str) -> None:
    assert line in (lines(question, _DELIVERY) or [])


def test_three_things_may_be_compared() -> None:
    assert lines("difference of the fee: standard, express and furniture", _DELIVERY) == [
        "Fee: Standard ¥8; Express ¥18; Furniture ¥60"
    ]


def test_of_a_table_of_two_columns_both_rows_are_told() -> None:
    assert lines("Which is quicker, my bank card or WeChat?", _REFUNDS) == [
        "Bank card: 5-7 days",
        "Alipay, WeChat Pay: 1-3 days",
    ]


def test_of_a_list_both_items_are_told() -> None:
    assert lines("How many pictures on plus and how many on pro?", _LIMITS) == [
        "Pictures are read up to a limit: Plus: 100 a month",
        "Pictures are read up to a limit: Pro: 600 a month",
    ]


def test_a_line_says_where_it_stands() -> None:
    (line,) = compared("birthday coupon: gold or platinum?", pieces(_TIERS)) or []
    assert "| Birthday coupon |" in _TIERS[line.start : line.end]
    assert line.subject == "Birthday coupon"


@table(
    ("question", "text"),
    [
        ("How many points do I get as gold?", _TIERS),
        ("Can I rise from gold to platinum?", _TIERS),
        ("Which colours and sizes do you sell?", _TIERS),
        ("金卡运费多少", _TIERS_ZH),
        ("Which is better?", _DELIVERY),
        ("gold or platinum?", "Gold is nice. Platinum is nicer."),
        ("", _TIERS),
    ],
)
def test_a_question_that_compares_nothing_gets_nothing(question: str, text: str) -> None:
    assert lines(question, text) is None


@pytest.mark.parametrize(("longest", "text"), [(600, "word " * 20), (240, "字" * 40)])
def test_what_is_shown_is_bounded(longest: int, text: str) -> None:
    names = ("Gold", "Silver") if longest == 600 else ("金卡", "银卡")
    rows = "\n".join(f"| {name} {n} | {text} | {text} |" for n, name in enumerate(["a", "b", "c", "d", "e", "f"]))
    shown = lines(
        "difference 区别: {} and {} 和".format(*names), f"| | {names[0]} | {names[1]} |\n|---|---|---|\n{rows}"
    )
    assert shown
    assert sum(map(len, shown)) <= longest


@pytest.mark.parametrize(
    "row", ["| gold | silver | x |\n", "| gold and silver 金卡 |\n", "- gold: 1\n", "| " * 50 + "\n", "|" * 99 + "\n"]
)
def test_hostile_tables_take_linear_time(row: str) -> None:
    many = pieces((row * 100_000)[:100_000])
    for question in ("gold or silver, 金卡和银卡哪个", "gold or silver " * 7_000):
        assert loops(lambda question=question: compared(question, many)) < _MOST_LOOPS
