"""
The average of evidence readers that were trained in a row:

    python -m kefu.evaluation.conversations.reader_average FILE... --write FILE

What they do not agree on is often learnt by heart, and the average is better than the best of them (M. Wortsman et al.,
"Model soups", ICML 2022). The average of low-rank changes has as many ranks as all of them together, and costs nothing:
the service adds it to the weights when it starts.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kefu.retrieval.ranking.e5_reader import ADAPTED_A, ADAPTED_B

Weights = dict[str, npt.NDArray[Any]]


def average(readers: Sequence[Weights]) -> Weights:
    """The weights of a reader that changes each matrix by the mean of what these change it by."""
    found: Weights = {}
    for name, first in readers[0].items():
        arrays = [reader[name].astype(np.float32) for reader in readers]
        if name.endswith(ADAPTED_A):
            found[name] = np.concatenate(arrays)
        elif name.endswith(ADAPTED_B):
            found[name] = np.concatenate(arrays, axis=1) / len(arrays)
        else:
            found[name] = np.mean(arrays, axis=0)
        found[name] = found[name].astype(first.dtype)
    return found


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
