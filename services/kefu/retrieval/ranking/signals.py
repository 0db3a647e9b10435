"""What is measured of a question and each of some passages, and the score that is made of it; see scorer.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kefu.common.text.language import UNKNOWN
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.index.bm25 import Floats, LexicalScores, Numbers
from kefu.retrieval.index.passage_index import Entry, PassageIndex
from kefu.retrieval.ranking.baseline import level_for
from kefu.retrieval.ranking.relevance import Features
from kefu.retrieval.text.analyzer import Group

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Weights:
    """What the terms of a score count. Round numbers, from sweeps over the questions with even ids of nine sets."""

    words: float = 0.12
    translated_words: float = 0.2
    """Between languages, where cosines say less."""
    words_beside_question: float = 0.7
    """Of `words`, where the head is a question: what is asked often has other words than the customer's."""
    question: float = 0.5
    """Of the nearness, a head that is a question."""
    title: float = 0.15
    """Of the nearness, another head that no second document has."""
    usual: float = 0.2
    """Of what any question in the language would get."""
    usual_translated: float = 0.5
    """The same between languages."""
    english: float = 0.3
    """What the embedding of a Chinese question's English counts beside the question's own, between languages."""


WEIGHTS = Weights()


@dataclass(frozen=True)
class Question:
    """A question ready to be compared."""

    vector: Vectors
    words: Sequence[Group]
    translated: Sequence[Group] | None
    """The same for passages in the other of Chinese and English; None: there are none."""
    language: str
    levels: Mapping[str, float]
    """How near its vector lies to just any text, by language; see background.py."""
    usual: Vectors
    """What questions in its language have in common."""
    usual_levels: Mapping[str, float]
    """How near that lies to just any text."""
    english: Vectors | None = None
    """The embedding of a Chinese question's English, word by word."""

    def crossing(self, weights: Weights) -> Vectors | None:
        """What stands for `vector` between languages; None: `vector` itself."""
        if self.english is None or not weights.english:
            return None
        mixed = self.vector + weights.english * self.english
        return (mixed / np.linalg.norm(mixed)).astype(np.float32)


@dataclass(frozen=True)
class WordScores:
    """BM25 of a question for all passages, translated for those in another language."""

    numbers: Numbers
    plain: LexicalScores
    translated: LexicalScores

    @classmethod
    def of(cls, index: PassageIndex, question: Question) -> "WordScores":
        """Score every passage."""
        plain = index.words.scores(question.words)
        return cls(
            index.words.numbers,
            plain,
            plain if question.translated is None else index.words.scores(question.translated),
        )

    def best(self, count: int, among: Flags | None = None) -> list[int]:
        """Numbers of the passages that hold most of the words, in whichever language, best first; of all passages or
        `among` some, by their place in `numbers`.
        """
        scores = np.maximum(self.plain.relative, self.translated.relative)
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

    entries: Sequence[Entry]
    own: Vectors
    """Cosine of the question and the passage."""
    window: Vectors
    """Greatest cosine of the question and a window."""
    head: Vectors
    """Cosine of the question and the head; without one, as `own`."""
    near: Vectors
    """The mean of own and window."""
    near_crossing: Vectors | None
    """The same by Question.crossing, where it has that."""
    head_crossing: Vectors | None
    usual: Vectors
    """The mean of what own and window would be for any question in the language."""
    usual_head: Vectors
    bm25: Floats
    coverage: Floats
    relative: Floats
    other: Flags
    """The passage is not in the question's language."""

    def features(self, question: Question, at: int, stands_out: float) -> Features:
        """What relevance looks at, of one of them."""
        return Features(
            own=float(self.own[at]),
            window=float(self.window[at]),
            relative=float(self.relative[at]),
            coverage=float(self.coverage[at]),
            other_language=bool(self.other[at]),
            background=level_for(question.levels, self.entries[at].language),
            head=float(self.head[at]),
            stands_out=stands_out,
        )


def compare(
    index: PassageIndex, question: Question, words: WordScores, entries: Sequence[Entry], weights: Weights
) -> Candidates:
    """Measure the question and each passage."""
    other = np.array([_differ(question.language, entry.language) for entry in entries], np.bool_)
    crossing = question.crossing(weights)
    towards = [question.vector, question.usual, *([] if crossing is None else [crossing])]
    own, window, head = _cosines(index, np.stack(towards, axis=1, dtype=np.float32), entries)
    near: Vectors = ((own + window) / 2).astype(np.float32)
    at, known = _positions(words.numbers, np.array([entry.number for entry in entries], np.int64))

    def of_each(plain: Floats, translated: Floats) -> Floats:
        if not len(plain):
            return np.zeros(len(entries), np.float32)
        return np.where(known, np.where(other, translated[at], plain[at]), np.float32(0))

    bm25 = of_each(words.plain.bm25, words.translated.bm25)
    coverage = of_each(words.plain.coverage, words.translated.coverage)
    relative = of_each(words.plain.relative, words.translated.relative)
    return Candidates(
        entries,
        own=own[:, 0],
        window=window[:, 0],
        head=head[:, 0],
        near=near[:, 0],
        near_crossing=None if crossing is None else near[:, 2],
        head_crossing=None if crossing is None else head[:, 2],
        usual=near[:, 1],
        usual_head=head[:, 1],
        bm25=bm25,
        coverage=coverage,
        relative=relative,
        other=other,
    )


class SignalScores(NamedTuple):
    """One a passage."""

    ranking: Vectors
    plain: Vectors
    """Without the English of a Chinese question: what relevance, which was fitted to these, looks at."""


def score(index: PassageIndex, question: Question, compared: Candidates, weights: Weights) -> SignalScores:
    """The scores of passages.

    What the English of a Chinese question adds sorts the passages in another language among themselves: the best of
    them keeps the score that the best one had, or they would come before better ones in the question's language.
    """
    entries, other = compared.entries, compared.other
    asks = np.array([entry.head is not None and entry.head.asks for entry in entries], np.bool_)
    titled = np.array([entry.head is not None and not index.is_shared(entry.head) for entry in entries], np.bool_)
    level = np.array([level_for(question.usual_levels, entry.language) for entry in entries])
    share = np.where(other, weights.usual_translated, weights.usual)
    of_head = np.where(asks, weights.question, np.where(titled, weights.title, 0.0))
    of_words = np.where(other, weights.translated_words, weights.words)
    of_words = np.where(asks, weights.words_beside_question, 1.0) * of_words

    def total(near: Vectors, head: Vectors) -> Vectors:
        text = near - share * (compared.usual - level)
        above = head - share * (compared.usual_head - level)
        return ((1 - of_head) * text + of_head * above + of_words * compared.relative).astype(np.float32)

    plain = total(compared.near, compared.head)
    if compared.near_crossing is None or compared.head_crossing is None or not other.any():
        return SignalScores(plain, plain)
    crossing = total(compared.near_crossing, compared.head_crossing)
    return SignalScores(np.where(other, crossing + (plain[other].max() - crossing[other].max()), plain), plain)


def _cosines(index: PassageIndex, towards: Vectors, entries: Sequence[Entry]) -> tuple[Vectors, Vectors, Vectors]:
    """Of each passage, its windows (the greatest) and its head with each column of `towards` [passages, columns]."""
    if not entries:
        none = np.zeros((0, towards.shape[1]), np.float32)
        return none, none, none
    rows = np.concatenate([entry.rows for entry in entries])
    lengths = np.array([len(entry.rows) for entry in entries])
    headed = np.array([entry.head is not None for entry in entries])
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


def _differ(question: str, passage: str) -> bool:
    return UNKNOWN not in (question, passage) and question != passage
