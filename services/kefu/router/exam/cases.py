"""
The cases of the exam: questions with a few short passages of invented companies, and what an answer has to say.

They stand in `cases.jsonl`, one a line. A text of `must` or `must_not` is found as `grading` says.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import pydantic

from kefu.text.language import AnswerLanguage

_FILE = Path(__file__).with_name("cases.jsonl")
_VERSION_CHARACTERS = 16
Kind = Literal[
    "direct",
    "yes",
    "no",
    "exception",
    "row",
    "comparison",
    "sum",
    "two_questions",
    "follow_up",
    "not_found",
    "order",
]
"""What is hard about a case. `exception`: one decides it; `row`: the answer's neighbours in a table are wrong; `order`:
the message or a passage tells the assistant what to do."""
Fault = Literal["polarity", "row", "condition", "invented", "subject", "general", "order"]
"""What is wrong with a sentence: it says yes for no; it has a neighbour's figure; the condition that decides is
dropped; no passage says so; it is true of something else; it says too much; it is what a passage orders to say."""


@dataclass(frozen=True)
class ExamPassage:
    """A passage of a case."""

    title: str
    headings: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class FaultySentence:
    """A sentence that no customer may see as an answer to the case's question."""

    fault: Fault
    sentence: str


@dataclass(frozen=True)
class ExamCase:
    """One case."""

    id: str
    language: AnswerLanguage
    kind: Kind
    question: str
    passages: tuple[ExamPassage, ...]
    faulty: tuple[FaultySentence, ...]
    history: tuple[tuple[str, str], ...] = ()
    """What was asked and said before."""
    not_found: bool = False
    """Whether the passages do not answer the question."""
    answer: str = ""
    """A right answer. Empty where there is none."""
    must: tuple[tuple[str, ...], ...] = ()
    """Of each of these alternatives a right answer says one."""
    must_not: tuple[str, ...] = ()
    """What does harm where an answer says it."""
    right: tuple[str, ...] = ()
    """Sentences that a second reading should accept."""


_CASE = pydantic.TypeAdapter(ExamCase)


@cache
def exam_cases() -> Sequence[ExamCase]:
    """All cases."""
    return tuple(_CASE.validate_json(line) for line in _FILE.read_text("utf-8").splitlines())


@cache
def cases_version() -> str:
    """Names the cases as they are: marks of other ones say nothing about these."""
    return hashlib.sha256(_FILE.read_bytes()).hexdigest()[:_VERSION_CHARACTERS]
