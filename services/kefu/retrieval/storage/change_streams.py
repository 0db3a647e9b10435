"""Streams of changes, one for each collection and one for the registry, that replicas follow. They hold ids only."""

from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis

from kefu.common.redis.client import redis_errors
from kefu.common.redis.pipelines import Command, call, text_fields
from kefu.retrieval.domain.collection_key import REGISTRY_CHANGES, CollectionKey

DEFAULT_STREAM_LENGTH = 10_000
"""Entries kept in a stream of changes; a replica that fell further behind rebuilds."""

ChangeId = str
"""An id of a stream, such as "1764031565000-0"."""
NO_CHANGE: ChangeId = "0-0"
"""Before the first change."""


class ChangeStreams:
    """Reads the streams, and makes their entries. Methods raise BackendUnavailable when Redis does not answer."""

    def __init__(self, client: Redis, max_length: int = DEFAULT_STREAM_LENGTH) -> None:
        """`client` must return bytes."""
        self._client = client
        self._max_length = max_length

    def entry(self, key: CollectionKey, kind: str, changed: str) -> Command:
        """The command that tells of a change in a collection; it belongs into the transaction of the change."""
        return ("XADD", key.changes, "MAXLEN", self._max_length, "*", "kind", kind, "id", changed)

    def registry_entry(self, key: CollectionKey) -> Command:
        """The command that tells that a collection came or went."""
        return ("XADD", REGISTRY_CHANGES, "MAXLEN", self._max_length, "*", "collection", key.member)

    async def last(self, key: CollectionKey) -> ChangeId:
        """Id of a collection's newest change, NO_CHANGE when there is none."""
        return await self._last(key.changes)

    async def last_of_registry(self) -> ChangeId:
        """Id of the newest change of the registry, NO_CHANGE when there is none."""
        return await self._last(REGISTRY_CHANGES)

    async def update_time(self, key: CollectionKey) -> float:
        """When a collection last changed, by Redis's clock; 0 when it never did."""
        return int((await self.last(key)).partition("-")[0]) / 1000

    async def holds_all_since(self, key: CollectionKey, change: ChangeId) -> bool:
        """Whether the stream still holds all that came after a change: it does when it holds the change itself."""
        if change == NO_CHANGE:
            length, added = await self._length_and_added(key)
            return length == added
        return bool(await call(self._client, "XRANGE", key.changes, change, change, "COUNT", 1))

    async def read(
        self, after: Mapping[str, ChangeId], wait_seconds: float
    ) -> dict[str, list[tuple[ChangeId, dict[str, str]]]]:
        """New entries of several streams, by key; waits for the first one, at most so long."""
        with redis_errors():
            read: Any = self._client.xread  # pyright: ignore[reportUnknownMemberType]
            answer: Any = await read(dict(after), count=500, block=int(wait_seconds * 1000))
        return {
            name.decode(): [(entry.decode(), text_fields(fields)) for entry, fields in entries]
            for name, entries in answer or ()
        }

    async def _last(self, stream: str) -> ChangeId:
        newest = await call(self._client, "XREVRANGE", stream, "+", "-", "COUNT", 1)
        return newest[0][0].decode() if newest else NO_CHANGE

    async def _length_and_added(self, key: CollectionKey) -> tuple[int, int]:
        if not await call(self._client, "EXISTS", key.changes):
            return 0, 0
        with redis_errors():
            info: dict[str, Any] = await self._client.xinfo_stream(key.changes)  # pyright: ignore[reportUnknownMemberType]
        return int(info["length"]), int(info["entries-added"])
