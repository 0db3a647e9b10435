"""
Labelled pairs of questions for the guard of the answer cache: `pairs.tsv` with the columns a, b and same (1 or 0).

A pair labelled 0 that passes would give the answer to another question. The messages of all pairs, each once and in
order, are replayed as well: how many of them would be served a cached answer. Only the labels of pairs say which of
these hits are right.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kefu.evaluation.dataset import BadQuestionSet
from kefu.evaluation.metrics import Figure, bootstrap_mean
from kefu.retrieval.embedders import Vectors
from kefu.router.answering.answer_cache import is_impersonal
from kefu.text.question_equivalence import reduce_question

PAIRS = "pairs.tsv"


@dataclass(frozen=True)
class Pair:
    """Two questions, and whether they are the same."""

    one: str
    other: str
    same: bool


@dataclass(frozen=True)
class PairMeasurement:
    """The figures of a file of pairs."""

    passed_same: Figure
    """Share of the same questions that pass as the same."""
    passed_other: Figure
    """Share of different questions that pass as the same."""
    pairs_same: int
    pairs_other: int
    messages: int
    hits: Sequence[tuple[str, str]]
    """(message, earlier message whose cached answer it would get)."""

    def as_json(self) -> dict[str, object]:
        """The figures as JSON, rounded to five places."""
        return {
            "pairs_same": self.pairs_same,
            "pairs_different": self.pairs_other,
            "same_that_pass": _rounded(self.passed_same),
            "different_that_pass": _rounded(self.passed_other),
            "messages": self.messages,
            "hits": len(self.hits),
            "hit_rate": round(len(self.hits) / self.messages, 5) if self.messages else 0.0,
        }

    def lines(self) -> list[str]:
        """The figures as lines of text."""
        rate = len(self.hits) / self.messages if self.messages else 0.0
        return [
            f"pairs: of {self.pairs_same} that are the same {_format_share(self.passed_same)} pass; "
            f"of {self.pairs_other} that are not {_format_share(self.passed_other)}",
            f"messages: {self.messages} different ones in order; hits {len(self.hits)} = {rate:.2%}",
        ]


def load_pairs(folder: Path) -> list[Pair]:
    """The pairs of a folder; raises BadQuestionSet."""
    path = folder / PAIRS
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except OSError as exc:
        raise BadQuestionSet(f"{path} cannot be read ({exc.strerror}).") from None
    if not rows or rows[0][:3] != ["a", "b", "same"]:
        raise BadQuestionSet(f"{path} has to begin with the columns a, b and same.")
    return [Pair(row[0], row[1], row[2].strip() == "1") for row in rows[1:] if len(row) >= 3]


def messages_of(pairs: Sequence[Pair]) -> list[str]:
    """The questions of some pairs, each text once, in order."""
    return list(dict.fromkeys(text.strip() for pair in pairs for text in (pair.one, pair.other)))


def measure_pairs(pairs: Sequence[Pair], vectors: Mapping[str, Vectors], min_cosine: float) -> PairMeasurement:
    """Measure the pairs. `vectors` are by message, as in `messages_of`."""

    def near(one: str, other: str) -> bool:
        return float(vectors[one] @ vectors[other]) >= min_cosine

    def passes(pair: Pair) -> bool:
        one, other = pair.one.strip(), pair.other.strip()
        return is_impersonal(one) and reduce_question(one) == reduce_question(other) and near(one, other)

    same = np.array([passes(pair) for pair in pairs if pair.same], np.float64)
    others = np.array([passes(pair) for pair in pairs if not pair.same], np.float64)
    cached: dict[str, str] = {}
    hits: list[tuple[str, str]] = []
    messages = [message for message in messages_of(pairs) if is_impersonal(message)]
    for message in messages:
        key = reduce_question(message).key
        earlier = cached.get(key)
        if earlier is not None and near(message, earlier):
            hits.append((message, earlier))
        else:
            cached[key] = message
    return PairMeasurement(bootstrap_mean(same), bootstrap_mean(others), len(same), len(others), len(messages), hits)


def _rounded(one: Figure) -> list[float]:
    return [round(one.value, 5), round(one.low, 5), round(one.high, 5)]


def _format_share(one: Figure) -> str:
    return f"{one.value:.2%} ({one.low:.2%} to {one.high:.2%})"
