"""The Redis commands that the router uses, with types: redis-py's own are of no use to a strict checker."""

import hashlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import redis.exceptions
from redis.asyncio import Redis

from kefu.common.redis.client import CommandBreaker, redis_errors

_SUBSCRIPTION_PING_SECONDS = 4.0
Value = str | bytes | int | float
"""What a command takes as an argument."""


@dataclass(frozen=True)
class ScriptCall:
    """One run of a Lua script, for a pipeline."""

    text: str
    """Source of the script."""
    keys: Sequence[str]
    arguments: Sequence[Value] = ()


Command = ScriptCall | tuple[Value, ...]
"""A script, or a command and its arguments."""


class RedisCommands:
    """Typed commands of one Redis client. Bytes in replies are decoded as UTF-8.

    Every command raises BackendUnavailable when Redis does not answer. `breaker` bounds the wait; None makes one with
    the usual times.
    """

    def __init__(self, client: Redis, breaker: CommandBreaker | None = None) -> None:
        self._client = cast("Any", client)  # see the module's first line
        self._scripts: dict[str, Any] = {}
        self._shas: dict[str, str] = {}
        self._breaker = breaker or CommandBreaker()

    async def script(self, text: str, keys: Sequence[str], arguments: Sequence[Value] = ()) -> Any:
        """Run a Lua script, atomically. Strings of its reply are str, and its tables are lists."""
        script = self._scripts.get(text)
        if script is None:
            script = self._scripts[text] = self._client.register_script(text)
        async with self._breaker.sending():
            return _decoded(await script(keys=list(keys), args=list(arguments)))

    async def pipeline(self, commands: Sequence[Command]) -> list[Any]:
        """Send several commands in one round trip, in order but not as a transaction. Returns their replies."""
        async with self._breaker.sending():
            for text in {command.text for command in commands if isinstance(command, ScriptCall)} - self._shas.keys():
                # Or a command behind the script would run before it, such as the notice of a change before the change.
                await self._client.script_load(text)
            replies = await self._send(commands)
            # A server that was restarted has forgotten its scripts, and none of those ran.
            missing = [at for at, reply in enumerate(replies) if isinstance(reply, redis.exceptions.NoScriptError)]
            if missing:
                for text in {command.text for command in commands if isinstance(command, ScriptCall)}:
                    await self._client.script_load(text)
                for at, reply in zip(missing, await self._send([commands[at] for at in missing]), strict=True):
                    replies[at] = reply
            for reply in replies:
                if isinstance(reply, Exception):
                    raise reply
            return [_decoded(reply) for reply in replies]

    async def _send(self, commands: Sequence[Command]) -> list[Any]:
        async with self._client.pipeline(transaction=False) as pipeline:
            for command in commands:
                if isinstance(command, ScriptCall):
                    sha = self._sha(command.text)
                    pipeline.execute_command("EVALSHA", sha, len(command.keys), *command.keys, *command.arguments)
                else:
                    pipeline.execute_command(*command)
            return await pipeline.execute(raise_on_error=False)

    def _sha(self, text: str) -> str:
        sha = self._shas.get(text)
        if sha is None:
            sha = self._shas[text] = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        return sha

    async def get(self, key: str) -> str | None:
        """A string; None when the key does not exist."""
        async with self._breaker.sending():
            return _decoded(await self._client.get(key))

    async def set_new(self, key: str, value: str, *, seconds: float) -> bool:
        """Set a key that does not exist yet, with a life of `seconds` (at least 1 ms). False when the key exists."""
        async with self._breaker.sending():
            return bool(await self._client.set(key, value, nx=True, px=max(1, round(seconds * 1000))))

    async def set(self, key: str, value: str, *, seconds: float) -> None:
        """Set a key with a life of `seconds` (at least 1 ms)."""
        async with self._breaker.sending():
            await self._client.set(key, value, px=max(1, round(seconds * 1000)))

    async def delete(self, *keys: str) -> int:
        """Delete keys of one cluster slot. Returns how many existed."""
        async with self._breaker.sending():
            return int(await self._client.delete(*keys))

    async def exists(self, key: str) -> bool:
        """Whether a key exists."""
        async with self._breaker.sending():
            return bool(await self._client.exists(key))

    async def hash(self, key: str) -> dict[str, str]:
        """A whole hash; empty when the key does not exist."""
        async with self._breaker.sending():
            return cast("dict[str, str]", _decoded(await self._client.hgetall(key)))

    async def hash_get(self, key: str, name: str) -> str | None:
        """One field of a hash; None when the hash lacks it."""
        async with self._breaker.sending():
            return _decoded(await self._client.hget(key, name))

    async def hash_get_many(self, key: str, names: Sequence[str]) -> list[str | None]:
        """Some fields of a hash, in the order of `names`; None for each that the hash lacks."""
        if not names:
            return []
        async with self._breaker.sending():
            return cast("list[str | None]", _decoded(await self._client.hmget(key, list(names))))

    async def hash_set(self, key: str, fields: Mapping[str, Value]) -> None:
        """Set some fields of a hash, and leave the others."""
        async with self._breaker.sending():
            await self._client.hset(key, mapping=dict(fields))

    async def hash_set_new(self, key: str, name: str, value: Value) -> bool:
        """Set a field of a hash that does not exist yet. False when the field exists."""
        async with self._breaker.sending():
            return bool(await self._client.hsetnx(key, name, value))

    async def list_range(self, key: str, start: int, stop: int) -> list[str]:
        """Entries of a list from position `start` to `stop`, both included. Negative positions count from the end."""
        async with self._breaker.sending():
            return cast("list[str]", _decoded(await self._client.lrange(key, start, stop)))

    async def list_length(self, key: str) -> int:
        """The length of a list; 0 when the key does not exist."""
        async with self._breaker.sending():
            return int(await self._client.llen(key))

    async def sorted_add(self, key: str, member: str, score: float, *, seconds: float | None = None) -> None:
        """Add a member to a sorted set, or change its score. `seconds` is the new life of the set; None: unchanged."""
        async with self._breaker.sending():
            await self._client.zadd(key, {member: score})
            if seconds is not None:
                await self._client.pexpire(key, round(seconds * 1000))

    async def sorted_remove(self, key: str, *members: str) -> None:
        """Remove members from a sorted set."""
        if members:
            async with self._breaker.sending():
                await self._client.zrem(key, *members)

    async def sorted_latest(self, key: str, below: str, count: int) -> list[tuple[str, float]]:
        """At most `count` members with their scores, greatest score first.

        `below` is the upper bound of the scores: "+inf", or "(1.5" for those less than 1.5.
        """
        async with self._breaker.sending():
            found = await self._client.zrange(
                key, below, "-inf", desc=True, byscore=True, offset=0, num=count, withscores=True
            )
        return [(cast("str", _decoded(member)), float(score)) for member, score in found]

    async def set_members(self, key: str) -> list[str]:
        """All members of a set, sorted."""
        async with self._breaker.sending():
            return sorted(str(_decoded(member)) for member in await self._client.smembers(key))

    async def sorted_all(self, key: str) -> list[str]:
        """All members of a sorted set, least score first."""
        async with self._breaker.sending():
            return cast("list[str]", _decoded(await self._client.zrange(key, 0, -1)))

    async def stream_last(self, key: str) -> str:
        """The id of a stream's last entry; "0-0" for an empty stream."""
        async with self._breaker.sending():
            last = await self._client.xrevrange(key, count=1)
        return cast("str", _decoded(last[0][0])) if last else "0-0"

    async def stream_read(
        self, key: str, after: str, *, count: int, block_seconds: float
    ) -> list[tuple[str, dict[str, str]]]:
        """At most `count` entries of a stream after the id `after`: (id, fields).

        Waits up to `block_seconds` for the first one; at least 1 ms, for Redis reads 0 as "for ever". Empty when none
        came.
        """
        async with self._breaker.sending(block_seconds):
            found = await self._client.xread({key: after}, count=count, block=round(block_seconds * 1000))
        entries = cast("list[tuple[bytes, dict[bytes, bytes]]]", found[0][1]) if found else []
        return [(cast("str", _decoded(entry_id)), _decoded(fields)) for entry_id, fields in entries]

    async def publish(self, channel: str, message: str) -> None:
        """Publish a message on a channel."""
        async with self._breaker.sending():
            await self._client.publish(channel, message)

    async def subscribe(self, channel: str) -> AsyncGenerator[str, None]:
        """The messages of a channel, without end. The first one is "", once the subscription is in force."""
        with redis_errors():
            async with self._client.pubsub() as pubsub:
                await pubsub.subscribe(channel)
                while True:
                    message = await pubsub.get_message(timeout=_SUBSCRIPTION_PING_SECONDS)
                    if message is None:
                        await pubsub.ping()  # else a lost connection would not be noticed
                    elif message["type"] == "subscribe":
                        yield ""
                    elif message["type"] == "message":
                        yield str(_decoded(message["data"]))


def hash_items(fields: dict[str, str] | list[str]) -> list[tuple[str, str]]:
    """The fields and values of a hash in a reply of `pipeline`, which is a map in RESP3 and a flat list in RESP2."""
    return list(fields.items()) if isinstance(fields, dict) else list(zip(fields[::2], fields[1::2], strict=True))


def _decoded(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")  # Kefu wrote UTF-8; what somebody else put there is still shown
    if isinstance(value, (list, tuple, set)):
        return [_decoded(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {_decoded(key): _decoded(item) for key, item in cast("dict[Any, Any]", value).items()}
    return value
