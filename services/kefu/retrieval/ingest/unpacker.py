"""The unpacker: converts documents, and unpacks archives and mails into the documents to embed."""

import hashlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace

from kefu.retrieval.documents import chunking, parse
from kefu.retrieval.documents.parsed_document import Failure, Unreadable
from kefu.retrieval.documents.parsers.archive import MAX_UNPACKED_BYTES
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.ingest.conversion import ConversionJob, ConvertedDocument
from kefu.retrieval.ingest.conversion_pool import ConversionPool
from kefu.retrieval.ingest.import_types import (
    MAX_DOCUMENT_BYTES,
    MAX_PATH_CHARACTERS,
    ImportProgress,
    ImportResult,
    SourceDocument,
)
from kefu.retrieval.storage.knowledge_reader import KnowledgeReader
from kefu.retrieval.storage.records import DocumentInfo, document_id

MAX_DEPTH = 3
"""Most levels of archives within archives."""
_PROGRESS_FROM_BYTES = 256 * 1024  # a smaller document is converted before a report of it could be read
_PROGRESS_SECONDS = 0.25
_PAGE_SIZE = 500


@dataclass(frozen=True)
class UnpackedDocument:
    """A document or curated answers, ready to embed. `source` is without its bytes."""

    source: SourceDocument
    converted: ConvertedDocument
    sha256: str
    """SHA-256 of the bytes."""
    import_key: str
    """See DocumentInfo."""


@dataclass
class _UnpackBudget:
    """Bytes that an upload may still unpack to, over all its archives."""

    remaining_bytes: int = MAX_UNPACKED_BYTES


