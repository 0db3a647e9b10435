"""The question sets in the repository: large enough, balanced, and about documents that are there."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from kefu.evaluation.conversations.question_set import load_questions
from kefu.evaluation.dataset import is_even
from kefu.office.golden_questions.conversation_question import ConversationQuestion
from kefu.retrieval.documents.parse import parse_document
from kefu.text.language import AnswerLanguage

_ROOT = Path(__file__).parents[3]
_SHOP = _ROOT / "services/kefu/sample"
_HELD_OUT = _ROOT / "tests/data/conversations/beiming"
_CLUBS = _ROOT / "tests/data/conversations/chengyu"
_YUNTU = _ROOT / "tests/data/conversations/yuntu"
_SETS = [_SHOP, _HELD_OUT, _YUNTU, _CLUBS]


@cache
def _questions(folder: Path) -> list[ConversationQuestion]:
    """The questions of a set, whose evidence is looked for in its documents once."""
    return load_questions(folder)


def _in(language: AnswerLanguage, questions: list[ConversationQuestion]) -> list[ConversationQuestion]:
    return [one for one in questions if one.language == language]


@pytest.mark.parametrize("folder", _SETS, ids=lambda folder: folder.name)
def test_every_question_names_documents_that_are_there(folder: Path) -> None:
    named = {name for one in _questions(folder) for name in one.documents}
    assert named
    assert {name for name in named if not list((folder / "help_center").glob(f"{name}.*"))} == set()


def test_the_evidence_of_every_answerable_question_is_known() -> None:
    shares = {
        folder.name: sum(bool(one.evidence) for one in _questions(folder) if one.is_answerable)
        / sum(one.is_answerable for one in _questions(folder))
        for folder in (_SHOP, _YUNTU)
    }
    assert shares == {"sample": 1, "yuntu": 1}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sets_are_as_large_as_their_figures_claim(language: AnswerLanguage) -> None:
    assert len(_in(language, _questions(_SHOP))) >= 300
    assert len(_in(language, _questions(_HELD_OUT))) >= 150
    assert len(list((_HELD_OUT / "help_center" / language).rglob("*.md"))) >= 40
    assert len(_in(language, _questions(_CLUBS))) >= 60


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("folder", _SETS, ids=lambda folder: folder.name)
def test_at_least_half_of_the_yes_no_questions_are_answered_no(folder: Path, language: AnswerLanguage) -> None:
    asked = [one for one in _in(language, _questions(folder)) if one.kind == "yes_no"]
    assert sum(one.polarity == "no" for one in asked) * 2 >= len(asked) > 0


@pytest.mark.parametrize(
    "folder", [each for each in _SETS if each not in (_HELD_OUT, _CLUBS)], ids=lambda folder: folder.name
)
def test_even_and_odd_ids_hold_the_same_mix(folder: Path) -> None:
    questions = _questions(folder)
    even, odd = (Counter(one.kind for one in questions if is_even(one.id) == parity) for parity in (True, False))
    assert {kind: (even[kind], odd[kind]) for kind in even | odd if abs(even[kind] - odd[kind]) > 2} == {}


@pytest.mark.timeout(600)  # a long PDF, on a machine that does more than that
def test_the_evidence_of_the_clubs_stands_in_the_documents_that_the_question_names() -> None:
    texts = {str(file.relative_to(_CLUBS / "help_center").with_suffix("")): _text(file) for file in _files(_CLUBS)}
    questions = _questions(_CLUBS)
    assert {one.id for one in questions if one.is_answerable} == {one.id for one in questions if one.evidence}
    missing = [
        (one.id, span)
        for one in questions
        for span in one.evidence
        if not any(span in texts[name] for name in one.documents)
    ]
    assert missing == []


def _files(folder: Path) -> list[Path]:
    return [file for file in (folder / "help_center").rglob("*") if file.is_file()]


def _text(file: Path) -> str:
    """The text of a document as it is parsed; of a CSV, as it is written."""
    if file.suffix == ".csv":
        return file.read_text(encoding="utf-8-sig")
    return "\n".join(
        f"{block.table_header}\n{block.text}" for block in parse_document(file.name, file.read_bytes()).blocks
    )
