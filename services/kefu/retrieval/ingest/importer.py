"""
The importer: one task converts, one embeds, one writes. So the model never waits for a conversion or for the disk.

Redis fsyncs its append-only file once a second by default. A wait for each document would import one a second. So the
task that writes takes all pending documents and waits for the disk once.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field, replace

import numpy as np
from prometheus_client import Counter

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import DocumentNotFound
from kefu.common.redis.memory_guard import MemoryGuard
from kefu.retrieval.domain.chunk_header import chunk_header_text
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.domain.curated_draft import CuratedDraft
from kefu.retrieval.domain.filters import strictest
from kefu.retrieval.embedders import BatchingEmbedder, Vectors
from kefu.retrieval.embedders.embedder import HalfVectors
from kefu.retrieval.ingest.conversion import ConvertedDocument
from kefu.retrieval.ingest.conversion_pool import ConversionPool
from kefu.retrieval.ingest.curated_conflicts import shared_questions
from kefu.retrieval.ingest.import_types import ImportProgress, ImportReport, ImportResult, SourceDocument
from kefu.retrieval.ingest.unpacker import UnpackedDocument, Unpacker
from kefu.retrieval.ranking.instruction_probe import InstructionProbe, probe_for
from kefu.retrieval.replica.replica import Replica
from kefu.retrieval.storage.change_streams import ChangeId
from kefu.retrieval.storage.durable_writer import DurableWriter
from kefu.retrieval.storage.knowledge_store import KnowledgeStore
from kefu.retrieval.storage.records import (
    CuratedRecord,
    DocumentInfo,
    PassageText,
    RevisionMark,
    document_id,
    split_vectors,
)

INSTRUCTING_PASSAGES = Counter(
    "kefu_instructing_passages_total", "Imported passages of which a part tells an assistant what to say."
)
_PROGRESS_SECONDS = 0.25
_MAX_CONVERTED = 16  # documents converted and not yet embedded: a bound on memory
_MAX_PENDING_WRITES = 64  # documents embedded and not yet written: likewise


@dataclass
class _PendingWrite:
    """An embedded document or curated answers, or a result, still to be written."""

    result: ImportResult
    info: DocumentInfo | None = None
    texts: dict[str, PassageText] = field(default_factory=dict[str, PassageText])
    vectors: dict[str, HalfVectors] = field(default_factory=dict[str, HalfVectors])
    records: list[CuratedRecord] = field(default_factory=list[CuratedRecord])

    @property
    def size(self) -> int:
        """The bytes of text and vectors that are written, at least. 0: nothing is added."""
        texts = sum(len(passage.text) for passage in self.texts.values())
        curated = sum(len(record.answer) + record.vectors.nbytes for record in self.records)
        return texts + sum(each.nbytes for each in self.vectors.values()) + curated


OpenWriter = Callable[[], AbstractAsyncContextManager[DurableWriter]]


class Importer:
    """Imports documents into one version of a collection, for one caller."""

    def __init__(
        self,
        key: CollectionKey,
        store: KnowledgeStore,
        embedder: BatchingEmbedder,
        conversion_pool: ConversionPool,
        replica: Replica,
        open_writer: OpenWriter,
        memory_guard: MemoryGuard,
        *,
        author: str = "",
    ) -> None:
        """`key`: the version to import into. `author`: whose name the histories of documents have."""
        self._key = key
        self._store = store
        self._embedder = embedder
        self._conversion_pool = conversion_pool
        self._replica = replica
        self._open_writer = open_writer
        self._memory_guard = memory_guard
        self._author = author
        self._probe = probe_for(embedder.embedder.id)
        self._reports: asyncio.Queue[ImportReport | asyncio.Task[None] | None] = asyncio.Queue()
        """What is reported, tasks that have ended, and None after the last report."""
        self._converted: asyncio.Queue[UnpackedDocument | ImportResult | None] = asyncio.Queue(_MAX_CONVERTED)
        self._pending: asyncio.Queue[_PendingWrite | None] = asyncio.Queue(_MAX_PENDING_WRITES)

    async def run(self, sources: AsyncIterator[SourceDocument]) -> AsyncGenerator[ImportReport, None]:
        """Import documents as they come, and report. A result other than FAILED is on disk in Redis.

        Errors that end the import as a whole are raised: CollectionNotFound, NotDurable, BackendUnavailable,
        StorageFull, or an error of `sources`. Documents with a result stay imported.
        """
        await self._replica.check_embedder(self._key)
        tasks = [
            asyncio.create_task(self._write(), name="import-write"),
            asyncio.create_task(self._embed(), name="import-embed"),
            asyncio.create_task(self._convert(sources), name="import-convert"),
        ]
        for task in tasks:
            task.add_done_callback(self._reports.put_nowait)
        try:
            while (report := await self._reports.get()) is not None:
                if isinstance(report, asyncio.Task):
                    report.result()  # raises the error that ended the task
                else:
                    yield report
        finally:
            await asyncio.gather(*map(cancel_and_wait, tasks))
            await asyncio.gather(*tasks, return_exceptions=True)  # the first error is raised; others have its cause

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
            # More than one document only for a model with large batches of passages.
            while not self._converted.empty() and _text_count(batch) < self._embedder.embedder.passage_batch_size:
                batch.append(self._converted.get_nowait())
            ended = None in batch
            unpacked = [one for one in batch if isinstance(one, UnpackedDocument) and not one.source.curated]
            embedded = iter(await self._embed_documents(unpacked))
            for one in filter(None, batch):
                if isinstance(one, ImportResult):
                    await self._pending.put(_PendingWrite(one))
                else:
                    await self._pending.put(await self._embed_curated(one) if one.source.curated else next(embedded))
        await self._pending.put(None)

    async def _embed_documents(self, unpacked: Sequence[UnpackedDocument]) -> list[_PendingWrite]:
        vectors = [await self._stored_vectors(one) for one in unpacked]
        missing = [
            (number, chunk)
            for number, one in enumerate(unpacked)
            for chunk in {chunk.id: chunk for chunk in one.converted.chunks}.values()
            if chunk.id not in vectors[number]
        ]
        rows: list[Vectors] = []
        reported_at = 0.0
        upcoming = iter(missing)
        current = next(upcoming, None)
        async for part in self._embedder.passages([text for _, chunk in missing for text in chunk.embedded_texts]):
            rows.append(part)
            while current is not None and sum(map(len, rows)) >= len(current[1].embedded_texts):
                number, chunk = current
                whole = np.concatenate(rows)
                vectors[number][chunk.id] = whole[: len(chunk.embedded_texts)].astype(np.float16)
                rows = [whole[len(chunk.embedded_texts) :]]
                current = next(upcoming, None)
                if time.monotonic() - reported_at >= _PROGRESS_SECONDS:
                    reported_at = time.monotonic()
                    total = len(unpacked[number].converted.chunks)
                    await self._reports.put(ImportProgress(unpacked[number].source.path, total, len(vectors[number])))
        return [_pending_write(one, found, self._probe) for one, found in zip(unpacked, vectors, strict=True)]

    async def _stored_vectors(self, unpacked: UnpackedDocument) -> dict[str, HalfVectors]:
        """Stored vectors of unchanged passages, which are not computed again."""
        stored = await self._store.vectors_of(self._key, self._embedder.id, document_id(unpacked.source.path))
        kept = split_vectors(stored, self._embedder.embedder.dimension)
        return {chunk.id: kept[chunk.id] for chunk in unpacked.converted.chunks if chunk.id in kept}

    async def _embed_curated(self, unpacked: UnpackedDocument) -> _PendingWrite:
        audience = unpacked.source.audience
        drafts = [replace(draft, audience=strictest(audience, draft.audience)) for draft in unpacked.converted.curated]
        existing = await self._store.curated(self._key, [draft.id for draft in drafts])
        records: list[CuratedRecord] = []
        for draft in drafts:
            before = existing.get(draft.id)
            if before and _is_unchanged(before, draft):
                continue
            vectors = await self._embedder.queries(draft.questions)
            records.append(CuratedRecord.from_draft(draft, vectors.astype(np.float16), self._embedder.id))
            await self._reports.put(ImportProgress(unpacked.source.path, len(drafts), len(records)))
        outcome = "UNCHANGED" if not records else "UPDATED" if existing else "CREATED"
        warnings = shared_questions(drafts, [each async for each in self._store.all_curated(self._key)])
        result = ImportResult(unpacked.source.path, outcome, passages=len(drafts), message=" ".join(warnings))
        return _PendingWrite(result, records=records)

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
        if size := ready.size:
            self._memory_guard.check_new("import", size)
        if ready.info is not None:
            embedder = self._embedder.id
            info = replace(ready.info, revision=RevisionMark(author=self._author, time=ready.info.update_time))
            is_new, change = await self._store.put_document(
                writer, self._key, info, ready.texts, ready.vectors, embedder
            )
            return replace(result, outcome="CREATED" if is_new else "UPDATED"), change
        if result.outcome == "DELETED":
            with suppress(DocumentNotFound):  # another caller was faster
                change = await self._store.delete_document(
                    writer, self._key, result.document, author=self._author, keep_history=True
                )
            return replace(result, document=""), change
        if result.outcome == "UNCHANGED":
            # Its writer may have died before it was on disk.
            await self._store.confirm(writer, self._key)
        for record in ready.records:
            change = await self._store.put_curated(writer, self._key, record)
        return result, change


def _text_count(batch: Sequence[UnpackedDocument | ImportResult | None]) -> int:
    """Number of texts to embed in a batch. An item without texts counts as one, so that a batch ends."""
    return sum(
        max(sum(len(chunk.embedded_texts) for chunk in one.converted.chunks), 1)
        if isinstance(one, UnpackedDocument)
        else 1
        for one in batch
    )


def _pending_write(
    unpacked: UnpackedDocument, vectors: dict[str, HalfVectors], probe: InstructionProbe | None
) -> _PendingWrite:
    source, converted, ident = unpacked.source, unpacked.converted, document_id(unpacked.source.path)
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
        sha256=unpacked.sha256,
        import_key=unpacked.import_key,
        passages=tuple(chunk.id for chunk in converted.chunks),
        update_time=time.time(),
        recognition=converted.recognition,
    )
    texts = {chunk.id: PassageText(chunk.text, chunk.headings, chunk.page) for chunk in converted.chunks}
    message = " ".join(filter(None, (converted.remark, _instructions_remark(converted, vectors, probe))))
    result = ImportResult(
        source.path, "CREATED", ident, len(converted.chunks), message=message, recognition=converted.recognition
    )
    return _PendingWrite(result, info, texts, vectors)


def _instructions_remark(
    converted: ConvertedDocument, vectors: Mapping[str, HalfVectors], probe: InstructionProbe | None
) -> str:
    """A sentence about the passages that tell an assistant what to say; empty without any."""
    if probe is None:
        return ""
    count = sum(
        probe.instructing_window(vectors[chunk.id], has_header=bool(chunk_header_text(converted.title, chunk.headings)))
        is not None
        for chunk in converted.chunks
    )
    INSTRUCTING_PASSAGES.inc(count)
    if not count:
        return ""
    return (
        f"In {count} of {len(converted.chunks)} passages something seems to tell an assistant what to say;"
        " answers leave out what stands from there on."
    )


def _is_unchanged(before: CuratedRecord, draft: CuratedDraft) -> bool:
    return (
        *(before.questions, before.answer, before.language),
        *(before.valid_from, before.valid_until, before.priority, before.audience),
    ) == (
        *(draft.questions, draft.answer, draft.language),
        *(draft.valid_from, draft.valid_until, draft.priority, draft.audience),
    )
