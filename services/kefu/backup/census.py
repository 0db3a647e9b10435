"""Census: what a Redis holds of Kefu's, counted by kind of key. No key's name is in it, nothing of a customer."""

from collections import Counter
from typing import Any

from pydantic import BaseModel
from redis.asyncio import Redis

from kefu.common.redis.schema.kinds import UNKNOWN, label_of
from kefu.common.redis.schema.version import SCHEMA_KEY

PATTERN = "kefu:*"
"""Every key of Kefu's."""
_BATCH = 1_000
_PASSAGES, _TURNS = "collection/passages", "session/turns"


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

    @property
    def collections(self) -> int:
        """Collections, and their versions."""
        return self.count("collection")

    @property
    def documents(self) -> int:
        """Documents of all versions of all collections."""
        return self.count("collection/document")

    @property
    def sessions(self) -> int:
        """Conversations."""
        return self.count("session")

    @property
    def api_keys(self) -> int:
        """API keys that were not revoked."""
        return self.count("key")

    def lines(self) -> list[str]:
        """What a person reads: first what matters, then every kind."""
        told = {
            "collections": self.collections,
            "documents": self.documents,
            "passages": self.passages,
            "sessions": self.sessions,
            "turns": self.turns,
            "API keys": self.api_keys,
            "deliveries to webhooks that wait": self.count("tenant/pending"),
        }
        kinds = sorted({*self.lasting, *self.passing})
        return [
            f"schema {self.schema_version}, {self.keys} keys",
            *(f"  {count:>9} {name}" for name, count in told.items()),
            "by kind of key (with an end of their own: in brackets):",
            *(f"  {self.count(kind):>9} {kind} ({self.passing.get(kind, 0)})" for kind in kinds),
        ]


def label_of_key(key: str) -> str:
    """As `kefu.common.redis.schema.kinds.label_of`, of a whole key: any that begins with `kefu:`."""
    _, version, name = (*key.split(":", 2), "", "")[:3]
    return "schema" if key == SCHEMA_KEY else label_of(name) if version.isdigit() else UNKNOWN


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
        there = [(label_of_key(key.decode()), key, end) for key, end in zip(keys, ends, strict=True) if end != -2]
        for kind, _, end in there:
            (lasting if end == -1 else passing)[kind] += 1
        with_fields = [(kind, key) for kind, key, _ in there if kind in (_PASSAGES, _TURNS)]
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
        passages=held[_PASSAGES],
        turns=held[_TURNS],
    )
