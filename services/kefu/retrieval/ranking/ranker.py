"""
The ranker of Search, live chat and `kefu eval`: it chooses candidates, scores them and sorts them.

A passage's score is a sum of absolute terms. So it holds for a collection of one passage, and for several collections
together:

- Nearness of the text: the mean of the passage's cosine and the greatest cosine of its windows, less a share of the
  embedding baseline (see baseline.py). For a Chinese question, English texts are sorted among themselves by another
  vector: the question's, into which that of its English gloss is mixed.
- Nearness of the chunk header (see chunk_header.py): half of the whole when the header is a question, a little when it
  is a title.
- Relative BM25: BM25 as a share of its upper bound. Between Chinese and English the words are translated (see
  cedict.py). The bound counts a word that the collection lacks with the greatest rarity. So a question that shares only
  a name or a figure with the documents hardly moves the ranking of its embedding. Standardised scores (z-scores) would
  blow those few matches up.

Passages with the same words (another edition, a mirrored page) are one hit.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, groupby
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from kefu.retrieval.domain.filters import SearchFilter
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.index.passage_index import PassageEntry, PassageIndex, Selection
from kefu.retrieval.ranking.relevance import Features, log_odds, relevance
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
"""Vectors taken from the vector store; a passage has about five."""
BM25_CANDIDATES = 64
"""Candidate passages taken from BM25."""


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage with its score and its signals; see SearchHit and Signals of the contract."""

    entry: PassageEntry
    score: float
    relevance: float
    cosine: float
    """The greatest of the passage's cosine and its windows'."""
    header_cosine: float
    """Cosine of the chunk header; 0 without one."""
    features: Features
    bm25: float
    coverage: float
    dense_rank: int
    """Rank by vectors, from 1; 0 when the passage was not among the nearest."""
    lexical_rank: int
    """Rank by BM25, from 1; 0 when the passage was not among its candidates."""
    duplicates: tuple[PassageEntry, ...] = ()
    """Other passages with the same words."""
    instructing_window: int | None = None
    """The first window that tells an assistant what to say, from 0; see instruction_probe.py."""


_LEAD_HITS = 10  # hits whose scores make the score lead
_DEFAULT_LEAD = 0.05  # of the best hit over a missing one
_ODDS_OF_SCORE = 100.0
"""Log-odds of relevance for a difference of 1 in score: the weights of all features that grow with it, together."""


@dataclass(frozen=True)
class CollectionQuery:
    """One collection with the query for it: words are hashed for each collection."""

    index: PassageIndex
    query: Query
    subject: Query | None = None
    """The message's subject line as a query, for `Ranking.score_margin` alone."""
    nearest: Sequence[Sequence[int]] | None = None
    """Numbers of the nearest passages for each of `directions`, if they were looked up already."""

    def directions(self, weights: Weights = WEIGHTS) -> Vectors:
        """The vectors that the vector store is asked for, one row each."""
        return np.stack(_directions(self.query, weights))

    def look_up(self, count: int, search_filter: SearchFilter, weights: Weights = WEIGHTS) -> list[list[int]]:
        """Numbers of the nearest passages for each of `directions`, for a search for `count` passages."""
        selection = self.index.selection(search_filter)
        return self.index.nearest(self.directions(weights), nearest_vectors(count), selection)


@dataclass(frozen=True)
class Ranking:
    """The ranked passages of a search."""

    hits: list[tuple[int, ScoredPassage]]
    """(number of the collection, passage), best first."""
    score_margin: float = DEFAULT_MARGIN
    """See score_margin.py."""

    @property
    def relevance(self) -> float:
        """Of the best passage; 0 where none was found."""
        return self.hits[0][1].relevance if self.hits else 0.0


