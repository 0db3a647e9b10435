"""
Snapshot of an index on local disk: ids, vectors and salted hashes of words of one collection, never text.

A snapshot only saves time at the start; Redis stays the source of truth. A snapshot is ignored if it cannot be read, or
if it was made for another embedder, another version of the analyzer or another incarnation of the collection.
"""

import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from kefu.retrieval.domain.chunk_header import ChunkHeader
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.domain.filters import Audience, Facts, Validity
from kefu.retrieval.index.passage_index import IndexedDocument, IndexedPassage, PassageIndex
from kefu.retrieval.text import analyzer

_FORMAT = 3
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class Snapshot:
    """The content of a snapshot file: the documents as of a change, and that change's id."""

    last_change: str
    documents: list[IndexedDocument]


class Snapshots:
    """A folder of snapshots. Methods block."""

    def __init__(self, folder: Path, embedder: str) -> None:
        """Snapshots in `folder`, which is created if it is missing, for an embedder's id."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._embedder = embedder

    def path(self, key: CollectionKey) -> Path:
        """Path of a collection's snapshot."""
        version = f"@{key.version}" if key.version else ""
        return self._folder / f"{key.tenant}.{key.collection}{version}.npz"

    def delete(self, key: CollectionKey) -> None:
        """Delete a snapshot: at once, when something was deleted from the collection."""
        self.path(key).unlink(missing_ok=True)

    def write(self, key: CollectionKey, incarnation: str, snapshot: Snapshot) -> None:
        """Replace the snapshot of a collection, atomically."""
        passages = [passage for document in snapshot.documents for passage in document.passages]
        header = {
            **self._compatibility(incarnation),
            "last_change": snapshot.last_change,
            "documents": [
                [
                    document.id,
                    _dump_facts(document.facts),
                    [_dump_passage(passage) for passage in document.passages],
                ]
                for document in snapshot.documents
            ],
        }
        path = self.path(key)
        temporary = path.with_suffix(f".{os.getpid()}.part")
        try:
            with temporary.open("wb") as file:
                np.savez(
                    file,
                    header=np.frombuffer(json.dumps(header).encode(), np.uint8),
                    terms=np.concatenate([np.empty(0, np.uint64), *(passage.terms for passage in passages)]),
                    vectors=np.concatenate([passage.vectors for passage in passages]) if passages else np.empty((0, 0)),
                )
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def read(self, key: CollectionKey, incarnation: str) -> Snapshot | None:
        """The snapshot of this incarnation of a collection; None without a usable one."""
        try:
            with np.load(self.path(key), allow_pickle=False) as arrays:
                header: dict[str, Any] = json.loads(arrays["header"].tobytes())
                if any(header.get(name) != value for name, value in self._compatibility(incarnation).items()):
                    return None
                return Snapshot(header["last_change"], _load_documents(header, arrays["terms"], arrays["vectors"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as exc:
            _log.warning("snapshot.unreadable", path=str(self.path(key)), cause=str(exc))
            return None

    def _compatibility(self, incarnation: str) -> dict[str, object]:
        return {
            "format": _FORMAT,
            "words": analyzer.VERSION,
            "embedder": self._embedder,
            "incarnation": incarnation,
        }


def documents_in(index: PassageIndex) -> list[IndexedDocument]:
    """The documents of an index, as a snapshot keeps them."""
    documents: list[IndexedDocument] = []
    for document in index.documents:
        entries = index.entries_of(document)
        first = entries[0] if entries else None
        documents.append(
            IndexedDocument(
                document,
                first.facts if first else Facts(),
                [
                    IndexedPassage(entry.passage, entry.terms, index.vectors.vectors(entry.rows), entry.header)
                    for entry in entries
                ],
            )
        )
    return documents


def _dump_facts(facts: Facts) -> list[object]:
    return [facts.language, facts.validity.first, facts.validity.last, facts.audience, facts.metadata]


def _load_facts(language: str, first: str, last: str, audience: str, metadata: list[list[str]]) -> Facts:
    return Facts(language, Validity(first, last), Audience(audience), tuple((key, value) for key, value in metadata))


def _dump_passage(passage: IndexedPassage) -> list[object]:
    header = [passage.header.hash, passage.header.is_question] if passage.header else []
    return [passage.id, len(passage.terms), len(passage.vectors), *header]


def _load_documents(header: dict[str, Any], terms: Any, vectors: Any) -> list[IndexedDocument]:
    documents: list[IndexedDocument] = []
    term_at = vector_at = 0
    for document, facts, parts in header["documents"]:
        passages: list[IndexedPassage] = []
        for passage, term_count, vector_count, *chunk_header in parts:
            passages.append(
                IndexedPassage(
                    passage,
                    terms[term_at : term_at + term_count],
                    vectors[vector_at : vector_at + vector_count],
                    ChunkHeader(*chunk_header) if chunk_header else None,
                )
            )
            term_at, vector_at = term_at + term_count, vector_at + vector_count
        documents.append(IndexedDocument(document, _load_facts(*facts), passages))
    return documents
