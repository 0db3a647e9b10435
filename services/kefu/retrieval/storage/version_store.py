"""
Versions in Redis: the pointer to the live one, what is known of each, and the transactions that move them.

Whatever changes the pointer or a record is one transaction with an entry in the collection's stream of versions, which
replicas follow.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from redis.asyncio import Redis

from kefu.common.errors import KnowledgeMoved, VersionNotFound
from kefu.common.redis.client import redis_errors
from kefu.common.redis.pipelines import Command, call, hash_of, pipeline
from kefu.retrieval.domain.collection_key import ORIGINAL, CollectionKey
from kefu.retrieval.domain.versions import VERSION, Role, VersionRecord, Versions
from kefu.retrieval.storage.change_streams import NO_CHANGE, ChangeId
from kefu.retrieval.storage.durable_writer import Conflict, DurableWriter
from kefu.retrieval.storage.knowledge_reader import KnowledgeReader
from kefu.retrieval.storage.knowledge_store import ATTEMPTS, keys_of, too_many_writers

_STREAM_LENGTH = 100
_UNLINKED = 1_000
"""Keys deleted by one command."""

Changes = Callable[[Versions], Awaitable[Sequence[VersionRecord]]]
"""Makes new records from all that there are; what it raises ends the change."""


class VersionStore:
    """Reads and writes versions. Methods raise BackendUnavailable when Redis does not answer."""

    def __init__(self, store: KnowledgeReader) -> None:
        self._store = store
        self._client: Redis = store.client

    async def read(self, key: CollectionKey) -> Versions:
        """All versions of a collection, as of one moment."""
        live, records = await pipeline(self._client, [("GET", key.live), ("HGETALL", key.versions)], atomic=True)
        found = (VERSION.validate_json(value) for value in hash_of(records).values())
        return Versions((live or b"").decode(), {each.id: each for each in found})

    async def live_key(self, key: CollectionKey) -> CollectionKey:
        """The key of the live version."""
        return key.at(((await call(self._client, "GET", key.live)) or b"").decode())

    async def last_change(self, key: CollectionKey) -> ChangeId:
        """The newest entry of a collection's stream of versions."""
        newest = await call(self._client, "XREVRANGE", key.version_changes, "+", "-", "COUNT", 1)
        return newest[0][0].decode() if newest else NO_CHANGE

    async def change(
        self, writer: DurableWriter, key: CollectionKey, changes: Changes, *more: Command, watched: Sequence[str] = ()
    ) -> Sequence[VersionRecord]:
        """Replace records, with more commands in the same transaction. Nothing is written where `changes` gives none.

        `watched`: keys that `changes` reads beside.
        """
        for _ in range(ATTEMPTS):
            await writer.watch(key.versions, key.live, *watched)
            try:
                records = await changes(await self.read(key))
            except BaseException:
                await writer.unwatch()
                raise
            if not records:
                await writer.unwatch()
                return ()
            try:
                await writer.transaction([*more, *self._record_commands(key, records)])
            except Conflict:
                continue
            return records
        raise too_many_writers(key)

    async def switch(
        self, writer: DurableWriter, key: CollectionKey, new: str, live: str, records: Sequence[VersionRecord]
    ) -> ChangeId:
        """Make `new` live in place of `live`. The caller has watched what it goes by. Raises Conflict."""
        pointer: Command = ("SET", key.live, new) if new else ("DEL", key.live)
        answers = await writer.transaction(
            [
                pointer,
                ("HSET", key.at(live).info, "role", Role.REPLACED),
                ("HDEL", key.at(new).info, "role"),
                *self._record_commands(key, records),
            ]
        )
        return answers[-1].decode()

    async def make_live(
        self,
        writer: DurableWriter,
        key: CollectionKey,
        change: Callable[[Versions], Awaitable[tuple[VersionRecord, VersionRecord]]],
    ) -> tuple[VersionRecord, VersionRecord]:
        """Switch to the version of the first record that `change` gives; the second is that of the version before.

        What `change` raises ends it. Both versions and their changes are watched meanwhile. Raises KnowledgeMoved where
        something changes each time.
        """
        for _ in range(ATTEMPTS):
            await writer.watch(key.versions, key.live)
            try:
                versions = await self.read(key)
                live = key.at(versions.live)
                await writer.watch(live.changes, live.info)
                new, old = await change(versions)
                await writer.watch(key.at(new.id).info)
                if not await writer.command("EXISTS", key.at(new.id).info):
                    raise VersionNotFound(f"The version {new.id or ORIGINAL} of {key.collection} is no longer kept.")
            except BaseException:
                await writer.unwatch()
                raise
            try:
                await self.switch(writer, key, new.id, old.id, [new, old])
            except Conflict:
                continue
            return new, old
        raise KnowledgeMoved(f"{key.collection} was changed at the same time again and again; call again.")

    async def delete_keys(self, writer: DurableWriter, key: CollectionKey) -> None:
        """Delete all keys of a version; what it held is found by its sets, which go last."""
        keys = await keys_of(writer, key)
        last = {key.info, key.documents, key.curated}
        names = [each for each in keys if each not in last]
        for at in range(0, len(names), _UNLINKED):
            await writer.transaction([("UNLINK", *names[at : at + _UNLINKED])])
        await writer.transaction([("UNLINK", *last)])

    async def take_lease(self, key: CollectionKey, token: str, seconds: int) -> bool:
        """Take the lease of who finishes what others began; False when another replica has it."""
        return bool(await call(self._client, "SET", key.caretaking, token, "NX", "EX", seconds))

    async def last_changes(self, keys: Sequence[CollectionKey]) -> list[ChangeId]:
        """The newest changes of several versions."""
        answers = await pipeline(self._client, [("XREVRANGE", each.changes, "+", "-", "COUNT", 1) for each in keys])
        return [newest[0][0].decode() if newest else NO_CHANGE for newest in answers]

    async def changed_since(self, key: CollectionKey, change: ChangeId) -> list[tuple[ChangeId, str, str]] | None:
        """Changes of a version after a given one: (id, kind, what); None where the stream no longer holds them all."""
        if not await self._store.changes.holds_all_since(key, change):
            return None
        with redis_errors():
            read: Any = self._client.xrange  # pyright: ignore[reportUnknownMemberType]
            entries: Any = await read(key.changes, min=f"({change}")
        return [(entry.decode(), fields[b"kind"].decode(), fields[b"id"].decode()) for entry, fields in entries]

    def _record_commands(self, key: CollectionKey, records: Sequence[VersionRecord]) -> list[Command]:
        gone = [each.id or ORIGINAL for each in records if each.is_forgotten(time.time())]
        kept = [each for each in records if not each.is_forgotten(time.time())]
        commands: list[Command] = [
            ("HSET", key.versions, each.id or ORIGINAL, VERSION.dump_json(each)) for each in kept
        ]
        if gone:
            commands.append(("HDEL", key.versions, *gone))
        return [*commands, ("XADD", key.version_changes, "MAXLEN", _STREAM_LENGTH, "*", "kind", "versions", "id", "")]
