"""Versions that are or were live, and the way back to an earlier one."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from kefu.common.errors import BackendUnavailable, VersionNotFound
from kefu.retrieval.domain.collection_key import ORIGINAL, CollectionKey
from kefu.retrieval.domain.versions import LOADED_SECONDS, VersionRecord, Versions
from kefu.retrieval.drafts.caretaker import Caretaker, OpenWriter
from kefu.retrieval.replica.replica import Replica
from kefu.retrieval.storage.knowledge_store import KnowledgeStore
from kefu.retrieval.storage.version_store import Changes, VersionStore

_LOADED_WITHIN_SECONDS = 60.0
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class KeptVersion:
    """A version that is or was live, with the numbers of its documents and curated answers."""

    record: VersionRecord
    is_live: bool
    counts: tuple[int, int]


class KeptVersions:
    """The versions of all collections that are or were live."""

    def __init__(self, store: KnowledgeStore, replica: Replica, open_writer: OpenWriter, caretaker: Caretaker) -> None:
        self._store = store
        self._versions = VersionStore(store)
        self._replica = replica
        self._open_writer = open_writer
        self._caretaker = caretaker

    async def all_of(self, key: CollectionKey) -> list[KeptVersion]:
        """The live version first, then the one that was replaced last. Raises CollectionNotFound."""
        versions = await self._versions.read(key)
        await self._store.info(key.at(versions.live))
        return [await self._kept(key, each, versions.live) for each in versions.kept]

    async def version(self, key: CollectionKey, version: str) -> KeptVersion:
        """One of them. Raises VersionNotFound."""
        for each in await self.all_of(key):
            if each.record.id == version:
                return each
        raise _not_kept(key, version)

    async def _kept(self, key: CollectionKey, record: VersionRecord, live: str) -> KeptVersion:
        return KeptVersion(record, record.id == live, await self._store.counts(key.at(record.id)))

    async def roll_back(self, key: CollectionKey, version: str | None, author: str) -> KeptVersion:
        """Make an earlier version live: here when this returns. None: the one that was live before.

        One that is no longer in memory is loaded first, by every replica. Raises VersionNotFound, KnowledgeMoved, and
        BackendUnavailable where that takes longer than a minute.
        """
        earlier = [each for each in (await self.all_of(key)) if not each.is_live]
        if not earlier and version is None:
            raise VersionNotFound(f"No version of {key.collection} was live before this one.")
        wanted = earlier[0].record.id if version is None else version
        target = key.at(wanted)
        async with self._open_writer() as writer:
            if not self._replica.is_loaded(target):
                await self._versions.change(writer, key, self._wanting(key, wanted))
                if not await self._replica.wait_until_loaded(target, _LOADED_WITHIN_SECONDS):
                    raise BackendUnavailable("The version is still being loaded; call again in a minute.")

            async def switched(versions: Versions) -> tuple[VersionRecord, VersionRecord]:
                record = _earlier(key, versions, wanted)
                now = time.time()
                new = replace(
                    record,
                    live_time=now,
                    replace_time=0.0,
                    wanted_until=0.0,
                    made_live_by=author,
                    replaces=versions.live,
                )
                return new, replace(versions.live_record, replace_time=now)

            await self._versions.make_live(writer, key, switched)
            await writer.wait_until_on_disk()
        await self._replica.wait_until_live(target)
        try:
            await self._caretaker.finish(key)
        except BackendUnavailable as error:  # the caretaker does it later
            _log.warning("versions.not_finished", collection=key.member, cause=error.message)
        return await self.version(key, wanted)

    def _wanting(self, key: CollectionKey, version: str) -> Changes:
        async def wanting(versions: Versions) -> Sequence[VersionRecord]:
            return [replace(_earlier(key, versions, version), wanted_until=time.time() + LOADED_SECONDS)]

        return wanting


def _earlier(key: CollectionKey, versions: Versions, version: str) -> VersionRecord:
    for each in versions.kept:
        if each.id == version and each.id != versions.live:
            return each
    raise _not_kept(key, version)


def _not_kept(key: CollectionKey, version: str) -> VersionNotFound:
    return VersionNotFound(f"{key.collection} has no earlier version {version or ORIGINAL}; list the versions.")
