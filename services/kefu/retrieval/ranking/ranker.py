"""
The one scorer: Search, live chat and `kefu eval` all rank with it.

A passage's score is a sum of absolute terms, so that it holds for a collection of one passage, and for several
together:

- how near its text lies to the question: the mean of its own cosine and the greatest of its windows'; less a part of
  what any question in that language would get (see background.py). English texts are sorted among themselves by a
  Chinese question's vector into which that of its English, word by word, is mixed;
- how near its head lies (see heads.py): half of the nearness when the head is a question, a little when it is a title;
- how well it holds the question's words: BM25 as a share of its bound. Between Chinese and English the words are
  translated (see glosses.py). The bound counts a word that the collection lacks with the greatest rarity, so a question
  that meets the documents in a name or a figure alone hardly moves the ranking of its embedding; standardised scores
  (z-scores) would blow those few matches up.

Passages with the same words (another edition, a mirrored page) are one hit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kefu.retrieval.domain.filters import SearchFilter
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.index.passage_index import Entry, PassageIndex, Selection
from kefu.retrieval.ranking.relevance import Features, relevance
from kefu.retrieval.ranking.score_margin import OF_WORDS, USUALLY_APART, score_margin
from kefu.retrieval.ranking.signals import (
    WEIGHTS,
    Candidates,
    Question,
    SignalScores,
    Weights,
    WordScores,
    compare,
    score,
)

NEAREST = 256
"""Vectors taken from the store; a passage has about five."""
BY_WORDS = 64
"""Passages taken from BM25."""
HISTORY = 0.5
"""What a score for the question with the one before it in front counts beside that for the question alone."""
HISTORY_WITHIN = 0.05
"""History is used when the passage it likes best is nearly as good for the question alone: by no more than this below
the best one. Else the question is about something else, and the resolved subject must not leak into it."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A passage and what its score was made of; see SearchHit and Signals of the contract."""

    entry: Entry
    score: float
    relevance: float
    cosine: float
    """The greater of its own and its windows' cosines."""
    head: float
    """Its head's cosine; 0 without one."""
    features: Features
    bm25: float
    coverage: float
    dense_rank: int
    """From 1; 0 when it was not among the nearest."""
    lexical_rank: int
    """From 1; 0 when it was not among those found by words."""
    same: tuple[Entry, ...] = ()
    """Other passages with the same words."""


_COMPARED = 10  # hits whose scores are compared
_USUALLY = 0.05  # how far the best one lies above the others
LEANS_BELOW = 0.99
"""Relevance of the best passage from which a question is taken to stand alone: then history costs no embedding."""


@dataclass(frozen=True)
class Searched:
    """A collection and the question for it; words are hashed for each collection."""

    index: PassageIndex
    question: Question
    leaning: Question | None = None
    """The question with the one before it in front."""
    subject: Question | None = None
    """The message's subject line, for `Ranking.score_margin` alone."""


@dataclass(frozen=True)
class Ranking:
    """What was found."""

    hits: list[tuple[int, Scored]]
    """Best first, each with its collection's place."""
    used_history: bool = False
    apart: float = USUALLY_APART
    """How far the best document stands apart from the next ones; see apart.py."""

    @property
    def may_lean(self) -> bool:
        """What was found for the question alone leaves room for a better reading."""
        return not self.hits or self.hits[0][1].relevance < LEANS_BELOW


def rank(searched: Sequence[Searched], count: int, wanted: SearchFilter, weights: Weights = WEIGHTS) -> Ranking:
    """The best `count` passages of some collections, of those that are wanted; ties by document and passage id."""
    pools = [_Pool.of(each, count, wanted, weights) for each in searched]
    used_history = _history_helps(pools)
    order: list[tuple[float, str, str, int, int]] = []
    for place, pool in enumerate(pools):
        scores = pool.scores(used_history).tolist()
        order += [
            (-score, entry.document, entry.passage, place, at)
            for at, (score, entry) in enumerate(zip(scores, pool.entries, strict=True))
        ]
    plain = [pool.plain(used_history) for pool in pools]
    kept: list[tuple[int, int, float]] = []
    same: dict[tuple[int, int], list[Entry]] = {}
    for negative, _, _, place, at in sorted(order):
        entry = pools[place].entries[at]
        twins = same.setdefault((place, entry.words), [])
        if not twins:
            if len(kept) == max(count, _COMPARED):
                break
            kept.append((place, at, -negative))
        twins.append(entry)
    best = [float(plain[place][at]) for place, at, _ in kept[:_COMPARED]]
    hits = [
        (
            place,
            pools[place].scored(
                at,
                score,
                _stands_out(float(plain[place][at]), best[:number] + best[number + 1 :]),
                used_history=used_history,
                twins=same[place, pools[place].entries[at].words],
            ),
        )
        for number, (place, at, score) in enumerate(kept[:count])
    ]
    valued = (
        (value, place, entry)
        for place, pool in enumerate(pools)
        for value, entry in zip(pool.values(used_history).tolist(), pool.entries, strict=True)
    )
    return Ranking(hits, used_history, score_margin(valued))


