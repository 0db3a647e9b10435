"""The vector store in memory: FAISS, exact while small, with inverted lists above. Only this module uses FAISS."""

from collections.abc import Sequence
from typing import Any

import faiss  # pyright: ignore[reportMissingTypeStubs]
import numpy as np
import numpy.typing as npt

from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.embedders.base import HalfVectors
from kefu.retrieval.vectorstore.base import Labels, PassageVectors, Rows, VectorStore, inner_products

EXACT_UP_TO = 200_000
"""Most vectors for exact search. A passage has about four (its own and its windows'): about 50,000 passages."""
PROBES = 48
"""Inverted lists searched. 32 to 64 of 2,048 gave recall@10 of .988 to .996 on a million vectors."""
_MAX_MASKS = 16


class FaissStores:
    """VectorStores in memory."""

    is_persistent = False

    def __init__(self, dimension: int) -> None:
        """Stores for vectors of length `dimension`."""
        self._dimension = dimension

    def open(self, key: CollectionKey, incarnation: str) -> VectorStore:
        """See VectorStores."""
        return FaissVectors(self._dimension)

    def begin_loading(self) -> None:
        """See VectorStores. Nothing survives the process here."""

    def end_loading(self) -> None:
        """See VectorStores."""


class FaissVectors:
    """A VectorStore in memory.

    Vectors are float16, as in Redis, and FAISS searches these half-precision numbers: "exact" means exact for the
    stored vectors, at half the memory traffic.
    """

    def __init__(self, dimension: int, exact_up_to: int = EXACT_UP_TO) -> None:
        """An empty store for vectors of length `dimension`; `exact_up_to` is for tests."""
        self._dimension = dimension
        self._exact_up_to = exact_up_to
        self._matrix: HalfVectors = np.zeros((256, dimension), np.float16)
        self._owner = np.zeros(256, np.int64)
        self._label = np.zeros(256, np.int64)
        self._free: list[int] = list(range(255, -1, -1))
        self._used: set[int] = set()
        self._documents: dict[str, Rows] = {}
        self._index = self._new_exact_index()
        self._masks: dict[Labels, npt.NDArray[np.uint8]] = {}

    def __len__(self) -> int:
        return len(self._used)

    def put(self, document: str, label: int, passages: Sequence[PassageVectors]) -> list[Rows]:
        """See VectorStore."""
        self.remove(document)
        if not passages:
            return []
        vectors = np.concatenate([passage.vectors for passage in passages])
        lengths = [len(passage.vectors) for passage in passages]
        while len(self._free) < len(vectors):
            self._grow()
        rows = np.array([self._free.pop() for _ in range(len(vectors))], np.int64)
        self._matrix[rows] = vectors
        self._owner[rows] = np.repeat([passage.number for passage in passages], lengths)
        self._label[rows] = label
        self._used.update(rows.tolist())
        self._masks.clear()
        self._index.add_with_ids(self._matrix[rows].astype(np.float32), rows)
        if len(self) > self._exact_up_to and not self.is_approximate:
            self._switch_to_inverted_lists()
        self._documents[document] = rows
        return np.split(rows, np.cumsum(lengths)[:-1])

    def remove(self, document: str) -> None:
        """See VectorStore. Vectors are overwritten with zeros and removed from the index."""
        rows = self._documents.pop(document, None)
        if rows is not None:
            self._index.remove_ids(faiss.IDSelectorBatch(rows))
            self._matrix[rows] = 0
            self._used.difference_update(rows.tolist())
            self._free.extend(rows.tolist())

    def nearest(self, query: Vectors, count: int, labels: Labels | None = None) -> list[int]:
        """See VectorStore."""
        wanted = min(count, len(self))
        if not wanted:
            return []
        # One query is a walk through memory: a second thread only waits for the first (1.6 ms against 4.0).
        faiss.omp_set_num_threads(1)  # of the calling thread alone
        parameters = None if labels is None else self._search_parameters(labels)
        _, rows = self._index.search(query.reshape(1, -1), wanted, params=parameters)
        found: Rows = rows[0]
        return list(dict.fromkeys(self._owner[found[found >= 0]].tolist()))

    def cosines(self, queries: Vectors, rows: Rows) -> Vectors:
        """See VectorStore."""
        return inner_products(self._matrix[rows], queries)

    def vectors(self, rows: Rows) -> HalfVectors:
        """See VectorStore."""
        return self._matrix[rows]

    def begin_filling(self) -> None:
        """See VectorStore. Nothing survives the process here."""

    def end_filling(self) -> None:
        """See VectorStore."""

    def drop(self) -> None:
        """See VectorStore."""

    @property
    def is_approximate(self) -> bool:
        """Whether the store has grown beyond exact search."""
        return isinstance(self._index, faiss.IndexIVF)

    def _search_parameters(self, labels: Labels) -> Any:
        mask = self._masks.get(labels)
        if mask is None:
            if len(self._masks) >= _MAX_MASKS:
                self._masks.clear()
            admitted = np.isin(self._label, np.fromiter(labels, np.int64, len(labels)))
            mask = self._masks[labels] = np.packbits(admitted, bitorder="little")
        untyped: Any = faiss  # its keyword arguments come with its Python wrapper
        selector = untyped.IDSelectorBitmap(mask)
        if self.is_approximate:
            return untyped.SearchParametersIVF(sel=selector, nprobe=PROBES)
        return untyped.SearchParameters(sel=selector)

    def _new_exact_index(self) -> Any:
        half = faiss.ScalarQuantizer.QT_fp16
        return faiss.IndexIDMap2(faiss.IndexScalarQuantizer(self._dimension, half, faiss.METRIC_INNER_PRODUCT))

    def _switch_to_inverted_lists(self) -> None:
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
        self._owner = np.concatenate([self._owner, np.zeros_like(self._owner)])
        self._label = np.concatenate([self._label, np.zeros_like(self._label)])
        self._free = list(range(2 * size - 1, size - 1, -1)) + self._free
