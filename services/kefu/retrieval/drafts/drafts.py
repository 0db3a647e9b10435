"""Drafts: made by a copy, compared, brought up to date, checked, promoted or discarded."""

import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from kefu.common.errors import (
    BackendUnavailable,
    DraftHeld,
    DraftNotFound,
    DraftOutdated,
    KnowledgeMoved,
    ServiceError,
    TenantLimit,
)
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.domain.draft_changes import DraftChange
from kefu.retrieval.domain.versions import (
    MAX_OPEN_DRAFTS,
    DraftCheck,
    DraftState,
    Role,
    VersionRecord,
    Versions,
)
from kefu.retrieval.drafts.caretaker import Caretaker, OpenWriter
from kefu.retrieval.drafts.comparison import ComparedDraft, Comparison
from kefu.retrieval.replica.replica import Replica
from kefu.retrieval.storage.draft_copy import DraftCopy, finished_copy
from kefu.retrieval.storage.durable_writer import DurableWriter
from kefu.retrieval.storage.knowledge_store import KnowledgeStore
from kefu.retrieval.storage.version_store import Changes, VersionStore

_LOADED_WITHIN_SECONDS = 60.0
_RENEW_SECONDS = 30.0
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did."""

    draft: ComparedDraft
    taken: int
    conflicts: tuple[DraftChange, ...]


class Drafts:
    """The drafts of all collections. `key` is a collection's, whatever its version; `author` a subject."""

    def __init__(self, store: KnowledgeStore, replica: Replica, open_writer: OpenWriter, caretaker: Caretaker) -> None:
        self._store = store
        self._versions = VersionStore(store)
        self._replica = replica
        self._open_writer = open_writer
        self._caretaker = caretaker
        self._comparison = Comparison(store)

    async def create(
        self, key: CollectionKey, title: str, origin: str, *, promote_when_green: bool = False
    ) -> ComparedDraft:
        """Copy the live version to a new draft, and wait until it can be searched here, for a minute at most.

        Raises CollectionNotFound, TenantLimit, and KnowledgeMoved where the live version is replaced meanwhile.
        """
        source = await self._versions.live_key(key)
        await self._replica.check_embedder(source)
        target = key.at(uuid.uuid4().hex[:12], is_draft=True)
        record = VersionRecord(
            *(target.version, DraftState.COPYING, title, origin, time.time(), time.time()),
            promote_when_green=promote_when_green,
        )
        async with self._open_writer() as writer:

            async def begin(versions: Versions) -> Sequence[VersionRecord]:
                _check_room(key, versions)
                return [record]

            await self._versions.change(writer, key, begin)
            try:
                record = await self._copy(writer, source, target, record)
            except BaseException:
                with suppress(ServiceError):  # else the caretaker finds it
                    await self._close(key, replace(record, update_time=0.0))
                raise
            await writer.wait_until_on_disk()
        await self._replica.wait_until_loaded(target, _LOADED_WITHIN_SECONDS)
        return await self._comparison.compared(target, record, source)

    async def _copy(
        self, writer: DurableWriter, source: CollectionKey, target: CollectionKey, record: VersionRecord
    ) -> VersionRecord:
        renewed = time.monotonic()

        async def proceed() -> None:
            nonlocal renewed
            if time.monotonic() - renewed > _RENEW_SECONDS:
                renewed = time.monotonic()
                await self._versions.change(writer, target.base, _replacing(replace(record, update_time=time.time())))

        copy = DraftCopy(self._store, writer, source, target)
        as_of = await copy.whole(uuid.uuid4().hex, proceed)
        opened = replace(record, state=DraftState.OPEN, update_time=record.create_time)
        while True:
            as_of = await finished_copy(self._versions, copy, source, as_of)

            async def open_it(versions: Versions, of: str = as_of) -> Sequence[VersionRecord]:
                if versions.live != source.version:
                    raise KnowledgeMoved(f"Another version of {source.collection} became live meanwhile; call again.")
                return [opened] if await self._store.changes.last(source) == of else []

            is_draft = ("HSET", target.info, "role", Role.DRAFT)
            watched = (source.changes, source.info)
            if await self._versions.change(writer, target.base, open_it, is_draft, watched=watched):
                return opened

    async def _close(self, key: CollectionKey, record: VersionRecord) -> None:
        async with self._open_writer() as writer:
            await self._versions.change(writer, key, _replacing(record))
        await self._caretaker.finish(key)

    async def get(self, key: CollectionKey, draft: str) -> ComparedDraft:
        """A draft, open or not. Raises DraftNotFound."""
        versions = await self._versions.read(key)
        return await self._compared(key, _record(key, versions, draft), versions)

    async def all_of(self, key: CollectionKey, *, open_only: bool) -> list[ComparedDraft]:
        """A collection's drafts, the newest first."""
        versions = await self._versions.read(key)
        seen = [each for each in versions.records.values() if each.id and each.state is not DraftState.COPYING]
        records = [each for each in seen if each.is_open] if open_only else seen
        found = [await self._compared(key, each, versions) for each in records]
        return sorted(found, key=lambda each: -each.record.create_time)

    async def _compared(self, key: CollectionKey, record: VersionRecord, versions: Versions) -> ComparedDraft:
        draft = key.at(record.id, is_draft=True)
        return await self._comparison.compared(draft, record, key.at(versions.live))

    async def refresh(self, key: CollectionKey, draft: str, take_live: frozenset[str]) -> Refreshed:
        """Bring over what changed in the live version; of things in conflict, those in `take_live` alone.

        Raises DraftNotFound, and KnowledgeMoved where the live version is replaced meanwhile.
        """
        versions = await self._versions.read(key)
        record = _open_record(key, versions, draft)
        live, target = key.at(versions.live), key.at(draft, is_draft=True)
        difference = await self._comparison.difference(target, live)
        conflicts = {each.thing: each for each in difference.changes if each.is_conflict}
        own = {each.thing for each in difference.changes} - take_live
        embedder = (await self._store.info(target)).embedder
        taken = 0
        async with self._open_writer() as writer:
            copy = DraftCopy(self._store, writer, live, target)
            for thing in difference.behind:
                await copy.take(thing, embedder, keep_own=thing in own)
                taken += thing not in own
            if difference.behind:
                await writer.transaction([self._store.changes.entry(target, "refreshed", "")])
            change = await self._store.changes.last(target)
            await writer.wait_until_on_disk()
        await self._replica.wait_for_change(target, change)
        kept = tuple(each for thing, each in conflicts.items() if thing in own)
        return Refreshed(await self._compared(key, record, await self._versions.read(key)), taken, kept)

    async def request_check(self, key: CollectionKey, draft: str, *, promote_when_green: bool | None) -> ComparedDraft:
        """Have a draft checked."""

        def checking(record: VersionRecord) -> VersionRecord:
            promotes = record.promote_when_green if promote_when_green is None else promote_when_green
            return replace(record, state=DraftState.CHECKING, promote_when_green=promotes)

        return await self._update(key, draft, checking)

    async def report_check(self, key: CollectionKey, draft: str, check: DraftCheck) -> ComparedDraft:
        """Note what a check found; without `as_of` it is of the draft as it is now.

        Where the draft has changed since, its state stays as it is: one that is being checked waits for another check.
        """

        async def reported(versions: Versions) -> Sequence[VersionRecord]:
            now = await self._compared(key, _open_record(key, versions, draft), versions)
            found = check if check.as_of else replace(check, as_of=str(now.update_time))
            noted = replace(now, record=replace(now.record, check=found))
            state = DraftState.HELD if check.failed else DraftState.OPEN
            return [noted.record if noted.is_check_outdated else replace(noted.record, state=state)]

        async with self._open_writer() as writer:
            target = key.at(draft, is_draft=True)
            await self._versions.change(writer, key, reported, watched=(target.changes,))
            await writer.wait_until_on_disk()
        return await self.get(key, draft)

    async def _update(
        self, key: CollectionKey, draft: str, change: Callable[[VersionRecord], VersionRecord]
    ) -> ComparedDraft:
        async def changed(versions: Versions) -> Sequence[VersionRecord]:
            return [change(_open_record(key, versions, draft))]

        async with self._open_writer() as writer:
            await self._versions.change(writer, key, changed)
            await writer.wait_until_on_disk()
        return await self.get(key, draft)

    async def promote(self, key: CollectionKey, draft: str, author: str, override: str = "") -> VersionRecord:
        """Make a draft live: here when this returns. `override`: why, although its check failed.

        Raises DraftNotFound, DraftHeld, DraftOutdated, KnowledgeMoved.
        """
        target = key.at(draft, is_draft=True)

        async def switched(versions: Versions) -> tuple[VersionRecord, VersionRecord]:
            record = _open_record(key, versions, draft)
            if not override:
                _check_not_held(record)
            difference = await self._comparison.difference(target, key.at(versions.live))
            if difference.behind:
                raise DraftOutdated(
                    f"{key.collection} has changed in {len(difference.behind)} places since the draft was made; "
                    "refresh it first.",
                    metadata={"behind": str(len(difference.behind))},
                )
            now = time.time()
            new = replace(
                record,
                state=DraftState.PROMOTED,
                update_time=now,
                closed_by=author,
                override_reason=override,
                changes=difference.counts,
                live_time=now,
                made_live_by=author,
                replaces=versions.live,
            )
            return new, replace(versions.live_record, replace_time=now)

        async with self._open_writer() as writer:
            new, _ = await self._versions.make_live(writer, key, switched)
            await writer.wait_until_on_disk()
        await self._replica.wait_until_live(target)
        await self._finish(key)
        return new

    async def discard(self, key: CollectionKey, draft: str, author: str) -> None:
        """Delete a draft's copy. Raises DraftNotFound."""

        def discarded(record: VersionRecord) -> VersionRecord:
            counts = found.difference.counts if found.difference is not None else record.changes
            now = time.time()
            return replace(record, state=DraftState.DISCARDED, closed_by=author, changes=counts, update_time=now)

        found = await self.get(key, draft)
        await self._update(key, draft, discarded)
        await self._finish(key)

    async def _finish(self, key: CollectionKey) -> None:
        """Do the rest now; where Redis does not answer, the caretaker does it later."""
        try:
            await self._caretaker.finish(key)
        except BackendUnavailable as error:
            _log.warning("versions.not_finished", collection=key.member, cause=error.message)


