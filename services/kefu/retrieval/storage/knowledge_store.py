"""
Writes of knowledge to Redis. Every change is one transaction, together with its entry in the change stream that
replicas follow. Keys are described in docs/reference/data.md.
"""

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace

from kefu.common.errors import (
    CollectionExists,
    CollectionNotFound,
    CuratedAnswerNotFound,
    DocumentNotFound,
    DraftNotFound,
    KnowledgeMoved,
    Overloaded,
)
from kefu.common.redis.pipelines import Command, hash_of, hset, text_fields
from kefu.retrieval.domain.calibration import CALIBRATION, Calibration
from kefu.retrieval.domain.collection_key import ORIGINAL, REGISTRY, CollectionKey
from kefu.retrieval.domain.draft_changes import document_thing
from kefu.retrieval.domain.versions import Role
from kefu.retrieval.embedders.embedder import HalfVectors
from kefu.retrieval.storage.change_streams import ChangeId
from kefu.retrieval.storage.durable_writer import Conflict, DurableWriter
from kefu.retrieval.storage.history import Histories, forgetting
from kefu.retrieval.storage.knowledge_reader import KnowledgeReader
from kefu.retrieval.storage.records import (
    CollectionInfo,
    CuratedRecord,
    DictionaryRecord,
    DocumentInfo,
    PassageText,
    RevisionMark,
    dump_vectors,
    embedder_tag,
)

ATTEMPTS = 8


