"""
The vector store in Milvus, for collections that need more memory than one machine has. Only this module uses pymilvus.

Redis stays the source of truth, and Milvus is derived from it. There is one Milvus collection for each incarnation of a
collection and each embedder; a missing one is created again. Replicas share them. Each replica brings Milvus to the
state of Redis before it shows a document: the first one writes, and the others find the work done. The number of a row
follows from document, facts, passage and position. It is the same in every replica, and changes with any of these. A
replica skips rows that it does not know: their document is still to come, or is already deleted.

A replica that dies in mid-write may leave rows that belong to nothing. The replica that starts next deletes them.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import grpc
import numpy as np
import pymilvus  # pyright: ignore[reportMissingTypeStubs]
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random

from kefu.common.errors import BackendUnavailable, StartupError
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.embedders.embedder import HalfVectors
from kefu.retrieval.vectorstore.vector_store import Labels, PassageVectors, Rows, VectorStore, inner_products

_TIMEOUT_SECONDS = 10.0
_WRITE_BATCH = 1_000  # rows written or deleted in one call
_READ_BATCH = 8_000  # Milvus gives at most 16,384
_DROP_ATTEMPTS = 4


class MilvusStores:
    """VectorStores in Milvus."""

    is_persistent = True

    def __init__(self, url: str, token: str, prefix: str, embedder: str, dimension: int) -> None:
        """Connect; raises StartupError. `url` is a server's, or the path of a file (*.db) for milvus-lite."""
        untyped: Any = pymilvus
        try:
            self._client: Any = untyped.MilvusClient(uri=url, token=token, timeout=_TIMEOUT_SECONDS)
        except (untyped.MilvusException, grpc.RpcError, OSError, ImportError) as exc:
            raise StartupError(f"Milvus was not reached at KEFU_RETRIEVAL_MILVUS_URL ({exc}); is it running?") from exc
        self._prefix = prefix
        self._embedder = embedder
        self._dimension = dimension
        self._existing: set[str] = set()
        self._opened: set[str] = set()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def open(self, key: CollectionKey, incarnation: str) -> VectorStore:
        """See VectorStores."""
        what = "\x00".join((key.member, incarnation, self._embedder))
        name = f"{self._prefix}_{hashlib.sha256(what.encode()).hexdigest()[:32]}"
        with _milvus_errors():
            if not self._client.has_collection(name, timeout=_TIMEOUT_SECONDS):
                self._create(name, f"{key.member}, {self._embedder}")
            self._client.load_collection(name, timeout=_TIMEOUT_SECONDS)
        self._opened.add(name)
        return MilvusVectors(self._client, name, self._dimension)

    def begin_loading(self) -> None:
        """See VectorStores."""
        # Listed before Redis is read: a collection that another replica creates from now on is not among them.
        with _milvus_errors():
            names: list[str] = self._client.list_collections(timeout=_TIMEOUT_SECONDS)
        self._existing = {name for name in names if re.fullmatch(rf"{self._prefix}_[0-9a-f]{{32}}", name)}

    def end_loading(self) -> None:
        """See VectorStores."""
        with _milvus_errors():
            for name in self._existing - self._opened:
                _drop(self._client, name)

    def _create(self, name: str, description: str) -> None:
        types = pymilvus.DataType
        schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False, description=description)
        schema.add_field("row", types.INT64, is_primary=True)
        schema.add_field("document", types.VARCHAR, max_length=64)
        schema.add_field("facts", types.INT64)
        # Single precision holds the stored half precision to the bit; milvus-lite has no half-precision vectors.
        schema.add_field("vector", types.FLOAT_VECTOR, dim=self._dimension)
        index = self._client.prepare_index_params()
        index.add_index("vector", index_type="AUTOINDEX", metric_type="IP")
        # "Session": a replica sees its own writes at once. Writes of others are looked up again, not relied on.
        self._client.create_collection(
            name, schema=schema, index_params=index, consistency_level="Session", timeout=_TIMEOUT_SECONDS
        )


