"""Question sets whose queries say what a right answer holds: `metadata` of queries.jsonl."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kefu.common.text.language import AnswerLanguage, answer_language
from kefu.evaluation.dataset import BadQuestionSet, QuestionSet, load_question_set
from kefu.evaluation.matching import is_hit, is_too_long, keyword_share, token_f1


@dataclass(frozen=True)
class ExpectedAnswer:
    """What is known of a question's right answer."""

    language: AnswerLanguage
    answerable: bool = True
    answers: tuple[tuple[str, ...], ...] = ()
    """Right when for some of these every string occurs."""
    keywords: tuple[str, ...] = ()
    reference: str = ""
    """As a person answered."""
    history: tuple[str, ...] = ()
    """What was said before, customer and assistant by turns, oldest first."""

    @property
    def is_gradable(self) -> bool:
        """Something is known by which an answer can be judged."""
        return self.answerable and bool(self.answers or self.keywords)


@dataclass(frozen=True)
class Grade:
    """What one answer is worth."""

    score: float
    """1 or 0 by `answers`; else the share of the keywords. 0 when it is too long."""
    f1: float
    length: int
    too_long: bool


def grade_answer(text: str, expected: ExpectedAnswer) -> Grade:
    """Judge a text; one that handed over, or says nothing, is worth 0."""
    too_long = is_too_long(text, expected.language)
    score = float(is_hit(text, expected.answers)) if expected.answers else keyword_share(text, expected.keywords)
    references = [" ".join(strings) for strings in expected.answers] or [expected.reference]
    # A support answer is judged by how much of what matters it says; steps take more than 300 characters.
    counts = not too_long or not expected.answers
    return Grade(score if counts else 0.0, token_f1(text, references), len(text), too_long)


def load_answer_set(folder: Path, first: int = 0) -> tuple[QuestionSet, dict[str, ExpectedAnswer]]:
    """A set, and what is wanted of those of its questions that can be judged, by id in the set's order.

    `first` > 0: only of the first so many ids. Raises BadQuestionSet.
    """
    questions, wanted = load_question_set(folder), load_expected_answers(folder)
    ids = [question.id for question in questions.questions if wanted[question.id].is_gradable]
    if not ids:
        raise BadQuestionSet(
            f"{folder / 'queries.jsonl'} says of no question what its answer holds; metadata.answers (a list of lists "
            "of strings) or metadata.keywords (a list of strings) would."
        )
    return questions, {each: wanted[each] for each in ids[: first or None]}


def load_expected_answers(folder: Path) -> dict[str, ExpectedAnswer]:
    """What is wanted of each question, by id in the set's order. The set was loaded before, and is in order."""
    wanted: dict[str, ExpectedAnswer] = {}
    with (folder / "queries.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                row: dict[str, Any] = json.loads(line)
                wanted[str(row["_id"])] = _expected_answer(row)
    return wanted


def _expected_answer(row: dict[str, Any]) -> ExpectedAnswer:
    about: dict[str, Any] = row.get("metadata") or {}
    language = about.get("language")
    answers: Sequence[Sequence[str]] = about.get("answers") or ()
    return ExpectedAnswer(
        language=language if language in ("en", "zh") else answer_language(str(row["text"])) or "en",
        answerable=bool(about.get("answerable", True)),
        answers=tuple(tuple(map(str, strings)) for strings in answers),
        keywords=tuple(map(str, about.get("keywords") or ())),
        reference=str(about.get("reference") or ""),
        history=tuple(map(str, about.get("history") or ())),
    )
