"""Redis commands as sequences of words, and raw hashes decoded: redis-py's types do not help a strict checker."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from redis.asyncio import Redis

from kefu.common.redis.client import redis_errors

Command = Sequence[str | bytes | int | float]
"""A command and its arguments, such as ("HGETALL", key)."""


async def call(client: Redis, *words: str | bytes | int) -> Any:
    """The reply to one command, such as `call(client, "GET", key)`. Raises BackendUnavailable without an answer."""
    return (await pipeline(client, [words]))[0]


async def pipeline(client: Redis, commands: Sequence[Command], *, atomic: bool = False) -> list[Any]:
    """The replies to several commands of one round trip; with `atomic` they are one transaction.

    Raises BackendUnavailable when Redis does not answer.
    """
    if not commands:
        return []
    with redis_errors():
        async with client.pipeline(transaction=atomic) as waiting:
            for words in commands:
                waiting.execute_command(*words)  # pyright: ignore[reportUnknownMemberType, reportUnusedCoroutine]
            return await waiting.execute()


def hset(key: str, fields: Mapping[str, str | bytes]) -> Command:
    """The command that sets some fields of a hash."""
    return ("HSET", key, *(part for pair in fields.items() for part in pair))


def hash_of(answer: Any) -> dict[bytes, bytes]:
    """A hash from the raw reply to HGETALL, which is a map in RESP3 and a flat list in RESP2."""
    if isinstance(answer, dict):
        return cast("dict[bytes, bytes]", answer)
    return dict(zip(answer[::2], answer[1::2], strict=True))


def byte_fields(fields: Mapping[bytes, bytes]) -> dict[str, bytes]:
    """A hash with its names decoded and its values as bytes."""
    return {name.decode(): value for name, value in fields.items()}


def text_fields(fields: Mapping[bytes, bytes]) -> dict[str, str]:
    """A hash with its names and values decoded."""
    return {name.decode(): value.decode() for name, value in fields.items()}
