"""An archive of conversations, and an archiver whose passes a test makes, over a real Redis."""

import itertools
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import SecretStr

from kefu.common.redis.client import open_redis
from kefu.common.redis.commands import RedisCommands
from kefu.office.archive.archive import Archive
from kefu.office.archive.archive_setup import make_archive
from kefu.office.archive.archiver import Archiver, ArchiveTimes
from kefu.office.insight.reviews.review_store import ReviewStore
from kefu.office.messages.archive_record import ArchiveRecordWriter
from kefu.router.config import RouterConfig
from kefu.router.conversations.attachments.file_store import ObjectFileStore
from kefu.router.storage.archive_marks import ArchiveMarks, ArchiveStatus
from kefu.router.storage.leader_lease import LeaderLease
from kefu.router.storage.sessions import SessionStore
from kefu.router.tenants.settings import SettingsStore
from tests.support.grpc_calls import INTERNAL_KEY

LIFE = 7 * 86_400
_PUTS = 14


@dataclass
class Place:
    """Where an archive is, and what lies there."""

    config: dict[str, object]
    folder: Path | None
    bucket: dict[str, bytes] | None

    def objects(self) -> dict[str, bytes]:
        if self.bucket is not None:
            return {name.removeprefix("kefu/"): data for name, data in self.bucket.items()}
        assert self.folder is not None
        found: dict[str, bytes] = {}
        for folder, _, names in os.walk(self.folder):  # which looks over folders that go while it walks
            for name in names:
                with suppress(FileNotFoundError):
                    path = Path(folder, name)
                    found[str(path.relative_to(self.folder))] = path.read_bytes()
        return found

    def conversations(self) -> list[str]:
        return sorted(name for name in self.objects() if "/conversations/" in name)


class Archiving:
    """An archive and an archiver of its own, whose passes a test makes."""

    def __init__(self, redis_url: str, commands: RedisCommands, place: Place, **config: object) -> None:
        chosen = {"retrieval": "x:1", "generation": "x:1", "internal_key": SecretStr(INTERNAL_KEY), **place.config}
        self.config = RouterConfig(**{**chosen, "redis_url": SecretStr(redis_url), **config})  # pyright: ignore
        self.commands = commands
        self.archive: Archive = make_archive(self.config, commands)
        self.marks = ArchiveMarks(commands)
        self.finished: list[tuple[str, str]] = []

    def archiver(self, lease: str, **times: float) -> Archiver:
        async def finish(tenant: str, session_id: str) -> None:
            self.finished.append((tenant, session_id))
            await self.archive.erase(tenant, session_id)

        chosen = replace(ArchiveTimes(quiet=0.0, kept=self.config.archive_days * 86_400, pause=1.0), **times)
        return Archiver(
            *(self.archive, self.marks, SessionStore(self.commands, life=LIFE), ReviewStore(self.commands, days=400)),
            *(SettingsStore(self.commands, self.config), ArchiveRecordWriter(), finish),
            *(LeaderLease(self.commands, f"kefu:{lease}", "router-1"), chosen),
        )

    async def make_pass(self, **times: float) -> ArchiveStatus:
        return await self.archiver("kefu:1:archive:of-the-test", **times).make_pass()


@asynccontextmanager
async def archiving(redis_url: str, place: Place, **config: object) -> AsyncIterator[Archiving]:
    async with open_redis(redis_url) as client:
        yield Archiving(redis_url, RedisCommands(client), place, **config)


async def archive_and_die(redis_url: str, folder: str) -> None:
    """A pass that is killed (SIGKILL) in the middle: some conversations are written, of others only whose they are."""
    put, count = ObjectFileStore.put, itertools.count()

    async def put_or_die(self: ObjectFileStore, name: str, data: bytes) -> None:
        if next(count) == _PUTS:
            os.kill(os.getpid(), signal.SIGKILL)
        await put(self, name, data)

    ObjectFileStore.put = put_or_die
    async with archiving(redis_url, Place({"archive": folder}, Path(folder), None)) as one:
        await one.make_pass()
