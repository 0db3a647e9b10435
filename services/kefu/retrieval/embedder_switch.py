"""A change of a collection's embedder in Redis: a lease, vectors beside the old ones, and the switch itself."""

from collections.abc import Mapping

from kefu.retrieval.changes import ChangeId
from kefu.retrieval.durable import Conflict, DurableWriter
from kefu.retrieval.keys import CollectionKey
from kefu.retrieval.reading import KnowledgeReader
from kefu.retrieval.records import embedder_tag
from kefu.retrieval.redis_commands import Command, call, hset, pipeline


class EmbedderSwitch:
    """One replica's attempt on one collection. Methods raise BackendUnavailable when Redis does not answer."""

    def __init__(self, reader: KnowledgeReader, key: CollectionKey, token: str) -> None:
        """`token` tells this holder of the lease from all others."""
        self._reader = reader
        self._client = reader.client
        self._key = key
        self._token = token

    async def take_lease(self, seconds: int) -> bool:
        """Take or renew the lease of re-embedding the collection; False when another holds it."""
        name = self._key.reembedding
        taken = await call(self._client, "SET", name, self._token, "NX", "EX", seconds)
        if not taken and await call(self._client, "GET", name) == self._token.encode():
            taken = await call(self._client, "EXPIRE", name, seconds)
        return bool(taken)

    async def release_lease(self) -> None:
        """Give the lease back if it is ours."""
        if await call(self._client, "GET", self._key.reembedding) == self._token.encode():
            await call(self._client, "DEL", self._key.reembedding)

    async def put_vectors(self, embedder: str, document: str, rows: Mapping[str, bytes]) -> None:
        """Put vectors of another embedder, by passage id, beside a document's own."""
        name = self._key.vectors(embedder_tag(embedder), document)
        await pipeline(self._client, [("DEL", name), hset(name, rows)], atomic=True)

    async def switch(self, writer: DurableWriter, new: str, as_of: ChangeId) -> None:
        """Make `new` the embedder and drop the old vectors; Conflict when anything changed after `as_of`."""
        key = self._key
        await writer.watch(key.info, key.changes)
        old = (await self._reader.info(key)).embedder
        if await self._reader.changes.last(key) != as_of:
            await writer.unwatch()
            raise Conflict
        documents = await self._reader.document_ids(key)
        drop: list[Command] = [("UNLINK", key.vectors(embedder_tag(old), each)) for each in documents]
        told = self._reader.changes.entry(key, "embedder", "")
        await writer.transaction([("HSET", key.info, "embedder", new), *drop, told])