def rank(
    queries: Sequence[CollectionQuery], count: int, search_filter: SearchFilter, weights: Weights = WEIGHTS
) -> Ranking:
    """The best `count` passages that the filter admits, over all queries; ties by document and passage id."""
    pools = [_CandidatePool.of(each, count, search_filter, weights) for each in queries]
    plain = [pool.scores.without_english for pool in pools]
    lift = _other_language_lift(pools, plain)
    scores = [pool.scores.ranking + lift * pool.candidates.other_language for pool in pools]
    distinct: list[tuple[int, int, float]] = []
    same: dict[tuple[int, int], list[PassageEntry]] = {}
    for collection, at, score in _by_score_and_id(pools, scores):
        entry = pools[collection].entries[at]
        duplicates = same.setdefault((collection, entry.words_hash), [])
        if not duplicates:
            if len(distinct) == max(count, _LEAD_HITS):
                break
            distinct.append((collection, at, score))
        duplicates.append(entry)
    best = [float(plain[collection][at]) for collection, at, _ in distinct[:_LEAD_HITS]]
    hits = [
        (
            collection,
            pools[collection].scored_passage(
                at,
                score,
                _score_lead(float(plain[collection][at]), best[:number] + best[number + 1 :]),
                duplicates=same[collection, pools[collection].entries[at].words_hash],
            ),
        )
        for number, (collection, at, score) in enumerate(distinct[:count])
    ]
    scored = (
        (score, collection, pools[collection].entries[at])
        for collection, at, score in _by_score([pool.margin_scores() for pool in pools])
    )
    return Ranking(hits, score_margin(scored))


def _by_score(scores: Sequence[Vectors | npt.NDArray[np.float64]]) -> Iterator[tuple[int, int, float]]:
    """(number of the collection, candidate, score) of all candidates, best first; equal ones in their order.

    `scores` are those of each collection's candidates. Few are taken as a rule, so each is made when it is asked for.
    """
    starts = [0, *accumulate(map(len, scores))]
    together = np.concatenate(scores)
    order = np.argsort(-together, kind="stable").tolist()
    for position in order:
        collection = bisect_right(starts, position) - 1
        yield collection, position - starts[collection], float(together[position])


def _by_score_and_id(
    pools: Sequence["_CandidatePool"], scores: Sequence[npt.NDArray[np.float64]]
) -> Iterator[tuple[int, int, float]]:
    """The same, equal ones by document and passage id."""

    def ids(place: tuple[int, int, float]) -> tuple[str, str]:
        collection, at, _ = place
        entry = pools[collection].entries[at]
        return entry.document, entry.passage

    for _, equal in groupby(_by_score(scores), key=itemgetter(2)):
        yield from sorted(equal, key=ids)


@dataclass(frozen=True)
class _CandidatePool:
    """The candidate passages of one collection with their scores."""

    entries: list[PassageEntry]
    query: Query
    candidates: Candidates
    scores: SignalScores
    nearest: Sequence[int]
    """Numbers of the passages by vectors, best first."""
    by_words: Sequence[int]
    """Numbers of the passages by BM25, best first."""
    subject_scores: SignalScores | None

    @classmethod
    def of(
        cls, collection: CollectionQuery, count: int, search_filter: SearchFilter, weights: Weights
    ) -> "_CandidatePool":
        index, question = collection.index, collection.query
        selection = index.selection(search_filter)
        looked_up = (
            collection.look_up(count, search_filter, weights) if collection.nearest is None else collection.nearest
        )
        words = Bm25Scores.compute(index, question)
        nearest = list(dict.fromkeys(chain.from_iterable(looked_up)))
        by_words = _best_by_words(words, count, selection)
        entries = [
            entry
            for number in dict.fromkeys([*nearest, *by_words])
            if (entry := index.entries.get(number)) is not None
            and (selection is None or entry.facts.label in selection.labels)
        ]
        candidates = measure_signals(index, question, words, entries, weights)
        subject_scores = None
        if (subject := collection.subject) is not None:
            subject_scores = combine_signals(
                index,
                subject,
                measure_signals(index, subject, Bm25Scores.compute(index, subject), entries, weights),
                weights,
            )
        return cls(
            entries,
            question,
            candidates,
            combine_signals(index, question, candidates, weights),
            nearest,
            by_words,
            subject_scores,
        )

    def margin_scores(self) -> Vectors:
        """The scores from which the score margin is computed."""
        scores = self.scores.ranking
        if self.subject_scores is not None:
            scores = (scores + self.subject_scores.ranking) / 2
        return (scores + BM25_WEIGHT * self.candidates.relative_bm25).astype(np.float32)

    def features(self, at: int, score_lead: float) -> Features:
        """The features that a candidate has its relevance by."""
        return self.candidates.features(self.query, at, score_lead)

    def scored_passage(
        self, at: int, score: float, score_lead: float, *, duplicates: Sequence[PassageEntry]
    ) -> ScoredPassage:
        entry, candidates, features = self.entries[at], self.candidates, self.features(at, score_lead)
        return ScoredPassage(
            entry=entry,
            score=score,
            relevance=relevance(features),
            features=features,
            cosine=float(max(candidates.passage_cosine[at], candidates.window_cosine[at])),
            header_cosine=float(candidates.header_cosine[at]) if entry.header else 0.0,
            bm25=float(candidates.bm25[at]),
            coverage=float(candidates.coverage[at]),
            dense_rank=_rank_among(self.nearest, entry.number),
            lexical_rank=_rank_among(self.by_words, entry.number),
            duplicates=tuple(duplicates[1:]),
        )


