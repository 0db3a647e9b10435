"""Census: what a Redis holds of Kefu's, counted by kind of key. No key's name is in it, nothing of a customer."""

import re
from collections import Counter
from typing import Any

from pydantic import BaseModel
from redis.asyncio import Redis

from kefu.common.redis.schema.version import SCHEMA_KEY

PATTERN = "kefu:*"
"""Every key of Kefu's."""
_BATCH = 1_000
_NAME = re.compile(r"kefu:\d+:(?:\{([^{}]*)\}:?)?(?:v:[^:]*:)?([^:]*)")
_COUNTED_FIELDS = frozenset({"passages", "turns"})


class Census(BaseModel, frozen=True):
    """How many keys of each kind there are.

    `lasting` are those without an end of their own, `passing` those that run out. `passages` and `turns` count what the
    keys of these kinds hold.
    """

    schema_version: int = 0
    lasting: dict[str, int] = {}
    passing: dict[str, int] = {}
    passages: int = 0
    turns: int = 0

    @property
    def keys(self) -> int:
        """All keys."""
        return sum(self.lasting.values()) + sum(self.passing.values())

    def count(self, kind: str) -> int:
        """The keys of a kind, such as `session`."""
        return self.lasting.get(kind, 0) + self.passing.get(kind, 0)

    def lines(self) -> list[str]:
        """What a person reads: first what matters, then every kind."""
        told = {
            "collections": self.count("collection"),
            "documents": self.count("document"),
            "passages": self.passages,
            "sessions": self.count("session"),
            "turns": self.turns,
            "API keys": self.count("key"),
            "deliveries to webhooks that wait": self.count("tenant:pending"),
        }
        kinds = sorted({*self.lasting, *self.passing})
        return [
            f"schema {self.schema_version}, {self.keys} keys",
            *(f"  {count:>9} {name}" for name, count in told.items()),
            "by kind of key (with an end of their own: in brackets):",
            *(f"  {self.count(kind):>9} {kind} ({self.passing.get(kind, 0)})" for kind in kinds),
        ]


def kind_of(key: str) -> str:
    """The kind of a key, as the page of all keys names it, without what stands for values."""
    if key == SCHEMA_KEY:
        return "schema"
    match = _NAME.match(key)
    if match is None:
        return "unknown"
    tag, word = match[1] or "", match[2]
    owner = tag.partition(":")[0] if tag.startswith(("tenant:", "key:")) else "" if ":" in tag else tag
    return ":".join(part for part in (owner, word) if part) or "unknown"


async def take_census(client: Redis) -> Census:
    """Count the keys of a Redis, the documents' passages and the sessions' turns."""
    redis: Any = client
    lasting, passing, held = Counter[str](), Counter[str](), Counter[str]()
    cursor = 0
    while True:
        cursor, keys = await redis.scan(cursor, match=PATTERN, count=_BATCH)
        async with redis.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.pexpiretime(key)
            ends: list[int] = await pipe.execute() if keys else []
        there = [(kind_of(key.decode()), key, end) for key, end in zip(keys, ends, strict=True) if end != -2]
        for kind, _, end in there:
            (lasting if end == -1 else passing)[kind] += 1
        with_fields = [(kind, key) for kind, key, _ in there if kind in _COUNTED_FIELDS]
        async with redis.pipeline(transaction=False) as pipe:
            for _, key in with_fields:
                pipe.hlen(key)
            lengths: list[int] = await pipe.execute() if with_fields else []
        for (kind, _), length in zip(with_fields, lengths, strict=True):
            held[kind] += length
        if not cursor:
            break
    schema = int(await redis.get(SCHEMA_KEY) or 0)
    return Census(
        schema_version=schema,
        lasting=dict(lasting),
        passing=dict(passing),
        passages=held["passages"],
        turns=held["turns"],
    )
