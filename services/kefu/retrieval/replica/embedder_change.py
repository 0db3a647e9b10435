"""
Re-embedding: the change of a collection to another embedder.

New vectors are written beside the old ones. Then one transaction switches the embedder and deletes the old vectors.
`EmbedderSwitch` holds the Redis side: a lease, the new vectors, and the switch.
"""

import asyncio
import time
import uuid
from collections.abc import Mapping

import numpy as np
import structlog

from kefu.common.redis.pipelines import Command, call, hset, pipeline
from kefu.retrieval.documents.chunking import texts_to_embed
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.embedders import BatchingEmbedder
from kefu.retrieval.storage.change_streams import ChangeId
from kefu.retrieval.storage.durable_writer import Conflict, DurableWriter
from kefu.retrieval.storage.knowledge_reader import KnowledgeReader
from kefu.retrieval.storage.records import DocumentInfo, PassageText, dump_vectors, embedder_tag


class EmbedderSwitch:
    """The switch of one collection by one replica. Methods raise BackendUnavailable when Redis does not answer."""

    def __init__(self, reader: KnowledgeReader, key: CollectionKey, token: str) -> None:
        """`token` identifies this holder of the lease."""
        self._reader = reader
        self._client = reader.client
        self._key = key
        self._token = token

    async def take_lease(self, seconds: int) -> bool:
        """Take or renew the lease for `seconds`. False when another replica holds it."""
        name = self._key.reembedding
        taken = await call(self._client, "SET", name, self._token, "NX", "EX", seconds)
        if not taken and await call(self._client, "GET", name) == self._token.encode():
            taken = await call(self._client, "EXPIRE", name, seconds)
        return bool(taken)

    async def release_lease(self) -> None:
        """Release the lease, if this replica holds it."""
        if await call(self._client, "GET", self._key.reembedding) == self._token.encode():
            await call(self._client, "DEL", self._key.reembedding)

    async def put_vectors(self, embedder: str, document: str, rows: Mapping[str, bytes]) -> None:
        """Write a document's vectors by another embedder, by passage id, beside the current ones."""
        name = self._key.vectors(embedder_tag(embedder), document)
        await pipeline(self._client, [("DEL", name), hset(name, rows)], atomic=True)

    async def switch(self, writer: DurableWriter, new: str, as_of: ChangeId) -> None:
        """Make `new` the embedder, and delete the old vectors. Raises Conflict when anything changed after `as_of`."""
        key = self._key
        await writer.watch(key.info, key.changes)
        old = (await self._reader.info(key)).embedder
        if await self._reader.changes.last(key) != as_of:
            await writer.unwatch()
            raise Conflict
        documents = await self._reader.document_ids(key)
        drop: list[Command] = [("UNLINK", key.vectors(embedder_tag(old), each)) for each in documents]
        change = self._reader.changes.entry(key, "embedder", "")
        await writer.transaction([("HSET", key.info, "embedder", new), *drop, change])


_LEASE_SECONDS = 30
_log = structlog.stdlib.get_logger()


async def reembed(reader: KnowledgeReader, key: CollectionKey, embedder: BatchingEmbedder) -> None:
    """Re-embed a collection with an embedder, and return once the collection has it.

    One replica with a lease does the work, and the others wait. Replicas of the old embedder search on until the
    switch. Their imports are embedded in another round, until a round finds nothing to do.
    """
    switch = EmbedderSwitch(reader, key, token=uuid.uuid4().hex)
    new = embedder.id
    while (await reader.info(key)).embedder != new:
        if not await switch.take_lease(_LEASE_SECONDS):
            await asyncio.sleep(0.5)
            continue
        old = (await reader.info(key)).embedder
        _log.warning("collection.reembedding", collection=key.member, old=old, new=new)
        began = time.monotonic()
        try:
            while not await _round(reader, key, embedder, switch):
                pass
        finally:
            await switch.release_lease()
        _log.info("collection.reembedded", collection=key.member, seconds=round(time.monotonic() - began, 1))


async def _round(
    reader: KnowledgeReader, key: CollectionKey, embedder: BatchingEmbedder, switch: EmbedderSwitch
) -> bool:
    """Embed missing passages, then try to switch. False when something changed meanwhile."""
    new = embedder.id
    as_of = await reader.changes.last(key)
    for document in await reader.document_ids(key):
        infos, texts, vectors = await reader.fetch(key, new, [document])
        info = infos.get(document)
        if info is None or set(info.passages) <= vectors[document].keys():
            continue
        rows = await _embed(info, texts[document], embedder)
        await switch.put_vectors(new, document, rows)
        await switch.take_lease(_LEASE_SECONDS)
    async with DurableWriter.open(reader.client, accept_not_durable=True) as writer:
        try:
            await switch.switch(writer, new, as_of)
        except Conflict:
            return False
        await writer.wait_until_on_disk()
    return True


async def _embed(info: DocumentInfo, texts: dict[str, PassageText], embedder: BatchingEmbedder) -> dict[str, bytes]:
    rows: dict[str, bytes] = {}
    for passage in info.passages:
        text = texts[passage]
        parts = [vectors async for vectors in embedder.passages(texts_to_embed(info.title, text.headings, text.text))]
        rows[passage] = dump_vectors(np.concatenate(parts).astype(np.float16))
    return rows
