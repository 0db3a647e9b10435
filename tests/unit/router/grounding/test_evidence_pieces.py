"""Passages are cut into pieces that can answer a question by themselves."""

import pytest

from kefu.router.domain.turn import Passage
from kefu.router.grounding.evidence_pieces import EvidencePiece, PieceKind, pieces_of
from tests.support.cpu_time import loops

_NOTICED = 2.0
"""Loops (see `cpu_time`): what takes less is not compared with."""


def _pieces(text: str, *headings: str, language: str = "en") -> list[EvidencePiece]:
    return pieces_of(0, Passage(1, "p", "Title", headings, text, "", 1.0, language))


def _texts(text: str, *headings: str, language: str = "en") -> list[str]:
    return [piece.text for piece in _pieces(text, *headings, language=language)]


def test_a_sentence_that_points_back_is_shown_with_the_one_before_it() -> None:
    assert _texts("Beds are assembled for free. They arrive on Monday.") == [
        "Beds are assembled for free.",
        "Beds are assembled for free. They arrive on Monday.",
    ]
    assert _texts("床类免费安装。但安装需要预约。", language="zh")[1] == "床类免费安装。但安装需要预约。"


def test_the_first_of_two_conditions_never_stands_alone() -> None:
    texts = _texts("Both must be true: it is unused; it is in its box.")
    assert texts == ["Both must be true: it is unused; it is in its box."]


def test_an_item_stands_behind_the_line_that_introduces_it_or_behind_its_heading() -> None:
    assert "You cannot return: socks" in _texts("You cannot return:\n- socks\n- soap", "Returns")
    assert "Not covered: cracked glass" in _texts("- cracked glass\n- scratches", "Not covered")


def test_a_short_list_is_a_piece_as_a_whole_too() -> None:
    lists = [piece for piece in _pieces("You need:\n- a card\n- a code") if piece.kind is PieceKind.LIST]
    assert [piece.text for piece in lists] == ["You need:\n- a card\n- a code"]


def test_steps_are_one_piece_in_their_order() -> None:
    steps = [piece for piece in _pieces("1. Open Settings.\n2. Tap **Delete**.") if piece.kind is PieceKind.STEPS]
    assert [piece.text for piece in steps] == ["1. Open Settings.\n2. Tap Delete."]


def test_a_row_is_said_with_the_names_of_its_columns() -> None:
    table = "| | Silver | Gold |\n|---|---|---|\n| Express | ¥18 | free |"
    assert _texts(table) == [
        "Express — Silver: ¥18; Gold: free",
        "Express (Silver): ¥18",
        "Express (Gold): free",
    ]
    assert _texts("| 楼层 | 费用 |\n|---|---|\n| 4 楼 | 75 元 |", language="zh") == ["4 楼：75 元"]


def test_two_lists_side_by_side_are_not_read_across() -> None:
    table = "| Included | Not included |\n|---|---|\n| chats | call recordings |"
    assert _texts(table) == ["Included: chats", "Not included: call recordings"]


def test_an_answer_to_a_question_on_the_page_is_shown_with_that_question() -> None:
    (piece,) = _pieces("**Can I keep the seat?**\nNo. It ends with the month.")
    assert piece.text == "Can I keep the seat? No. It ends with the month."
    assert (piece.asked, piece.says) == ("Can I keep the seat?", "no")
    (chinese,) = _pieces("席位能退吗？\n不退。用到月底为止。", language="zh")
    assert (chinese.text, chinese.says) == ("席位能退吗？不退。用到月底为止。", "no")


def test_a_piece_knows_where_it_stands() -> None:
    text = "Opening hours:\n- Monday: 9 to 5\n\nClosed on Sunday."
    for piece in _pieces(text):
        assert piece.own[:6].strip(":") in text[piece.start : piece.end] or piece.kind is PieceKind.LIST


@pytest.mark.parametrize("unit", ["\n", "|", "- a\n", "1. a\n", "a; ", "：", "a?\n", "| a | b |\n", "**a** ", "甲；"])
def test_cutting_takes_linear_time(unit: str) -> None:
    short, long = unit * 2_000, unit * 20_000
    before, after = loops(lambda: _pieces(short), tries=3), loops(lambda: _pieces(long), tries=2)
    assert after < 40 * max(before, _NOTICED)
