"""Sources, what is known of their documents, and their runs, in Redis."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from redis.asyncio import Redis

from kefu.common.errors import BadRequest, SourceNotFound, SyncNotFound
from kefu.common.redis.client import redis_errors
from kefu.common.redis.pipelines import Command, call, hash_of, hset, pipeline, text_fields
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.sources import keys
from kefu.retrieval.sources.source import (
    ITEM,
    KEPT_SYNCS,
    MAX_SOURCES,
    OUTCOME_LIST,
    SOURCE,
    SYNC,
    DocumentOutcome,
    Item,
    Source,
    Sync,
)

RUNNING, HELD, LAST, GOOD_TIME, REVISION, AGAIN = "running", "held", "last", "good_time", "revision", "again"
"""Fields of a source's state: ids of runs, the time of the last good one, the source's revision then, and whether it is
to run again at once."""


CLAIM = """
-- KEYS: state, runs. ARGV: id of a run, the run as JSON, the field that names the one under way. Returns 0 where
-- another one waits or is under way.
local running = redis.call('HGET', KEYS[1], ARGV[3])
if running and running ~= ARGV[1] and redis.call('HEXISTS', KEYS[2], running) == 1 then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[1], ARGV[3], ARGV[1])
return 1
"""


class SourceStore:
    """Reads, and the writes that need no lease. Methods raise BackendUnavailable when Redis does not answer."""

    def __init__(self, client: Redis) -> None:
        """`client` must return bytes."""
        self.client = client

    # Sources

    async def put(self, key: CollectionKey, source: Source, next_time: float | None) -> None:
        """Store a source, in place of one of its id, to run at `next_time`; None: when asked to."""
        count = await call(self.client, "HLEN", key.sources)
        if count >= MAX_SOURCES and not await call(self.client, "HEXISTS", key.sources, source.id):
            raise BadRequest("source", f"is one too many: a collection has at most {MAX_SOURCES} sources.")
        await call(self.client, "HSET", key.sources, source.id, SOURCE.dump_json(source))
        await self.schedule(key, source.id, next_time)

    async def get(self, key: CollectionKey, source: str) -> Source:
        """A source. Raises SourceNotFound."""
        stored = await call(self.client, "HGET", key.sources, source)
        if stored is None:
            raise SourceNotFound(f"There is no source {source} in {key.collection}; list the sources.")
        return SOURCE.validate_json(stored)

    async def all(self, key: CollectionKey) -> list[Source]:
        """A collection's sources, by id."""
        stored = hash_of(await call(self.client, "HGETALL", key.sources))
        return [SOURCE.validate_json(stored[each]) for each in sorted(stored)]

    async def delete(self, key: CollectionKey, source: str) -> None:
        """Forget a source with all that is kept of it; its documents stay. Raises SourceNotFound."""
        await call(self.client, "ZREM", keys.DUE, keys.due_member(key, source))
        deleted, _ = await pipeline(
            self.client, [("HDEL", key.sources, source), ("UNLINK", *key.of_sources([source]))], atomic=True
        )
        if not deleted:
            raise SourceNotFound(f"There is no source {source} in {key.collection}; list the sources.")

    # When they run

    async def schedule(self, key: CollectionKey, source: str, at: float | None) -> None:
        """Let a source run at a time; None: not by itself."""
        member = keys.due_member(key, source)
        await call(self.client, *(("ZREM", keys.DUE, member) if at is None else ("ZADD", keys.DUE, str(at), member)))

    async def next_times(self, key: CollectionKey, sources: Sequence[str]) -> list[float | None]:
        """When each of some sources runs next; None: when asked to."""
        members = [keys.due_member(key, each) for each in sources]
        found = await pipeline(self.client, [("ZSCORE", keys.DUE, each) for each in members])
        return [None if each is None else float(each) for each in found]

    async def due(self, now: float, count: int) -> list[tuple[CollectionKey, str]]:
        """Sources whose time has come, the longest overdue first."""
        found = await call(self.client, "ZRANGE", keys.DUE, "-inf", str(now), "BYSCORE", "LIMIT", 0, count)
        return [keys.from_due_member(each.decode()) for each in found]

    # What is known of their documents

    async def items(self, key: CollectionKey, source: str) -> dict[str, Item]:
        """What is known of a source's documents, by address."""
        stored = hash_of(await call(self.client, "HGETALL", keys.items(key, source)))
        return {address.decode(): ITEM.validate_json(value) for address, value in stored.items()}

    async def counts(self, key: CollectionKey, sources: Sequence[str]) -> list[int]:
        """Number of documents known of each of some sources."""
        return await pipeline(self.client, [("HLEN", keys.items(key, each)) for each in sources])

    # Runs

    async def state(self, key: CollectionKey, source: str) -> dict[str, str]:
        """The state of a source, by the names at the top of this module."""
        return text_fields(hash_of(await call(self.client, "HGETALL", keys.state(key, source))))

    async def syncs(self, key: CollectionKey, source: str) -> list[Sync]:
        """The runs that are kept, newest first."""
        stored = hash_of(await call(self.client, "HGETALL", keys.syncs(key, source)))
        return [SYNC.validate_json(stored[each]) for each in sorted(stored, reverse=True)]

    async def sync(self, key: CollectionKey, source: str, sync: str) -> Sync:
        """A run. Raises SyncNotFound."""
        stored = await call(self.client, "HGET", keys.syncs(key, source), sync)
        if stored is None:
            raise SyncNotFound(f"There is no run {sync} of the source {source}; the last {KEPT_SYNCS} are kept.")
        return SYNC.validate_json(stored)

    async def queue(self, key: CollectionKey, source: str, sync: Sync, now: float) -> Sync:
        """Let a source run now. Returns the run that is waiting or under way where there is one, else `sync`.

        A run under way may have passed what has changed meanwhile: the source runs once more after it.
        """
        while not await self.claim(key, source, sync):
            running = (await self.state(key, source)).get(RUNNING, "")
            found = await call(self.client, "HGET", keys.syncs(key, source), running)
            if found is None:
                continue  # it has ended in between
            current = SYNC.validate_json(found)
            if current.state == "running":
                await call(self.client, "HSET", keys.state(key, source), AGAIN, "1")
                if (await self.state(key, source)).get(RUNNING) != running:
                    continue
            else:
                await self.schedule(key, source, now)
            return current
        await self.schedule(key, source, now)
        return sync

    async def claim(self, key: CollectionKey, source: str, sync: Sync) -> bool:
        """Make a run the one that waits or is under way. False where another one does, or is."""
        client: Any = self.client
        with redis_errors():
            names = keys.state(key, source), keys.syncs(key, source)
            return bool(await client.eval(CLAIM, len(names), *names, sync.id, SYNC.dump_json(sync), RUNNING))

    async def outcomes(self, key: CollectionKey, source: str, sync: str) -> list[DocumentOutcome]:
        """What became of the documents of a run; of unchanged ones nothing is kept."""
        stored = await call(self.client, "HGET", keys.outcomes(key, source), sync)
        return [] if stored is None else OUTCOME_LIST.validate_json(zlib.decompress(stored))

    # The plan of a held run

    async def held_plan(self, key: CollectionKey, source: str) -> bytes | None:
        """The plan of the held run; None without one, or after its life."""
        stored = await call(self.client, "HGET", keys.held(key, source), "plan")
        return None if stored is None else zlib.decompress(stored)

    async def held_data(self, key: CollectionKey, source: str, address: str) -> bytes | None:
        """The bytes of a document of the held run."""
        stored = await call(self.client, "HGET", keys.held(key, source), f"data:{address}")
        return None if stored is None else zlib.decompress(stored)


