"""
Clustering of questions by their embeddings: average linkage, cut at a cosine threshold.

The threshold depends on the embedder and on the trade: questions about insurance are all rather alike. So it is counted
from the median cosine of two questions, which as a rule have nothing to do with one another.

A group whose nearest group is below the threshold is finished, since no later merge brings another group nearer. Most
questions are finished at once. All pairs of the others are in memory: 100 MB for 5,000 of them.
"""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
THRESHOLD_SHARE = 0.45
"""Position of the threshold between the median cosine (0) and 1 (1); see docs/concepts/insight.md."""
_MIN_QUESTIONS = 20
"""The median of fewer questions says too little. Then that of multilingual-e5-small stands in."""
_DEFAULT_MEDIAN = 0.83
_MAX_MEDIAN = 0.88
"""Upper bound of the median, for when most questions are one and the same."""
_SAMPLE = 1000
_ROWS = 512  # rows compared with all others at once


def cosine_threshold(vectors: Vectors, share: float = THRESHOLD_SHARE) -> float:
    """The mean cosine from which on two groups of these questions are merged. `share`: see `THRESHOLD_SHARE`."""
    unit = _unit(vectors[np.any(vectors != 0, axis=1)])
    unit = unit[:: max(1, len(unit) // _SAMPLE)]
    median = _DEFAULT_MEDIAN
    if len(unit) >= _MIN_QUESTIONS:
        pairs = (unit @ unit.T)[np.triu_indices(len(unit), 1)]
        median = min(float(np.median(pairs)), _MAX_MEDIAN)
    return median + share * (1 - median)


def cluster(vectors: Vectors, threshold: float | None = None) -> list[list[int]]:
    """The rows of each group, largest group first.

    Rows need not have length 1. A row of zeros is a group of its own. `threshold`: the mean cosine from which on two
    groups are merged; None: `cosine_threshold`.
    """
    threshold = cosine_threshold(vectors) if threshold is None else threshold
    unit = _unit(vectors)
    groups: list[list[int]] = [[row] for row in _singletons(unit, threshold)]
    others = sorted(set(range(len(unit))) - {group[0] for group in groups})
    groups += [[others[row] for row in group] for group in _average_linkage(unit[others], threshold)]
    return sorted(groups, key=lambda group: (-len(group), group))


def most_central(vectors: Vectors, rows: Sequence[int]) -> int:
    """The row among `rows` that is most like all of them."""
    unit = _unit(vectors[list(rows)])
    return rows[int(np.argmax(unit @ unit.sum(axis=0)))]


def _unit(vectors: Vectors) -> Vectors:
    norms = cast("Vectors", np.linalg.norm(vectors, axis=1, keepdims=True))
    return (vectors / np.maximum(norms, 1e-6)).astype(np.float32)


def _singletons(unit: Vectors, threshold: float) -> list[int]:
    """Rows that no other row is near. Most rows are so, and need not be linked one by one."""
    found: list[int] = []
    for start in range(0, len(unit), _ROWS):
        cosines = unit[start : start + _ROWS] @ unit.T
        cosines[np.arange(len(cosines)), np.arange(start, start + len(cosines))] = -1.0
        found += [start + int(row) for row in np.flatnonzero(cosines.max(axis=1, initial=-1.0) < threshold)]
    return found


def _average_linkage(unit: Vectors, threshold: float) -> list[list[int]]:
    """Average linkage by nearest-neighbour chains."""
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -np.inf)
    members = [[row] for row in range(len(unit))]
    active = set(range(len(unit)))
    done: list[list[int]] = []
    chain: list[int] = []
    while active:
        if not chain:
            chain = [next(iter(active))]
        at = chain[-1]
        best = int(np.argmax(cosines[at]))
        if not cosines[at, best] >= threshold:
            done.append(members[at])
            _deactivate(cosines, at)
            active.remove(at)
            chain.pop()
        elif len(chain) > 1 and cosines[at, chain[-2]] >= cosines[at, best]:  # each is the other's nearest
            other = chain[-2]
            a, b = len(members[at]), len(members[other])
            mean = (cosines[at] * a + cosines[other] * b) / (a + b)  # -inf stays so
            cosines[other], cosines[:, other] = mean, mean
            cosines[other, other] = -np.inf
            members[other] = sorted(members[at] + members[other])
            _deactivate(cosines, at)
            active.remove(at)
            del chain[-2:]
        else:
            chain.append(best)
    return done


def _deactivate(cosines: Vectors, row: int) -> None:
    cosines[row], cosines[:, row] = -np.inf, -np.inf
