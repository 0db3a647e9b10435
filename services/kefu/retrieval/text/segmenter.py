"""The segmentation of Chinese into words: jieba with the words of a user dictionary."""

import logging
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # jieba 0.42 has invalid escapes and imports pkg_resources
    import jieba  # pyright: ignore[reportMissingTypeStubs]

Cut = Callable[[str], Iterator[str]]
"""Splits a run of Chinese characters into words."""
_MAX_RUN = 500
"""Characters that jieba gets at once. Its time grows with the square of a run of characters that it knows no word of:
half a second for 16,000."""


def make_cut(words: Iterable[tuple[str, int]]) -> Cut:
    """A segmenter with jieba's dictionary and more words (see `Dictionary.words`). The first one in a process takes 1
    s.
    """
    untyped: Any = jieba
    untyped.setLogLevel(logging.WARNING)
    untyped.initialize()
    words = list(words)
    if not words:
        return _in_pieces(untyped.cut)
    tokenizer = untyped.Tokenizer()
    tokenizer.FREQ, tokenizer.total = _Layered(untyped.dt.FREQ), untyped.dt.total
    tokenizer.initialized = True
    for word, frequency in words:
        tokenizer.add_word(word, frequency or None)
    return _in_pieces(tokenizer.cut)


def _in_pieces(cut: Cut) -> Cut:
    def pieces(run: str) -> Iterator[str]:
        for at in range(0, len(run), _MAX_RUN):
            yield from cut(run[at : at + _MAX_RUN])

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