def item_commands(key: CollectionKey, source: str, items: Mapping[str, Item | None]) -> list[Command]:
    """The commands that keep what is known of documents; None: forget it."""
    kept = {address: ITEM.dump_json(item) for address, item in items.items() if item is not None}
    dropped = [address for address, item in items.items() if item is None]
    name = keys.items(key, source)
    commands: list[Command] = []
    if dropped:
        commands.append(("HDEL", name, *dropped))
    if kept:
        commands.append(hset(name, dict[str, Any](kept)))
    return commands


def sync_commands(key: CollectionKey, source: str, sync: Sync, known: Sequence[str] = ()) -> list[Command]:
    """The commands that keep a run, and forget the oldest ones of `known` that are too many."""
    commands: list[Command] = [("HSET", keys.syncs(key, source), sync.id, SYNC.dump_json(sync))]
    if old := sorted({*known, sync.id}, reverse=True)[KEPT_SYNCS:]:
        commands += [("HDEL", keys.syncs(key, source), *old), ("HDEL", keys.outcomes(key, source), *old)]
    return commands


def outcome_command(key: CollectionKey, source: str, sync: str, outcomes: Sequence[DocumentOutcome]) -> Command:
    """The command that keeps what became of the documents of a run."""
    packed = zlib.compress(OUTCOME_LIST.dump_json(list(outcomes)))
    return ("HSET", keys.outcomes(key, source), sync, packed)
