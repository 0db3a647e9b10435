"""The protocol of vector stores."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.embedders.embedder import HalfVectors

Rows = npt.NDArray[np.int64]

Labels = frozenset[int]
"""Labels of the documents that a search may find; see `Facts.label`."""


_MORE_FRACTION_BITS = 23 - 10  # of single precision than of half precision
_HALF_BITS = np.array(0x8FFFE000, np.uint32).view(np.int32)  # sign, exponent and fraction, where they lie then
_WIDENED_BY = np.float32(2.0 ** (127 - 15))
"""The difference of the two exponents' biases, as a factor. Products with a power of two are exact."""


def inner_products(rows: HalfVectors, queries: Vectors) -> Vectors:
    """Inner product of each row and each column of `queries`; see VectorStore.cosines.

    This uses numpy's own loops: for so few numbers BLAS wakes threads that spin on the service's cores.
    """
    wide = _widened(rows)
    columns = [np.einsum("ij,j->i", wide, column) for column in np.ascontiguousarray(queries.T) * _WIDENED_BY]
    return np.stack(columns, axis=1)


def _widened(rows: HalfVectors) -> Vectors:
    """Half-precision numbers in single precision, divided by `_WIDENED_BY`.

    Only their bits are moved to where single precision has them, since numpy widens number by number.
    """
    bits = rows.view(np.int16).astype(np.int32)
    bits <<= _MORE_FRACTION_BITS
    bits &= _HALF_BITS
    return bits.view(np.float32)


class PassageVectors(NamedTuple):
    """The vectors of one passage, for a vector store."""

    number: int
    """Number of the passage in the index."""
    passage: str
    vectors: HalfVectors


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
