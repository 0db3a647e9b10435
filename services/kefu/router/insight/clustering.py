"""
Questions about the same, found by their embeddings: average linkage, cut where two groups are no longer alike enough.

How alike that is depends on the embedder and on the trade: questions about insurance are all rather alike. So it is
counted from the median cosine of two questions, which have as a rule nothing to do with one another.

A group whose nearest one is below the threshold is finished, since no later merge brings another one nearer. Most
questions are finished so at once; of the others all pairs are in memory, 100 MB for 5,000 of them.
"""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
THRESHOLD_SHARE = 0.45
"""Two groups are one from this part of the way on, from the median cosine to 1; see docs/concepts/insight.md."""
_FEW = 20
"""Of fewer questions the median says too little: then it is taken for what multilingual-e5-small has."""
_UNRELATED = 0.83
_MOST_UNRELATED = 0.88
"""The median is no higher than this where most questions are one and the same."""
_SAMPLE = 1000
_ROWS = 512  # compared with all others at once


def cosine_threshold(vectors: Vectors, share: float = THRESHOLD_SHARE) -> float:
    """The mean cosine from which on two groups of these questions are one."""
    unit = _unit(vectors[np.any(vectors != 0, axis=1)])
    unit = unit[:: max(1, len(unit) // _SAMPLE)]
    unrelated = _UNRELATED
    if len(unit) >= _FEW:
        pairs = (unit @ unit.T)[np.triu_indices(len(unit), 1)]
        unrelated = min(float(np.median(pairs)), _MOST_UNRELATED)
    return unrelated + share * (1 - unrelated)


def cluster(vectors: Vectors, threshold: float | None = None) -> list[list[int]]:
    """The rows of each group, largest group first. Rows need not have length 1; a row of zeros is a group of its own.
    `threshold`: the mean cosine of two groups from which on they are one; None: `cosine_threshold`.
    """
    threshold = cosine_threshold(vectors) if threshold is None else threshold
    unit = _unit(vectors)
    groups: list[list[int]] = [[row] for row in _alone(unit, threshold)]
    others = sorted(set(range(len(unit))) - {group[0] for group in groups})
    groups += [[others[row] for row in group] for group in _linked(unit[others], threshold)]
    return sorted(groups, key=lambda group: (-len(group), group))


def most_central(vectors: Vectors, rows: Sequence[int]) -> int:
    """The one of some rows that is most like all of them."""
    unit = _unit(vectors[list(rows)])
    return rows[int(np.argmax(unit @ unit.sum(axis=0)))]


def _unit(vectors: Vectors) -> Vectors:
    norms = cast("Vectors", np.linalg.norm(vectors, axis=1, keepdims=True))
    return (vectors / np.maximum(norms, 1e-6)).astype(np.float32)


def _alone(unit: Vectors, least: float) -> list[int]:
    """Rows that no other one is near: most are, and they need not be linked one by one."""
    found: list[int] = []
    for start in range(0, len(unit), _ROWS):
        near = unit[start : start + _ROWS] @ unit.T
        near[np.arange(len(near)), np.arange(start, start + len(near))] = -1.0
        found += [start + int(row) for row in np.flatnonzero(near.max(axis=1, initial=-1.0) < least)]
    return found


def _linked(unit: Vectors, least: float) -> list[list[int]]:
    """Average linkage by chains of nearest neighbours."""
    near = unit @ unit.T
    np.fill_diagonal(near, -np.inf)
    members = [[row] for row in range(len(unit))]
    left = set(range(len(unit)))
    done: list[list[int]] = []
    chain: list[int] = []
    while left:
        if not chain:
            chain = [next(iter(left))]
        at = chain[-1]
        best = int(np.argmax(near[at]))
        if not near[at, best] >= least:
            done.append(members[at])
            _take_out(near, at)
            left.remove(at)
            chain.pop()
        elif len(chain) > 1 and near[at, chain[-2]] >= near[at, best]:  # each is the other's nearest
            other = chain[-2]
            a, b = len(members[at]), len(members[other])
            mean = (near[at] * a + near[other] * b) / (a + b)  # -inf stays so
            near[other], near[:, other] = mean, mean
            near[other, other] = -np.inf
            members[other] = sorted(members[at] + members[other])
            _take_out(near, at)
            left.remove(at)
            del chain[-2:]
        else:
            chain.append(best)
    return done


def _take_out(near: Vectors, row: int) -> None:
    near[row], near[:, row] = -np.inf, -np.inf
