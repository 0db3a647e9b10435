"""
Replay of a question set in order through the answer cache: the shares of hits and of false hits.

A hit is right when both questions have the same answer: the same `answers` where the set says what an answer holds,
else a right document in common (a thread, an entry of a FAQ).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kefu.evaluation.answer_set import ExpectedAnswer
from kefu.evaluation.dataset import SetQuestion
from kefu.evaluation.metrics import Figure, bootstrap_mean
from kefu.retrieval.embedders import Vectors
from kefu.router.answering.answer_cache import is_impersonal
from kefu.text.question_equivalence import reduce_question

UNGUARDED_COSINES = (0.90, 0.93, 0.96, 0.98)
"""Cosines at which a cache without the guard of question equivalence is replayed, for comparison."""


@dataclass(frozen=True)
class Lookup:
    """One question of a set, looked up in the cache."""

    question: SetQuestion
    hit: SetQuestion | None
    """The earlier question whose answer would be given."""
    is_false_hit: bool
    """Whether that answer is wrong for this question."""
    could_hit: bool
    """Whether an earlier question has the same answer."""


@dataclass(frozen=True)
class Replay:
    """The figures of a replay."""

    name: str
    lookups: Sequence[Lookup]
    left_out: int
    """Number of questions never looked up: they depend on history or hold personal data."""

    @property
    def hits(self) -> list[Lookup]:
        """Lookups that would have been answered without the model."""
        return [each for each in self.lookups if each.hit is not None]

    def as_json(self) -> dict[str, object]:
        """The figures as JSON, rounded to five places."""
        return {
            "lookups": len(self.lookups),
            "left_out": self.left_out,
            "possible": sum(each.could_hit for each in self.lookups),
            "hits": len(self.hits),
            "false_hits": sum(each.is_false_hit for each in self.hits),
            "hit_rate": _rounded(self.hit_rate),
            "false_per_lookup": _rounded(self.false_per_lookup),
            "false_per_hit": _rounded(self.false_per_hit),
        }

    def line(self) -> str:
        """The figures as a line of text."""
        hits, false = len(self.hits), sum(each.is_false_hit for each in self.hits)
        possible = sum(each.could_hit for each in self.lookups)
        return (
            f"{self.name}: {len(self.lookups)} lookups, {possible} with an earlier question of the same answer; "
            f"hits {hits} = {_format_share(self.hit_rate)}; false {false} = {_format_share(self.false_per_lookup)} of "
            f"lookups, {_format_share(self.false_per_hit)} of hits"
        )

    @property
    def hit_rate(self) -> Figure:
        """Hits as a share of lookups."""
        return bootstrap_mean(np.array([each.hit is not None for each in self.lookups], np.float64))

    @property
    def false_per_lookup(self) -> Figure:
        """False hits as a share of lookups."""
        return bootstrap_mean(np.array([each.is_false_hit for each in self.lookups], np.float64))

    @property
    def false_per_hit(self) -> Figure:
        """False hits as a share of hits; all 0 without any."""
        return bootstrap_mean(np.array([each.is_false_hit for each in self.hits], np.float64))


def replay(
    name: str,
    questions: Sequence[SetQuestion],
    expected: Mapping[str, ExpectedAnswer],
    vectors: Mapping[str, Vectors],
    min_cosine: float,
) -> Replay:
    """Replay with question equivalence and the cosine, like the router. `vectors` are by question id."""
    cached: dict[tuple[str, str], SetQuestion] = {}
    lookups: list[Lookup] = []
    before: list[SetQuestion] = []
    for question in _eligible(questions):
        key = (question.language, reduce_question(question.text).key)
        found = cached.get(key)
        if found is not None and float(vectors[found.id] @ vectors[question.id]) < min_cosine:
            found = None
        lookups.append(_lookup(question, found, before, expected))
        if found is None:
            cached[key] = question
        before.append(question)
    return Replay(name, lookups, len(questions) - len(lookups))


def replay_unguarded(
    name: str,
    questions: Sequence[SetQuestion],
    expected: Mapping[str, ExpectedAnswer],
    vectors: Mapping[str, Vectors],
    min_cosine: float,
) -> Replay:
    """Replay by the cosine alone: the nearest cached question from `min_cosine` on is a hit."""
    cached: list[SetQuestion] = []
    lookups: list[Lookup] = []
    before: list[SetQuestion] = []
    for question in _eligible(questions):
        found = max(cached, key=lambda each: float(vectors[each.id] @ vectors[question.id]), default=None)
        if found is not None and float(vectors[found.id] @ vectors[question.id]) < min_cosine:
            found = None
        lookups.append(_lookup(question, found, before, expected))
        if found is None:
            cached.append(question)
        before.append(question)
    return Replay(name, lookups, len(questions) - len(lookups))


def _eligible(questions: Sequence[SetQuestion]) -> list[SetQuestion]:
    return [question for question in questions if not question.before and is_impersonal(question.text)]


def _lookup(
    question: SetQuestion,
    found: SetQuestion | None,
    before: Sequence[SetQuestion],
    expected: Mapping[str, ExpectedAnswer],
) -> Lookup:
    false = found is not None and not _same_answer(found, question, expected)
    possible = any(_same_answer(earlier, question, expected) for earlier in before)
    return Lookup(question, found, false, possible)


def _same_answer(one: SetQuestion, other: SetQuestion, expected: Mapping[str, ExpectedAnswer]) -> bool:
    answers, others = expected[one.id].answers, expected[other.id].answers
    if answers or others:
        return answers == others
    return bool(one.relevant & other.relevant)


def _rounded(one: Figure) -> list[float]:
    return [round(one.value, 5), round(one.low, 5), round(one.high, 5)]


def _format_share(one: Figure) -> str:
    return f"{one.value:.2%} ({one.low:.2%} to {one.high:.2%})"