class KnowledgeStore(KnowledgeReader):
    """Reads and writes knowledge. A write is on disk once the caller's writer has waited for it.

    Every write of a version raises CollectionNotFound. It raises KnowledgeMoved where the version is not the live one,
    and DraftNotFound where the key was meant as a draft and its version is none.
    """

    async def create_collection(self, writer: DurableWriter, key: CollectionKey, name: str, embedder: str) -> None:
        """Create a collection; raises CollectionExists."""
        # Registered first: a registered collection that does not exist is skipped, an unregistered one would be lost.
        await writer.transaction([("ZADD", REGISTRY, 0, key.member)])
        await writer.watch(key.info, key.live)
        if await writer.command("EXISTS", key.info, key.live):
            await writer.unwatch()
            raise CollectionExists(f"There is a collection {key.collection} already.")
        info = CollectionInfo(name or key.collection, embedder, uuid.uuid4().hex, time.time())
        try:
            await writer.transaction([hset(key.info, info.fields()), self.changes.entry(key, "created", "")])
        except Conflict:
            raise CollectionExists(f"There is a collection {key.collection} already.") from None
        await writer.transaction([self.changes.registry_entry(key)])

    async def delete_collection(self, writer: DurableWriter, key: CollectionKey) -> None:
        """Delete a collection with all its versions, drafts and histories; raises CollectionNotFound."""
        for _ in range(ATTEMPTS):
            await writer.watch(key.versions, key.live, key.histories, key.sources)
            names = hash_of(await writer.command("HGETALL", key.versions))
            live = (await writer.command("GET", key.live) or b"").decode()
            versions = {"", live, *(name.decode() for name in names)} - {ORIGINAL}
            existed = await writer.command("EXISTS", key.at(live).info)
            keys: list[str] = [key.live, key.versions, key.version_changes, key.caretaking, key.histories]
            keys += [key.history(each.decode()) for each in await writer.command("ZRANGE", key.histories, 0, -1)]
            sources = [each.decode() for each in await writer.command("HKEYS", key.sources)]
            keys += [key.sources, *key.of_sources(sources)]
            for version in sorted(versions):
                of_version = key.at(version)
                await writer.watch(of_version.info, of_version.documents, of_version.curated)
                keys += await keys_of(writer, of_version)
            try:
                await writer.transaction([("UNLINK", *keys)])
            except Conflict:
                continue
            await writer.transaction([("ZREM", REGISTRY, key.member), self.changes.registry_entry(key)])
            if not existed:
                raise CollectionNotFound(f"There is no collection {key.collection}.")
            return
        raise too_many_writers(key)

    async def put_document(
        self,
        writer: DurableWriter,
        key: CollectionKey,
        info: DocumentInfo,
        texts: Mapping[str, PassageText],
        vectors: Mapping[str, HalfVectors],
        embedder: str,
    ) -> tuple[bool, ChangeId]:
        """Create or replace a document. Returns (whether it is new, change).

        What it was goes into its history, and the number of its revision is set here. A draft has no history.
        """
        tag = embedder_tag(embedder)
        for _ in range(ATTEMPTS):
            await writer.watch(key.info, key.document(info.id), key.history(info.id))
            await self._check_writable(writer, key)
            is_new = not await writer.command("EXISTS", key.document(info.id))
            archive: list[Command] = []
            if not key.is_draft:
                archive, number = await Histories(self).archiving(writer, key, info.id)
                info = replace(info, revision=replace(info.revision, number=number))
            try:
                answers = await writer.transaction(
                    [
                        *archive,
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
        raise too_many_writers(key)

    async def delete_document(
        self,
        writer: DurableWriter,
        key: CollectionKey,
        document: str,
        *,
        author: str = "",
        keep_history: bool = False,
    ) -> ChangeId:
        """Delete a document; raises DocumentNotFound. Its history goes as well, unless it is to be kept for 30 days."""
        info = await self.info(key)
        for _ in range(ATTEMPTS):
            await writer.watch(key.info, key.document(document), key.history(document))
            await self._check_writable(writer, key)
            if not await writer.command("EXISTS", key.document(document)):
                await writer.unwatch()
                raise DocumentNotFound(f"There is no document {document} in {key.collection}.")
            history = [] if key.is_draft else forgetting(key, document)
            if keep_history and not key.is_draft:
                mark = RevisionMark(author=author, time=time.time())
                history, _ = await Histories(self).archiving(writer, key, document, mark)
            try:
                answers = await writer.transaction(
                    [
                        *history,
                        ("DEL", *document_keys(key, info.embedder, document)),
                        ("ZREM", key.documents, document),
                        self.changes.entry(key, "document", document),
                    ]
                )
            except Conflict:
                continue
            return answers[-1].decode()
        raise too_many_writers(key)

    async def erase_history(self, writer: DurableWriter, key: CollectionKey, document: str) -> bool:
        """Delete the earlier revisions of a document. Returns whether there were any."""
        existed = bool(await writer.command("EXISTS", key.history(document)))
        if existed:
            await writer.transaction(forgetting(key, document))
        return existed

    async def erase_document(self, writer: DurableWriter, key: CollectionKey, document: str) -> bool:
        """Delete a document in a version, whatever that is for. Returns whether it was there."""
        embedder = text_fields(hash_of(await writer.command("HGETALL", key.info))).get("embedder")
        if embedder is not None and await writer.command("EXISTS", key.document(document)):
            await writer.transaction(
                [
                    ("DEL", *document_keys(key, embedder, document)),
                    ("ZREM", key.documents, document),
                    ("HDEL", key.copied_from, document_thing(document)),
                    self.changes.entry(key, "document", document),
                ]
            )
            return True
        return False

    async def confirm(self, writer: DurableWriter, key: CollectionKey) -> None:
        """Make the writer's wait for the disk cover all earlier writes of others too: the file is in order."""
        await writer.transaction([("SET", key.confirmed, 1)])

    async def put_calibration(self, writer: DurableWriter, key: CollectionKey, calibration: Calibration) -> ChangeId:
        """Replace a collection's calibration."""
        stored = CALIBRATION.dump_json(calibration)
        return await self._put(writer, key, [("SET", key.calibration, stored)], "calibration", "")

    async def put_curated(self, writer: DurableWriter, key: CollectionKey, record: CuratedRecord) -> ChangeId:
        """Create or replace a curated answer."""
        commands: list[Command] = [
            ("DEL", key.curated_answer(record.id)),
            hset(key.curated_answer(record.id), record.fields()),
            ("ZADD", key.curated, 0, record.id),
        ]
        return await self._put(writer, key, commands, "curated", record.id)

    async def put_dictionary(self, writer: DurableWriter, key: CollectionKey, record: DictionaryRecord) -> ChangeId:
        """Replace a collection's user dictionary."""
        command = hset(key.dictionary, record.fields()) if record.text else ("DEL", key.dictionary)
        return await self._put(writer, key, [command], "dictionary", "")

    async def delete_curated(self, writer: DurableWriter, key: CollectionKey, answer: str) -> ChangeId:
        """Delete a curated answer; raises CuratedAnswerNotFound."""
        if not await writer.command("EXISTS", key.curated_answer(answer)):
            raise CuratedAnswerNotFound(f"There is no curated answer {answer} in {key.collection}.")
        commands: list[Command] = [("DEL", key.curated_answer(answer)), ("ZREM", key.curated, answer)]
        return await self._put(writer, key, commands, "curated", answer)

    async def _put(
        self, writer: DurableWriter, key: CollectionKey, commands: Sequence[Command], kind: str, changed: str
    ) -> ChangeId:
        for _ in range(ATTEMPTS):
            await writer.watch(key.info)
            await self._check_writable(writer, key)
            try:
                answers = await writer.transaction([*commands, self.changes.entry(key, kind, changed)])
            except Conflict:
                continue
            return answers[-1].decode()
        raise too_many_writers(key)

    async def _check_writable(self, writer: DurableWriter, key: CollectionKey) -> None:
        """Raise unless the watched version is what the key was meant as."""
        found, role = await writer.command("HMGET", key.info, "incarnation", "role")
        is_draft = (role or b"").decode() == Role.DRAFT
        is_live = not role
        if found and (is_draft if key.is_draft else is_live):
            return
        await writer.unwatch()
        if key.is_draft:
            raise DraftNotFound(f"The draft {key.version} of {key.collection} is no longer open; list the drafts.")
        if found or key.version:
            raise KnowledgeMoved(f"Another version of {key.collection} became live at this moment; call again.")
        raise CollectionNotFound(f"There is no collection {key.collection}; create it first.")


def document_keys(key: CollectionKey, embedder: str, document: str) -> tuple[str, str, str]:
    """The keys of a document in a version, by the embedder's id."""
    return key.document(document), key.passages(document), key.vectors(embedder_tag(embedder), document)


async def keys_of(writer: DurableWriter, key: CollectionKey) -> list[str]:
    """All keys of a version, by what it holds now."""
    info = text_fields(hash_of(await writer.command("HGETALL", key.info)))
    documents = [each.decode() for each in await writer.command("ZRANGE", key.documents, 0, -1)]
    curated = [each.decode() for each in await writer.command("ZRANGE", key.curated, 0, -1)]
    keys = [key.info, key.documents, key.curated, key.dictionary, key.changes, key.confirmed, key.calibration]
    keys += [key.copied_from, key.reembedding]
    keys += [key.curated_answer(each) for each in curated]
    for each in documents:
        keys += document_keys(key, info.get("embedder", ""), each)
    return keys


def too_many_writers(key: CollectionKey) -> Overloaded:
    """The error of a transaction that was repeated too often."""
    return Overloaded(f"Too many writers change {key.collection} at once; try again.", retry_after=1.0)
