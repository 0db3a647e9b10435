"""Which of many texts are nearly the same: MinHash over windows of characters, so that it works in every script."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Sketch = npt.NDArray[np.uint64]
"""Of two texts, the share of equal places is near the share of windows that they have in common (Broder 1997)."""
_PLACES = 64
_WINDOW = 8
_MAX_CHARACTERS = 20_000
_DIGITS = re.compile(r"\d")
_random = np.random.default_rng(20_261_129)
_FACTORS = _random.integers(1, 2**63, _PLACES, dtype=np.uint64) | np.uint64(1)
_SUMMANDS = _random.integers(0, 2**63, _PLACES, dtype=np.uint64)
_WEIGHTS = _random.integers(1, 2**63, _WINDOW, dtype=np.uint64) | np.uint64(1)


def sketch(text: str) -> Sketch:
    """The sketch of a text. Case, blanks and digits, such as a clock's, play no part."""
    plain = " ".join(_DIGITS.sub("", text[:_MAX_CHARACTERS].lower()).split()).ljust(_WINDOW)
    points = np.frombuffer(plain.encode("utf-32-le", "replace"), "<u4").astype(np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(points, _WINDOW)
    hashes = np.unique((windows * _WEIGHTS).sum(axis=1, dtype=np.uint64))
    hashes ^= hashes >> np.uint64(31)
    mixed = hashes[:, None] * _FACTORS[None, :] + _SUMMANDS[None, :]
    return mixed.min(axis=0)


def groups(sketches: Sequence[Sketch], least_share: float) -> list[list[int]]:
    """The positions of texts that are nearly the same, largest group first; each text is in one group."""
    if not sketches:
        return []
    leaders = np.empty((len(sketches), _PLACES), np.uint64)
    members: list[list[int]] = []
    for position, one in enumerate(sketches):
        equal = (leaders[: len(members)] == one).mean(axis=1) if members else np.empty(0)
        nearest = int(equal.argmax()) if members else -1
        if nearest >= 0 and equal[nearest] >= least_share:
            members[nearest].append(position)
        else:
            leaders[len(members)] = one
            members.append([position])
    return sorted(members, key=len, reverse=True)
