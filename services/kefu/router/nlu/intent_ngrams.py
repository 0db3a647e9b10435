"""
How likely a message has each intent, by its words alone.

Learnt: a multinomial logistic regression of hashed n-grams ("the hashing trick", Weinberger et al. 2009,
arXiv:0902.2206). The words of a message, its Han characters and its question marks, alone and two in a row, each count
once, and together have the length one. `python -m loadtest.quality.triage` fits `intent_ngrams.npz` to even ids of
loadtest/training/intents. It sees what cosines do not: whether something is asked for, or asked about.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

PATH = Path(__file__).with_name("intent_ngrams.npz")
_SIZE = 1 << 16
_MOST_CHARACTERS = 1_000
"""Of a message that are read."""
_FIGURE = re.compile(r"\d{5,}")
"""The number of an order says nothing of what is wanted of it."""
_WORD = re.compile(r"[a-z']+|[\u4e00-\u9fff]|#|\d+|[?!]")
_BEGIN, _END = "^", "$"


@dataclass(frozen=True)
class NgramWeights:
    """What the file holds."""

    intents: tuple[str, ...]
    row_of: dict[int, int]
    """By hash: the row of `weights`."""
    weights: np.ndarray
    """A row for each n-gram, a column for each intent."""
    bias: np.ndarray
    """By intent."""


def hashed_ngrams(normalized: str) -> Iterator[int]:
    """The n-grams of a normalized message, hashed; some may come twice."""
    read = _FIGURE.sub("#", normalized[:_MOST_CHARACTERS])
    before = _BEGIN
    for found in _WORD.finditer(read):
        yield from map(_hashed, (found[0], f"{before} {found[0]}"))
        before = found[0]
    if before != _BEGIN:
        yield _hashed(f"{before} {_END}")


def _hashed(ngram: str) -> int:
    return zlib.crc32(ngram.encode()) % _SIZE


@cache
def ngram_weights() -> NgramWeights:
    """The weights in use."""
    with np.load(PATH) as stored:
        rows = {int(hashed): row for row, hashed in enumerate(stored["hashes"])}
        return NgramWeights(
            tuple(map(str, stored["intents"])), rows, stored["weights"].astype(np.float32), stored["bias"]
        )


def ngram_likelihoods(normalized: str) -> dict[str, float]:
    """How likely a normalized message has each intent; 1 together. Empty where all of its words are unknown."""
    used = ngram_weights()
    rows = sorted({used.row_of[hashed] for hashed in hashed_ngrams(normalized) if hashed in used.row_of})
    if not rows:
        return {}
    odds = used.bias + used.weights[rows].sum(axis=0) / len(rows) ** 0.5
    likely = np.exp(odds - odds.max())
    return dict(zip(used.intents, (likely / likely.sum()).tolist(), strict=True))
