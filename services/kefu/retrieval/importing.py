"""
The import: read, cut, embed, write, and wait for the disk once for all documents that are ready meanwhile.

Redis fsyncs its append-only file once a second by default, so waiting for each document by itself would import one a
second. Documents are embedded one after another; a second task writes those that are ready and waits for the disk.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace

import numpy as np

from kefu.common.errors import BadRequest
from kefu.common.language import language_of
from kefu.common.names import check_day
from kefu.retrieval import chunking
from kefu.retrieval.changes import ChangeId
from kefu.retrieval.chunking import Chunk, cut
from kefu.retrieval.curated_import import read_curated
from kefu.retrieval.documents import read_document
from kefu.retrieval.durable import DurableWriter
from kefu.retrieval.embedders import BatchingEmbedder
from kefu.retrieval.keys import CollectionKey
from kefu.retrieval.parsed import Unreadable
from kefu.retrieval.records import CuratedRecord, DocumentInfo, PassageText, document_id, split_vectors
from kefu.retrieval.replica import Replica
from kefu.retrieval.store import KnowledgeStore
from kefu.retrieval.vectors import Halves

MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
_PROGRESS_SECONDS = 0.25
_READY_AT_ONCE = 64  # documents embedded and not yet written, a bound on memory


@dataclass(frozen=True)
class Source:
    """A document as it was sent; see DocumentStart of the contract."""

    path: str
    data: bytes
    media_type: str = ""
    title: str = ""
    language: str = ""
    uri: str = ""
    valid_from: str = ""
    valid_until: str = ""
    curated: bool = False


@dataclass(frozen=True)
class Progress:
    """How far a document is."""

    path: str
    passages_total: int
    passages_embedded: int


@dataclass(frozen=True)
class Result:
    """What became of a document: CREATED, UPDATED, UNCHANGED or FAILED."""

    path: str
    outcome: str
    document: str = ""
    passages: int = 0
    reason: str = ""
    message: str = ""


@dataclass
class _Ready:
    """A document that only has to be written."""

    result: Result
    info: DocumentInfo | None = None
    texts: dict[str, PassageText] = field(default_factory=dict[str, PassageText])
    vectors: dict[str, Halves] = field(default_factory=dict[str, Halves])
    records: list[CuratedRecord] = field(default_factory=list[CuratedRecord])


Report = Progress | Result
OpenWriter = Callable[[], AbstractAsyncContextManager[DurableWriter]]


class Importer:
    """Imports documents into one collection, for one caller."""

    def __init__(
        self,
        key: CollectionKey,
        store: KnowledgeStore,
        embedder: BatchingEmbedder,
        replica: Replica,
        open_writer: OpenWriter,
    ) -> None:
        self._key = key
        self._store = store
        self._embedder = embedder
        self._replica = replica
        self._open_writer = open_writer
        self._reports: asyncio.Queue[Report | None] = asyncio.Queue()
        self._ready: asyncio.Queue[_Ready | None] = asyncio.Queue(_READY_AT_ONCE)

    async def run(self, sources: AsyncIterator[Source]) -> AsyncGenerator[Report, None]:
        """Import documents as they come, and report. A result other than FAILED is on disk in Redis.

        Raises what ends the import as a whole: CollectionNotFound, NotDurable, BackendUnavailable, or what `sources`
        raises; documents with a result stay imported.
        """
        await self._replica.check(self._key)
        tasks = [
            asyncio.create_task(self._write(), name="import-write"),
            asyncio.create_task(self._read(sources), name="import-read"),
        ]
        try:
            while (report := await self._next_report(tasks)) is not None:
                yield report
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _next_report(self, tasks: list[asyncio.Task[None]]) -> Report | None:
        getting = asyncio.ensure_future(self._reports.get())
        try:
            while True:
                running = {task for task in tasks if not task.done()}
                await asyncio.wait({getting, *running}, return_when=asyncio.FIRST_COMPLETED)
                if getting.done():
                    return getting.result()
                for task in tasks:
                    if task.done():
                        task.result()  # raises what ended it
        finally:
            getting.cancel()

    async def _read(self, sources: AsyncIterator[Source]) -> None:
        async for source in sources:
            try:
                if len(source.data) > MAX_DOCUMENT_BYTES:
                    raise Unreadable("TOO_LARGE", "The file has more than 64 MiB; split it.")
                ready = await (self._curated(source) if source.curated else self._document(source))
            except Unreadable as exc:
                ready = _Ready(Result(source.path, "FAILED", reason=exc.reason, message=exc.message))
            except BadRequest as exc:
                ready = _Ready(Result(source.path, "FAILED", reason=exc.reason, message=exc.message))
            await self._ready.put(ready)
        await self._ready.put(None)

    async def _document(self, source: Source) -> _Ready:
        for name, day in (("valid_from", source.valid_from), ("valid_until", source.valid_until)):
            check_day(name, day)
        import_key = _import_key(source)
        ident = document_id(source.path)
        before = (await self._store.documents(self._key, [ident])).get(ident)
        if before and before.import_key == import_key:
            return _Ready(Result(source.path, "UNCHANGED", ident, len(before.passages)))
        title, chunks, language = await asyncio.to_thread(_read_and_cut, source)
        info = DocumentInfo(
            id=ident,
            path=source.path,
            title=title,
            language=source.language or language,
            uri=source.uri,
            valid_from=source.valid_from,
            valid_until=source.valid_until,
            sha256=hashlib.sha256(source.data).hexdigest(),
            import_key=import_key,
            passages=tuple(chunk.id for chunk in chunks),
            update_time=time.time(),
        )
        vectors = await self._vectors(source.path, ident, chunks)
        texts = {chunk.id: PassageText(chunk.text, chunk.headings) for chunk in chunks}
        return _Ready(Result(source.path, "CREATED", ident, len(chunks)), info, texts, vectors)

    async def _vectors(self, path: str, document: str, chunks: list[Chunk]) -> dict[str, Halves]:
        """Vectors of each passage; those of passages that were there before are not computed again."""
        embedder = self._embedder.embedder
        kept = split_vectors(await self._store.vectors_of(self._key, embedder.id, document), embedder.dimension)
        vectors = {chunk.id: kept[chunk.id] for chunk in chunks if chunk.id in kept}
        told = 0.0
        for chunk in chunks:
            if chunk.id not in vectors:
                parts = [part async for part in self._embedder.passages(chunk.embedded)]
                vectors[chunk.id] = np.concatenate(parts).astype(np.float16)
            if time.monotonic() - told >= _PROGRESS_SECONDS:
                told = time.monotonic()
                await self._reports.put(Progress(path, len(chunks), len(vectors)))
        return vectors

    async def _curated(self, source: Source) -> _Ready:
        drafts = await asyncio.to_thread(read_curated, source.data)
        there = await self._store.curated(self._key, [draft.id for draft in drafts])
        records: list[CuratedRecord] = []
        for draft in drafts:
            before = there.get(draft.id)
            if before and (before.questions, before.answer, before.language) == (
                draft.questions,
                draft.answer,
                draft.language,
            ):
                continue
            vectors = await self._embedder.queries(draft.questions)
            records.append(draft.record(vectors.astype(np.float16), self._embedder.embedder.id))
            await self._reports.put(Progress(source.path, len(drafts), len(records)))
        outcome = "UNCHANGED" if not records else "UPDATED" if there else "CREATED"
        return _Ready(Result(source.path, outcome, passages=len(drafts)), records=records)

    async def _write(self) -> None:
        ended = False
        while not ended:
            batch = [await self._ready.get()]
            while not self._ready.empty():
                batch.append(self._ready.get_nowait())
            ended = None in batch
            results: list[Result] = []
            change: ChangeId = ""
            async with self._open_writer() as writer:
                for ready in filter(None, batch):
                    result, change = await self._write_one(writer, ready, change)
                    results.append(result)
                await writer.wait_until_on_disk()
            if change and ended:
                await self._replica.reached(self._key, change)
            for result in results:
                await self._reports.put(result)
        await self._reports.put(None)

    async def _write_one(self, writer: DurableWriter, ready: _Ready, change: ChangeId) -> tuple[Result, ChangeId]:
        if ready.info is not None:
            embedder = self._embedder.embedder.id
            is_new, change = await self._store.put_document(
                writer, self._key, ready.info, ready.texts, ready.vectors, embedder
            )
            return replace(ready.result, outcome="CREATED" if is_new else "UPDATED"), change
        if ready.result.outcome == "UNCHANGED":
            # Whoever wrote it may not have lived to see it on disk.
            await self._store.confirm(writer, self._key)
        for record in ready.records:
            change = await self._store.put_curated(writer, self._key, record)
        return ready.result, change


def _read_and_cut(source: Source) -> tuple[str, list[Chunk], str]:
    parsed = read_document(source.path, source.data, media_type=source.media_type, title=source.title)
    text = "\n".join(block.text for block in parsed.blocks)
    language = language_of(f"{parsed.title}\n{text}")
    return parsed.title, cut(parsed), language


def _import_key(source: Source) -> str:
    parts = (
        *(str(chunking.VERSION), source.path, source.media_type, source.title, source.language),
        *(source.uri, source.valid_from, source.valid_until),
    )
    return hashlib.sha256("\x00".join(parts).encode() + b"\x00" + source.data).hexdigest()
