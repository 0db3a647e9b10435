"""Nearest vectors by inner product: FAISS, exact while small, inverted lists above. FAISS stays inside this module."""

from collections.abc import Sequence
from typing import Any

import faiss  # pyright: ignore[reportMissingTypeStubs]
import numpy as np
import numpy.typing as npt

from kefu.retrieval.embedders import Vectors

Rows = npt.NDArray[np.int64]
Halves = npt.NDArray[np.float16]

EXACT_UP_TO = 200_000
"""Vectors searched exhaustively. A passage has about four (itself and its windows): about 50,000 passages."""
PROBES = 48
"""Inverted lists looked into; 32 to 64 of 2,048 gave recall@10 of .988 to .996 on a million vectors."""


class VectorStore:
    """Unit vectors by row number. Not safe for several threads at once.

    Vectors are kept as float16, as in Redis, and FAISS searches the very same half-precision numbers: "exact"
    means exact for what is stored, at half the memory traffic.
    """

    def __init__(self, dimension: int, exact_up_to: int = EXACT_UP_TO) -> None:
        """An empty store; `exact_up_to` is for tests."""
        self._dimension = dimension
        self._exact_up_to = exact_up_to
        self._matrix: Halves = np.zeros((256, dimension), np.float16)
        self._free: list[int] = list(range(255, -1, -1))
        self._used: set[int] = set()
        self._index = self._exact()

    def __len__(self) -> int:
        return len(self._used)

    def add(self, vectors: Halves) -> Rows:
        """Keep vectors; returns their row numbers."""
        while len(self._free) < len(vectors):
            self._grow()
        rows = np.array([self._free.pop() for _ in range(len(vectors))], np.int64)
        if len(rows):
            self._matrix[rows] = vectors
            self._used.update(rows.tolist())
            self._index.add_with_ids(self._matrix[rows].astype(np.float32), rows)
        if len(self) > self._exact_up_to and not self.approximate:
            self._switch_to_lists()
        return rows

    def remove(self, rows: Rows) -> None:
        """Forget vectors: they are overwritten with zeros and leave the index."""
        if len(rows):
            self._index.remove_ids(faiss.IDSelectorBatch(rows))
            self._matrix[rows] = 0
            self._used.difference_update(rows.tolist())
            self._free.extend(rows.tolist())

    def nearest(self, query: Vectors, count: int) -> Rows:
        """Row numbers of the `count` nearest vectors, best first; fewer when there are fewer."""
        wanted = min(count, len(self))
        if not wanted:
            return np.empty(0, np.int64)
        # One query is a walk through memory: a second thread only waits for the first (1.6 ms against 4.0).
        faiss.omp_set_num_threads(1)  # of the calling thread alone
        _, rows = self._index.search(query.reshape(1, -1), wanted)
        found: Rows = rows[0]
        return found[found >= 0]

    def cosines(self, queries: Vectors, rows: Sequence[int] | Rows) -> Vectors:
        """Inner product of each row and each column of `queries`."""
        return self._matrix[rows].astype(np.float32) @ queries

    def vectors(self, rows: Sequence[int] | Rows) -> Halves:
        """A copy of some rows."""
        return self._matrix[rows]

    @property
    def approximate(self) -> bool:
        """It has grown beyond exact search."""
        return isinstance(self._index, faiss.IndexIVF)

    def _exact(self) -> Any:
        half = faiss.ScalarQuantizer.QT_fp16
        return faiss.IndexIDMap2(faiss.IndexScalarQuantizer(self._dimension, half, faiss.METRIC_INNER_PRODUCT))

    def _switch_to_lists(self) -> None:
        rows = np.fromiter(sorted(self._used), np.int64, len(self._used))
        lists = int(4 * np.sqrt(len(rows)))
        coarse = faiss.IndexFlatIP(self._dimension)
        half = faiss.ScalarQuantizer.QT_fp16
        # by_residual is off: residuals would be rounded otherwise than the stored vectors.
        index: Any = faiss.IndexIVFScalarQuantizer(
            coarse, self._dimension, lists, half, faiss.METRIC_INNER_PRODUCT, False
        )
        index.own_fields = False
        self._coarse = coarse  # FAISS does not keep it alive
        index.train(self._matrix[rows[:: max(1, len(rows) // (lists * 50))]].astype(np.float32))
        for part in np.array_split(rows, max(1, len(rows) // 65_536)):
            index.add_with_ids(self._matrix[part].astype(np.float32), part)
        index.nprobe = PROBES
        self._index = index

    def _grow(self) -> None:
        size = len(self._matrix)
        self._matrix = np.concatenate([self._matrix, np.zeros_like(self._matrix)])
        self._free = list(range(2 * size - 1, size - 1, -1)) + self._free
