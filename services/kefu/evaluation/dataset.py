"""Question sets in BEIR layout: corpus.jsonl, queries.jsonl, qrels/test.tsv."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kefu.text.language import language_of


class BadQuestionSet(Exception):
    """A missing or unreadable part of a question set; the message says which."""


def is_even(question: str) -> bool:
    """Whether the last number in a question's id is even. False for an id without a number."""
    numbers = re.findall(r"\d+", question)
    return bool(numbers) and int(numbers[-1]) % 2 == 0


@dataclass(frozen=True)
class SetDocument:
    """A document of the corpus."""

    id: str
    title: str
    text: str


@dataclass(frozen=True)
class SetQuestion:
    """A question of the set. `relevant` holds the ids of the documents that answer it, if any."""

    id: str
    text: str
    relevant: frozenset[str]
    language: str
    """The set's language for the question, else the detected one."""
    before: str = ""
    """The customer's previous message; empty for a first question."""

    @property
    def is_even(self) -> bool:
        """Whether the number in the id is even. Weights are fitted on these questions and reported on the others."""
        return is_even(self.id)


@dataclass(frozen=True)
class QuestionSet:
    """A question set: its documents and questions."""

    name: str
    documents: list[SetDocument]
    questions: list[SetQuestion]


def load_question_set(folder: Path) -> QuestionSet:
    """Load a folder. Raises BadQuestionSet when a part is missing, broken or empty."""
    documents = [
        SetDocument(str(row["_id"]), str(row.get("title") or ""), str(row.get("text") or ""))
        for row in _rows(folder / "corpus.jsonl")
    ]
    relevant: dict[str, set[str]] = {}
    path = folder / "qrels" / "test.tsv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                if len(row) >= 3 and row[2].strip().isdigit() and int(row[2]) > 0:
                    relevant.setdefault(row[0], set()).add(row[1])
    except OSError as exc:
        raise BadQuestionSet(f"{path} cannot be read ({exc.strerror}); a question set needs it.") from None
    questions = [
        _question(row, frozenset(relevant.get(str(row["_id"]), ()))) for row in _rows(folder / "queries.jsonl")
    ]
    if not documents:
        raise BadQuestionSet(f"{folder / 'corpus.jsonl'} is empty: there is nothing to search.")
    return QuestionSet(folder.name, documents, questions)


def _question(row: dict[str, Any], relevant: frozenset[str]) -> SetQuestion:
    about: dict[str, Any] = row.get("metadata") or {}
    text = str(row["text"])
    history: list[str] = about.get("history") or []  # customer and assistant by turns, oldest first
    return SetQuestion(
        str(row["_id"]),
        text,
        relevant,
        str(about.get("language") or language_of(text)),
        str(history[-2]) if len(history) >= 2 else "",
    )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as exc:
        raise BadQuestionSet(f"{path} cannot be read ({exc.strerror}); a question set needs it.") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as exc:
            raise BadQuestionSet(f"{path}, line {number}, is not JSON ({exc.msg}).") from None
        if "_id" not in row:
            raise BadQuestionSet(f"{path}, line {number}, has no _id.")
        yield row
