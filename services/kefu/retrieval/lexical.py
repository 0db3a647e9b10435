"""BM25 over passages (bm25s), rebuilt whole after changes: 10,000 passages take a third of a second, in a thread.

Whole, because BM25's weights hang on the collection: replicas that hold the same passages then score alike, whatever
order the changes came in. bm25s is untyped and stays inside this module.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import bm25s  # pyright: ignore[reportMissingTypeStubs]
import numpy as np
import numpy.typing as npt

from kefu.retrieval.words import Terms

K1 = 1.5
B = 0.75

LEAST_POPULATION = 50
"""Rarity is reckoned as if there were at least so many passages: in a collection of one, every word it holds would be
common, and every word it lacks rare."""

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LexicalScores:
    """How a question's words meet each passage; the arrays run parallel to `LexicalView.numbers`."""

    bm25: Floats
    """BM25 (Lucene's form), 0 without a common word."""
    ideal: float
    """What a passage would score that holds nothing but the question's words, often: the bound of BM25. A word that
    the collection lacks counts with the greatest rarity, so a question in another language has a high bound and reaches
    little of it. 0 for a question without words.
    """
    coverage: Floats
    """Share of the question's words that the passage holds, weighted by rarity, 0 to 1."""

    @property
    def relative(self) -> Floats:
        """BM25 as a share of its bound, 0 to 1: comparable between questions and collections."""
        return self.bm25 / np.float32(self.ideal) if self.ideal else self.bm25


class LexicalView:
    """An index of some passages that never changes; searching it from several threads is safe."""

    def __init__(self, passages: Mapping[int, Terms]) -> None:
        """Index passages by number. Takes a third of a second for 10,000."""
        self.numbers: Numbers = np.fromiter(sorted(passages), np.int64, len(passages))
        lists = [passages[int(number)] for number in self.numbers]
        everything = np.concatenate([*lists, np.empty(0, np.uint64)])
        self._vocabulary, inverse = np.unique(everything, return_inverse=True)
        self._postings: tuple[Floats, npt.NDArray[np.int32], npt.NDArray[np.int64]] | None = None
        if not len(self._vocabulary):
            return
        ends = np.cumsum([len(terms) for terms in lists])
        token_ids = [part.tolist() for part in np.split(inverse, ends[:-1])]
        index: Any = bm25s.BM25(k1=K1, b=B, method="lucene", backend="numpy")
        index.index((token_ids, {int(word): at for at, word in enumerate(self._vocabulary)}), show_progress=False)
        matrix: Mapping[str, Any] = index.scores  # its columns: the score that each word gives each passage
        self._postings = (
            np.asarray(matrix["data"], np.float32),
            np.asarray(matrix["indices"], np.int32),
            np.asarray(matrix["indptr"], np.int64),
        )

    def scores(self, terms: Terms) -> LexicalScores:
        """Score every passage for a question's words; a repeated word counts once."""
        count = len(self.numbers)
        bm25 = np.zeros(count, np.float32)
        coverage = np.zeros(count, np.float32)
        ideal = total = 0.0
        for term in np.unique(terms):
            holders, gains = self._column(term)
            rarity = _rarity(max(count, LEAST_POPULATION), len(holders))
            total += rarity
            ideal += rarity  # bm25s leaves Lucene's constant factor (k1 + 1) out: a word gives at most its rarity
            bm25[holders] += gains * np.float32(rarity / _rarity(count, len(holders)))
            coverage[holders] += np.float32(rarity)
        if total:
            coverage /= np.float32(total)
        return LexicalScores(bm25, ideal, coverage)

    def _column(self, term: np.uint64) -> tuple[npt.NDArray[np.int32], Floats]:
        at = int(np.searchsorted(self._vocabulary, term))
        if self._postings is None or at == len(self._vocabulary) or self._vocabulary[at] != term:
            return np.empty(0, np.int32), np.empty(0, np.float32)
        data, indices, starts = self._postings
        column = slice(int(starts[at]), int(starts[at + 1]))
        return indices[column], data[column]


def _rarity(population: int, holders: int) -> float:
    """Inverse document frequency as in Lucene's BM25, and as bm25s has it in its scores."""
    return float(np.log(1 + (population - holders + 0.5) / (holders + 0.5)))
