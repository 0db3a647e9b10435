"""BM25 over passages, rebuilt whole after changes: 10,000 passages take a second, in a thread.

The whole is rebuilt because BM25's weights depend on the collection. Replicas with the same passages then score alike,
whatever the order of the changes was. A query is a list of term groups (see `analyzer.TermGroup`). Any term of a group
matches the word, such as its translations, and the word is as common as all of them together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

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

    @cached_property
    def relative(self) -> Floats:
        """BM25 as a share of its bound, 0 to 1: comparable between questions and collections."""
        return self.bm25 / np.float32(self.upper_bound) if self.upper_bound else self.bm25


class _Matches(NamedTuple):
    """The passages that hold a word."""

    positions: npt.NDArray[np.int32]
    weights: Floats
    """Of the best match in each, 0 to 1."""


_NOTHING = _Matches(np.empty(0, np.int32), np.empty(0, np.float32))
_ENTRY_SIZE = 32
"""What a remembered word takes beside its terms and passages, in postings of 8 bytes."""
_LEAST_REMEMBERED = 100_000
"""Postings that are remembered of small collections too: 0.8 MB."""


class LexicalView:
    """An immutable BM25 index of some passages, safe for several threads.

    The passages of words that were asked for are remembered, in 0.8 MB or as much as the index itself has at most. The
    words of questions repeat, and a translated one may have a thousand terms.
    """

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
        self._remembered: dict[bytes, _Matches] = {}
        self._remembered_size = 0

    def scores(self, question: Sequence[TermGroup]) -> LexicalScores:
        """Score every passage for a question."""
        count = len(self.numbers)
        bm25, coverage = np.zeros(count, np.float32), np.zeros(count, np.float32)
        found = [self._matches(terms, weights) for terms, weights in question]
        lengths = [len(positions) for positions, _ in found]
        idf = _inverse_document_frequency(max(count, MIN_POPULATION), np.array(lengths, np.int64))
        ideal = sum(idf.tolist())
        if sum(lengths):
            positions = np.concatenate([positions for positions, _ in found])
            shares = np.repeat(idf.astype(np.float32), lengths)
            np.add.at(bm25, positions, shares * np.concatenate([weights for _, weights in found]))
            np.add.at(coverage, positions, shares)
            coverage /= np.float32(ideal)
        return LexicalScores(bm25, ideal, coverage)

    def holders(self, terms: Terms) -> Numbers:
        """The number of passages that hold each term."""
        if not len(self._vocabulary):
            return np.zeros(len(terms), np.int64)
        at = np.minimum(np.searchsorted(self._vocabulary, terms), len(self._vocabulary) - 1)
        return np.where(self._vocabulary[at] == terms, self._starts[at + 1] - self._starts[at], 0)

    def _matches(self, terms: Terms, weights: Floats) -> _Matches:
        """The passages that hold any of some terms, remembered."""
        key = terms.tobytes() + weights.tobytes()
        known = self._remembered.get(key)
        if known is None:
            known = self._find(terms, weights)
            self._remembered_size += _ENTRY_SIZE + len(terms) + len(known.positions)
            if self._remembered_size > max(_LEAST_REMEMBERED, len(self._posting_passages)):
                self._remembered.clear()
                self._remembered_size = 0
            self._remembered[key] = known
        return known

    def _find(self, terms: Terms, weights: Floats) -> _Matches:
        if not len(self._vocabulary):
            return _NOTHING
        at = np.minimum(np.searchsorted(self._vocabulary, terms), len(self._vocabulary) - 1)
        known = self._vocabulary[at] == terms
        at, weights = at[known], weights[known]
        if not len(at):
            return _NOTHING
        starts, ends = self._starts[at], self._starts[at + 1]
        parts = [slice(start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        positions = np.concatenate([self._posting_passages[part] for part in parts])
        shares: Floats = np.concatenate([self._posting_weights[part] for part in parts])
        shares *= np.repeat(weights, ends - starts)
        if len(parts) == 1:
            return _Matches(positions, shares)
        best = np.zeros(len(self.numbers), np.float32)
        np.maximum.at(best, positions, shares)
        positions = np.flatnonzero(best).astype(np.int32)
        return _Matches(positions, best[positions])


def _inverse_document_frequency(population: int, holders: Numbers) -> npt.NDArray[np.float64]:
    """Inverse document frequency as in Lucene's BM25."""
    return np.log(1 + (population - holders + 0.5) / (holders + 0.5))
