"""Redis commands by their words, and hashes as Python reads them: a strict checker can use redis-py's types little."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from redis.asyncio import Redis

from kefu.common.redis.client import redis_errors

Command = Sequence[str | bytes | int | float]
"""A command and its arguments, such as ("HGETALL", key)."""


async def call(client: Redis, *words: str | bytes | int) -> Any:
    """One command; its answer. Raises BackendUnavailable when Redis does not answer."""
    return (await pipeline(client, [words]))[0]


async def pipeline(client: Redis, commands: Sequence[Command], *, atomic: bool = False) -> list[Any]:
    """Commands in one round trip, as one transaction if `atomic`; their answers. Raises BackendUnavailable."""
    if not commands:
        return []
    with redis_errors():
        async with client.pipeline(transaction=atomic) as waiting:
            for words in commands:
                waiting.execute_command(*words)  # pyright: ignore[reportUnknownMemberType, reportUnusedCoroutine]
            return await waiting.execute()


def hset(key: str, fields: Mapping[str, str | bytes]) -> Command:
    """The command that sets fields of a hash."""
    return ("HSET", key, *(part for pair in fields.items() for part in pair))


def hash_of(answer: Any) -> dict[bytes, bytes]:
    """HGETALL's raw answer as a hash: it is a map in RESP3, a flat list in RESP2."""
    if isinstance(answer, dict):
        return cast("dict[bytes, bytes]", answer)
    return dict(zip(answer[::2], answer[1::2], strict=True))


def byte_fields(fields: Mapping[bytes, bytes]) -> dict[str, bytes]:
    """A hash whose values are not text."""
    return {name.decode(): value for name, value in fields.items()}


def text_fields(fields: Mapping[bytes, bytes]) -> dict[str, str]:
    """A hash of texts."""
    return {name.decode(): value.decode() for name, value in fields.items()}
