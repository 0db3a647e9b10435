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
from kefu.retrieval.index.passage_index import PassageEntry, PassageIndex, Selection
from kefu.retrieval.ranking.relevance import Features, relevance
from kefu.retrieval.ranking.score_margin import BM25_WEIGHT, DEFAULT_MARGIN, score_margin
from kefu.retrieval.ranking.signals import (
    WEIGHTS,
    Bm25Scores,
    Candidates,
    Query,
    SignalScores,
    Weights,
    combine_signals,
    measure_signals,
)

NEAREST_VECTORS = 256
"""Vectors taken from the store; a passage has about five."""
BM25_CANDIDATES = 64
"""Passages taken from BM25."""
HISTORY_WEIGHT = 0.5
"""What a score for the question with the one before it in front counts beside that for the question alone."""
HISTORY_TOLERANCE = 0.05
"""History is used when the passage it likes best is nearly as good for the question alone: by no more than this below
the best one. Else the question is about something else, and the resolved subject must not leak into it."""


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage and what its score was made of; see SearchHit and Signals of the contract."""

    entry: PassageEntry
    score: float
    relevance: float
    cosine: float
    """The greater of its own and its windows' cosines."""
    header_cosine: float
    """Its head's cosine; 0 without one."""
    features: Features
    bm25: float
    coverage: float
    dense_rank: int
    """From 1; 0 when it was not among the nearest."""
    lexical_rank: int
    """From 1; 0 when it was not among those found by words."""
    duplicates: tuple[PassageEntry, ...] = ()
    """Other passages with the same words."""


_LEAD_HITS = 10  # hits whose scores are compared
_DEFAULT_LEAD = 0.05  # how far the best one lies above the others
HISTORY_BELOW = 0.99
"""Relevance of the best passage from which a question is taken to stand alone: then history costs no embedding."""


@dataclass(frozen=True)
class CollectionQuery:
    """A collection and the question for it; words are hashed for each collection."""

    index: PassageIndex
    query: Query
    with_history: Query | None = None
    """The question with the one before it in front."""
    subject: Query | None = None
    """The message's subject line, for `Ranking.score_margin` alone."""


@dataclass(frozen=True)
class Ranking:
    """What was found."""

    hits: list[tuple[int, ScoredPassage]]
    """Best first, each with its collection's place."""
    used_history: bool = False
    score_margin: float = DEFAULT_MARGIN
    """How far the best document stands apart from the next ones; see apart.py."""

    @property
    def history_may_help(self) -> bool:
        """What was found for the question alone leaves room for a better reading."""
        return not self.hits or self.hits[0][1].relevance < HISTORY_BELOW


def rank(
    queries: Sequence[CollectionQuery], count: int, search_filter: SearchFilter, weights: Weights = WEIGHTS
) -> Ranking:
    """The best `count` passages of some collections, of those that are wanted; ties by document and passage id."""
    pools = [_CandidatePool.of(each, count, search_filter, weights) for each in queries]
    used_history = _history_helps(pools)
    order: list[tuple[float, str, str, int, int]] = []
    for place, pool in enumerate(pools):
        scores = pool.scores(used_history).tolist()
        order += [
            (-score, entry.document, entry.passage, place, at)
            for at, (score, entry) in enumerate(zip(scores, pool.entries, strict=True))
        ]
    plain = [pool.scores_without_english(used_history) for pool in pools]
    kept: list[tuple[int, int, float]] = []
    same: dict[tuple[int, int], list[PassageEntry]] = {}
    for negative, _, _, place, at in sorted(order):
        entry = pools[place].entries[at]
        twins = same.setdefault((place, entry.words_hash), [])
        if not twins:
            if len(kept) == max(count, _LEAD_HITS):
                break
            kept.append((place, at, -negative))
        twins.append(entry)
    best = [float(plain[place][at]) for place, at, _ in kept[:_LEAD_HITS]]
    hits = [
        (
            place,
            pools[place].scored_passage(
                at,
                score,
                _score_lead(float(plain[place][at]), best[:number] + best[number + 1 :]),
                used_history=used_history,
                twins=same[place, pools[place].entries[at].words_hash],
            ),
        )
        for number, (place, at, score) in enumerate(kept[:count])
    ]
    valued = (
        (value, place, entry)
        for place, pool in enumerate(pools)
        for value, entry in zip(pool.margin_scores(used_history).tolist(), pool.entries, strict=True)
    )
    return Ranking(hits, used_history, score_margin(valued))


