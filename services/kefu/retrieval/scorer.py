"""
The one scorer: Search, live chat and `kefu eval` all rank with it.

A passage's score is

    (cos(q, passage) + max cos(q, window)) / 2  +  LEXICAL_WEIGHT * BM25(q, passage) / bound(q)

Both terms are absolute. The bound of BM25 counts a word that the collection lacks with the greatest rarity, so a
question in another language than the documents', which meets them in a name or a figure at most, hardly moves the
ranking of its embedding; standardised scores (z-scores) would blow those few matches up. And being absolute it holds
for a collection of one passage, and for several collections together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kefu.common.language import UNKNOWN
from kefu.retrieval.background import level_for
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.passage_index import Entry, PassageIndex
from kefu.retrieval.relevance import Features, relevance
from kefu.retrieval.words import Terms

LEXICAL_WEIGHT = 0.12
"""From a sweep over all queries of parallel_en and both cross-language sets: not held out, so confirm it elsewhere."""
NEAREST = 256
"""Vectors taken from FAISS; a passage has about four."""
BY_WORDS = 64
"""Passages taken from BM25."""


@dataclass(frozen=True)
class Question:
    """A question ready to be compared."""

    vector: Vectors
    terms: Terms
    language: str
    levels: Mapping[str, float]
    """How near its vector lies to just any text, by language; see background.py."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A passage and what its score was made of; see SearchHit and Signals of the contract."""

    entry: Entry
    score: float
    relevance: float
    cosine: float
    """The greater of its own and its windows' cosines."""
    features: Features
    bm25: float
    coverage: float
    dense_rank: int
    """From 1; 0 when it was not among the nearest."""
    lexical_rank: int
    """From 1; 0 when it was not among those found by words."""


def rank(index: PassageIndex, question: Question, count: int, day: str) -> list[Scored]:
    """The best `count` passages that hold on `day`, best first; ties by document and passage id."""
    words = index.words.scores(question.terms)
    by_words = _best(words.bm25, max(BY_WORDS, 2 * count))
    nearest = index.owners(index.vectors.nearest(question.vector, max(NEAREST, 8 * count)))
    if any(not entry.validity.holds_on(day) for entry in nearest):
        # Rare, and then correctness before speed: enough candidates that what does not hold hides nothing.
        nearest = index.owners(index.vectors.nearest(question.vector, len(index.vectors)))
        by_words = _best(words.bm25, len(words.bm25))
    dense_rank = {entry.number: at for at, entry in enumerate(nearest, 1)}
    lexical_rank = {int(index.words.numbers[at]): order for order, at in enumerate(by_words, 1)}
    candidates = [
        entry
        for number in dict.fromkeys([*dense_rank, *lexical_rank])
        if (entry := index.entries.get(number)) and entry.validity.holds_on(day)
    ]
    if not candidates:
        return []
    own, window = _cosines(index, question.vector, candidates)
    numbers = np.array([entry.number for entry in candidates], np.int64)
    at, known = _positions(index.words.numbers, numbers)
    bm25, coverage, relative = (
        np.where(known, part[at], 0.0) if len(part) else np.zeros(len(candidates), np.float32)
        for part in (words.bm25, words.coverage, words.relative)
    )
    dense = (own + window) / 2
    scores = dense + LEXICAL_WEIGHT * relative
    order = sorted(
        range(len(candidates)),
        key=lambda place: (-float(scores[place]), candidates[place].document, candidates[place].passage),
    )
    features = {
        place: Features(
            own=float(own[place]),
            window=float(window[place]),
            relative=float(relative[place]),
            coverage=float(coverage[place]),
            other_language=_differ(question.language, candidates[place].language),
            background=level_for(question.levels, candidates[place].language),
        )
        for place in order[:count]
    }
    return [
        Scored(
            entry=candidates[place],
            score=float(scores[place]),
            relevance=relevance(features[place]),
            features=features[place],
            cosine=float(max(own[place], window[place])),
            bm25=float(bm25[place]),
            coverage=float(coverage[place]),
            dense_rank=dense_rank.get(candidates[place].number, 0),
            lexical_rank=lexical_rank.get(candidates[place].number, 0),
        )
        for place in order[:count]
    ]


def merge(rankings: Sequence[list[Scored]], count: int) -> list[tuple[int, Scored]]:
    """The best `count` of several collections, each with its collection's place in `rankings`."""
    found = [(place, scored) for place, ranking in enumerate(rankings) for scored in ranking]
    return sorted(found, key=lambda pair: -pair[1].score)[:count]


def _cosines(index: PassageIndex, vector: Vectors, entries: Sequence[Entry]) -> tuple[Vectors, Vectors]:
    rows = np.concatenate([entry.rows for entry in entries])
    lengths = np.array([len(entry.rows) for entry in entries])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    cosines = index.vectors.cosines(vector, rows)
    own = cosines[starts].copy()
    cosines[starts[lengths > 1]] = -1.0  # with windows, the passage's own vector is not one of them
    return own, np.maximum.reduceat(cosines, starts)


def _best(scores: npt.NDArray[np.float32], count: int) -> list[int]:
    """Places of the greatest positive scores, best first, equal ones in order of place."""
    places = np.flatnonzero(scores > 0)
    if len(places) > count:
        threshold = np.partition(scores[places], len(places) - count)[len(places) - count]
        places = places[scores[places] >= threshold]
    return places[np.argsort(-scores[places], kind="stable")][:count].tolist()


def _positions(
    known: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    if not len(known):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return at, known[at] == wanted


def _differ(question: str, passage: str) -> bool:
    return UNKNOWN not in (question, passage) and question != passage
