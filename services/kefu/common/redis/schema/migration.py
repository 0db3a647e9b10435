"""Finds out what a migration of the data in Redis would do, and does it. It can be interrupted and gone on with."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

from redis.asyncio import Redis

from kefu.common.errors import StartupError
from kefu.common.redis.client import open_unchecked_redis
from kefu.common.redis.redis_tls import SYSTEM_AUTHORITIES, RedisTls
from kefu.common.redis.schema.check import schema_of
from kefu.common.redis.schema.kinds import UNKNOWN, kind_of, kinds
from kefu.common.redis.schema.rollback import prepare
from kefu.common.redis.schema.steps import STEPS, Step, rename
from kefu.common.redis.schema.version import MIGRATION_KEY, SCHEMA, SCHEMA_KEY, prefix

SCAN_COUNT = 500
AT_ONCE = 32
"""Keys that are moved at the same time, each by a connection of its own."""
_LIBRARY = "redis-py"
"""What the services' connections say of themselves, those of 0.1.0 too."""
Progress = Callable[[str, int], None]
"""Is told a kind of data, and how many keys of it are done by now."""


@dataclass(frozen=True)
class Examined:
    """What there is, and what a migration would have to do."""

    found: int
    """Version of the data; 0 where there is none."""
    wanted: int
    oldest: int
    """The oldest version from which this release knows the way."""
    interrupted: int
    """The version whose step an earlier run has not ended; 0: there is no such run."""
    keys: Mapping[str, int]
    """Keys by kind of data, about: one that Redis moved while it was asked may be counted twice."""
    to_move: Mapping[str, int]
    """Of these, those that a migration would still move."""
    about: Mapping[str, str]
    """By kind of data what changes beside the names."""
    services: Sequence[str]
    """Addresses from which programs of Kefu are connected."""

    @property
    def is_current(self) -> bool:
        """Nothing has to be done."""
        return self.found in (0, self.wanted) and not self.interrupted

    @property
    def refusal(self) -> str:
        """Why a migration cannot be run, and what to do; empty if it can."""
        if self.found > self.wanted:
            return f"The data is of schema {self.found}, and this release knows {self.wanted}: use a newer release."
        if 0 < (begins := self.interrupted or self.found) < self.oldest:
            return (
                f"The data is of schema {begins}; this release migrates from {self.oldest} on. Upgrade to an earlier "
                "release first (docs/operate/upgrading.md has which)."
            )
        return ""

    @property
    def obstacle(self) -> str:
        """What has to end before a migration may begin; empty if nothing has to."""
        return _obstacle(self.services) if self.services else ""


class Migration:
    """The way of the data in one Redis to a version.

    `steps` and `wanted` are the release's own but in tests.
    """

    def __init__(self, client: Redis, wanted: int = SCHEMA, steps: Sequence[Step] = STEPS) -> None:
        self._client = client
        self._call = cast("Any", client)  # redis-py's types are partly unknown
        self._wanted = wanted
        self._steps = {step.begins: step for step in steps}

    async def examine(self) -> Examined:
        """Look at everything, and change nothing."""
        found = await schema_of(self._client)
        interrupted = int(await self._client.get(MIGRATION_KEY) or 0)
        counts: Counter[str] = Counter()
        to_move: Counter[str] = Counter()
        async for key in self._keys("kefu:[0-9]*:*"):
            version, name = _parsed(key)
            counts[kind_of(name)] += 1
            if version < self._wanted:
                to_move[kind_of(name)] += 1
        about = {
            kind: words
            for version in range(interrupted or found or self._wanted, self._wanted)
            if version in self._steps
            for kind, words in self._steps[version].about.items()
        }
        order = [*kinds(), UNKNOWN]
        return Examined(
            found,
            self._wanted,
            self._oldest(),
            interrupted,
            {kind: counts[kind] for kind in order if counts[kind]},
            {kind: to_move[kind] for kind in order if to_move[kind]},
            about,
            await self._services(),
        )

    async def run(self, progress: Progress = lambda _kind, _count: None) -> None:
        """Bring the data to the wanted version, or on from where an earlier run was interrupted.

        Raises StartupError, before anything is changed, where it cannot be or services run.
        """
        examined = await self.examine()
        if words := examined.refusal or ("" if examined.is_current else examined.obstacle):
            raise StartupError(words)
        if examined.is_current:
            return
        begins = examined.interrupted or examined.found
        async with self._client.pipeline(transaction=True) as pipeline:
            # From here on every service refuses to start, those of the older release because of the version.
            pipeline.set(MIGRATION_KEY, begins)
            pipeline.set(SCHEMA_KEY, self._wanted)
            await pipeline.execute()
        for version in range(begins, self._wanted):
            await self._step(version, progress)
            await self._client.set(MIGRATION_KEY, version + 1)
        await self._client.delete(MIGRATION_KEY)

    async def _step(self, version: int, progress: Progress) -> None:
        step = self._steps[version]
        done: Counter[str] = Counter()
        batch: list[str] = []
        async for key in self._keys(f"{prefix(version)}*"):
            batch.append(key)
            if len(batch) >= AT_ONCE:
                await self._move(step, batch, done, progress)
                batch = []
        await self._move(step, batch, done, progress)

    async def _move(self, step: Step, keys: Sequence[str], done: Counter[str], progress: Progress) -> None:
        async def move(key: str) -> str:
            name = _parsed(key)[1]
            kind = kind_of(name)
            await step.changes.get(kind, rename)(self._client, key, f"{prefix(step.begins + 1)}{name}")
            return kind

        done.update(await asyncio.gather(*map(move, keys)))
        for kind, count in done.items():
            progress(kind, count)

    async def _keys(self, pattern: str) -> AsyncIterator[str]:
        """Keys of a pattern, each once or more often; those that are there all the while are not missed."""
        async for key in self._call.scan_iter(match=pattern, count=SCAN_COUNT):
            text = key.decode()
            if _PARTS.match(text):
                yield text

    async def prepare_rollback(self, *, dry_run: bool) -> Mapping[str, int]:
        """Put what release 0.1.0 does not know into words that it knows; what there was, and how often.

        Raises StartupError where services run, unless it is a dry run.
        """
        if (services := await self._services()) and not dry_run:
            raise StartupError(_obstacle(services))
        return await prepare(self._client, dry_run=dry_run)

    def _oldest(self) -> int:
        oldest = self._wanted
        while oldest - 1 in self._steps:
            oldest -= 1
        return oldest

    async def _services(self) -> list[str]:
        """Addresses, without ports, of other connections that Kefu's programs have."""
        own = int(await self._call.client_id())
        others: set[str] = set()
        for one in await self._call.client_list():
            if int(one["id"]) != own and one.get("lib-name") == _LIBRARY and one.get("name") != CLIENT_NAME:
                others.add(str(one["addr"]).rpartition(":")[0])
        return sorted(others)


CLIENT_NAME = "kefu-data"
"""Name of this program's connections in Redis' list."""
_PARTS = re.compile(r"kefu:(\d+):(.+)", re.DOTALL)


def _obstacle(services: Sequence[str]) -> str:
    return f"Programs of Kefu are connected to Redis, from {', '.join(services)}: stop all services first."


def _parsed(key: str) -> tuple[int, str]:
    _, version, name = key.split(":", 2)
    return int(version), name


@asynccontextmanager
async def open_migration(url: str, tls: RedisTls = SYSTEM_AUTHORITIES) -> AsyncIterator[Migration]:
    """The migration of the data in a Redis, whatever its version is."""
    async with open_unchecked_redis(url, name=CLIENT_NAME, tls=tls) as client:
        yield Migration(client)
