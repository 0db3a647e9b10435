"""What is measured of a question and each of some passages, and the score that is made of it; see scorer.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kefu.common.text.language import UNKNOWN
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.index.bm25 import Floats, LexicalScores, Numbers
from kefu.retrieval.index.passage_index import PassageEntry, PassageIndex
from kefu.retrieval.ranking.baseline import baseline_for
from kefu.retrieval.ranking.relevance import Features
from kefu.retrieval.text.analyzer import TermGroup

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Weights:
    """What the terms of a score count. Round numbers, from sweeps over the questions with even ids of nine sets."""

    bm25: float = 0.12
    translated_bm25: float = 0.2
    """Between languages, where cosines say less."""
    bm25_under_question: float = 0.7
    """Of `bm25`, where the head is a question: what is asked often has other words than the customer's."""
    question_header: float = 0.5
    """Of the nearness, a head that is a question."""
    title_header: float = 0.15
    """Of the nearness, another head that no second document has."""
    baseline: float = 0.2
    """Of what any question in the language would get."""
    translated_baseline: float = 0.5
    """The same between languages."""
    english_gloss: float = 0.3
    """What the embedding of a Chinese question's English counts beside the question's own, between languages."""


WEIGHTS = Weights()


@dataclass(frozen=True)
class Query:
    """A question ready to be compared."""

    vector: Vectors
    term_groups: Sequence[TermGroup]
    translated_groups: Sequence[TermGroup] | None
    """The same for passages in the other of Chinese and English; None: there are none."""
    language: str
    baseline: Mapping[str, float]
    """How near its vector lies to just any text, by language; see background.py."""
    mean_question: Vectors
    """What questions in its language have in common."""
    mean_question_baseline: Mapping[str, float]
    """How near that lies to just any text."""
    english_vector: Vectors | None = None
    """The embedding of a Chinese question's English, word by word."""

    def cross_language_vector(self, weights: Weights) -> Vectors | None:
        """What stands for `vector` between languages; None: `vector` itself."""
        if self.english_vector is None or not weights.english_gloss:
            return None
        mixed = self.vector + weights.english_gloss * self.english_vector
        return (mixed / np.linalg.norm(mixed)).astype(np.float32)


@dataclass(frozen=True)
class Bm25Scores:
    """BM25 of a question for all passages, translated for those in another language."""

    numbers: Numbers
    original: LexicalScores
    translated: LexicalScores

    @classmethod
    def compute(cls, index: PassageIndex, question: Query) -> "Bm25Scores":
        """Score every passage."""
        plain = index.lexical.scores(question.term_groups)
        return cls(
            index.lexical.numbers,
            plain,
            plain if question.translated_groups is None else index.lexical.scores(question.translated_groups),
        )

    def top(self, count: int, among: Flags | None = None) -> list[int]:
        """Numbers of the passages that hold most of the words, in whichever language, best first; of all passages or
        `among` some, by their place in `numbers`.
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
    """Passages in a row, and what was measured of each."""

    entries: Sequence[PassageEntry]
    passage_cosine: Vectors
    """Cosine of the question and the passage."""
    window_cosine: Vectors
    """Greatest cosine of the question and a window."""
    header_cosine: Vectors
    """Cosine of the question and the head; without one, as `passage_cosine`."""
    nearness: Vectors
    """The mean of own and window."""
    cross_language_nearness: Vectors | None
    """The same by Question.crossing, where it has that."""
    cross_language_header: Vectors | None
    baseline_nearness: Vectors
    """The mean of what own and window would be for any question in the language."""
    baseline_header: Vectors
    bm25: Floats
    coverage: Floats
    relative_bm25: Floats
    other_language: Flags
    """The passage is not in the question's language."""

    def features(self, question: Query, at: int, stands_out: float) -> Features:
        """What relevance looks at, of one of them."""
        return Features(
            passage_cosine=float(self.passage_cosine[at]),
            window_cosine=float(self.window_cosine[at]),
            relative_bm25=float(self.relative_bm25[at]),
            coverage=float(self.coverage[at]),
            other_language=bool(self.other_language[at]),
            baseline=baseline_for(question.baseline, self.entries[at].language),
            header_cosine=float(self.header_cosine[at]),
            score_lead=stands_out,
        )


