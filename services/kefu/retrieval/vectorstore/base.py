"""What a store of vectors does for a collection, whichever it is: FAISS in memory, or Milvus."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.embedders.base import HalfVectors

Rows = npt.NDArray[np.int64]

Labels = frozenset[int]
"""Labels of documents that may be found, see `Facts.label`."""


def inner_products(rows: HalfVectors, queries: Vectors) -> Vectors:
    """Of each row and each column of `queries`; see VectorStore.cosines.

    By numpy's own loops: for so few numbers BLAS wakes threads that spin on the cores the service answers with. And by
    a table, since numpy widens half precision number by number.
    """
    wide = _HALF_TO_SINGLE.take(rows.view(np.uint16))
    columns = [np.einsum("ij,j->i", wide, np.ascontiguousarray(column)) for column in queries.T]
    return np.stack(columns, axis=1)


class PassageVectors(NamedTuple):
    """The vectors of one passage, for a store."""

    number: int
    """By which the index knows it."""
    passage: str
    vectors: HalfVectors


_HALF_TO_SINGLE = np.arange(2**16, dtype=np.uint16).view(np.float16).astype(np.float32)


class VectorStore(Protocol):
    """Unit vectors of a collection's passages. Not safe for several threads at once.

    What a store outside this process cannot do raises BackendUnavailable, and may be done again.
    """

    def __len__(self) -> int:
        """Vectors in it."""
        ...

    def put(self, document: str, label: int, passages: Sequence[PassageVectors]) -> list[Rows]:
        """Keep a document's vectors in place of those it had; the rows of each passage."""
        ...

    def remove(self, document: str) -> None:
        """Forget a document's vectors; nothing happens when there are none."""
        ...

    def nearest(self, query: Vectors, count: int, labels: Labels | None = None) -> list[int]:
        """Numbers of the passages that the `count` nearest vectors belong to, each once, best first; of documents with
        one of `labels`, None: of all.
        """
        ...

    def cosines(self, queries: Vectors, rows: Rows) -> Vectors:
        """Inner product of each row and each column of `queries`."""
        ...

    def vectors(self, rows: Rows) -> HalfVectors:
        """A copy of some rows."""
        ...

    def begin_filling(self) -> None:
        """All documents that there are will be put; then comes `end_filling`."""
        ...

    def end_filling(self) -> None:
        """Forget whatever was not put."""
        ...

    def drop(self) -> None:
        """Forget everything: the collection is gone. The store is not used after that."""
        ...


class VectorStores(Protocol):
    """Where the vectors of a process's collections are searched. Methods may block, and raise BackendUnavailable."""

    is_persistent: bool
    """What they hold is there after a restart: no snapshot is needed for it."""

    def open(self, key: CollectionKey, incarnation: str) -> VectorStore:
        """The store of a collection, empty or as it was left."""
        ...

    def begin_loading(self) -> None:
        """All collections that there are will be opened; then comes `end_loading`."""
        ...

    def end_loading(self) -> None:
        """Drop what was there before and was not opened."""
        ...