@dataclass(frozen=True)
class _Pool:
    """The candidates of one collection."""

    entries: list[Entry]
    question: Question
    compared: Candidates
    alone: SignalScores
    leaning: tuple[Question, Candidates, SignalScores] | None
    dense_rank: Mapping[int, int]
    lexical_rank: Mapping[int, int]
    of_subject: SignalScores | None

    @classmethod
    def of(cls, searched: Searched, count: int, wanted: SearchFilter, weights: Weights) -> "_Pool":
        index, question, leaning = searched.index, searched.question, searched.leaning
        selection = index.selection(wanted)
        words = WordScores.of(index, question)
        nearest, by_words = _candidates(index, question, words, count, selection, weights)
        candidates = dict.fromkeys([*nearest, *by_words])
        leaning_words = None
        if leaning is not None:
            leaning_words = WordScores.of(index, leaning)
            for numbers in _candidates(index, leaning, leaning_words, count, selection, weights):
                candidates |= dict.fromkeys(numbers)
        entries = [
            entry
            for number in candidates
            if (entry := index.entries.get(number)) is not None
            and (selection is None or entry.facts.label in selection.labels)
        ]
        compared = compare(index, question, words, entries, weights)
        of_subject = with_history = None
        if (line := searched.subject) is not None:
            of_subject = score(index, line, compare(index, line, WordScores.of(index, line), entries, weights), weights)
        if leaning is not None and leaning_words is not None:
            other = compare(index, leaning, leaning_words, entries, weights)
            with_history = leaning, other, score(index, leaning, other, weights)
        return cls(
            entries,
            question,
            compared,
            score(index, question, compared, weights),
            with_history,
            {number: at for at, number in enumerate(nearest, 1)},
            {number: at for at, number in enumerate(by_words, 1)},
            of_subject,
        )

    def scores(self, used_history: bool) -> Vectors:
        return self._mixed(self.alone.ranking, self.leaning and self.leaning[2].ranking, used_history)

    def plain(self, used_history: bool) -> Vectors:
        """See Scores."""
        return self._mixed(self.alone.plain, self.leaning and self.leaning[2].plain, used_history)

    def _mixed(self, alone: Vectors, leaning: Vectors | None, used_history: bool) -> Vectors:
        if not used_history or leaning is None:
            return alone
        return ((alone + HISTORY * leaning) / (1 + HISTORY)).astype(np.float32)

    def values(self, used_history: bool) -> Vectors:
        """By which documents are told apart."""
        scores, words = self.scores(used_history), self.compared.relative
        if used_history and self.leaning is not None:
            words = (words + HISTORY * self.leaning[1].relative) / (1 + HISTORY)
        if self.of_subject is not None:
            scores = (scores + self.of_subject.ranking) / 2
        return (scores + OF_WORDS * words).astype(np.float32)

    def scored(self, at: int, score: float, stands_out: float, *, used_history: bool, twins: Sequence[Entry]) -> Scored:
        entry, compared = self.entries[at], self.compared
        features = compared.features(self.question, at, stands_out)
        likely = relevance(features)
        if used_history and self.leaning is not None:
            asked, other, _ = self.leaning
            with_history = other.features(asked, at, stands_out)
            if relevance(with_history) > likely:
                compared, features, likely = other, with_history, relevance(with_history)
        return Scored(
            entry=entry,
            score=score,
            relevance=likely,
            features=features,
            cosine=float(max(compared.own[at], compared.window[at])),
            head=float(compared.head[at]) if entry.head else 0.0,
            bm25=float(compared.bm25[at]),
            coverage=float(compared.coverage[at]),
            dense_rank=self.dense_rank.get(entry.number, 0),
            lexical_rank=self.lexical_rank.get(entry.number, 0),
            same=tuple(twins[1:]),
        )


def _stands_out(score: float, others: Sequence[float]) -> float:
    """How far a score lies above the mean of others; where there are too few, the missing ones lie where they usually
    do.
    """
    others = others[: _COMPARED - 1]
    missing = _COMPARED - 1 - len(others)
    return (sum(score - other for other in others) + missing * _USUALLY) / (_COMPARED - 1)


def _history_helps(pools: Sequence[_Pool]) -> bool:
    likes = [
        (float(scores.max()), float(pool.alone.ranking[int(scores.argmax())]))
        for pool in pools
        if pool.leaning is not None and len(scores := pool.leaning[2].ranking)
    ]
    if not likes:
        return False
    best = max(float(pool.alone.ranking.max()) for pool in pools if len(pool.entries))
    return best - max(likes)[1] < HISTORY_WITHIN


def _candidates(
    index: PassageIndex,
    question: Question,
    words: WordScores,
    count: int,
    selection: Selection | None,
    weights: Weights,
) -> tuple[list[int], list[int]]:
    """Numbers of the nearest passages, and of those that hold most of the words."""
    towards = [question.vector - weights.usual * question.usual]
    if (crossing := question.crossing(weights)) is not None:
        towards.append(crossing - weights.usual_translated * question.usual)
    nearest = (
        entry.number
        for each in towards
        for entry in index.nearest(each.astype(np.float32), max(NEAREST, 8 * count), selection)
    )
    by_words = words.best(max(BY_WORDS, 2 * count), selection.by_words if selection else None)
    return list(dict.fromkeys(nearest)), by_words
