"""The protocol of vector stores."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.embedders.base import HalfVectors

Rows = npt.NDArray[np.int64]

Labels = frozenset[int]
"""Labels of the documents that a search may find; see `Facts.label`."""


def inner_products(rows: HalfVectors, queries: Vectors) -> Vectors:
    """Inner product of each row and each column of `queries`; see VectorStore.cosines.

    This uses numpy's own loops: for so few numbers BLAS wakes threads that spin on the service's cores. It widens half
    precision by a table, because numpy does so number by number.
    """
    wide = _HALF_TO_SINGLE.take(rows.view(np.uint16))
    columns = [np.einsum("ij,j->i", wide, np.ascontiguousarray(column)) for column in queries.T]
    return np.stack(columns, axis=1)


class PassageVectors(NamedTuple):
    """The vectors of one passage, for a vector store."""

    number: int
    """Number of the passage in the index."""
    passage: str
    vectors: HalfVectors


_HALF_TO_SINGLE = np.arange(2**16, dtype=np.uint16).view(np.float16).astype(np.float32)


class VectorStore(Protocol):
    """Unit vectors of a collection's passages. Not safe for several threads at once.

    A store outside this process raises BackendUnavailable when it fails; the call may be repeated.
    """

    def __len__(self) -> int:
        """Number of vectors."""
        ...

    def put(self, document: str, label: int, passages: Sequence[PassageVectors]) -> list[Rows]:
        """Create or replace a document's vectors. Returns the rows of each passage."""
        ...

    def remove(self, document: str) -> None:
        """Remove a document's vectors, if there are any."""
        ...

    @property
    def is_batched(self) -> bool:
        """Whether `nearest` takes hardly longer for many queries than for one, so that searches gather for it."""
        ...

    def nearest(self, queries: Vectors, count: int, labels: Labels | None = None) -> list[list[int]]:
        """For each query, numbers of the passages with the `count` nearest vectors, each once, best first.

        Only documents with one of `labels` are searched; None: all.
        """
        ...

    def cosines(self, queries: Vectors, rows: Rows) -> Vectors:
        """Inner product of each row and each column of `queries`."""
        ...

    def vectors(self, rows: Rows) -> HalfVectors:
        """A copy of some rows."""
        ...

    def begin_filling(self) -> None:
        """Begin to put all current documents; `end_filling` follows."""
        ...

    def end_filling(self) -> None:
        """Remove all documents that were not put since `begin_filling`."""
        ...

    def drop(self) -> None:
        """Delete the whole store: its collection is deleted. The store is not used any more."""
        ...


class VectorStores(Protocol):
    """The vector stores of a process's collections. Methods may block, and raise BackendUnavailable."""

    is_persistent: bool
    """Whether vectors survive a restart: then no snapshot is needed."""

    def open(self, key: CollectionKey, incarnation: str) -> VectorStore:
        """The store of a collection: empty, or with the vectors of before."""
        ...

    def begin_loading(self) -> None:
        """Begin to open all current collections; `end_loading` follows."""
        ...

    def end_loading(self) -> None:
        """Drop stores that existed before and were not opened since `begin_loading`."""
        ...
