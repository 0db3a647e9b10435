"""Elliptical follow-ups, made of questions whose evidence is a row of a table."""

from dataclasses import replace
from pathlib import Path

import pytest

from kefu.evaluation.conversations.ellipsis import elliptical
from kefu.office.golden_questions.conversation_question import ConversationQuestion

_PAGE = """# Delivery

Orders leave our warehouse every day.

| Service | Fee |
|---|---|
| Standard delivery | £4 |
| Next day | £9 |
| A service with a name that nobody would ever type | £12 |

- Gift wrapping | of anything | costs £3.
"""
ASKED = ConversationQuestion(
    *("q-1", "en", "what do i pay for the slow one, standard delivery i mean", "direct", "no"),
    must=(("£4",),),
    documents=("en/delivery",),
    evidence=("| Standard delivery | £4 |",),
)


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "delivery.md").write_text(_PAGE)
    return tmp_path


def test_another_row_of_the_table_answers_what_is_asked_of_it(documents: Path) -> None:
    [made] = elliptical([ASKED], documents)
    assert made.text == "And for next day?"
    assert made.before == (ASKED.text,)
    assert made.evidence == ("| Next day | £9 |",)
    assert (made.kind, made.must, made.documents) == ("follow_up", (), ASKED.documents)


def test_wording_and_row_change_from_question_to_question(documents: Path) -> None:
    express = replace(ASKED, text="the fast one?", evidence=("| Next day | £9 |",))
    made = elliptical([ASKED, express], documents)
    assert [each.text for each in made] == ["And for next day?", "What about standard delivery?"]


@pytest.mark.parametrize(
    "changed",
    [
        {"before": ("Do you deliver?",)},
        {"evidence": ("Orders leave our warehouse every day.",)},
        {"evidence": ("- Gift wrapping | of anything | costs £3.",)},
        {"evidence": ("| Standard delivery | £4 |", "| Next day | £9 |")},
        {"text": "standard delivery or next day?"},
        {"person": "allowed"},
    ],
)
def test_nothing_is_made_of_other_questions(documents: Path, changed: dict[str, object]) -> None:
    assert elliptical([replace(ASKED, **changed)], documents) == []  # pyright: ignore[reportArgumentType]


def test_a_name_keeps_its_capitals_and_chinese_has_wordings_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("| 票 | 价 |\n|---|---|\n| 成人票 | 90 元 |\n| VIP 票 | 200 元 |\n")
    asked = replace(*(ASKED,), language="zh", text="成人票多少", documents=("page",), evidence=("| 成人票 | 90 元 |",))
    assert [each.text for each in elliptical([asked], tmp_path)] == ["那VIP 票呢"]