def _check_room(key: CollectionKey, versions: Versions) -> None:
    now = time.time()
    copying = [e for e in versions.records.values() if e.state is DraftState.COPYING and not e.is_abandoned(now)]
    open_now = [e for e in versions.records.values() if e.is_open]
    if len(open_now) + len(copying) >= MAX_OPEN_DRAFTS:
        raise TenantLimit(
            f"{MAX_OPEN_DRAFTS} drafts of {key.collection} are open; promote or discard one of them.",
            metadata={"limit": "open_drafts", "value": str(MAX_OPEN_DRAFTS)},
        )


def _check_not_held(record: VersionRecord) -> None:
    failed = record.check.failed if record.check is not None else 0
    if record.state is DraftState.HELD:
        raise DraftHeld(
            f"The draft's last check failed for {failed} questions; mend it and have it checked again, or override "
            "that with a reason.",
            metadata={"failed": str(failed)},
        )
    if record.state is DraftState.CHECKING:
        raise DraftHeld("The draft is being checked; wait for that, or override it with a reason.")


def _record(key: CollectionKey, versions: Versions, draft: str) -> VersionRecord:
    record = versions.records.get(draft)
    if record is None or not record.id or record.state is DraftState.COPYING:
        raise DraftNotFound(f"There is no draft {draft} of {key.collection}; list the drafts.")
    return record


def _open_record(key: CollectionKey, versions: Versions, draft: str) -> VersionRecord:
    record = _record(key, versions, draft)
    if not record.is_open:
        raise DraftNotFound(f"The draft {draft} of {key.collection} was {record.state}; make another one.")
    return record


def _replacing(record: VersionRecord) -> Changes:
    async def replaced(versions: Versions) -> Sequence[VersionRecord]:
        return [record] if record.id in versions.records else []

    return replaced
