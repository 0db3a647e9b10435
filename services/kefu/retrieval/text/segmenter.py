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


def make_cut(words: Iterable[tuple[str, int]]) -> Cut:
    """A segmenter with jieba's dictionary and more words (see `Dictionary.words`). The first one in a process takes 1
    s.
    """
    untyped: Any = jieba
    untyped.setLogLevel(logging.WARNING)
    untyped.initialize()
    words = list(words)
    if not words:
        return untyped.cut
    tokenizer = untyped.Tokenizer()
    tokenizer.FREQ, tokenizer.total = _Layered(untyped.dt.FREQ), untyped.dt.total
    tokenizer.initialized = True
    for word, frequency in words:
        tokenizer.add_word(word, frequency or None)
    return tokenizer.cut


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
