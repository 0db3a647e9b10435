"""The few Redis commands that the router uses, with types: redis-py's own are of no use to a strict checker."""

import hashlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import redis.exceptions
from redis.asyncio import Redis

from kefu.common.redis.client import Silence, redis_errors

_LISTEN_SECONDS = 4.0
Value = str | bytes | int | float


@dataclass(frozen=True)
class ScriptCall:
    """One run of a Lua script, to be sent together with others."""

    text: str
    keys: Sequence[str]
    arguments: Sequence[Value] = ()


Command = ScriptCall | tuple[Value, ...]
"""A script, or a command and its arguments."""


class RedisCommands:
    """Every command raises BackendUnavailable when Redis does not answer, see Silence. Texts come back as UTF-8."""

    def __init__(self, client: Redis) -> None:
        self._client = cast("Any", client)  # see the module's first line
        self._scripts: dict[str, Any] = {}
        self._shas: dict[str, str] = {}
        self._silence = Silence()

    async def script(self, text: str, keys: Sequence[str], arguments: Sequence[Value] = ()) -> Any:
        """Run a Lua script, atomically. Its strings come back as str, its lists as lists of them."""
        script = self._scripts.get(text)
        if script is None:
            script = self._scripts[text] = self._client.register_script(text)
        async with self._silence.asking():
            return _decoded(await script(keys=list(keys), args=list(arguments)))

    async def together(self, commands: Sequence[Command]) -> list[Any]:
        """Send several commands in one go, in their order but not as a transaction; returns their replies."""
        async with self._silence.asking():
            for text in {command.text for command in commands if isinstance(command, ScriptCall)} - self._shas.keys():
                await self._client.script_load(text)  # or what follows it would run before it: a ring before the change
            replies = await self._sent(commands)
            # A server that was restarted has forgotten its scripts, and none of those ran.
            missing = [at for at, reply in enumerate(replies) if isinstance(reply, redis.exceptions.NoScriptError)]
            if missing:
                for text in {command.text for command in commands if isinstance(command, ScriptCall)}:
                    await self._client.script_load(text)
                for at, reply in zip(missing, await self._sent([commands[at] for at in missing]), strict=True):
                    replies[at] = reply
            for reply in replies:
                if isinstance(reply, Exception):
                    raise reply
            return [_decoded(reply) for reply in replies]

    async def _sent(self, commands: Sequence[Command]) -> list[Any]:
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
        """A string, or None."""
        async with self._silence.asking():
            return _decoded(await self._client.get(key))

    async def set_new(self, key: str, value: str, *, seconds: float) -> bool:
        """Set a key that must not be there yet, with a life; False when it was there."""
        async with self._silence.asking():
            return bool(await self._client.set(key, value, nx=True, px=max(1, round(seconds * 1000))))

    async def set(self, key: str, value: str, *, seconds: float) -> None:
        """Set a key with a life."""
        async with self._silence.asking():
            await self._client.set(key, value, px=max(1, round(seconds * 1000)))

    async def delete(self, *keys: str) -> int:
        """Delete keys of one slot; returns how many there were."""
        async with self._silence.asking():
            return int(await self._client.delete(*keys))

    async def exists(self, key: str) -> bool:
        """Whether a key is there."""
        async with self._silence.asking():
            return bool(await self._client.exists(key))

    async def hash(self, key: str) -> dict[str, str]:
        """A whole hash, empty when there is none."""
        async with self._silence.asking():
            return cast("dict[str, str]", _decoded(await self._client.hgetall(key)))

    async def hash_get(self, key: str, name: str) -> str | None:
        """One field of a hash."""
        async with self._silence.asking():
            return _decoded(await self._client.hget(key, name))

    async def hash_get_many(self, key: str, names: Sequence[str]) -> list[str | None]:
        """Some fields of a hash, None for those it has not."""
        if not names:
            return []
        async with self._silence.asking():
            return cast("list[str | None]", _decoded(await self._client.hmget(key, list(names))))

    async def hash_set(self, key: str, fields: Mapping[str, Value]) -> None:
        """Set fields of a hash."""
        async with self._silence.asking():
            await self._client.hset(key, mapping=dict(fields))

    async def hash_set_new(self, key: str, name: str, value: Value) -> bool:
        """Set a field that must not be there yet; False when it was there."""
        async with self._silence.asking():
            return bool(await self._client.hsetnx(key, name, value))

    async def list_range(self, key: str, start: int, stop: int) -> list[str]:
        """A part of a list, `stop` included; negative positions count from the end."""
        async with self._silence.asking():
            return cast("list[str]", _decoded(await self._client.lrange(key, start, stop)))

    async def list_length(self, key: str) -> int:
        """Length of a list."""
        async with self._silence.asking():
            return int(await self._client.llen(key))

    async def sorted_add(self, key: str, member: str, score: float, *, seconds: float | None = None) -> None:
        """Add to a sorted set or move in it, and give the set a life unless `seconds` is None."""
        async with self._silence.asking():
            await self._client.zadd(key, {member: score})
            if seconds is not None:
                await self._client.pexpire(key, round(seconds * 1000))

    async def sorted_remove(self, key: str, *members: str) -> None:
        """Remove from a sorted set."""
        if members:
            async with self._silence.asking():
                await self._client.zrem(key, *members)

    async def sorted_latest(self, key: str, below: str, count: int) -> list[tuple[str, float]]:
        """Members with their scores, greatest score first, from `below` ("+inf", or "(score") down."""
        async with self._silence.asking():
            found = await self._client.zrange(
                key, below, "-inf", desc=True, byscore=True, offset=0, num=count, withscores=True
            )
        return [(cast("str", _decoded(member)), float(score)) for member, score in found]

    async def set_members(self, key: str) -> list[str]:
        """All members of a set, sorted."""
        async with self._silence.asking():
            return sorted(str(_decoded(member)) for member in await self._client.smembers(key))

    async def sorted_all(self, key: str) -> list[str]:
        """All members of a sorted set."""
        async with self._silence.asking():
            return cast("list[str]", _decoded(await self._client.zrange(key, 0, -1)))

    async def stream_last(self, key: str) -> str:
        """Id of a stream's last entry; "0-0" when there is none."""
        async with self._silence.asking():
            last = await self._client.xrevrange(key, count=1)
        return cast("str", _decoded(last[0][0])) if last else "0-0"

    async def stream_read(
        self, key: str, after: str, *, count: int, block_seconds: float
    ) -> list[tuple[str, dict[str, str]]]:
        """Entries of a stream after an id; waits for the first, and returns none when none came in that time."""
        async with self._silence.asking(block_seconds):
            found = await self._client.xread({key: after}, count=count, block=round(block_seconds * 1000))
        entries = cast("list[tuple[bytes, dict[bytes, bytes]]]", found[0][1]) if found else []
        return [(cast("str", _decoded(entry_id)), _decoded(fields)) for entry_id, fields in entries]

    async def publish(self, channel: str, message: str) -> None:
        """Publish a message."""
        async with self._silence.asking():
            await self._client.publish(channel, message)

    async def heard(self, channel: str) -> AsyncGenerator[str, None]:
        """What is published on a channel, for ever; first "" once it is heard."""
        with redis_errors():
            async with self._client.pubsub() as pubsub:
                await pubsub.subscribe(channel)
                while True:
                    message = await pubsub.get_message(timeout=_LISTEN_SECONDS)
                    if message is None:
                        await pubsub.ping()  # else a connection that is gone would not be noticed
                    elif message["type"] == "subscribe":
                        yield ""
                    elif message["type"] == "message":
                        yield str(_decoded(message["data"]))


def pairs_of(fields: dict[str, str] | list[str]) -> list[tuple[str, str]]:
    """A hash as `together` returns it: by its pairs or flat, as the connection's protocol has it."""
    return list(fields.items()) if isinstance(fields, dict) else list(zip(fields[::2], fields[1::2], strict=True))


def _decoded(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, (list, tuple, set)):
        return [_decoded(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {_decoded(key): _decoded(item) for key, item in cast("dict[Any, Any]", value).items()}
    return value
