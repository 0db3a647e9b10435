"""Passages are cut into pieces that can answer a question by themselves."""

from dataclasses import replace

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


def test_clauses_of_a_contract_are_sentences_under_their_first_words_and_no_steps() -> None:
    text = "3.2 Luggage. Each passenger brings 23 kg.\n3.3 Animals\nDogs travel in the hold.\n3.4.1 Sports gear\n- skis"
    pieces = _pieces(text, "3 Carriage")
    assert {piece.kind for piece in pieces} == {PieceKind.SENTENCE, PieceKind.ITEM}
    assert [(piece.subject, piece.text) for piece in pieces] == [
        ("Luggage", "Each passenger brings 23 kg."),
        ("Animals", "Dogs travel in the hold."),
        ("Sports gear:", "Sports gear: skis"),
    ]
    alone, under, other = _pieces("2. Luggage\nBags are weighed.\n2.1 Each bag has a label.\n3.1 Dogs are not weighed.")
    assert (alone.kind, alone.subject, alone.text) == (PieceKind.SENTENCE, "Luggage", "Bags are weighed.")
    assert (under.subject, other.subject) == ("Luggage", "")
    (chinese,) = _pieces("第三条 行李\n每位旅客可携带一件。", language="zh")
    assert (chinese.subject, chinese.text) == ("行李", "每位旅客可携带一件。")


def test_a_figure_that_begins_a_line_is_no_number_of_a_clause_or_step() -> None:
    assert _texts("3.5 kg is the limit.\n2.4 kg is usual.") == ["3.5 kg is the limit.", "2.4 kg is usual."]
    assert _texts("2.4 GHz Wi-Fi is supported.") == ["2.4 GHz Wi-Fi is supported."]


def test_a_list_within_a_sentence_stays_with_what_introduces_it_and_ends_before_the_next_sentence() -> None:
    listed = "We need all: a form; a photo; a stamp."
    assert _texts(f"{listed} Then we begin. Bring a pen.") == [listed, f"{listed} Then we begin.", "Bring a pen."]


def test_an_item_ends_before_the_next_sentence() -> None:
    assert "Allowed: skis up to 2 m." in _texts("Allowed:\n- skis up to 2 m. Dogs travel in the hold.\n- prams")


def test_of_a_table_in_two_languages_the_customers_half_is_read() -> None:
    table = "| 舱位 | Class | 行李额 | Baggage |\n|---|---|---|---|\n| 经济舱 | Economy | 20 公斤 | 20 kg |"
    passage = Passage(1, "p", "Title", (), table, "", 1.0, "zh")
    assert [piece.text for piece in pieces_of(0, passage, "en")] == ["Economy: 20 kg"]
    assert [piece.text for piece in pieces_of(0, passage, "zh")] == ["经济舱：20 公斤"]
    rows = "| Class | Kilograms | Pieces |\n| 舱位 | 公斤数 | 件数 |\n| Economy | 20 | 1 |\n| 经济舱 | 20 | 1 |"
    found = pieces_of(0, replace(passage, text=rows), "en")
    assert [piece.text for piece in found if piece.kind is PieceKind.ROW] == ["Economy — Kilograms: 20; Pieces: 1"]
    app = "| 功能 | App | 网页 |\n|---|---|---|\n| 退票 | ✓ | 支持 |\n| 改签 | ✓ | ✓ |"
    assert "App：✓" in pieces_of(0, replace(passage, text=app), "zh")[0].text


def test_a_cell_merged_over_a_table_names_the_rows_below_it_or_is_a_remark() -> None:
    table = (
        "| Class | Pieces | Weight |\n| Home | Home | Home |\n| Economy | 1 | 20 kg |\n| Ask us. | Ask us. | Ask us. |"
    )
    texts = _texts(table)
    assert texts[0] == "Home: Economy — Pieces: 1; Weight: 20 kg"
    assert texts[-1] == "Ask us."


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
    assert piece.asked == "Can I keep the seat?"
    (chinese,) = _pieces("席位能退吗？\n不退。用到月底为止。", language="zh")
    assert chinese.text == "席位能退吗？不退。用到月底为止。"


def test_a_yes_or_no_below_a_heading_that_asks_is_shown_with_it() -> None:
    told = _pieces("No. It ends with the month. Ask us.", "Seats", "Can I keep the seat?")
    assert [piece.text for piece in told] == ["Can I keep the seat? No. It ends with the month.", "Ask us."]
    (other,) = _pieces("It ends with the month.", "Can I keep the seat?")
    assert other.text == "It ends with the month."


def test_a_piece_knows_where_it_stands() -> None:
    text = "Opening hours:\n- Monday: 9 to 5\n\nClosed on Sunday."
    for piece in _pieces(text):
        assert piece.own[:6].strip(":") in text[piece.start : piece.end] or piece.kind is PieceKind.LIST


@pytest.mark.parametrize("unit", ["\n", "|", "- a\n", "1. a\n", "a; ", "：", "a?\n", "| a | b |\n", "**a** ", "甲；"])
def test_cutting_takes_linear_time(unit: str) -> None:
    short, long = unit * 2_000, unit * 20_000
    before, after = loops(lambda: _pieces(short), tries=3), loops(lambda: _pieces(long), tries=2)
    assert after < 40 * max(before, _NOTICED)
