"""Answer sets: question sets with the expected answers in `metadata` of queries.jsonl."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kefu.evaluation.answer_match import is_hit, is_too_long, keyword_share, token_f1
from kefu.evaluation.dataset import BadQuestionSet, QuestionSet, load_question_set
from kefu.text.language import AnswerLanguage, answer_language


@dataclass(frozen=True)
class ExpectedAnswer:
    """The expected answer of a question."""

    language: AnswerLanguage
    answerable: bool = True
    answers: tuple[tuple[str, ...], ...] = ()
    """An answer is right if every string of one of these occurs in it."""
    keywords: tuple[str, ...] = ()
    reference: str = ""
    """The answer of a person."""
    history: tuple[str, ...] = ()
    """Earlier messages, customer and assistant by turns, oldest first."""

    @property
    def is_gradable(self) -> bool:
        """Whether an answer can be graded."""
        return self.answerable and bool(self.answers or self.keywords)


@dataclass(frozen=True)
class Grade:
    """The grade of one answer."""

    score: float
    """1 or 0 by `answers`, else the share of the keywords. 0 if the answer is too long."""
    f1: float
    length: int
    too_long: bool


def grade_answer(text: str, expected: ExpectedAnswer) -> Grade:
    """Grade a text. An empty one, such as that of a handoff, scores 0."""
    too_long = is_too_long(text, expected.language)
    score = float(is_hit(text, expected.answers)) if expected.answers else keyword_share(text, expected.keywords)
    references = [" ".join(strings) for strings in expected.answers] or [expected.reference]
    # A support answer is graded by its keywords; steps take more than 300 characters.
    counts = not too_long or not expected.answers
    return Grade(score if counts else 0.0, token_f1(text, references), len(text), too_long)


def load_answer_set(folder: Path, first: int = 0) -> tuple[QuestionSet, dict[str, ExpectedAnswer]]:
    """A set and the expected answers of its gradable questions, by id in the set's order.

    `first` > 0 limits them to that many ids. Raises BadQuestionSet.
    """
    questions, expected = load_question_set(folder), load_expected_answers(folder)
    ids = [question.id for question in questions.questions if expected[question.id].is_gradable]
    if not ids:
        raise BadQuestionSet(
            f"{folder / 'queries.jsonl'} says of no question what its answer holds; metadata.answers (a list of lists "
            "of strings) or metadata.keywords (a list of strings) would."
        )
    return questions, {each: expected[each] for each in ids[: first or None]}


def load_expected_answers(folder: Path) -> dict[str, ExpectedAnswer]:
    """The expected answer of each question, by id in the set's order. The set has to be checked before."""
    expected: dict[str, ExpectedAnswer] = {}
    with (folder / "queries.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                row: dict[str, Any] = json.loads(line)
                expected[str(row["_id"])] = _expected_answer(row)
    return expected


def _expected_answer(row: dict[str, Any]) -> ExpectedAnswer:
    metadata: dict[str, Any] = row.get("metadata") or {}
    language = metadata.get("language")
    answers: Sequence[Sequence[str]] = metadata.get("answers") or ()
    return ExpectedAnswer(
        language=language if language in ("en", "zh") else answer_language(str(row["text"])) or "en",
        answerable=bool(metadata.get("answerable", True)),
        answers=tuple(tuple(map(str, strings)) for strings in answers),
        keywords=tuple(map(str, metadata.get("keywords") or ())),
        reference=str(metadata.get("reference") or ""),
        history=tuple(map(str, metadata.get("history") or ())),
    )
