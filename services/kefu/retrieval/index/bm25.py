"""BM25 over passages, rebuilt whole after changes: 10,000 passages take a second, in a thread.

The whole is rebuilt because BM25's weights depend on the collection. Replicas with the same passages then score alike,
whatever the order of the changes was. A query is a list of term groups (see `analyzer.TermGroup`). Any term of a group
matches the word, such as its translations, and the word is as common as all of them together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kefu.retrieval.text.analyzer import TermGroup, Terms

K1 = 1.2
B = 0.75
"""Lucene's constants."""

MIN_POPULATION = 50
"""Least number of passages for inverse document frequency. Else, in a collection of one passage, all its words would be
common, and all others rare."""

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LexicalScores:
    """The lexical scores of all passages for a query; the arrays are parallel to `LexicalView.numbers`."""

    bm25: Floats
    """BM25 (Lucene's form without its constant factor k1 + 1); 0 without a common word."""
    upper_bound: float
    """The upper bound of BM25: the score of a passage that holds nothing but the question's words, often.

    A word that the collection lacks counts with the greatest rarity. So a question about something else has a high
    bound and reaches little of it. 0 for a question without words.
    """
    coverage: Floats
    """Share of the question's words that the passage holds, weighted by idf, 0 to 1."""

    @property
    def relative(self) -> Floats:
        """BM25 as a share of its bound, 0 to 1: comparable between questions and collections."""
        return self.bm25 / np.float32(self.upper_bound) if self.upper_bound else self.bm25


class LexicalView:
    """An immutable BM25 index of some passages, safe for several threads."""

    def __init__(self, passages: Mapping[int, Terms]) -> None:
        """Index passages by number."""
        self.numbers: Numbers = np.fromiter(sorted(passages), np.int64, len(passages))
        lists = [passages[int(number)] for number in self.numbers]
        lengths = np.fromiter(map(len, lists), np.int64, len(lists))
        everything = np.concatenate([*lists, np.empty(0, np.uint64)])
        self._vocabulary, words = np.unique(everything, return_inverse=True)
        positions = np.repeat(np.arange(len(lists)), lengths)
        pairs, frequencies = np.unique(words * max(len(lists), 1) + positions, return_counts=True)
        words, positions = np.divmod(pairs, max(len(lists), 1))
        mean_length = max(float(lengths.mean()), 1.0) if len(lists) else 1.0
        self._starts = np.searchsorted(words, np.arange(len(self._vocabulary) + 1))
        self._posting_passages = positions.astype(np.int32)
        self._posting_weights: Floats = (
            frequencies / (frequencies + K1 * (1 - B + B * lengths[positions] / mean_length))
        ).astype(np.float32)

    def scores(self, question: Sequence[TermGroup]) -> LexicalScores:
        """Score every passage for a question."""
        count = len(self.numbers)
        bm25 = np.zeros(count, np.float32)
        coverage = np.zeros(count, np.float32)
        ideal = 0.0
        for terms, weights in question:
            positions, term_weights = self._matches(terms, weights)
            idf = _inverse_document_frequency(max(count, MIN_POPULATION), len(positions))
            ideal += idf
            bm25[positions] += np.float32(idf) * term_weights
            coverage[positions] += np.float32(idf)
        if ideal:
            coverage /= np.float32(ideal)
        return LexicalScores(bm25, ideal, coverage)

    def holders(self, terms: Terms) -> Numbers:
        """The number of passages that hold each term."""
        if not len(self._vocabulary):
            return np.zeros(len(terms), np.int64)
        at = np.minimum(np.searchsorted(self._vocabulary, terms), len(self._vocabulary) - 1)
        return np.where(self._vocabulary[at] == terms, self._starts[at + 1] - self._starts[at], 0)

    def _matches(self, terms: Terms, weights: Floats) -> tuple[npt.NDArray[np.int32], Floats]:
        """Positions of the passages that hold any of some terms, and the weight of the best match in each, 0 to 1."""
        if not len(self._vocabulary):
            return np.empty(0, np.int32), np.empty(0, np.float32)
        at = np.minimum(np.searchsorted(self._vocabulary, terms), len(self._vocabulary) - 1)
        known = self._vocabulary[at] == terms
        columns = [
            (slice(int(self._starts[column]), int(self._starts[column + 1])), weight)
            for column, weight in zip(at[known].tolist(), weights[known], strict=True)
        ]
        if len(columns) == 1:
            ((part, weight),) = columns
            return self._posting_passages[part], self._posting_weights[part] * weight
        best = np.zeros(len(self.numbers), np.float32)
        for part, weight in columns:
            positions = self._posting_passages[part]
            best[positions] = np.maximum(best[positions], self._posting_weights[part] * weight)
        positions = np.flatnonzero(best).astype(np.int32)
        return positions, best[positions]


def _inverse_document_frequency(population: int, holders: int) -> float:
    """Inverse document frequency as in Lucene's BM25."""
    return float(np.log(1 + (population - holders + 0.5) / (holders + 0.5)))
