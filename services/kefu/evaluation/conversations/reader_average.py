"""
The average of evidence readers that were trained in a row:

    python -m kefu.evaluation.conversations.reader_average FILE... --write FILE

What they do not agree on is often learnt by heart, and the average is better than the best of them (M. Wortsman et al.,
"Model soups", ICML 2022). The average of low-rank changes has as many ranks as all of them together; of these the
greatest are kept, so that a file does not grow with each training that goes on from an average.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kefu.retrieval.ranking.e5_reader import ADAPTED_A, ADAPTED_B

Weights = dict[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.floating]
_MOST_RANKS = 32
"""Twice those of a training."""


def average(readers: Sequence[Weights], most_ranks: int = _MOST_RANKS) -> Weights:
    """The weights of a reader that changes each matrix by the mean of what these change it by, as nearly as so many
    ranks can."""
    found: Weights = {}
    for name, first in readers[0].items():
        arrays = [reader[name].astype(np.float32) for reader in readers]
        if not name.endswith((ADAPTED_A, ADAPTED_B)):
            found[name] = np.mean(arrays, axis=0).astype(first.dtype)
        elif name.endswith(ADAPTED_B):
            matrix = name.removesuffix(ADAPTED_B)
            lower = np.concatenate([reader[matrix + ADAPTED_A].astype(np.float32) for reader in readers])
            parts = _of_rank(np.concatenate(arrays, axis=1) / len(arrays), lower, most_ranks)
            found[name], found[matrix + ADAPTED_A] = (part.astype(first.dtype) for part in parts)
    return found


def _of_rank(upper: Floats, lower: Floats, most: int) -> tuple[Floats, Floats]:
    """The two factors of their product's best approximation with so many ranks (its singular values' greatest)."""
    left, from_left = np.linalg.qr(upper)
    right, from_right = np.linalg.qr(lower.T)
    rotated, values, turned = np.linalg.svd(from_left @ from_right.T, full_matrices=False)
    scale = np.sqrt(values[:most])
    return left @ rotated[:, :most] * scale, (turned[:most].T * scale).T @ right.T


def main() -> None:
    """Average, and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="written by reader_fit")
    parser.add_argument("--write", type=Path, required=True, metavar="FILE", help="write the weights there")
    options = parser.parse_args()
    readers: list[Weights] = []
    for path in options.files:
        with np.load(path, allow_pickle=False) as known:
            readers.append({name: known[name] for name in known.files})
    np.savez_compressed(options.write, allow_pickle=False, **average(readers))


if __name__ == "__main__":
    main()