class Unpacker:
    """Unpacks the documents of one import."""

    def __init__(
        self,
        key: CollectionKey,
        reader: KnowledgeReader,
        conversion_pool: ConversionPool,
        report_progress: Callable[[ImportProgress], Awaitable[None]],
    ) -> None:
        self._key = key
        self._reader = reader
        self._conversion_pool = conversion_pool
        self._report_progress = report_progress

    async def unpack(self, source: SourceDocument) -> AsyncGenerator[ImportResult | UnpackedDocument, None]:
        """The documents in a source; a Result for what needs no embedding. Its own comes last."""
        async for one in self._unpack(source, 0, _UnpackBudget()):
            yield one

    async def _unpack(
        self, source: SourceDocument, depth: int, budget: _UnpackBudget
    ) -> AsyncGenerator[ImportResult | UnpackedDocument, None]:
        key = import_key(source, reads_pictures=self._conversion_pool.reads_pictures)
        ident = document_id(source.path)
        before = None if source.curated else (await self._reader.documents(self._key, [ident])).get(ident)
        if before and before.import_key == key:
            yield _unchanged(before)
            return
        try:
            converted = await self._convert(source, budget)
        except Unreadable as exc:
            yield ImportResult(source.path, "FAILED", reason=exc.reason, message=exc.message)
            return
        if source.curated or not (converted.members or converted.failures):
            yield _unpacked(source, converted, key)
            return
        kept_paths: set[str] = set()
        async for one in self._members(source, converted, depth, budget, kept_paths):
            yield one
        async for deleted in self._deleted_members(source.path, kept_paths):
            yield deleted
        key = f"{key}+"  # never equal to `key` above: the members have to be checked again
        if not converted.chunks:
            count = len(converted.members) + len(converted.failures)
            message = f"It holds {count} document{'s' if count > 1 else ''}. {converted.remark}".strip()
            yield ImportResult(source.path, "UNPACKED", message=message)
        elif before and before.import_key == key:
            yield _unchanged(before)
        else:
            yield _unpacked(source, replace(converted, members=[]), key)

    async def _convert(self, source: SourceDocument, budget: _UnpackBudget) -> ConvertedDocument:
        if len(source.data) > MAX_DOCUMENT_BYTES:
            raise Unreadable("TOO_LARGE", "The file has more than 64 MiB; split it.")
        if len(source.data) >= _PROGRESS_FROM_BYTES:
            await self._report_progress(ImportProgress(source.path))
        job = ConversionJob(source.path, source.media_type, source.title, source.curated, budget.remaining_bytes)
        reported_at = time.monotonic()

        async def on_progress(read: int, total: int, recognized: int) -> None:
            nonlocal reported_at
            if time.monotonic() - reported_at >= _PROGRESS_SECONDS:
                reported_at = time.monotonic()
                await self._report_progress(
                    ImportProgress(source.path, pages_total=total, pages_read=read, pages_recognized=recognized)
                )

        converted = await self._conversion_pool.convert(job, source.data, on_progress)
        budget.remaining_bytes -= sum(len(member.data) for member in converted.members)
        return converted

    async def _members(
        self,
        source: SourceDocument,
        converted: ConvertedDocument,
        depth: int,
        budget: _UnpackBudget,
        kept_paths: set[str],
    ) -> AsyncGenerator[ImportResult | UnpackedDocument, None]:
        """The documents within a document; their paths are added to `kept_paths`."""
        members, failures = converted.members, list(converted.failures)
        if depth == MAX_DEPTH and members:
            failures += [Failure(member.name, "TOO_LARGE", _TOO_DEEP) for member in members]
            members = []
        for member in members:
            path = f"{source.path}/{member.name}"
            if len(path) > MAX_PATH_CHARACTERS:
                failures.append(Failure(member.name[:100], "BAD_PATH", _PATH_TOO_LONG))
                continue
            kept_paths.add(path)
            inner = replace(source, path=path, data=member.data, media_type=member.media_type, title="", uri="")
            async for one in self._unpack(inner, depth + 1, budget):
                yield one
        for failure in failures:
            path = f"{source.path}/{failure.name}"
            kept_paths.add(path)
            yield ImportResult(path, "FAILED", reason=failure.reason, message=failure.message)

    async def _deleted_members(self, path: str, kept_paths: set[str]) -> AsyncGenerator[ImportResult, None]:
        """Documents that are no longer in an archive."""
        after = ""
        while ids := await self._reader.document_ids(self._key, after, _PAGE_SIZE):
            after = ids[-1]
            for info in (await self._reader.documents(self._key, ids)).values():
                if info.path.startswith(f"{path}/") and not _is_kept(info.path, kept_paths):
                    yield ImportResult(info.path, "DELETED", info.id)


_TOO_DEEP = f"It lies in archives within archives, more than {MAX_DEPTH} deep; pack it less deep."
_PATH_TOO_LONG = f"Its path has more than {MAX_PATH_CHARACTERS} characters; shorten its name."


def import_key(source: SourceDocument, *, reads_pictures: bool) -> str:
    """Hash of all that determines a document's passages: equal means unchanged."""
    parts = (
        "with pictures" if reads_pictures else "",
        *(str(chunking.VERSION), str(parse.VERSION), source.path, source.media_type, source.title),
        *(source.language, source.uri, source.valid_from, source.valid_until, source.audience, repr(source.metadata)),
    )
    return hashlib.sha256("\x00".join(parts).encode() + b"\x00" + source.data).hexdigest()


def _unpacked(source: SourceDocument, converted: ConvertedDocument, key: str) -> UnpackedDocument:
    return UnpackedDocument(replace(source, data=b""), converted, hashlib.sha256(source.data).hexdigest(), key)


def _unchanged(before: DocumentInfo) -> ImportResult:
    return ImportResult(before.path, "UNCHANGED", before.id, len(before.passages))


def _is_kept(path: str, kept_paths: set[str]) -> bool:
    """Whether a path is in an archive, or in an archive within that one."""
    parts = path.split("/")
    return any("/".join(parts[:end]) in kept_paths for end in range(1, len(parts) + 1))
