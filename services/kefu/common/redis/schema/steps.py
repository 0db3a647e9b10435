"""The steps from one version of the layout to the next: what whoever raises `SCHEMA` writes.

A step is given keys one by one. It may be interrupted after any of them and begun again: what is changed has a name of
the new version and is not seen again. So a change moves a key from its old name to its new one in one transaction,
whatever else it does.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import redis.exceptions
from redis.asyncio import Redis

Change = Callable[[Redis, str, str], Awaitable[None]]
"""Moves a key: the client, its old name, its new name. In one transaction, with what is left of its life."""


async def rename(client: Redis, old: str, new: str) -> None:
    """Give a key its new name; content and life stay."""
    try:
        await client.rename(old, new)
    except redis.exceptions.ResponseError:
        if await client.exists(old):  # else its life has ended meanwhile
            raise


def rewrite_hash(change: Callable[[Mapping[str, str]], Mapping[str, str]]) -> Change:
    """The change of a hash of texts by a function of its fields."""

    async def apply(client: Redis, old: str, new: str) -> None:
        async with cast("Any", client).pipeline(transaction=True) as pipeline:
            await pipeline.watch(old)
            fields = {name.decode(): value.decode() for name, value in (await pipeline.hgetall(old)).items()}
            if not fields:
                return  # its life has ended meanwhile
            ends = await pipeline.pexpiretime(old)
            pipeline.multi()
            pipeline.delete(old, new)
            pipeline.hset(new, mapping=dict(change(fields)))
            if ends > 0:
                pipeline.pexpireat(new, ends)
            await pipeline.execute()

    return apply


@dataclass(frozen=True)
class Step:
    """The way from a version to the next one."""

    begins: int
    """The version that it begins with; it leads to the next."""
    changes: Mapping[str, Change] = field(default_factory=dict[str, Change])
    """By kind of data (see `kefu.common.redis.schema.kinds`) how its keys are moved; all others are renamed."""
    about: Mapping[str, str] = field(default_factory=dict[str, str])
    """By kind of data what changes, in a few words, for whoever runs it."""


STEPS: tuple[Step, ...] = ()
"""All steps, the oldest first. None yet: data of 0.1.0 is of schema 1, and read as it is."""
