"""
The vector store in memory: FAISS, exact while small, with inverted lists above.

With a GPU, a large collection has a copy of its vectors there (see gpu_mirror.py). What is here stays the truth and
complete, so that a search the GPU does not answer is answered here, at any time.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import faiss  # pyright: ignore[reportMissingTypeStubs]
import numpy as np
import numpy.typing as npt

from kefu.retrieval.device.fallback import Part, Reason, note_fallback
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.embedders.embedder import HalfVectors
from kefu.retrieval.vectorstore.faiss_device import DeviceFull, IndexDevice
from kefu.retrieval.vectorstore.gpu_mirror import GpuMirror
from kefu.retrieval.vectorstore.gpu_process import GpuLost
from kefu.retrieval.vectorstore.vector_store import Labels, PassageVectors, Rows, VectorStore, inner_products

EXACT_UP_TO = 200_000
"""Most vectors for exact search. A passage has about four (its own and its windows'): about 50,000 passages."""
PROBES = 48
"""Inverted lists searched. 32 to 64 of 2,048 gave recall@10 of .988 to .996 on a million vectors."""
GPU_FROM = 20_000
"""Least vectors for a copy on the GPU. The CPU searches fewer in a millisecond, about as long as asking a GPU takes."""
_MAX_MASKS = 16


class _Admitted(NamedTuple):
    """The rows of documents with some labels."""

    rows: npt.NDArray[np.bool_]
    bits: npt.NDArray[np.uint8]
    """The same, eight in a byte."""
    total: int


class FaissStores:
    """VectorStores in memory."""

    is_persistent = False

    def __init__(self, dimension: int, gpu: IndexDevice | None = None, gpu_from: int = GPU_FROM) -> None:
        """Stores for vectors of length `dimension`. With a GPU, those of `gpu_from` vectors have a copy there."""
        self._dimension = dimension
        self._gpu = gpu
        self._gpu_from = gpu_from

    def open(self, key: CollectionKey, incarnation: str) -> VectorStore:
        """See VectorStores."""
        return FaissVectors(self._dimension, gpu=self._gpu, gpu_from=self._gpu_from)

    def begin_loading(self) -> None:
        """See VectorStores. Nothing survives the process here."""

    def end_loading(self) -> None:
        """See VectorStores."""


class FaissVectors:
    """A VectorStore in memory.

    Vectors are float16, as in Redis, and FAISS searches these half-precision numbers: "exact" means exact for the
    stored vectors, at half the memory traffic.
    """

    def __init__(
        self,
        dimension: int,
        exact_up_to: int = EXACT_UP_TO,
        *,
        gpu: IndexDevice | None = None,
        gpu_from: int = GPU_FROM,
    ) -> None:
        """An empty store for vectors of length `dimension`; `exact_up_to` and `gpu_from` are for tests."""
        self._dimension = dimension
        self._gpu = gpu
        self._gpu_from = gpu_from
        self._mirror: GpuMirror | None = None
        self._exact_up_to = exact_up_to
        self._matrix: HalfVectors = np.zeros((256, dimension), np.float16)
        self._owner = np.zeros(256, np.int64)
        self._label = np.zeros(256, np.int64)
        self._free: list[int] = list(range(255, -1, -1))
        self._used: set[int] = set()
        self._documents: dict[str, Rows] = {}
        self._index = self._new_exact_index()
        self._admitted_by: dict[Labels, _Admitted] = {}

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
        self._admitted_by.clear()
        self._index.add_with_ids(self._matrix[rows].astype(np.float32), rows)
        self._documents[document] = rows
        if len(self) > self._exact_up_to and not self.is_approximate:
            self._switch_to_inverted_lists()
            self._copy_to_gpu()
        elif self._mirror is not None:
            with self._gpu_errors():
                self._mirror.add(rows)
        elif len(self) >= self._gpu_from:
            self._copy_to_gpu()
        return np.split(rows, np.cumsum(lengths)[:-1])

    def remove(self, document: str) -> None:
        """See VectorStore. Vectors are overwritten with zeros and removed from the index."""
        rows = self._documents.pop(document, None)
        if rows is not None:
            self._index.remove_ids(faiss.IDSelectorBatch(rows))
            self._matrix[rows] = 0
            self._used.difference_update(rows.tolist())
            self._free.extend(rows.tolist())
            if self._mirror is not None:
                self._mirror.remove(rows)
                if self._mirror.is_sparse:
                    self._copy_to_gpu()

    def nearest(self, queries: Vectors, count: int, labels: Labels | None = None) -> list[list[int]]:
        """See VectorStore."""
        wanted = min(count, len(self))
        if not wanted:
            return [[] for _ in queries]
        admitted = None if labels is None else self._admitted(labels)
        return [
            self._owners(self._nearest_here(query, wanted, admitted) if rows is None else rows)
            for query, rows in zip(queries, self._nearest_on_gpu(queries, wanted, admitted), strict=True)
        ]

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
        self._leave_gpu()

    @property
    def is_batched(self) -> bool:
        """See VectorStore."""
        return self._mirror is not None

    @property
    def is_approximate(self) -> bool:
        """Whether the store has grown beyond exact search."""
        return isinstance(self._index, faiss.IndexIVF)

    def _nearest_here(self, query: Vectors, count: int, admitted: _Admitted | None) -> Rows:
        # One query is a walk through memory: a second thread only waits for the first (1.6 ms against 4.0).
        faiss.omp_set_num_threads(1)  # of the calling thread alone
        parameters: Any = None
        if admitted is not None:
            untyped: Any = faiss  # its keyword arguments come with its Python wrapper
            selector = untyped.IDSelectorBitmap(admitted.bits)
            if self.is_approximate:
                parameters = untyped.SearchParametersIVF(sel=selector, nprobe=PROBES)
            else:
                parameters = untyped.SearchParameters(sel=selector)
        _, rows = self._index.search(query.reshape(1, -1), count, params=parameters)
        found: Rows = rows[0]
        return found[found >= 0]

    def _nearest_on_gpu(self, queries: Vectors, count: int, admitted: _Admitted | None) -> Sequence[Rows | None]:
        if self._mirror is not None:
            share = 1.0 if admitted is None else min(admitted.total / len(self), 1.0)
            with self._gpu_errors():
                return self._mirror.search(queries, count, admitted and admitted.rows, share)
        return [None] * len(queries)

    def _owners(self, rows: Rows) -> list[int]:
        return list(dict.fromkeys(self._owner[rows].tolist()))

    def _admitted(self, labels: Labels) -> _Admitted:
        admitted = self._admitted_by.get(labels)
        if admitted is None:
            if len(self._admitted_by) >= _MAX_MASKS:
                self._admitted_by.clear()
            rows = np.isin(self._label, np.fromiter(labels, np.int64, len(labels)))
            bits = np.packbits(rows, bitorder="little")
            admitted = self._admitted_by[labels] = _Admitted(rows, bits, int(np.count_nonzero(rows)))
        return admitted

    def _copy_to_gpu(self) -> None:
        """Copy all vectors to the GPU, into an index like the one here; again, if they are there."""
        self._leave_gpu()
        if self._gpu is None or len(self) < self._gpu_from:
            return
        template: Any = faiss.IndexFlatIP(self._dimension)
        if self.is_approximate:
            template = self._new_inverted_lists(self._coarse)
            template.is_trained, template.nprobe = True, PROBES
        with self._gpu_errors():
            self._mirror = GpuMirror(self._gpu, faiss.serialize_index(template).tobytes(), self.vectors)
            self._mirror.add(np.fromiter(sorted(self._used), np.int64, len(self._used)))

    def _leave_gpu(self) -> None:
        if self._mirror is not None:
            mirror, self._mirror = self._mirror, None
            with suppress(GpuLost):
                mirror.drop()

    @contextmanager
    def _gpu_errors(self) -> Iterator[None]:
        """Go on without the GPU when it fails or is full."""
        try:
            yield
        except GpuLost:
            self._gpu = self._mirror = None
        except DeviceFull as exc:
            note_fallback(Part.VECTORS, Reason.MEMORY, f"{len(self):,} vectors of a collection do not fit: {exc}")
            self._leave_gpu()
            self._gpu = None

    def _new_exact_index(self) -> Any:
        half = faiss.ScalarQuantizer.QT_fp16
        return faiss.IndexIDMap2(faiss.IndexScalarQuantizer(self._dimension, half, faiss.METRIC_INNER_PRODUCT))

    def _switch_to_inverted_lists(self) -> None:
        rows = np.fromiter(sorted(self._used), np.int64, len(self._used))
        lists = int(4 * np.sqrt(len(rows)))
        self._coarse = faiss.IndexFlatIP(self._dimension)  # FAISS does not keep it alive
        index = self._new_inverted_lists(self._coarse, lists)
        index.train(self._matrix[rows[:: max(1, len(rows) // (lists * 50))]].astype(np.float32))
        for part in np.array_split(rows, max(1, len(rows) // 65_536)):
            index.add_with_ids(self._matrix[part].astype(np.float32), part)
        index.nprobe = PROBES
        self._index = index

    def _new_inverted_lists(self, coarse: Any, lists: int | None = None) -> Any:
        """Empty inverted lists, one for each vector in `coarse` unless their number is given."""
        half = faiss.ScalarQuantizer.QT_fp16
        # by_residual is off: residuals would be rounded otherwise than the stored vectors.
        index: Any = faiss.IndexIVFScalarQuantizer(
            coarse, self._dimension, lists or coarse.ntotal, half, faiss.METRIC_INNER_PRODUCT, False
        )
        index.own_fields = False
        return index

    def _grow(self) -> None:
        size = len(self._matrix)
        self._matrix = np.concatenate([self._matrix, np.zeros_like(self._matrix)])
        self._owner = np.concatenate([self._owner, np.zeros_like(self._owner)])
        self._label = np.concatenate([self._label, np.zeros_like(self._label)])
        self._free = list(range(2 * size - 1, size - 1, -1)) + self._free
