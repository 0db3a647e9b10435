"""The ranking signals of a query and its candidate passages, and the score that combines them; see ranker.py."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from kefu.retrieval.embedders import Vectors
from kefu.retrieval.index.bm25 import Floats, LexicalScores, Numbers
from kefu.retrieval.index.passage_index import PassageEntry, PassageIndex
from kefu.retrieval.ranking.baseline import baseline_for
from kefu.retrieval.ranking.relevance import Features
from kefu.retrieval.text.analyzer import TermGroup
from kefu.text.language import UNKNOWN

Flags = npt.NDArray[np.bool_]
ValueT = TypeVar("ValueT")


@dataclass(frozen=True)
class Weights:
    """Weights of a score's terms: round numbers, from sweeps over the questions with even ids of nine sets."""

    bm25: float = 0.12
    translated_bm25: float = 0.2
    """Relative BM25 of translated words, across languages, where cosines say less."""
    bm25_under_question: float = 0.7
    """Factor for `bm25`, where the chunk header is a question: its words often differ from the customer's."""
    question_header: float = 0.5
    """Share of the nearness, for a chunk header that is a question."""
    title_header: float = 0.15
    """Share of the nearness, for another chunk header that no second document has."""
    baseline: float = 0.2
    """Share of the baseline that is subtracted."""
    translated_baseline: float = 0.5
    """The same across languages."""
    english_gloss: float = 0.3
    """Weight of the embedded English gloss of a Chinese question beside the question's own embedding, across languages.
    """


WEIGHTS = Weights()


@dataclass(frozen=True)
class Query:
    """A question with all that ranking needs of it: vector, words and baseline."""

    vector: Vectors
    term_groups: Sequence[TermGroup]
    translated_groups: Sequence[TermGroup] | None
    """The words translated, for passages in the other of Chinese and English; None: there are no such passages."""
    language: str
    baseline: Mapping[str, float]
    """Mean cosine of `vector` with neutral sentences, by language; see baseline.py."""
    mean_question: Vectors
    """Mean vector of neutral questions in the same language."""
    mean_question_baseline: Mapping[str, float]
    """Mean cosine of `mean_question` with neutral sentences, by language."""
    english_vector: Vectors | None = None
    """Embedding of a Chinese question's English gloss, word by word."""

    def cross_language_vector(self, weights: Weights) -> Vectors | None:
        """The vector to use across languages; None: `vector` itself."""
        if self.english_vector is None or not weights.english_gloss:
            return None
        mixed = self.vector + weights.english_gloss * self.english_vector
        return (mixed / np.linalg.norm(mixed)).astype(np.float32)


@dataclass(frozen=True)
class Bm25Scores:
    """BM25 of a query for all passages of a collection: with the original words, and with the translated ones."""

    numbers: Numbers
    original: LexicalScores
    translated: LexicalScores

    @classmethod
    def compute(cls, index: PassageIndex, question: Query) -> "Bm25Scores":
        """Score every passage of an index."""
        plain = index.lexical.scores(question.term_groups)
        return cls(
            index.lexical.numbers,
            plain,
            plain if question.translated_groups is None else index.lexical.scores(question.translated_groups),
        )

    def top(self, count: int, among: Flags | None = None) -> list[int]:
        """Numbers of the `count` passages with the highest relative BM25 in either language, best first.

        `among` is a mask parallel to `numbers`; None admits all passages.
        """
        scores = np.maximum(self.original.relative, self.translated.relative)
        if among is not None:
            scores = np.where(among, scores, np.float32(0))
        places = np.flatnonzero(scores > 0)
        if len(places) > count:
            threshold = np.partition(scores[places], len(places) - count)[len(places) - count]
            places = places[scores[places] >= threshold]
        return self.numbers[places[np.argsort(-scores[places], kind="stable")][:count]].tolist()


@dataclass(frozen=True)
class Candidates:
    """Candidate passages of one search with their ranking signals, one row each."""

    entries: Sequence[PassageEntry]
    passage_cosine: Vectors
    """Cosine of the question and the passage."""
    window_cosine: Vectors
    """Greatest cosine of the question and a window of the passage."""
    header_cosine: Vectors
    """Cosine of the question and the chunk header; `passage_cosine` without a header."""
    nearness: Vectors
    """Mean of `passage_cosine` and `window_cosine`."""
    cross_language_nearness: Vectors | None
    """Nearness by `Query.cross_language_vector`; None without one."""
    cross_language_header: Vectors | None
    baseline_nearness: Vectors
    """Nearness of the mean question in the query's language."""
    baseline_header: Vectors
    bm25: Floats
    coverage: Floats
    relative_bm25: Floats
    other_language: Flags
    """Whether the passage is in another language than the question."""

    def features(self, question: Query, at: int, stands_out: float) -> Features:
        """The features of candidate number `at`, for `relevance`."""
        return Features(
            passage_cosine=float(self.passage_cosine[at]),
            window_cosine=float(self.window_cosine[at]),
            relative_bm25=float(self.relative_bm25[at]),
            coverage=float(self.coverage[at]),
            other_language=bool(self.other_language[at]),
            baseline=baseline_for(question.baseline, self.entries[at].language),
            header_cosine=float(self.header_cosine[at]),
            score_lead=stands_out,
            in_chinese=question.language == "zh" and not self.other_language[at],
        )


