"""Cutting Chinese into words: jieba with the words of a collection's trade."""

import logging
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # jieba 0.42 has invalid escapes and imports pkg_resources
    import jieba  # pyright: ignore[reportMissingTypeStubs]

Cut = Callable[[str], Iterator[str]]
"""The words of a run of Chinese characters."""


def make_cut(words: Iterable[tuple[str, int]]) -> Cut:
    """Cut with jieba's dictionary (loaded once in a process, a second) and some words more, see `Dictionary.words`."""
    untyped: Any = jieba
    untyped.setLogLevel(logging.WARNING)
    untyped.initialize()
    words = list(words)
    if not words:
        return untyped.cut
    tokenizer = untyped.Tokenizer()
    tokenizer.FREQ, tokenizer.total = _Layered(untyped.dt.FREQ), untyped.dt.total
    tokenizer.initialized = True
    for word, often in words:
        tokenizer.add_word(word, often or None)
    return tokenizer.cut


class _Layered:
    """jieba's dictionary, of which there is one in a process (it is large), and words in front of it."""

    def __init__(self, base: dict[str, int]) -> None:
        self._base = base
        self._own: dict[str, int] = {}

    def __contains__(self, word: str) -> bool:
        return word in self._own or word in self._base

    def __getitem__(self, word: str) -> int:
        often = self._own.get(word)
        return self._base[word] if often is None else often

    def __setitem__(self, word: str, often: int) -> None:
        self._own[word] = often

    def get(self, word: str, default: int | None = None) -> int | None:
        often = self._own.get(word)
        return self._base.get(word, default) if often is None else often
