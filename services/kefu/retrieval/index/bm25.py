"""BM25 over passages, rebuilt whole after changes: 10,000 passages take a second, in a thread.

Whole, because BM25's weights hang on the collection: replicas that hold the same passages then score alike, whatever
order the changes came in. A question is a list of groups (see `words.TermGroup`): a word may be met by any of several,
such as its translations, and is as common as all of them together.
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
"""Rarity is reckoned as if there were at least so many passages: in a collection of one, every word it holds would be
common, and every word it lacks rare."""

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LexicalScores:
    """How a question's words meet each passage; the arrays run parallel to `LexicalView.numbers`."""

    bm25: Floats
    """BM25 (Lucene's form without its constant factor k1 + 1), 0 without a common word."""
    upper_bound: float
    """What a passage would score that holds nothing but the question's words, often: the bound of BM25. A word that
    the collection lacks counts with the greatest rarity, so a question about something else has a high bound and
    reaches little of it. 0 for a question without words.
    """
    coverage: Floats
    """Share of the question's words that the passage holds, weighted by rarity, 0 to 1."""

    @property
    def relative(self) -> Floats:
        """BM25 as a share of its bound, 0 to 1: comparable between questions and collections."""
        return self.bm25 / np.float32(self.upper_bound) if self.upper_bound else self.bm25


class LexicalView:
    """An index of some passages that never changes; searching it from several threads is safe."""

    def __init__(self, passages: Mapping[int, Terms]) -> None:
        """Index passages by number."""
        self.numbers: Numbers = np.fromiter(sorted(passages), np.int64, len(passages))
        lists = [passages[int(number)] for number in self.numbers]
        lengths = np.fromiter(map(len, lists), np.int64, len(lists))
        everything = np.concatenate([*lists, np.empty(0, np.uint64)])
        self._vocabulary, words = np.unique(everything, return_inverse=True)
        places = np.repeat(np.arange(len(lists)), lengths)
        pairs, often = np.unique(words * max(len(lists), 1) + places, return_counts=True)
        words, places = np.divmod(pairs, max(len(lists), 1))
        usual = max(float(lengths.mean()), 1.0) if len(lists) else 1.0
        self._starts = np.searchsorted(words, np.arange(len(self._vocabulary) + 1))
        self._posting_passages = places.astype(np.int32)
        self._posting_weights: Floats = (often / (often + K1 * (1 - B + B * lengths[places] / usual))).astype(
            np.float32
        )

    def scores(self, question: Sequence[TermGroup]) -> LexicalScores:
        """Score every passage for a question."""
        count = len(self.numbers)
        bm25 = np.zeros(count, np.float32)
        coverage = np.zeros(count, np.float32)
        ideal = 0.0
        for terms, weights in question:
            holders, gains = self._matches(terms, weights)
            rarity = _inverse_document_frequency(max(count, MIN_POPULATION), len(holders))
            ideal += rarity
            bm25[holders] += np.float32(rarity) * gains
            coverage[holders] += np.float32(rarity)
        if ideal:
            coverage /= np.float32(ideal)
        return LexicalScores(bm25, ideal, coverage)

    def _matches(self, terms: Terms, weights: Floats) -> tuple[npt.NDArray[np.int32], Floats]:
        """The places of passages that hold one of some terms, and how well the best of these meets them, 0 to 1."""
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
            holders = self._posting_passages[part]
            best[holders] = np.maximum(best[holders], self._posting_weights[part] * weight)
        holders = np.flatnonzero(best).astype(np.int32)
        return holders, best[holders]


def _inverse_document_frequency(population: int, holders: int) -> float:
    """Inverse document frequency as in Lucene's BM25."""
    return float(np.log(1 + (population - holders + 0.5) / (holders + 0.5)))