@dataclass(frozen=True)
class _CandidatePool:
    """The candidates of one collection."""

    entries: list[PassageEntry]
    query: Query
    candidates: Candidates
    alone: SignalScores
    with_history: tuple[Query, Candidates, SignalScores] | None
    dense_rank: Mapping[int, int]
    lexical_rank: Mapping[int, int]
    subject_scores: SignalScores | None

    @classmethod
    def of(cls, searched: CollectionQuery, count: int, wanted: SearchFilter, weights: Weights) -> "_CandidatePool":
        index, question, leaning = searched.index, searched.query, searched.with_history
        selection = index.selection(wanted)
        words = Bm25Scores.compute(index, question)
        nearest, by_words = _candidate_numbers(index, question, words, count, selection, weights)
        candidates = dict.fromkeys([*nearest, *by_words])
        leaning_words = None
        if leaning is not None:
            leaning_words = Bm25Scores.compute(index, leaning)
            for numbers in _candidate_numbers(index, leaning, leaning_words, count, selection, weights):
                candidates |= dict.fromkeys(numbers)
        entries = [
            entry
            for number in candidates
            if (entry := index.entries.get(number)) is not None
            and (selection is None or entry.facts.label in selection.labels)
        ]
        compared = measure_signals(index, question, words, entries, weights)
        of_subject = with_history = None
        if (line := searched.subject) is not None:
            of_subject = combine_signals(
                index, line, measure_signals(index, line, Bm25Scores.compute(index, line), entries, weights), weights
            )
        if leaning is not None and leaning_words is not None:
            other = measure_signals(index, leaning, leaning_words, entries, weights)
            with_history = leaning, other, combine_signals(index, leaning, other, weights)
        return cls(
            entries,
            question,
            compared,
            combine_signals(index, question, compared, weights),
            with_history,
            {number: at for at, number in enumerate(nearest, 1)},
            {number: at for at, number in enumerate(by_words, 1)},
            of_subject,
        )

    def scores(self, used_history: bool) -> Vectors:
        return self._mixed(self.alone.ranking, self.with_history and self.with_history[2].ranking, used_history)

    def scores_without_english(self, used_history: bool) -> Vectors:
        """See Scores."""
        return self._mixed(
            self.alone.without_english, self.with_history and self.with_history[2].without_english, used_history
        )

    def _mixed(self, alone: Vectors, leaning: Vectors | None, used_history: bool) -> Vectors:
        if not used_history or leaning is None:
            return alone
        return ((alone + HISTORY_WEIGHT * leaning) / (1 + HISTORY_WEIGHT)).astype(np.float32)

    def margin_scores(self, used_history: bool) -> Vectors:
        """By which documents are told apart."""
        scores, words = self.scores(used_history), self.candidates.relative_bm25
        if used_history and self.with_history is not None:
            words = (words + HISTORY_WEIGHT * self.with_history[1].relative_bm25) / (1 + HISTORY_WEIGHT)
        if self.subject_scores is not None:
            scores = (scores + self.subject_scores.ranking) / 2
        return (scores + BM25_WEIGHT * words).astype(np.float32)

    def scored_passage(
        self, at: int, score: float, stands_out: float, *, used_history: bool, twins: Sequence[PassageEntry]
    ) -> ScoredPassage:
        entry, compared = self.entries[at], self.candidates
        features = compared.features(self.query, at, stands_out)
        likely = relevance(features)
        if used_history and self.with_history is not None:
            asked, other, _ = self.with_history
            with_history = other.features(asked, at, stands_out)
            if relevance(with_history) > likely:
                compared, features, likely = other, with_history, relevance(with_history)
        return ScoredPassage(
            entry=entry,
            score=score,
            relevance=likely,
            features=features,
            cosine=float(max(compared.passage_cosine[at], compared.window_cosine[at])),
            header_cosine=float(compared.header_cosine[at]) if entry.header else 0.0,
            bm25=float(compared.bm25[at]),
            coverage=float(compared.coverage[at]),
            dense_rank=self.dense_rank.get(entry.number, 0),
            lexical_rank=self.lexical_rank.get(entry.number, 0),
            duplicates=tuple(twins[1:]),
        )


def _score_lead(score: float, others: Sequence[float]) -> float:
    """How far a score lies above the mean of others; where there are too few, the missing ones lie where they usually
    do.
    """
    others = others[: _LEAD_HITS - 1]
    missing = _LEAD_HITS - 1 - len(others)
    return (sum(score - other for other in others) + missing * _DEFAULT_LEAD) / (_LEAD_HITS - 1)


def _history_helps(pools: Sequence[_CandidatePool]) -> bool:
    likes = [
        (float(scores.max()), float(pool.alone.ranking[int(scores.argmax())]))
        for pool in pools
        if pool.with_history is not None and len(scores := pool.with_history[2].ranking)
    ]
    if not likes:
        return False
    best = max(float(pool.alone.ranking.max()) for pool in pools if len(pool.entries))
    return best - max(likes)[1] < HISTORY_TOLERANCE


def _candidate_numbers(
    index: PassageIndex,
    question: Query,
    words: Bm25Scores,
    count: int,
    selection: Selection | None,
    weights: Weights,
) -> tuple[list[int], list[int]]:
    """Numbers of the nearest passages, and of those that hold most of the words."""
    towards = [question.vector - weights.baseline * question.mean_question]
    if (crossing := question.cross_language_vector(weights)) is not None:
        towards.append(crossing - weights.translated_baseline * question.mean_question)
    nearest = (
        entry.number
        for each in towards
        for entry in index.nearest(each.astype(np.float32), max(NEAREST_VECTORS, 8 * count), selection)
    )
    by_words = words.top(max(BM25_CANDIDATES, 2 * count), selection.lexical_mask if selection else None)
    return list(dict.fromkeys(nearest)), by_words
