"""The plan of a run: what it would change, before anything is changed."""

import tempfile
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import TypeAdapter

from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.ingest.import_types import SourceDocument
from kefu.retrieval.sources.similarity import Sketch
from kefu.retrieval.sources.source import DocumentOutcome, Item, Source

_SPOOLED_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class Change:
    """One document that a plan would add, change, move or take away."""

    kind: Literal["added", "changed", "moved", "gone"]
    address: str
    path: str
    """Path of the document in the collection."""
    item: Item | None = None
    """What is known of it once that is done; None for one that goes."""
    media_type: str = ""
    title: str = ""
    uri: str = ""
    moved_from: str = ""
    """Address that it had."""
    reason: str = ""
    old_length: int = 0
    """Characters of its text as it is searched now; 0: it is not."""


CHANGES = TypeAdapter(list[Change])


class Contents(Protocol):
    """The bytes of the documents that a plan would import, by address."""

    async def data(self, address: str) -> bytes:
        """The bytes of a document. Raises LookupError when they are not kept any longer."""
        ...


class Spool:
    """Contents on disk: most in memory, what is more in a file that nobody else sees. Bytes are kept packed."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_SPOOLED_BYTES)  # noqa: SIM115 - closed by `close`
        self._places: dict[str, tuple[int, int]] = {}

    def close(self) -> None:
        """Drop all of it."""
        self._file.close()

    def put(self, address: str, data: bytes) -> None:
        """Keep a document's bytes."""
        packed = zlib.compress(data, 1)
        at = self._file.seek(0, 2)
        self._file.write(packed)
        self._places[address] = (at, len(packed))

    @property
    def packed_bytes(self) -> int:
        """What is kept, packed."""
        return sum(length for _, length in self._places.values())

    async def data(self, address: str) -> bytes:
        """See Contents."""
        at, length = self._places[address]
        self._file.seek(at)
        return zlib.decompress(self._file.read(length))


@dataclass
class Plan:
    """What a run would change. `total`: documents of the source that are searched now."""

    source: Source
    key: CollectionKey
    contents: Contents
    text_of: Callable[[Change, bytes], Awaitable[str]]
    """The text that a document would have."""
    old_text_of: Callable[[str], Awaitable[str]]
    """The text that the document at a path has now; empty without one."""
    total: int
    reads_pictures: bool
    """Whether text recognition is on: what a document's import key tells, too."""
    changes: dict[str, Change] = field(default_factory=dict[str, Change])
    """By address."""
    sketches: dict[str, Sketch] = field(default_factory=dict[str, Sketch])
    """Of the texts that changed documents would have."""
    lengths: dict[str, int] = field(default_factory=dict[str, int])
    """Their characters."""
    redirects: Counter[str] = field(default_factory=Counter[str])
    """How many documents that are searched now lead to an address instead, by that."""
    items: dict[str, Item | None] = field(default_factory=dict[str, Item | None])
    """What is known of documents that are not changed, where it is another thing now; None: nothing any more."""
    outcomes: list[DocumentOutcome] = field(default_factory=list[DocumentOutcome])
    """Of documents that are not changed and not unchanged: failed, missing, forbidden."""
    unchanged: int = 0

    async def old_text(self, address: str) -> str:
        """The text of a document as it is searched now; empty for a new one."""
        return await self.old_text_of(self.changes[address].path)

    async def new_text(self, address: str) -> str:
        """The text that a document would have; empty for one that goes."""
        change = self.changes[address]
        return "" if change.kind == "gone" else await self.text_of(change, await self.contents.data(address))

    async def document(self, change: Change) -> SourceDocument:
        """A document as it would be imported."""
        return document_of(self.source, change, await self.contents.data(change.address))


def document_of(source: Source, change: Change, data: bytes) -> SourceDocument:
    """A changed document as the importer takes it."""
    return SourceDocument(
        path=change.path,
        data=data,
        media_type=change.media_type,
        title=change.title,
        language=source.language,
        uri=change.uri,
        audience=source.audience,
        metadata=source.metadata,
    )


def searched(items: Mapping[str, Item]) -> int:
    """How many of some documents are in the collection."""
    return sum(bool(each.key) for each in items.values())
