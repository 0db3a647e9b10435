"""
The import: convert, embed, write, each by a task of its own, so that the model never waits for a converter or the disk.

Redis fsyncs its append-only file once a second by default, so waiting for each document by itself would import one a
second: the task that writes takes all that are ready and waits for the disk once.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field, replace

import numpy as np

from kefu.common.errors import DocumentNotFound
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.domain.curated_draft import CuratedDraft
from kefu.retrieval.domain.filters import strictest
from kefu.retrieval.embedders import BatchingEmbedder, Vectors
from kefu.retrieval.embedders.base import HalfVectors
from kefu.retrieval.ingest.conversion_pool import ConversionPool
from kefu.retrieval.ingest.types import ImportProgress, ImportReport, ImportResult, SourceDocument
from kefu.retrieval.ingest.unpacker import UnpackedDocument, Unpacker
from kefu.retrieval.replica.replica import Replica
from kefu.retrieval.storage.change_streams import ChangeId
from kefu.retrieval.storage.durable_writer import DurableWriter
from kefu.retrieval.storage.records import CuratedRecord, DocumentInfo, PassageText, document_id, split_vectors
from kefu.retrieval.storage.store import KnowledgeStore

_PROGRESS_SECONDS = 0.25
_MAX_CONVERTED = 16  # documents converted and not yet embedded, a bound on memory
_MAX_PENDING_WRITES = 64  # documents embedded and not yet written, likewise


@dataclass
class _PendingWrite:
    """What only has to be written."""

    result: ImportResult
    info: DocumentInfo | None = None
    texts: dict[str, PassageText] = field(default_factory=dict[str, PassageText])
    vectors: dict[str, HalfVectors] = field(default_factory=dict[str, HalfVectors])
    records: list[CuratedRecord] = field(default_factory=list[CuratedRecord])


OpenWriter = Callable[[], AbstractAsyncContextManager[DurableWriter]]


class Importer:
    """Imports documents into one collection, for one caller."""

    def __init__(
        self,
        key: CollectionKey,
        store: KnowledgeStore,
        embedder: BatchingEmbedder,
        conversion_pool: ConversionPool,
        replica: Replica,
        open_writer: OpenWriter,
    ) -> None:
        self._key = key
        self._store = store
        self._embedder = embedder
        self._conversion_pool = conversion_pool
        self._replica = replica
        self._open_writer = open_writer
        self._reports: asyncio.Queue[ImportReport | None] = asyncio.Queue()
        self._converted: asyncio.Queue[UnpackedDocument | ImportResult | None] = asyncio.Queue(_MAX_CONVERTED)
        self._pending: asyncio.Queue[_PendingWrite | None] = asyncio.Queue(_MAX_PENDING_WRITES)

    async def run(self, sources: AsyncIterator[SourceDocument]) -> AsyncGenerator[ImportReport, None]:
        """Import documents as they come, and report. A result other than FAILED is on disk in Redis.

        Raises what ends the import as a whole: CollectionNotFound, NotDurable, BackendUnavailable, or what `sources`
        raises; documents with a result stay imported.
        """
        await self._replica.check_embedder(self._key)
        tasks = [
            asyncio.create_task(self._write(), name="import-write"),
            asyncio.create_task(self._embed(), name="import-embed"),
            asyncio.create_task(self._convert(sources), name="import-convert"),
        ]
        try:
            while (report := await self._next_report(tasks)) is not None:
                yield report
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _next_report(self, tasks: list[asyncio.Task[None]]) -> ImportReport | None:
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

    async def _convert(self, sources: AsyncIterator[SourceDocument]) -> None:
        unpacker = Unpacker(self._key, self._store, self._conversion_pool, self._reports.put)
        async for source in sources:
            async for one in unpacker.unpack(source):
                await self._converted.put(one)
        await self._converted.put(None)

    async def _embed(self) -> None:
        ended = False
        while not ended:
            batch = [await self._converted.get()]
            # More than one document only for a model that takes many passages at once.
            while not self._converted.empty() and _text_count(batch) < self._embedder.embedder.passage_batch_size:
                batch.append(self._converted.get_nowait())
            ended = None in batch
            taken = [one for one in batch if isinstance(one, UnpackedDocument) and not one.source.curated]
            made = iter(await self._embed_documents(taken))
            for one in filter(None, batch):
                if isinstance(one, ImportResult):
                    await self._pending.put(_PendingWrite(one))
                else:
                    await self._pending.put(await self._embed_curated(one) if one.source.curated else next(made))
        await self._pending.put(None)

    async def _embed_documents(self, taken: Sequence[UnpackedDocument]) -> list[_PendingWrite]:
        vectors = [await self._stored_vectors(one) for one in taken]
        wanted = [
            (number, chunk)
            for number, one in enumerate(taken)
            for chunk in {chunk.id: chunk for chunk in one.converted.chunks}.values()
            if chunk.id not in vectors[number]
        ]
        rows: list[Vectors] = []
        told = 0.0
        upcoming = iter(wanted)
        current = next(upcoming, None)
        async for part in self._embedder.passages([text for _, chunk in wanted for text in chunk.embedded_texts]):
            rows.append(part)
            while current is not None and sum(map(len, rows)) >= len(current[1].embedded_texts):
                number, chunk = current
                whole = np.concatenate(rows)
                vectors[number][chunk.id] = whole[: len(chunk.embedded_texts)].astype(np.float16)
                rows = [whole[len(chunk.embedded_texts) :]]
                current = next(upcoming, None)
                if time.monotonic() - told >= _PROGRESS_SECONDS:
                    told = time.monotonic()
                    total = len(taken[number].converted.chunks)
                    await self._reports.put(ImportProgress(taken[number].source.path, total, len(vectors[number])))
        return [_pending_write(one, found) for one, found in zip(taken, vectors, strict=True)]

    async def _stored_vectors(self, taken: UnpackedDocument) -> dict[str, HalfVectors]:
        """Vectors of passages that were there before, which are not computed again."""
        stored = await self._store.vectors_of(self._key, self._embedder.id, document_id(taken.source.path))
        kept = split_vectors(stored, self._embedder.embedder.dimension)
        return {chunk.id: kept[chunk.id] for chunk in taken.converted.chunks if chunk.id in kept}

    async def _embed_curated(self, taken: UnpackedDocument) -> _PendingWrite:
        audience = taken.source.audience
        drafts = [replace(draft, audience=strictest(audience, draft.audience)) for draft in taken.converted.curated]
        there = await self._store.curated(self._key, [draft.id for draft in drafts])
        records: list[CuratedRecord] = []
        for draft in drafts:
            before = there.get(draft.id)
            if before and _is_unchanged(before, draft):
                continue
            vectors = await self._embedder.queries(draft.questions)
            records.append(CuratedRecord.from_draft(draft, vectors.astype(np.float16), self._embedder.id))
            await self._reports.put(ImportProgress(taken.source.path, len(drafts), len(records)))
        outcome = "UNCHANGED" if not records else "UPDATED" if there else "CREATED"
        return _PendingWrite(ImportResult(taken.source.path, outcome, passages=len(drafts)), records=records)

    async def _write(self) -> None:
        ended = False
        while not ended:
            batch = [await self._pending.get()]
            while not self._pending.empty():
                batch.append(self._pending.get_nowait())
            ended = None in batch
            results: list[ImportResult] = []
            change: ChangeId = ""
            async with self._open_writer() as writer:
                for ready in filter(None, batch):
                    result, change = await self._write_one(writer, ready, change)
                    results.append(result)
                await writer.wait_until_on_disk()
            if change and ended:
                await self._replica.wait_for_change(self._key, change)
            for result in results:
                await self._reports.put(result)
        await self._reports.put(None)

    async def _write_one(
        self, writer: DurableWriter, ready: _PendingWrite, change: ChangeId
    ) -> tuple[ImportResult, ChangeId]:
        result = ready.result
        if ready.info is not None:
            embedder = self._embedder.id
            is_new, change = await self._store.put_document(
                writer, self._key, ready.info, ready.texts, ready.vectors, embedder
            )
            return replace(result, outcome="CREATED" if is_new else "UPDATED"), change
        if result.outcome == "DELETED":
            with suppress(DocumentNotFound):  # someone else was faster
                change = await self._store.delete_document(writer, self._key, result.document)
            return replace(result, document=""), change
        if result.outcome == "UNCHANGED":
            # Whoever wrote it may not have lived to see it on disk.
            await self._store.confirm(writer, self._key)
        for record in ready.records:
            change = await self._store.put_curated(writer, self._key, record)
        return result, change


def _text_count(batch: Sequence[UnpackedDocument | ImportResult | None]) -> int:
    """Texts to embed in a batch; what has none counts as one, so that a batch ends."""
    return sum(
        max(sum(len(chunk.embedded_texts) for chunk in one.converted.chunks), 1)
        if isinstance(one, UnpackedDocument)
        else 1
        for one in batch
    )


def _pending_write(taken: UnpackedDocument, vectors: dict[str, HalfVectors]) -> _PendingWrite:
    source, converted, ident = taken.source, taken.converted, document_id(taken.source.path)
    info = DocumentInfo(
        id=ident,
        path=source.path,
        title=converted.title,
        language=source.language or converted.language,
        uri=source.uri or converted.uri,
        valid_from=source.valid_from or converted.valid_from,
        valid_until=source.valid_until or converted.valid_until,
        audience=strictest(source.audience, converted.audience),
        metadata=tuple(sorted({**dict(converted.metadata), **dict(source.metadata)}.items())),
        sha256=taken.sha256,
        import_key=taken.import_key,
        passages=tuple(chunk.id for chunk in converted.chunks),
        update_time=time.time(),
    )
    texts = {chunk.id: PassageText(chunk.text, chunk.headings, chunk.page) for chunk in converted.chunks}
    result = ImportResult(source.path, "CREATED", ident, len(converted.chunks), message=converted.remark)
    return _PendingWrite(result, info, texts, vectors)


def _is_unchanged(before: CuratedRecord, draft: CuratedDraft) -> bool:
    return (
        *(before.questions, before.answer, before.language),
        *(before.valid_from, before.valid_until, before.priority, before.audience),
    ) == (
        *(draft.questions, draft.answer, draft.language),
        *(draft.valid_from, draft.valid_until, draft.priority, draft.audience),
    )