class MilvusVectors:
    """A VectorStore in one Milvus collection."""

    def __init__(self, client: Any, name: str, dimension: int) -> None:
        self._client = client
        self._name = name
        self._dimension = dimension
        self._rows: dict[str, Rows] = {}  # by document id
        self._owner: dict[int, int] = {}  # row to number of the passage
        self._existing_rows: Rows | None = None  # rows of before, between begin_filling and end_filling

    def __len__(self) -> int:
        return len(self._owner)

    def put(self, document: str, label: int, passages: Sequence[PassageVectors]) -> list[Rows]:
        """See VectorStore."""
        rows = [_row_numbers(document, label, passage.passage, len(passage.vectors)) for passage in passages]
        wanted = np.concatenate([*rows, np.empty(0, np.int64)])
        known = self._rows.get(document, np.empty(0, np.int64))
        missing = set(self._missing(np.setdiff1d(wanted, known)).tolist())
        self._write(
            [
                {"row": row, "document": document, "facts": label, "vector": vector.astype(np.float32)}
                for numbers, passage in zip(rows, passages, strict=True)
                for row, vector in zip(numbers.tolist(), passage.vectors, strict=True)
                if row in missing
            ]
        )
        self._delete(np.setdiff1d(known, wanted))
        for row in known.tolist():
            self._owner.pop(row, None)
        for numbers, passage in zip(rows, passages, strict=True):
            self._owner |= dict.fromkeys(numbers.tolist(), passage.number)
        self._rows[document] = wanted
        return rows

    def remove(self, document: str) -> None:
        """See VectorStore. Deletes all rows of the document, those of other replicas too."""
        with _milvus_errors():
            self._client.delete(self._name, filter=f'document == "{document}"', timeout=_TIMEOUT_SECONDS)
        for row in self._rows.pop(document, np.empty(0, np.int64)).tolist():
            self._owner.pop(row, None)

    is_batched = False  # not measured

    def nearest(self, queries: Vectors, count: int, labels: Labels | None = None) -> list[list[int]]:
        """See VectorStore."""
        if not self._owner or labels == frozenset():
            return [[] for _ in queries]
        with _milvus_errors():
            hits_by_query = self._client.search(
                self._name,
                data=list(queries),
                filter="" if labels is None else f"facts in {sorted(labels)}",
                limit=min(count, len(self)),
                output_fields=["row"],
                search_params={"metric_type": "IP"},
                timeout=_TIMEOUT_SECONDS,
            )
        owners = ([self._owner.get(hit["row"]) for hit in hits] for hits in hits_by_query)
        return [list(dict.fromkeys(owner for owner in each if owner is not None)) for each in owners]

    def cosines(self, queries: Vectors, rows: Rows) -> Vectors:
        """See VectorStore; 0 for a row that another replica has deleted already."""
        return inner_products(self.vectors(rows), queries)

    def vectors(self, rows: Rows) -> HalfVectors:
        """See VectorStore; zeros for a row that another replica has deleted already."""
        held = np.zeros((len(rows), self._dimension), np.float16)
        positions = {row: at for at, row in enumerate(rows.tolist())}
        for found in self._get(rows, "vector"):
            held[positions[found["row"]]] = found["vector"]
        return held

    def begin_filling(self) -> None:
        """See VectorStore."""
        with _milvus_errors():
            pages = self._client.query_iterator(self._name, batch_size=_READ_BATCH, output_fields=["row"])
            found: list[Rows] = []
            while page := pages.next():
                found.append(np.array([hit["row"] for hit in page], np.int64))
            pages.close()
        self._existing_rows = np.concatenate([*found, np.empty(0, np.int64)])

    def end_filling(self) -> None:
        """See VectorStore."""
        existing, self._existing_rows = self._existing_rows, None
        if existing is not None:
            self._delete(np.setdiff1d(existing, np.fromiter(self._owner, np.int64, len(self._owner))))

    def drop(self) -> None:
        """See VectorStore."""
        with _milvus_errors():
            _drop(self._client, self._name)

    def _missing(self, rows: Rows) -> Rows:
        """The rows that Milvus does not have."""
        if self._existing_rows is not None:
            return np.setdiff1d(rows, self._existing_rows)
        return np.setdiff1d(rows, np.array([found["row"] for found in self._get(rows, "row")], np.int64))

    def _get(self, rows: Rows, field: str) -> Iterator[Mapping[str, Any]]:
        for at in range(0, len(rows), _READ_BATCH):
            with _milvus_errors():
                yield from self._client.get(
                    self._name,
                    ids=rows[at : at + _READ_BATCH].tolist(),
                    output_fields=["row", field],
                    timeout=_TIMEOUT_SECONDS,
                )

    def _write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for at in range(0, len(rows), _WRITE_BATCH):
            with _milvus_errors():
                # Not an insert: another replica may be writing the very same row.
                self._client.upsert(self._name, list(rows[at : at + _WRITE_BATCH]), timeout=_TIMEOUT_SECONDS)

    def _delete(self, rows: Rows) -> None:
        for at in range(0, len(rows), _WRITE_BATCH):
            with _milvus_errors():
                self._client.delete(self._name, ids=rows[at : at + _WRITE_BATCH].tolist(), timeout=_TIMEOUT_SECONDS)


def _row_numbers(document: str, label: int, passage: str, count: int) -> Rows:
    def number(at: int) -> int:
        what = f"{document}\x00{label}\x00{passage}\x00{at}"
        return int.from_bytes(hashlib.blake2b(what.encode(), digest_size=8).digest(), "little") >> 1

    return np.fromiter(map(number, range(count)), np.int64, count)


def _drop(client: Any, name: str) -> None:
    """Drop a collection, with retries: all replicas do so at once, and milvus-lite may stop half-way."""
    untyped: Any = pymilvus
    retrying = Retrying(
        retry=retry_if_exception_type(untyped.MilvusException),
        stop=stop_after_attempt(_DROP_ATTEMPTS),
        wait=wait_random(0, 0.2),
        reraise=True,
    )
    retrying(client.drop_collection, name, timeout=_TIMEOUT_SECONDS)


@contextmanager
def _milvus_errors() -> Iterator[None]:
    """Raise BackendUnavailable for any error of pymilvus."""
    untyped: Any = pymilvus
    try:
        yield
    except (untyped.MilvusException, grpc.RpcError) as exc:
        raise BackendUnavailable(f"Milvus did not do what it was asked ({exc}); try again.") from exc
