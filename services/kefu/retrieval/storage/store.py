"""
Writes of knowledge to Redis. Every change is one transaction, together with its entry in the change stream that
replicas follow. Keys are described in docs/reference/data.md.
"""

import time
import uuid
from collections.abc import Mapping

from kefu.common.errors import (
    CollectionExists,
    CollectionNotFound,
    CuratedAnswerNotFound,
    DocumentNotFound,
    Overloaded,
)
from kefu.common.redis.pipelines import hash_of, hset, text_fields
from kefu.retrieval.domain.calibration import CALIBRATION, Calibration
from kefu.retrieval.domain.collection_key import REGISTRY, CollectionKey
from kefu.retrieval.embedders.base import HalfVectors
from kefu.retrieval.storage.change_streams import ChangeId
from kefu.retrieval.storage.durable_writer import Conflict, DurableWriter
from kefu.retrieval.storage.reader import KnowledgeReader
from kefu.retrieval.storage.records import (
    CollectionInfo,
    CuratedRecord,
    DictionaryRecord,
    DocumentInfo,
    PassageText,
    dump_vectors,
    embedder_tag,
)

_ATTEMPTS = 8


class KnowledgeStore(KnowledgeReader):
    """Reads and writes knowledge. A write is on disk once the caller's writer has waited for it."""

    async def create_collection(self, writer: DurableWriter, key: CollectionKey, name: str, embedder: str) -> None:
        """Create a collection; raises CollectionExists."""
        # Registered first: a registered collection that does not exist is skipped, an unregistered one would be lost.
        await writer.transaction([("ZADD", REGISTRY, 0, key.member)])
        await writer.watch(key.info)
        if await writer.command("EXISTS", key.info):
            await writer.unwatch()
            raise CollectionExists(f"There is a collection {key.collection} already.")
        info = CollectionInfo(name or key.collection, embedder, uuid.uuid4().hex, time.time())
        try:
            await writer.transaction([hset(key.info, info.fields()), self.changes.entry(key, "created", "")])
        except Conflict:
            raise CollectionExists(f"There is a collection {key.collection} already.") from None
        await writer.transaction([self.changes.registry_entry(key)])

    async def delete_collection(self, writer: DurableWriter, key: CollectionKey) -> None:
        """Delete a collection with all its keys; raises CollectionNotFound."""
        for _ in range(_ATTEMPTS):
            await writer.watch(key.info, key.documents, key.curated, key.sources)
            existed = await writer.command("EXISTS", key.info)
            info = text_fields(hash_of(await writer.command("HGETALL", key.info)))
            documents = [each.decode() for each in await writer.command("ZRANGE", key.documents, 0, -1)]
            curated = [each.decode() for each in await writer.command("ZRANGE", key.curated, 0, -1)]
            sources = [each.decode() for each in await writer.command("HKEYS", key.sources)]
            tag = embedder_tag(info.get("embedder", ""))
            keys = [key.info, key.documents, key.curated, key.dictionary, key.changes, key.confirmed]
            keys += [key.calibration, key.sources, *key.of_sources(sources)]
            keys += [key.curated_answer(each) for each in curated]
            for each in documents:
                keys += [key.document(each), key.passages(each), key.vectors(tag, each)]
            try:
                await writer.transaction([("UNLINK", *keys)])
            except Conflict:
                continue
            await writer.transaction([("ZREM", REGISTRY, key.member), self.changes.registry_entry(key)])
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
        vectors: Mapping[str, HalfVectors],
        embedder: str,
    ) -> tuple[bool, ChangeId]:
        """Create or replace a document. Returns (whether it is new, change); raises CollectionNotFound."""
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
                        hset(key.document(info.id), info.fields()),
                        hset(key.passages(info.id), {each: text.dump() for each, text in texts.items()}),
                        hset(key.vectors(tag, info.id), {each: dump_vectors(rows) for each, rows in vectors.items()}),
                        ("ZADD", key.documents, 0, info.id),
                        self.changes.entry(key, "document", info.id),
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
            keys = (
                key.document(document),
                key.passages(document),
                key.vectors(embedder_tag(info.embedder), document),
            )
            try:
                answers = await writer.transaction(
                    [
                        ("DEL", *keys),
                        ("ZREM", key.documents, document),
                        self.changes.entry(key, "document", document),
                    ]
                )
            except Conflict:
                continue
            return answers[-1].decode()
        raise _too_many_writers(key)

    async def confirm(self, writer: DurableWriter, key: CollectionKey) -> None:
        """Make the writer's wait for the disk cover all earlier writes of others too: the file is in order."""
        await writer.transaction([("SET", key.confirmed, 1)])

    async def put_calibration(self, writer: DurableWriter, key: CollectionKey, calibration: Calibration) -> ChangeId:
        """Replace a collection's calibration; raises CollectionNotFound."""
        for _ in range(_ATTEMPTS):
            await writer.watch(key.info)
            if not await writer.command("EXISTS", key.info):
                await writer.unwatch()
                raise CollectionNotFound(f"There is no collection {key.collection}; create it first.")
            stored = CALIBRATION.dump_json(calibration)
            try:
                answers = await writer.transaction(
                    [("SET", key.calibration, stored), self.changes.entry(key, "calibration", "")]
                )
            except Conflict:
                continue
            return answers[-1].decode()
        raise _too_many_writers(key)

    async def put_curated(self, writer: DurableWriter, key: CollectionKey, record: CuratedRecord) -> ChangeId:
        """Create or replace a curated answer; raises CollectionNotFound."""
        for _ in range(_ATTEMPTS):
            await writer.watch(key.info)
            if not await writer.command("EXISTS", key.info):
                await writer.unwatch()
                raise CollectionNotFound(f"There is no collection {key.collection}; create it first.")
            try:
                answers = await writer.transaction(
                    [
                        ("DEL", key.curated_answer(record.id)),
                        hset(key.curated_answer(record.id), record.fields()),
                        ("ZADD", key.curated, 0, record.id),
                        self.changes.entry(key, "curated", record.id),
                    ]
                )
            except Conflict:
                continue
            return answers[-1].decode()
        raise _too_many_writers(key)

    async def put_dictionary(self, writer: DurableWriter, key: CollectionKey, record: DictionaryRecord) -> ChangeId:
        """Replace a collection's user dictionary; raises CollectionNotFound."""
        for _ in range(_ATTEMPTS):
            await writer.watch(key.info)
            if not await writer.command("EXISTS", key.info):
                await writer.unwatch()
                raise CollectionNotFound(f"There is no collection {key.collection}; create it first.")
            command = hset(key.dictionary, record.fields()) if record.text else ("DEL", key.dictionary)
            try:
                answers = await writer.transaction([command, self.changes.entry(key, "dictionary", "")])
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
                self.changes.entry(key, "curated", answer),
            ]
        )
        return answers[-1].decode()


def _too_many_writers(key: CollectionKey) -> Overloaded:
    return Overloaded(f"Too many writers change {key.collection} at once; try again.", retry_after=1.0)
