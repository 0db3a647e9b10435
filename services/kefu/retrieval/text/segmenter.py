"""The segmentation of Chinese into words: jieba with the words of a user dictionary."""

import logging
import math
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from kefu.retrieval.text.kept_tables import Tables, kept_tables, packed, unpacked

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # jieba 0.42 has invalid escapes and imports pkg_resources
    import jieba  # pyright: ignore[reportMissingTypeStubs]

Cut = Callable[[str], Iterator[str]]
"""Splits a run of Chinese characters into words."""
_MAX_RUN = 500
"""Characters that jieba gets at once. Its time grows with the square of a run of characters that it knows no word of:
half a second for 16,000."""
_REMEMBERED_RUNS = 256
"""Runs whose words are remembered. A question is split for its words, their translations and its gloss, and for each
collection."""


def make_cut(words: Iterable[tuple[str, int]], cache_folder: Path | None) -> Cut:
    """A segmenter with jieba's dictionary and more words (see `Dictionary.words`). The first one in a process loads the
    dictionary, whose tables are kept in the cache folder.
    """
    untyped: Any = jieba
    untyped.setLogLevel(logging.WARNING)
    _load_dictionary(cache_folder)
    words = list(words)
    if not words:
        return _plain_cut()
    tokenizer = untyped.Tokenizer()
    tokenizer.FREQ, tokenizer.total = _Layered(untyped.dt.FREQ), untyped.dt.total
    tokenizer.initialized = True
    for word, frequency in words:
        tokenizer.add_word(word, frequency or None)
    return _in_pieces(tokenizer.cut)


def known_words(run: str) -> list[str]:
    """A short run of Chinese as words of jieba's dictionary and single characters. `make_cut` loads the dictionary.

    `make_cut` also joins characters that no dictionary does: a misspelt word would be one with its neighbours.
    """
    untyped: Any = jieba
    return list(untyped.dt.cut(run, HMM=False))


def log_probability(text: str) -> float:
    """The logarithm of how likely a short run of Chinese is: that of its best segmentation by jieba's dictionary.

    `make_cut` loads the dictionary.
    """
    untyped: Any = jieba
    total = math.log(untyped.dt.total)
    best = [0.0]
    for end in range(1, len(text) + 1):
        words = ((start, frequency(text[start:end]) or (end - start == 1)) for start in range(end))
        best.append(max(best[start] + math.log(count) for start, count in words if count) - total)
    return best[-1]


def frequency(word: str) -> int:
    """The frequency of a word in jieba's dictionary; 0: it is none. `make_cut` loads the dictionary."""
    untyped: Any = jieba
    return untyped.dt.FREQ.get(word, 0)


@cache
def _load_dictionary(cache_folder: Path | None) -> None:
    """Give jieba its dictionary. Its own `initialize` takes three times as long to read what it keeps, and keeps it in
    the folder for temporary files, where another user may have put it.
    """
    untyped: Any = jieba
    with untyped.dt.lock:
        if untyped.dt.initialized:
            return
        with untyped.dt.get_dict_file() as file:
            text: bytes = file.read()

        def build() -> Tables:
            frequencies, total = untyped.Tokenizer.gen_pfdict(BytesIO(text))
            return {
                "words": packed(frequencies),
                "frequencies": np.array(list(frequencies.values()), np.int32),
                "total": np.array(total),
            }

        tables = kept_tables(cache_folder, "jieba", (text, Path(__file__).read_bytes()), build)
        untyped.dt.FREQ = dict(zip(unpacked(tables["words"]), tables["frequencies"].tolist(), strict=True))
        untyped.dt.total = int(tables["total"])
        untyped.dt.initialized = True


@cache
def _plain_cut() -> Cut:
    untyped: Any = jieba
    return _in_pieces(untyped.cut)


def _in_pieces(cut: Cut) -> Cut:
    @lru_cache(_REMEMBERED_RUNS)
    def words(piece: str) -> tuple[str, ...]:
        return tuple(cut(piece))

    def pieces(run: str) -> Iterator[str]:
        for at in range(0, len(run), _MAX_RUN):
            yield from words(run[at : at + _MAX_RUN])

    return pieces


class _Layered:
    """jieba's large dictionary, which the whole process shares, with more words in front."""

    def __init__(self, base: dict[str, int]) -> None:
        self._base = base
        self._own: dict[str, int] = {}

    def __contains__(self, word: str) -> bool:
        return word in self._own or word in self._base

    def __getitem__(self, word: str) -> int:
        frequency = self._own.get(word)
        return self._base[word] if frequency is None else frequency

    def __setitem__(self, word: str, frequency: int) -> None:
        self._own[word] = frequency

    def get(self, word: str, default: int | None = None) -> int | None:
        frequency = self._own.get(word)
        return self._base.get(word, default) if frequency is None else frequency