def _other_language_lift(pools: Sequence[_CandidatePool], plain: Sequence[Vectors]) -> float:
    """What is added to the scores of passages in another language than the question's, 0 or less.

    Scores of two languages are hard to compare: cosines across languages are lower, by how much depends on the words.
    Relevance is fitted to both. Where a passage of the other language leads by score, and the best one in the
    question's language is likelier, all of the other language move down until the two stand as far apart as their
    log-odds do. None moves up: relevance is too rough for that.
    """
    others = np.concatenate([pool.candidates.other_language for pool in pools])
    if not others.any() or others.all():
        return 0.0
    leading: list[float] = np.sort(np.concatenate(plain))[::-1][:_LEAD_HITS].tolist()
    best: dict[bool, tuple[float, float]] = {}
    for pool, without_english in zip(pools, plain, strict=True):
        scores = pool.scores.ranking
        for other in (False, True):
            block = np.flatnonzero(pool.candidates.other_language == other)
            if not len(block):
                continue
            at = int(block[scores[block].argmax()])
            if other not in best or scores[at] > best[other][0]:
                score = float(without_english[at])
                rest = leading.copy()
                if score >= leading[-1]:
                    rest.remove(score)
                found = relevance(pool.features(at, _score_lead(score, rest)))
                best[other] = float(scores[at]), log_odds(found)
    (own, own_odds), (foreign, foreign_odds) = best[False], best[True]
    apart = (foreign_odds - own_odds) / _ODDS_OF_SCORE
    return min(own + apart - foreign, 0.0) if apart * (foreign - own) < 0 else 0.0


def _rank_among(numbers: Sequence[int], number: int) -> int:
    """Rank of a number, from 1; 0 when it is not there."""
    return numbers.index(number) + 1 if number in numbers else 0


def _score_lead(score: float, others: Sequence[float]) -> float:
    """A score less the mean of the others. Each missing one counts with the default lead."""
    others = others[: _LEAD_HITS - 1]
    missing = _LEAD_HITS - 1 - len(others)
    return (sum(score - other for other in others) + missing * _DEFAULT_LEAD) / (_LEAD_HITS - 1)


def nearest_vectors(count: int) -> int:
    """Vectors taken from the vector store for a search for `count` passages."""
    return max(NEAREST_VECTORS, 8 * count)


def _directions(question: Query, weights: Weights) -> list[Vectors]:
    directions = [question.vector - weights.baseline * question.mean_question]
    if (cross_language := question.cross_language_vector(weights)) is not None:
        directions.append(cross_language - weights.translated_baseline * question.mean_question)
    return [each.astype(np.float32) for each in directions]


def _best_by_words(words: Bm25Scores, count: int, selection: Selection | None) -> list[int]:
    return words.top(max(BM25_CANDIDATES, 2 * count), selection.lexical_mask if selection else None)