def measure_signals(
    index: PassageIndex, question: Query, words: Bm25Scores, entries: Sequence[PassageEntry], weights: Weights
) -> Candidates:
    """Measure the signals of a query and each candidate passage."""
    differs = _by_language(entries, lambda language: _languages_differ(question.language, language))
    other = np.array(differs, np.bool_)
    cross_language = question.cross_language_vector(weights)
    directions = [question.vector, question.mean_question, *([] if cross_language is None else [cross_language])]
    own, window, head = _cosines(index, np.stack(directions, axis=1, dtype=np.float32), entries)
    near: Vectors = ((own + window) / 2).astype(np.float32)
    at, known = _positions(words.numbers, np.array([entry.number for entry in entries], np.int64))

    def by_language(plain: Floats, translated: Floats) -> Floats:
        if not len(plain):
            return np.zeros(len(entries), np.float32)
        found = plain[at] if translated is plain else np.where(other, translated[at], plain[at])
        return np.where(known, found, np.float32(0))

    bm25 = by_language(words.original.bm25, words.translated.bm25)
    coverage = by_language(words.original.coverage, words.translated.coverage)
    relative = by_language(words.original.relative, words.translated.relative)
    return Candidates(
        entries,
        passage_cosine=own[:, 0],
        window_cosine=window[:, 0],
        header_cosine=head[:, 0],
        nearness=near[:, 0],
        cross_language_nearness=None if cross_language is None else near[:, 2],
        cross_language_header=None if cross_language is None else head[:, 2],
        baseline_nearness=near[:, 1],
        baseline_header=head[:, 1],
        bm25=bm25,
        coverage=coverage,
        relative_bm25=relative,
        other_language=other,
    )


class SignalScores(NamedTuple):
    """The combined score of each candidate, in the same order."""

    ranking: Vectors
    without_english: Vectors
    """Scores without the English gloss of a Chinese question. Relevance was fitted to these."""


def combine_signals(index: PassageIndex, question: Query, candidates: Candidates, weights: Weights) -> SignalScores:
    """Combine the signals of each candidate into one score.

    The English gloss of a Chinese question sorts only the passages in another language among themselves. The best of
    these keeps the score that the best one had without it. Else they would come before better passages in the
    question's language.
    """
    entries, other = candidates.entries, candidates.other_language
    headers = [entry.header for entry in entries]
    is_question = np.array([header is not None and header.is_question for header in headers], np.bool_)
    has_own_title = np.array(
        [header is not None and not header.is_question and not index.is_shared(header) for header in headers], np.bool_
    )
    level = np.array(
        _by_language(entries, lambda language: baseline_for(question.mean_question_baseline, language)), np.float64
    )
    share = np.where(other, weights.translated_baseline, weights.baseline)
    header_weight = np.where(is_question, weights.question_header, np.where(has_own_title, weights.title_header, 0.0))
    bm25_weight = np.where(other, weights.translated_bm25, weights.bm25)
    bm25_weight = np.where(is_question, weights.bm25_under_question, 1.0) * bm25_weight

    def total(near: Vectors, head: Vectors) -> Vectors:
        text = near - share * (candidates.baseline_nearness - level)
        above = head - share * (candidates.baseline_header - level)
        return ((1 - header_weight) * text + header_weight * above + bm25_weight * candidates.relative_bm25).astype(
            np.float32
        )

    plain = total(candidates.nearness, candidates.header_cosine)
    if candidates.cross_language_nearness is None or candidates.cross_language_header is None or not other.any():
        return SignalScores(plain, plain)
    cross_language = total(candidates.cross_language_nearness, candidates.cross_language_header)
    return SignalScores(
        np.where(other, cross_language + (plain[other].max() - cross_language[other].max()), plain), plain
    )


def _cosines(
    index: PassageIndex, directions: Vectors, entries: Sequence[PassageEntry]
) -> tuple[Vectors, Vectors, Vectors]:
    """Cosines of each passage, its best window and its chunk header with each column of `directions` [passages,
    columns].
    """
    if not entries:
        none = np.zeros((0, directions.shape[1]), np.float32)
        return none, none, none
    rows = np.concatenate([entry.rows for entry in entries])
    lengths = np.array([len(entry.rows) for entry in entries])
    has_header = np.array([entry.header is not None for entry in entries])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    header_rows = starts + np.minimum(has_header, lengths - 1)  # own, head, windows
    cosines = index.vectors.cosines(directions, rows)
    own, head = cosines[starts].copy(), cosines[header_rows].copy()
    windowed = lengths > 1 + has_header
    cosines[header_rows[has_header]] = -1.0
    cosines[starts[windowed]] = -1.0  # with windows, the passage's own vector is not one of them
    window: Vectors = np.maximum.reduceat(cosines, starts)
    return own, window, head


def _positions(known: Numbers, numbers: Numbers) -> tuple[Numbers, Flags]:
    if not len(known):
        return np.zeros(len(numbers), np.int64), np.zeros(len(numbers), np.bool_)
    at = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    return at, known[at] == numbers


def _by_language(entries: Sequence[PassageEntry], value_of: Callable[[str], ValueT]) -> list[ValueT]:
    """What a function gives for each entry's language, called once for each language."""
    languages = [entry.facts.language for entry in entries]
    values = {language: value_of(language) for language in set(languages)}
    return [values[language] for language in languages]


def _languages_differ(question: str, passage: str) -> bool:
    return UNKNOWN not in (question, passage) and question != passage
