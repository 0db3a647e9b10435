"""
A question set replayed in order through the guard of kept answers: how many would be given again, and how many wrongly.

A hit is right when both questions have the same answer: the same `answers` where the set says what an answer holds,
else a right document in common (a thread, an entry of a FAQ).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kefu.common.text.question_equivalence import reduce_question
from kefu.evaluation.answer_set import Wanted
from kefu.evaluation.dataset import SetQuestion
from kefu.evaluation.metrics import Figure, bootstrapped
from kefu.retrieval.embedders import Vectors
from kefu.router.answering.answer_cache import is_impersonal

ALONE = (0.90, 0.93, 0.96, 0.98)
"""Cosines at which a cache without the guard is replayed, to be compared with."""


@dataclass(frozen=True)
class Lookup:
    """A question of a set, as it met the cache."""

    question: SetQuestion
    hit: SetQuestion | None
    """The question whose answer it would be given."""
    false: bool
    """That answer is not its own."""
    possible: bool
    """An earlier question has the same answer."""


@dataclass(frozen=True)
class Replay:
    """What a replay came to."""

    name: str
    lookups: Sequence[Lookup]
    left_out: int
    """Questions that lean on history or hold personal data: never looked up."""

    @property
    def hits(self) -> list[Lookup]:
        """Those that would have been answered without the model."""
        return [each for each in self.lookups if each.hit is not None]

    def as_json(self) -> dict[str, object]:
        """For a machine, rounded to five places."""
        return {
            "lookups": len(self.lookups),
            "left_out": self.left_out,
            "possible": sum(each.possible for each in self.lookups),
            "hits": len(self.hits),
            "false_hits": sum(each.false for each in self.hits),
            "hit_rate": _rounded(self.hit_rate),
            "false_per_lookup": _rounded(self.false_per_lookup),
            "false_per_hit": _rounded(self.false_per_hit),
        }

    def line(self) -> str:
        """For a person."""
        hits, false = len(self.hits), sum(each.false for each in self.hits)
        possible = sum(each.possible for each in self.lookups)
        return (
            f"{self.name}: {len(self.lookups)} lookups, {possible} with an earlier question of the same answer; "
            f"hits {hits} = {_spoken(self.hit_rate)}; false {false} = {_spoken(self.false_per_lookup)} of lookups, "
            f"{_spoken(self.false_per_hit)} of hits"
        )

    @property
    def hit_rate(self) -> Figure:
        """Share of lookups."""
        return bootstrapped(np.array([each.hit is not None for each in self.lookups], np.float64))

    @property
    def false_per_lookup(self) -> Figure:
        """Share of lookups."""
        return bootstrapped(np.array([each.false for each in self.lookups], np.float64))

    @property
    def false_per_hit(self) -> Figure:
        """Share of hits; all 0 without any."""
        return bootstrapped(np.array([each.false for each in self.hits], np.float64))


def replay(
    name: str,
    questions: Sequence[SetQuestion],
    wanted: Mapping[str, Wanted],
    vectors: Mapping[str, Vectors],
    min_cosine: float,
) -> Replay:
    """Through the guard and the embedder, as the router does it; `vectors` by question id."""
    kept: dict[tuple[str, str], SetQuestion] = {}
    lookups: list[Lookup] = []
    before: list[SetQuestion] = []
    for question in _looked_up(questions):
        key = (question.language, reduce_question(question.text).key)
        found = kept.get(key)
        if found is not None and float(vectors[found.id] @ vectors[question.id]) < min_cosine:
            found = None
        lookups.append(_lookup(question, found, before, wanted))
        if found is None:
            kept[key] = question
        before.append(question)
    return Replay(name, lookups, len(questions) - len(lookups))


def replay_alone(
    name: str,
    questions: Sequence[SetQuestion],
    wanted: Mapping[str, Wanted],
    vectors: Mapping[str, Vectors],
    min_cosine: float,
) -> Replay:
    """Without the guard: the nearest question whose answer is kept, from a cosine on."""
    kept: list[SetQuestion] = []
    lookups: list[Lookup] = []
    before: list[SetQuestion] = []
    for question in _looked_up(questions):
        found = max(kept, key=lambda each: float(vectors[each.id] @ vectors[question.id]), default=None)
        if found is not None and float(vectors[found.id] @ vectors[question.id]) < min_cosine:
            found = None
        lookups.append(_lookup(question, found, before, wanted))
        if found is None:
            kept.append(question)
        before.append(question)
    return Replay(name, lookups, len(questions) - len(lookups))


def _looked_up(questions: Sequence[SetQuestion]) -> list[SetQuestion]:
    return [question for question in questions if not question.before and is_impersonal(question.text)]


def _lookup(
    question: SetQuestion, found: SetQuestion | None, before: Sequence[SetQuestion], wanted: Mapping[str, Wanted]
) -> Lookup:
    false = found is not None and not _same_answer(found, question, wanted)
    possible = any(_same_answer(earlier, question, wanted) for earlier in before)
    return Lookup(question, found, false, possible)


def _same_answer(one: SetQuestion, other: SetQuestion, wanted: Mapping[str, Wanted]) -> bool:
    answers, others = wanted[one.id].answers, wanted[other.id].answers
    if answers or others:
        return answers == others
    return bool(one.relevant & other.relevant)


def _rounded(one: Figure) -> list[float]:
    return [round(one.value, 5), round(one.low, 5), round(one.high, 5)]


def _spoken(one: Figure) -> str:
    return f"{one.value:.2%} ({one.low:.2%} to {one.high:.2%})"
