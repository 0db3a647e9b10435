"""
A copy of one collection's vectors on a GPU. The nearest are found there, and sorted by what is stored here.

So the result is that of the CPU, but for ties and for what half precision of the question moves over its edge.

A GPU index of FAISS removes nothing and knows no filters. Removed vectors, and those that a filter does not admit, are
left out of a longer result. Where that is not long enough, the CPU has to search.
"""

from collections.abc import Callable
from math import ceil

import numpy as np
import numpy.typing as npt

from kefu.retrieval.embedders import Vectors
from kefu.retrieval.embedders.embedder import HalfVectors
from kefu.retrieval.vectorstore.faiss_device import MAX_NEAREST, IndexDevice
from kefu.retrieval.vectorstore.vector_store import Rows, inner_products

_PART = 65_536
"""Vectors sent in one call, and most that wait for the next search: an import sends few large parts."""
_MARGIN = 8
"""Vectors that are found beyond those wanted: the edge of a result is as blurred as the question's half precision."""
_FILTER_MARGIN = 1.5
_ABSENT, _WAITING = -1, -2


class GpuMirror:
    """Vectors by row, as in the store that owns them. Methods raise DeviceFull and GpuLost."""

    def __init__(self, device: IndexDevice, empty: bytes, vectors_of: Callable[[Rows], HalfVectors]) -> None:
        """An empty mirror. `empty`: see IndexDevice.create. `vectors_of` reads rows of the store."""
        self._device = device
        self._vectors_of = vectors_of
        self._number = device.create(empty)
        self._position_of: Rows = np.empty(0, np.int64)  # by row; or _ABSENT, or _WAITING to be sent
        self._row_at: Rows = np.empty(0, np.int64)  # by position; _ABSENT: removed
        self._sent = 0
        self._removed = 0
        self._waiting: list[Rows] = []
        self._waiting_count = 0

    @property
    def is_sparse(self) -> bool:
        """Whether so much was removed that a new copy is better."""
        return self._removed > max(1024, self._sent // 4)

    def add(self, rows: Rows) -> None:
        """Add rows. They are sent before the next search, or when many wait."""
        self._position_of = _grown(self._position_of, int(rows.max(initial=0)) + 1)
        self._position_of[rows] = _WAITING
        self._waiting.append(rows)
        self._waiting_count += len(rows)
        if self._waiting_count >= _PART:
            self._send()

    def remove(self, rows: Rows) -> None:
        """Remove rows that were added."""
        positions = self._position_of[rows]
        sent = positions[positions >= 0]
        self._row_at[sent] = _ABSENT
        self._removed += len(sent)
        self._position_of[rows] = _ABSENT

    def search(
        self, queries: Vectors, count: int, admitted: npt.NDArray[np.bool_] | None, share: float
    ) -> list[Rows | None]:
        """The nearest `count` rows to each query, best first; None where the CPU has to search.

        `admitted` tells for each row whether it may be found, and `share` which share of all rows that is.
        """
        if not share or (wanted := count + _MARGIN) > MAX_NEAREST:
            return [None] * len(queries)
        if admitted is not None:
            wanted = ceil(_FILTER_MARGIN * wanted / share)
            if wanted > MAX_NEAREST:
                return [None] * len(queries)
        self._send()
        if not self._sent:
            return [None] * len(queries)
        asked = min(wanted + self._removed, MAX_NEAREST, self._sent)
        positions = self._device.search(self._number, np.ascontiguousarray(queries, np.float32), asked)
        return [self._best(query, found, count, admitted) for query, found in zip(queries, positions, strict=True)]

    def drop(self) -> None:
        """Free the memory on the GPU."""
        self._device.drop(self._number)

    def _best(self, query: Vectors, positions: Rows, count: int, admitted: npt.NDArray[np.bool_] | None) -> Rows | None:
        found = positions[positions >= 0]
        rows = self._row_at[found]
        rows = rows[rows >= 0]
        if admitted is not None:
            rows = rows[admitted[rows]]
        if len(rows) < count and len(found) == len(positions) < self._sent:
            return None  # there is more than was asked for
        cosines = inner_products(self._vectors_of(rows), query.reshape(-1, 1))[:, 0]
        return rows[np.argsort(-cosines, kind="stable")[:count]]

    def _send(self) -> None:
        if not self._waiting:
            return
        rows = np.unique(np.concatenate(self._waiting))  # a row may have been given up and taken again
        rows = rows[self._position_of[rows] == _WAITING]
        self._waiting, self._waiting_count = [], 0
        self._row_at = _grown(self._row_at, self._sent + len(rows))
        for at in range(0, len(rows), _PART):
            part = rows[at : at + _PART]
            self._device.add(self._number, self._vectors_of(part))
            self._position_of[part] = np.arange(self._sent, self._sent + len(part))
            self._row_at[self._sent : self._sent + len(part)] = part
            self._sent += len(part)


def _grown(rows: Rows, size: int) -> Rows:
    if size <= len(rows):
        return rows
    more = np.full(max(size, 2 * len(rows)) - len(rows), _ABSENT, np.int64)
    return np.concatenate([rows, more])