def measure_signals(
    index: PassageIndex, question: Query, words: Bm25Scores, entries: Sequence[PassageEntry], weights: Weights
) -> Candidates:
    """Measure the question and each passage."""
    other = np.array([_languages_differ(question.language, entry.language) for entry in entries], np.bool_)
    crossing = question.cross_language_vector(weights)
    towards = [question.vector, question.mean_question, *([] if crossing is None else [crossing])]
    own, window, head = _cosines(index, np.stack(towards, axis=1, dtype=np.float32), entries)
    near: Vectors = ((own + window) / 2).astype(np.float32)
    at, known = _positions(words.numbers, np.array([entry.number for entry in entries], np.int64))

    def of_each(plain: Floats, translated: Floats) -> Floats:
        if not len(plain):
            return np.zeros(len(entries), np.float32)
        return np.where(known, np.where(other, translated[at], plain[at]), np.float32(0))

    bm25 = of_each(words.original.bm25, words.translated.bm25)
    coverage = of_each(words.original.coverage, words.translated.coverage)
    relative = of_each(words.original.relative, words.translated.relative)
    return Candidates(
        entries,
        passage_cosine=own[:, 0],
        window_cosine=window[:, 0],
        header_cosine=head[:, 0],
        nearness=near[:, 0],
        cross_language_nearness=None if crossing is None else near[:, 2],
        cross_language_header=None if crossing is None else head[:, 2],
        baseline_nearness=near[:, 1],
        baseline_header=head[:, 1],
        bm25=bm25,
        coverage=coverage,
        relative_bm25=relative,
        other_language=other,
    )


class SignalScores(NamedTuple):
    """One a passage."""

    ranking: Vectors
    without_english: Vectors
    """Without the English of a Chinese question: what relevance, which was fitted to these, looks at."""


def combine_signals(index: PassageIndex, question: Query, compared: Candidates, weights: Weights) -> SignalScores:
    """The scores of passages.

    What the English of a Chinese question adds sorts the passages in another language among themselves: the best of
    them keeps the score that the best one had, or they would come before better ones in the question's language.
    """
    entries, other = compared.entries, compared.other_language
    asks = np.array([entry.header is not None and entry.header.is_question for entry in entries], np.bool_)
    titled = np.array([entry.header is not None and not index.is_shared(entry.header) for entry in entries], np.bool_)
    level = np.array([baseline_for(question.mean_question_baseline, entry.language) for entry in entries])
    share = np.where(other, weights.translated_baseline, weights.baseline)
    of_head = np.where(asks, weights.question_header, np.where(titled, weights.title_header, 0.0))
    of_words = np.where(other, weights.translated_bm25, weights.bm25)
    of_words = np.where(asks, weights.bm25_under_question, 1.0) * of_words

    def total(near: Vectors, head: Vectors) -> Vectors:
        text = near - share * (compared.baseline_nearness - level)
        above = head - share * (compared.baseline_header - level)
        return ((1 - of_head) * text + of_head * above + of_words * compared.relative_bm25).astype(np.float32)

    plain = total(compared.nearness, compared.header_cosine)
    if compared.cross_language_nearness is None or compared.cross_language_header is None or not other.any():
        return SignalScores(plain, plain)
    crossing = total(compared.cross_language_nearness, compared.cross_language_header)
    return SignalScores(np.where(other, crossing + (plain[other].max() - crossing[other].max()), plain), plain)


def _cosines(
    index: PassageIndex, towards: Vectors, entries: Sequence[PassageEntry]
) -> tuple[Vectors, Vectors, Vectors]:
    """Of each passage, its windows (the greatest) and its head with each column of `towards` [passages, columns]."""
    if not entries:
        none = np.zeros((0, towards.shape[1]), np.float32)
        return none, none, none
    rows = np.concatenate([entry.rows for entry in entries])
    lengths = np.array([len(entry.rows) for entry in entries])
    headed = np.array([entry.header is not None for entry in entries])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    heads = starts + np.minimum(headed, lengths - 1)  # own, head, windows
    cosines = index.vectors.cosines(towards, rows)
    own, head = cosines[starts].copy(), cosines[heads].copy()
    windowed = lengths > 1 + headed
    cosines[heads[headed]] = -1.0
    cosines[starts[windowed]] = -1.0  # with windows, the passage's own vector is not one of them
    window: Vectors = np.maximum.reduceat(cosines, starts)
    return own, window, head


def _positions(known: Numbers, wanted: Numbers) -> tuple[Numbers, Flags]:
    if not len(known):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return at, known[at] == wanted


def _languages_differ(question: str, passage: str) -> bool:
    return UNKNOWN not in (question, passage) and question != passage
