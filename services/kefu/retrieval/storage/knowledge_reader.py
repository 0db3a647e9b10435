"""Reads of knowledge in Redis: collections, documents with their passages and vectors, curated answers."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import fields

from redis.asyncio import Redis

from kefu.common.errors import CollectionNotFound, DocumentNotFound, DraftNotFound
from kefu.common.redis.pipelines import byte_fields, call, pipeline, text_fields
from kefu.retrieval.domain.calibration import CALIBRATION, Calibration
from kefu.retrieval.domain.collection_key import REGISTRY, CollectionKey
from kefu.retrieval.storage.change_streams import DEFAULT_STREAM_LENGTH, ChangeStreams
from kefu.retrieval.storage.document_memory import DocumentMemory, Edition
from kefu.retrieval.storage.records import (
    CollectionInfo,
    CuratedRecord,
    DictionaryRecord,
    DocumentInfo,
    PassageText,
    embedder_tag,
)

_CURATED_AT_ONCE = 500
_DOCUMENT_FIELDS = tuple(each.name for each in fields(DocumentInfo))


class KnowledgeReader:
    """Reads knowledge and its change streams. Methods raise BackendUnavailable when Redis does not answer."""

    def __init__(self, client: Redis, changes_kept: int = DEFAULT_STREAM_LENGTH) -> None:
        """`client` must return bytes."""
        self.client = client
        self.changes = ChangeStreams(client, changes_kept)
        self._memory = DocumentMemory()

    async def info(self, key: CollectionKey) -> CollectionInfo:
        """A collection's metadata; raises CollectionNotFound, or DraftNotFound for a draft."""
        fields = await call(self.client, "HGETALL", key.info)
        if not fields and key.is_draft:
            raise DraftNotFound(f"There is no draft {key.version} of {key.collection}; list the drafts.")
        if not fields:
            raise CollectionNotFound(f"There is no collection {key.collection}; create it first.")
        return CollectionInfo.from_fields(text_fields(fields))

    async def calibration(self, key: CollectionKey) -> Calibration | None:
        """A collection's calibration; None before the first one."""
        stored = await call(self.client, "GET", key.calibration)
        return None if stored is None else CALIBRATION.validate_json(stored)

    async def collections(self) -> list[CollectionKey]:
        """All collections of all tenants."""
        return [
            CollectionKey.from_member(member.decode()) for member in await call(self.client, "ZRANGE", REGISTRY, 0, -1)
        ]

    async def collections_of(self, tenant: str) -> list[str]:
        """Ids of a tenant's collections, sorted."""
        found = await call(self.client, "ZRANGE", REGISTRY, f"[{tenant}:", f"({tenant};", "BYLEX")  # ";" follows ":"
        return [CollectionKey.from_member(member.decode()).collection for member in found]

    async def dictionary(self, key: CollectionKey) -> DictionaryRecord:
        """A collection's user dictionary."""
        return DictionaryRecord.from_fields(text_fields(await call(self.client, "HGETALL", key.dictionary)))

    async def counts(self, key: CollectionKey) -> tuple[int, int]:
        """(number of documents, number of curated answers)."""
        return await call(self.client, "ZCARD", key.documents), await call(self.client, "ZCARD", key.curated)

    async def document_ids(self, key: CollectionKey, after: str = "", count: int = -1) -> list[str]:
        """At most `count` ids of documents after `after`, sorted; -1: all."""
        return await self._ids(key.documents, after, count)

    async def document(self, key: CollectionKey, document: str) -> DocumentInfo:
        """A document's metadata; raises DocumentNotFound."""
        fields = await call(self.client, "HGETALL", key.document(document))
        if not fields:
            raise DocumentNotFound(f"There is no document {document} in {key.collection}.")
        return DocumentInfo.from_fields(text_fields(fields))

    async def documents(self, key: CollectionKey, ids: Sequence[str]) -> dict[str, DocumentInfo]:
        """Metadata of those documents that exist."""
        answers = await pipeline(self.client, [("HGETALL", key.document(each)) for each in ids])
        return {
            each: DocumentInfo.from_fields(text_fields(fields))
            for each, fields in zip(ids, answers, strict=True)
            if fields
        }

    async def hits(
        self, key: CollectionKey, passages: Sequence[tuple[str, str]]
    ) -> tuple[dict[str, DocumentInfo], list[PassageText | None]]:
        """Documents and texts of (document, passage) pairs. Deleted ones are missing or None.

        Redis is asked for the editions, and then for what is not remembered of these.
        """
        wanted: dict[str, list[str]] = {}
        for document, passage in passages:
            wanted.setdefault(document, []).append(passage)
        found: dict[str, tuple[DocumentInfo, Mapping[str, PassageText | None]]] = {}
        unknown: list[str] = []
        for document, edition in zip(wanted, await self._editions(key, list(wanted)), strict=True):
            if edition is not None:
                known = self._memory.recall(key, document, edition, wanted[document])
                if known is None:
                    unknown.append(document)
                else:
                    found[document] = known
        found |= await self._read_hits(key, {document: wanted[document] for document in unknown})
        return (
            {document: info for document, (info, _) in found.items()},
            [found[document][1][passage] if document in found else None for document, passage in passages],
        )

    def forget(self, key: CollectionKey, documents: Sequence[str]) -> None:
        """Forget what was read of documents, since they have changed: deleted text is not to stay in memory."""
        self._memory.forget(key, documents)

    async def _editions(self, key: CollectionKey, documents: Sequence[str]) -> list[Edition | None]:
        answers = await pipeline(self.client, [("HMGET", key.document(each), *Edition._fields) for each in documents])
        return [None if None in values else Edition(*values) for values in answers]

    async def _read_hits(
        self, key: CollectionKey, wanted: Mapping[str, Sequence[str]]
    ) -> dict[str, tuple[DocumentInfo, Mapping[str, PassageText | None]]]:
        """Documents with passages, by the documents' ids, as of one moment. They are remembered."""
        answers = await pipeline(
            self.client,
            [
                command
                for document, passages in wanted.items()
                for command in (
                    ("HMGET", key.document(document), *_DOCUMENT_FIELDS),  # half as much to parse as by HGETALL
                    ("HMGET", key.passages(document), *passages),
                )
            ],
            atomic=True,
        )
        found: dict[str, tuple[DocumentInfo, Mapping[str, PassageText | None]]] = {}
        for (document, passages), values, texts in zip(wanted.items(), answers[::2], answers[1::2], strict=True):
            if not (present := _present(_DOCUMENT_FIELDS, values)):
                continue
            info = DocumentInfo.from_fields(present)
            loaded = {
                passage: None if text is None else PassageText.load(text)
                for passage, text in zip(passages, texts, strict=True)
            }
            edition = Edition(*(present[name].encode() for name in Edition._fields))
            self._memory.remember(key, edition, info, loaded)
            found[document] = info, loaded
        return found

    async def passages_of(self, key: CollectionKey, document: str) -> dict[str, PassageText]:
        """All passages of a document, by id."""
        fields = await call(self.client, "HGETALL", key.passages(document))
        return {name.decode(): PassageText.load(value) for name, value in fields.items()}

    async def texts(
        self, key: CollectionKey, ids: Sequence[str]
    ) -> tuple[dict[str, DocumentInfo], dict[str, dict[str, PassageText]]]:
        """Metadata and texts of those documents that exist, all as of one moment."""
        keys = [name for each in ids for name in (key.document(each), key.passages(each))]
        answers = await pipeline(self.client, [("HGETALL", name) for name in keys], atomic=True)
        infos = {
            each: DocumentInfo.from_fields(text_fields(info))
            for each, info in zip(ids, answers[::2], strict=True)
            if info
        }
        texts = dict(zip(ids, answers[1::2], strict=True))
        return infos, {
            each: {name.decode(): PassageText.load(value) for name, value in texts[each].items()} for each in infos
        }

    async def vectors_of(self, key: CollectionKey, embedder: str, document: str) -> dict[str, bytes]:
        """Raw vectors of a document by an embedder's id: passage id to bytes."""
        fields = await call(self.client, "HGETALL", key.vectors(embedder_tag(embedder), document))
        return {name.decode(): value for name, value in fields.items()}

    async def fetch(
        self, key: CollectionKey, embedder: str, ids: Sequence[str]
    ) -> tuple[dict[str, DocumentInfo], dict[str, dict[str, PassageText]], dict[str, dict[str, bytes]]]:
        """Metadata, texts and raw vectors of those documents that exist, all as of one moment."""
        infos: dict[str, DocumentInfo] = {}
        texts: dict[str, dict[str, PassageText]] = {}
        vectors: dict[str, dict[str, bytes]] = {}
        tag = embedder_tag(embedder)
        keys = [(key.document(each), key.passages(each), key.vectors(tag, each)) for each in ids]
        answers = await pipeline(self.client, [("HGETALL", name) for names in keys for name in names], atomic=True)
        for each, info, passages, rows in zip(ids, answers[::3], answers[1::3], answers[2::3], strict=True):
            if info:
                infos[each] = DocumentInfo.from_fields(text_fields(info))
                texts[each] = {name.decode(): PassageText.load(value) for name, value in passages.items()}
                vectors[each] = byte_fields(rows)
        return infos, texts, vectors

    async def curated_ids(self, key: CollectionKey, after: str = "", count: int = -1) -> list[str]:
        """At most `count` ids of curated answers after `after`, sorted; -1: all."""
        return await self._ids(key.curated, after, count)

    async def all_curated(self, key: CollectionKey) -> AsyncGenerator[CuratedRecord, None]:
        """All curated answers, by id."""
        after = ""
        while ids := await self.curated_ids(key, after, _CURATED_AT_ONCE):
            after = ids[-1]
            for record in (await self.curated(key, ids)).values():
                yield record

    async def curated(self, key: CollectionKey, ids: Sequence[str]) -> dict[str, CuratedRecord]:
        """Those curated answers that exist."""
        answers = await pipeline(self.client, [("HGETALL", key.curated_answer(each)) for each in ids])
        return {
            each: CuratedRecord.from_fields(byte_fields(fields))
            for each, fields in zip(ids, answers, strict=True)
            if fields
        }

    async def _ids(self, key: str, after: str, count: int) -> list[str]:
        start = f"({after}" if after else "-"
        found = await call(self.client, "ZRANGE", key, start, "+", "BYLEX", "LIMIT", 0, count)
        return [each.decode() for each in found]


def _present(names: Sequence[str], values: Sequence[bytes | None]) -> dict[str, str]:
    """Those fields of a hash that it has, from the reply to HMGET."""
    return {name: value.decode() for name, value in zip(names, values, strict=True) if value is not None}
