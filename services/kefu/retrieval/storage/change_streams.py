"""Change streams that replicas follow: one for each collection, one for the registry. They hold ids only."""

from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis

from kefu.common.redis.client import redis_errors
from kefu.common.redis.pipelines import Command, call, text_fields
from kefu.retrieval.domain.collection_key import REGISTRY_CHANGES, CollectionKey

DEFAULT_STREAM_LENGTH = 10_000
"""Entries kept in a change stream. A replica that falls further behind rebuilds its index."""

ChangeId = str
"""Id of a stream entry, such as "1764031565000-0"."""
NO_CHANGE: ChangeId = "0-0"
"""The position before the first change."""


class ChangeStreams:
    """Reads change streams and builds their entries. Methods raise BackendUnavailable when Redis does not answer."""

    def __init__(self, client: Redis, max_length: int = DEFAULT_STREAM_LENGTH) -> None:
        """`client` must return bytes. A stream keeps the newest `max_length` entries."""
        self._client = client
        self._max_length = max_length

    def entry(self, key: CollectionKey, kind: str, changed: str) -> Command:
        """The command that adds a change of a collection. It belongs into the transaction of that change."""
        return ("XADD", key.changes, "MAXLEN", self._max_length, "*", "kind", kind, "id", changed)

    def registry_entry(self, key: CollectionKey) -> Command:
        """The command that adds the creation or deletion of a collection."""
        return ("XADD", REGISTRY_CHANGES, "MAXLEN", self._max_length, "*", "collection", key.member)

    async def last(self, key: CollectionKey) -> ChangeId:
        """Id of a collection's newest change, NO_CHANGE when there is none."""
        return await self._last(key.changes)

    async def last_of_registry(self) -> ChangeId:
        """Id of the newest change of the registry, NO_CHANGE when there is none."""
        return await self._last(REGISTRY_CHANGES)

    async def update_time(self, key: CollectionKey) -> float:
        """Time of a collection's last change, in seconds since the epoch by Redis's clock; 0 without any."""
        return int((await self.last(key)).partition("-")[0]) / 1000

    async def holds_all_since(self, key: CollectionKey, change: ChangeId) -> bool:
        """Whether the stream still holds all changes after a given one: it does if it holds that one."""
        if change == NO_CHANGE:
            length, added = await self._length_and_added(key)
            return length == added
        return bool(await call(self._client, "XRANGE", key.changes, change, change, "COUNT", 1))

    async def read(
        self, after: Mapping[str, ChangeId], wait_seconds: float
    ) -> dict[str, list[tuple[ChangeId, dict[str, str]]]]:
        """New entries of several streams, by key. Waits at most `wait_seconds` for the first one."""
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
