"""
English words by frequency, and those near a misspelt one.

The list is the file in the wheel `symspellpy`: 82,834 words with their counts in Google's n-grams that are also in a
spelling dictionary (SCOWL). Its look-up by deletions is not used: it would take 200 MB for what is asked for seldom.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from symspellpy.editdistance import DistanceAlgorithm, EditDistance

USUAL = 5_000_000
"""Count from which on a word is usual: one in a hundred thousand words. About 20,000 are."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_TWO_EDITS_FROM = 7
"""Letters of a word that may have two edits."""


class EnglishWords:
    """The list of words, 12 MB."""

    def __init__(self, lines: Iterator[str]) -> None:
        """Read lines of a word and its count."""
        self._counts: dict[str, int] = {
            word: int(count) for word, count in (line.split() for line in lines) if word.isalpha()
        }
        self._words = list(self._counts)
        self._letters = _letter_counts(self._words)
        self._masks = _letter_masks(self._letters)
        self._distance: Any = EditDistance(DistanceAlgorithm.DAMERAU_OSA)

    def count(self, word: str) -> int:
        """The count of a word; 0: the list lacks it."""
        return self._counts.get(word, 0)

    def near(self, word: str) -> dict[str, int]:
        """Words one edit away from a word of letters, with 1; of a long one also those two away that begin like it."""
        most = 2 if len(word) >= _TWO_EDITS_FROM else 1
        # An edit changes two kinds of letters at most, which is told of most words in one step.
        letters = _letter_counts([word])
        alike = np.flatnonzero(np.bitwise_count(self._masks ^ _letter_masks(letters)) <= 2 * most)
        change = self._letters[alike] - letters
        more: npt.NDArray[np.int64] = np.maximum(change, 0).sum(axis=1)
        near: dict[str, int] = {}
        for at in alike[np.maximum(more, more - change.sum(axis=1)) <= most]:
            other = self._words[int(at)]
            allowed = most if other[0] == word[0] else 1
            if (edits := self._distance.compare(word, other, allowed)) > 0:
                near[other] = edits
        return near


def one_edit_away(word: str) -> Sequence[str]:
    """All strings that one edit makes of a word: a letter more, less or another one, or two that change places."""
    found: dict[str, None] = {}
    for at in range(len(word) + 1):
        before, after = word[:at], word[at:]
        if after:
            found[before + after[1:]] = None
        if len(after) > 1:
            found[before + after[1] + after[0] + after[2:]] = None
        for letter in _LETTERS:
            found[before + letter + after] = None
            if after:
                found[before + letter + after[1:]] = None
    found.pop(word, None)
    return list(found)


@cache
def load_english_words() -> EnglishWords:
    """The list, read once per process: a quarter of a second."""
    spec = find_spec("symspellpy")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("No module named 'symspellpy'", name="symspellpy")
    (path,) = Path(spec.origin).parent.glob("frequency_dictionary_en_*.txt")
    with path.open(encoding="utf-8-sig") as lines:
        return EnglishWords(lines)


def _letter_counts(words: Sequence[str]) -> npt.NDArray[np.int8]:
    """How often each letter is in each word: [words, letters]."""
    text = np.frombuffer("\n".join(words).encode(), np.uint8)
    letter = text.astype(np.int64) - ord("a")
    known = (letter >= 0) & (letter < len(_LETTERS))
    place = (np.cumsum(text == ord("\n")) * len(_LETTERS) + letter)[known]
    counts = np.bincount(place, minlength=len(words) * len(_LETTERS))
    return counts.reshape(len(words), len(_LETTERS)).astype(np.int8)


def _letter_masks(counts: npt.NDArray[np.int8]) -> npt.NDArray[np.uint32]:
    """The kinds of letters in each word, a bit for each."""
    bits = np.left_shift(np.uint32(1), np.arange(len(_LETTERS), dtype=np.uint32))
    return ((counts > 0) * bits).sum(axis=1, dtype=np.uint32)
