"""
Knowledge in Redis. Every change is one transaction together with the entry in the collection's stream of changes that
tells replicas of it; an entry holds ids only. Keys are described in docs/data.md.
"""

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, cast

from redis.asyncio import Redis

from kefu.common.errors import (
    CollectionExists,
    CollectionNotFound,
    CuratedAnswerNotFound,
    DocumentNotFound,
    Overloaded,
)
from kefu.common.redis import redis_errors
from kefu.retrieval.durable import Command, Conflict, DurableWriter
from kefu.retrieval.keys import REGISTRY, REGISTRY_CHANGES, CollectionKey
from kefu.retrieval.records import (
    CollectionInfo,
    CuratedRecord,
    DocumentInfo,
    PassageText,
    dump_vectors,
    embedder_tag,
    load_vectors,
)
from kefu.retrieval.vectors import Halves

CHANGES_KEPT = 10_000
"""Entries kept in a stream of changes; a replica that fell further behind rebuilds."""
_ATTEMPTS = 8

ChangeId = str
"""An id of a stream, such as "1764031565000-0"."""


class KnowledgeStore:
    """Reads and writes knowledge. Methods raise BackendUnavailable when Redis does not answer."""

    def __init__(self, client: Redis, changes_kept: int = CHANGES_KEPT) -> None:
        """`client` must return bytes."""
        self.client = client
        self._changes_kept = changes_kept

    # Reading

    async def info(self, key: CollectionKey) -> CollectionInfo:
        """What a collection is; raises CollectionNotFound."""
        fields = await self._call("HGETALL", key.info)
        if not fields:
            raise CollectionNotFound(f"There is no collection {key.collection}; create it first.")
        return CollectionInfo.of(_text(fields))

    async def collections(self) -> list[CollectionKey]:
        """All collections of all tenants."""
        return [CollectionKey.of_member(member.decode()) for member in await self._call("ZRANGE", REGISTRY, 0, -1)]

    async def collections_of(self, tenant: str) -> list[str]:
        """Ids of a tenant's collections, sorted."""
        found = await self._call("ZRANGE", REGISTRY, f"[{tenant}:", f"({tenant};", "BYLEX")  # ";" follows ":"
        return [CollectionKey.of_member(member.decode()).collection for member in found]

    async def last_registry_change(self) -> ChangeId:
        """Id of the newest change of the registry, "0-0" when there is none."""
        newest = await self._call("XREVRANGE", REGISTRY_CHANGES, "+", "-", "COUNT", 1)
        return newest[0][0].decode() if newest else "0-0"

    async def counts(self, key: CollectionKey) -> tuple[int, int]:
        """Numbers of documents and of curated answers."""
        return await self._call("ZCARD", key.documents), await self._call("ZCARD", key.curated)

    async def update_time(self, key: CollectionKey) -> float:
        """When a collection last changed, by Redis's clock; 0 when it never did."""
        return int((await self.last_change(key)).partition("-")[0]) / 1000

    async def last_change(self, key: CollectionKey) -> ChangeId:
        """Id of the newest change, "0-0" when there is none."""
        newest = await self._call("XREVRANGE", key.changes, "+", "-", "COUNT", 1)
        return newest[0][0].decode() if newest else "0-0"

    async def document_ids(self, key: CollectionKey, after: str = "", count: int = -1) -> list[str]:
        """Ids of documents, sorted, from the one after `after` on."""
        return await self._ids(key.documents, after, count)

    async def document(self, key: CollectionKey, document: str) -> DocumentInfo:
        """A document's metadata; raises DocumentNotFound."""
        fields = await self._call("HGETALL", key.document(document))
        if not fields:
            raise DocumentNotFound(f"There is no document {document} in {key.collection}.")
        return DocumentInfo.of(_text(fields))

    async def documents(self, key: CollectionKey, ids: Sequence[str]) -> dict[str, DocumentInfo]:
        """Metadata of those documents that exist."""
        answers = await self._pipeline([("HGETALL", key.document(each)) for each in ids])
        return {each: DocumentInfo.of(_text(fields)) for each, fields in zip(ids, answers, strict=True) if fields}

    async def hits(
        self, key: CollectionKey, wanted: Sequence[tuple[str, str]]
    ) -> tuple[dict[str, DocumentInfo], list[PassageText | None]]:
        """Documents and texts of (document, passage) pairs, in one round trip; deleted ones are left out or None."""
        ids = list(dict.fromkeys(document for document, _ in wanted))
        answers = await self._pipeline(
            [("HGETALL", key.document(each)) for each in ids]
            + [("HGET", key.passages(document), passage) for document, passage in wanted]
        )
        infos = {each: DocumentInfo.of(_text(fields)) for each, fields in zip(ids, answers, strict=False) if fields}
        return infos, [PassageText.load(value) if value is not None else None for value in answers[len(ids) :]]

    async def passages_of(self, key: CollectionKey, document: str) -> dict[str, PassageText]:
        """All passages of a document, by id."""
        fields = await self._call("HGETALL", key.passages(document))
        return {name.decode(): PassageText.load(value) for name, value in fields.items()}

    async def vectors_of(self, key: CollectionKey, embedder: str, document: str) -> dict[str, bytes]:
        """Raw vectors of a document by one embedder, by passage id."""
        fields = await self._call("HGETALL", key.vectors(embedder_tag(embedder), document))
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
        answers = await self._pipeline([("HGETALL", name) for names in keys for name in names], atomic=True)
        for each, info, passages, rows in zip(ids, answers[::3], answers[1::3], answers[2::3], strict=True):
            if info:
                infos[each] = DocumentInfo.of(_text(info))
                texts[each] = {name.decode(): PassageText.load(value) for name, value in passages.items()}
                vectors[each] = _names(rows)
        return infos, texts, vectors

    async def reaches_back_to(self, key: CollectionKey, change: ChangeId) -> bool:
        """Whether the stream still holds all that came after a change: it does when it holds the change itself."""
        if change == "0-0":
            length, added = await self._length_and_added(key)
            return length == added
        return bool(await self._call("XRANGE", key.changes, change, change, "COUNT", 1))

    async def _length_and_added(self, key: CollectionKey) -> tuple[int, int]:
        if not await self._call("EXISTS", key.changes):
            return 0, 0
        with redis_errors():
            info: dict[str, Any] = await self.client.xinfo_stream(key.changes)  # pyright: ignore[reportUnknownMemberType]
        return int(info["length"]), int(info["entries-added"])

    async def read_changes(
        self, after: Mapping[str, ChangeId], wait_seconds: float
    ) -> dict[str, list[tuple[ChangeId, dict[str, str]]]]:
        """New entries of several streams, by key; waits for the first one, at most so long."""
        with redis_errors():
            read: Any = self.client.xread  # pyright: ignore[reportUnknownMemberType]
            answer: Any = await read(dict(after), count=500, block=int(wait_seconds * 1000))
        return {
            name.decode(): [(entry.decode(), _text(fields)) for entry, fields in entries]
            for name, entries in answer or ()
        }

    async def curated_ids(self, key: CollectionKey, after: str = "", count: int = -1) -> list[str]:
        """Ids of curated answers, sorted, from the one after `after` on."""
        return await self._ids(key.curated, after, count)

    async def curated(self, key: CollectionKey, ids: Sequence[str]) -> dict[str, CuratedRecord]:
        """Those curated answers that exist."""
        answers = await self._pipeline([("HGETALL", key.curated_answer(each)) for each in ids])
        return {each: CuratedRecord.of(_names(fields)) for each, fields in zip(ids, answers, strict=True) if fields}

    # Writing; the caller waits for the disk

    async def create_collection(self, writer: DurableWriter, key: CollectionKey, name: str, embedder: str) -> None:
        """Make a collection; raises CollectionExists."""
        # Registered first: a collection that is registered and not there is skipped, the reverse would be lost.
        await writer.transaction([("ZADD", REGISTRY, 0, key.member)])
        await writer.watch(key.info)
        if await writer.command("EXISTS", key.info):
            await writer.unwatch()
            raise CollectionExists(f"There is a collection {key.collection} already.")
        info = CollectionInfo(name or key.collection, embedder, uuid.uuid4().hex, time.time())
        try:
            await writer.transaction([_hset(key.info, info.fields()), self._change(key, "created", "")])
        except Conflict:
            raise CollectionExists(f"There is a collection {key.collection} already.") from None
        await writer.transaction([self._registry_change(key)])

    async def delete_collection(self, writer: DurableWriter, key: CollectionKey) -> None:
        """Delete a collection with all its keys; raises CollectionNotFound."""
        for _ in range(_ATTEMPTS):
            await writer.watch(key.info, key.documents, key.curated)
            existed = await writer.command("EXISTS", key.info)
            info = _text(_pairs(await writer.command("HGETALL", key.info)))
            documents = [each.decode() for each in await writer.command("ZRANGE", key.documents, 0, -1)]
            curated = [each.decode() for each in await writer.command("ZRANGE", key.curated, 0, -1)]
            tag = embedder_tag(info.get("embedder", ""))
            doomed = [key.info, key.documents, key.curated, key.changes, key.confirmed]
            doomed += [key.curated_answer(each) for each in curated]
            for each in documents:
                doomed += [key.document(each), key.passages(each), key.vectors(tag, each)]
            try:
                await writer.transaction([("UNLINK", *doomed)])
            except Conflict:
                continue
            await writer.transaction([("ZREM", REGISTRY, key.member), self._registry_change(key)])
            if not existed:
                raise CollectionNotFound(f"There is no collection {key.collection}.")
            return
        raise _too_many_writers(key)

    async def put_document(
        self,
        writer: DurableWriter,
        key: CollectionKey,
        info: DocumentInfo,
        texts: Mapping[str, PassageText],
        vectors: Mapping[str, Halves],
        embedder: str,
    ) -> tuple[bool, ChangeId]:
        """Write a document in place of what was there. True when it is new; raises CollectionNotFound."""
        tag = embedder_tag(embedder)
        for _ in range(_ATTEMPTS):
            await writer.watch(key.info, key.document(info.id))
            if not await writer.command("EXISTS", key.info):
                await writer.unwatch()
                raise CollectionNotFound(f"There is no collection {key.collection}; create it first.")
            is_new = not await writer.command("EXISTS", key.document(info.id))
            try:
                answers = await writer.transaction(
                    [
                        ("DEL", key.document(info.id), key.passages(info.id), key.vectors(tag, info.id)),
                        _hset(key.document(info.id), info.fields()),
                        _hset(key.passages(info.id), {each: text.dump() for each, text in texts.items()}),
                        _hset(key.vectors(tag, info.id), {each: dump_vectors(rows) for each, rows in vectors.items()}),
                        ("ZADD", key.documents, 0, info.id),
                        self._change(key, "document", info.id),
                    ]
                )
            except Conflict:
                continue
            return is_new, answers[-1].decode()
        raise _too_many_writers(key)

    async def delete_document(self, writer: DurableWriter, key: CollectionKey, document: str) -> ChangeId:
        """Delete a document; raises DocumentNotFound."""
        info = await self.info(key)
        for _ in range(_ATTEMPTS):
            await writer.watch(key.info, key.document(document))
            if not await writer.command("EXISTS", key.document(document)):
                await writer.unwatch()
                raise DocumentNotFound(f"There is no document {document} in {key.collection}.")
            doomed = (
                key.document(document),
                key.passages(document),
                key.vectors(embedder_tag(info.embedder), document),
            )
            try:
                answers = await writer.transaction(
                    [
                        ("DEL", *doomed),
                        ("ZREM", key.documents, document),
                        self._change(key, "document", document),
                    ]
                )
            except Conflict:
                continue
            return answers[-1].decode()
        raise _too_many_writers(key)

    async def confirm(self, writer: DurableWriter, key: CollectionKey) -> None:
        """Make the writer's wait for the disk cover all that anybody wrote before: the file is in order."""
        await writer.transaction([("SET", key.confirmed, 1)])

    async def put_curated(self, writer: DurableWriter, key: CollectionKey, record: CuratedRecord) -> ChangeId:
        """Write a curated answer in place of what was there; raises CollectionNotFound."""
        for _ in range(_ATTEMPTS):
            await writer.watch(key.info)
            if not await writer.command("EXISTS", key.info):
                await writer.unwatch()
                raise CollectionNotFound(f"There is no collection {key.collection}; create it first.")
            try:
                answers = await writer.transaction(
                    [
                        ("DEL", key.curated_answer(record.id)),
                        _hset(key.curated_answer(record.id), record.fields()),
                        ("ZADD", key.curated, 0, record.id),
                        self._change(key, "curated", record.id),
                    ]
                )
            except Conflict:
                continue
            return answers[-1].decode()
        raise _too_many_writers(key)

    async def delete_curated(self, writer: DurableWriter, key: CollectionKey, answer: str) -> ChangeId:
        """Delete a curated answer; raises CuratedAnswerNotFound."""
        if not await writer.command("EXISTS", key.curated_answer(answer)):
            raise CuratedAnswerNotFound(f"There is no curated answer {answer} in {key.collection}.")
        answers = await writer.transaction(
            [
                ("DEL", key.curated_answer(answer)),
                ("ZREM", key.curated, answer),
                self._change(key, "curated", answer),
            ]
        )
        return answers[-1].decode()

    # A change of embedder

    async def take_lease(self, key: CollectionKey, token: str, seconds: int) -> bool:
        """Take or renew the lease of re-embedding a collection; False when another holds it."""
        taken = await self._call("SET", key.reembedding, token, "NX", "EX", seconds)
        if not taken and await self._call("GET", key.reembedding) == token.encode():
            taken = await self._call("EXPIRE", key.reembedding, seconds)
        return bool(taken)

    async def release_lease(self, key: CollectionKey, token: str) -> None:
        """Give the lease back if it is ours."""
        if await self._call("GET", key.reembedding) == token.encode():
            await self._call("DEL", key.reembedding)

    async def put_vectors(self, key: CollectionKey, embedder: str, document: str, rows: Mapping[str, bytes]) -> None:
        """Put vectors of another embedder beside a document's own."""
        name = key.vectors(embedder_tag(embedder), document)
        await self._pipeline([("DEL", name), _hset(name, rows)], atomic=True)

    async def switch_embedder(self, writer: DurableWriter, key: CollectionKey, new: str, as_of: ChangeId) -> None:
        """Make `new` the embedder and drop the old vectors; Conflict when anything changed after `as_of`."""
        await writer.watch(key.info, key.changes)
        old = (await self.info(key)).embedder
        if await self.last_change(key) != as_of:
            await writer.unwatch()
            raise Conflict
        documents = await self.document_ids(key)
        drop: list[Command] = [("UNLINK", key.vectors(embedder_tag(old), each)) for each in documents]
        await writer.transaction([("HSET", key.info, "embedder", new), *drop, self._change(key, "embedder", "")])

    # Inside

    def _change(self, key: CollectionKey, kind: str, changed: str) -> Command:
        return ("XADD", key.changes, "MAXLEN", self._changes_kept, "*", "kind", kind, "id", changed)

    def _registry_change(self, key: CollectionKey) -> Command:
        return ("XADD", REGISTRY_CHANGES, "MAXLEN", self._changes_kept, "*", "collection", key.member)

    async def _ids(self, key: str, after: str, count: int) -> list[str]:
        start = f"({after}" if after else "-"
        found = await self._call("ZRANGE", key, start, "+", "BYLEX", "LIMIT", 0, count)
        return [each.decode() for each in found]

    async def _call(self, *words: str | bytes | int) -> Any:
        return (await self._pipeline([words]))[0]

    async def _pipeline(self, commands: Sequence[Command], *, atomic: bool = False) -> list[Any]:
        if not commands:
            return []
        with redis_errors():
            async with self.client.pipeline(transaction=atomic) as pipeline:
                for words in commands:
                    pipeline.execute_command(*words)  # pyright: ignore[reportUnknownMemberType, reportUnusedCoroutine]
                return await pipeline.execute()


def split_vectors(raw: Mapping[str, bytes], dimension: int) -> dict[str, Halves]:
    """The vectors of passages from what `vectors_of` gave."""
    return {each: load_vectors(value, len(value) // (2 * dimension)) for each, value in raw.items()}


def _hset(key: str, fields: Mapping[str, str | bytes]) -> Command:
    return ("HSET", key, *(part for pair in fields.items() for part in pair))


def _pairs(answer: Any) -> dict[bytes, bytes]:
    """HGETALL's raw answer: a map in RESP3, a flat list in RESP2."""
    if isinstance(answer, dict):
        return cast("dict[bytes, bytes]", answer)
    return dict(zip(answer[::2], answer[1::2], strict=True))


def _names(fields: Mapping[bytes, bytes]) -> dict[str, bytes]:
    return {name.decode(): value for name, value in fields.items()}


def _text(fields: Mapping[bytes, bytes]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in fields.items()}


def _too_many_writers(key: CollectionKey) -> Overloaded:
    return Overloaded(f"Too many writers change {key.collection} at once; try again.", retry_after=1.0)
