"""The question sets in the repository: large enough, balanced, and about documents that are there."""

from collections import Counter
from pathlib import Path

import pytest

from kefu.common.text.language import AnswerLanguage
from kefu.evaluation.conversations.question_set import load_questions
from kefu.evaluation.dataset import is_even
from kefu.router.conversations.golden_questions.conversation_question import ConversationQuestion

_ROOT = Path(__file__).parents[3]
_SHOP = _ROOT / "services/kefu/sample"
_HELD_OUT = _ROOT / "tests/data/conversations/beiming"
_YUNTU = _ROOT / "tests/data/conversations/yuntu"
_SETS = [_SHOP, _HELD_OUT, _YUNTU]


def _in(language: AnswerLanguage, questions: list[ConversationQuestion]) -> list[ConversationQuestion]:
    return [one for one in questions if one.language == language]


@pytest.mark.parametrize("folder", _SETS, ids=lambda folder: folder.name)
def test_every_question_names_documents_that_are_there(folder: Path) -> None:
    named = {name for one in load_questions(folder) for name in one.documents}
    assert named
    assert {name for name in named if not (folder / "help_center" / f"{name}.md").is_file()} == set()


def test_the_evidence_of_every_answerable_question_is_known() -> None:
    shares = {
        folder.name: sum(bool(one.evidence) for one in load_questions(folder) if one.is_answerable)
        / sum(one.is_answerable for one in load_questions(folder))
        for folder in (_SHOP, _YUNTU)
    }
    assert shares == {"sample": 1, "yuntu": 1}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sets_are_as_large_as_their_figures_claim(language: AnswerLanguage) -> None:
    assert len(_in(language, load_questions(_SHOP))) >= 300
    assert len(_in(language, load_questions(_HELD_OUT))) >= 150
    assert len(list((_HELD_OUT / "help_center" / language).rglob("*.md"))) >= 40


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("folder", _SETS, ids=lambda folder: folder.name)
def test_at_least_half_of_the_yes_no_questions_are_answered_no(folder: Path, language: AnswerLanguage) -> None:
    asked = [one for one in _in(language, load_questions(folder)) if one.kind == "yes_no"]
    assert sum(one.polarity == "no" for one in asked) * 2 >= len(asked) > 0


@pytest.mark.parametrize("folder", [each for each in _SETS if each != _HELD_OUT], ids=lambda folder: folder.name)
def test_even_and_odd_ids_hold_the_same_mix(folder: Path) -> None:
    questions = load_questions(folder)
    even, odd = (Counter(one.kind for one in questions if is_even(one.id) == parity) for parity in (True, False))
    assert {kind: (even[kind], odd[kind]) for kind in even | odd if abs(even[kind] - odd[kind]) > 2} == {}
