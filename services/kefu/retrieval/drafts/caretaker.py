"""
The caretaker: finishes what a replica began with versions and did not end, since it was killed, or Redis was away.

A copy that nobody goes on with is deleted, and so is what was discarded, and what is no longer kept. The histories of
documents get the difference that a switch made.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import ServiceError
from kefu.retrieval.domain.collection_key import ORIGINAL, CollectionKey
from kefu.retrieval.domain.draft_changes import document_thing
from kefu.retrieval.domain.versions import DraftState, VersionRecord, Versions
from kefu.retrieval.replica.replica import Replica
from kefu.retrieval.storage.durable_writer import Conflict, DurableWriter
from kefu.retrieval.storage.history import Histories
from kefu.retrieval.storage.knowledge_store import ATTEMPTS, KnowledgeStore
from kefu.retrieval.storage.marks import document_marks
from kefu.retrieval.storage.records import RevisionMark
from kefu.retrieval.storage.version_store import Changes, VersionStore

_EVERY_SECONDS = 30.0
_LEASE_SECONDS = 60
_log = structlog.stdlib.get_logger()
OpenWriter = Callable[[], AbstractAsyncContextManager[DurableWriter]]


class Caretaker:
    """Finishes what is left to do, at the end of each call and, while `running`, of what others left."""

    def __init__(self, store: KnowledgeStore, replica: Replica, open_writer: OpenWriter) -> None:
        self._store = store
        self._versions = VersionStore(store)
        self._replica = replica
        self._open_writer = open_writer

    @asynccontextmanager
    async def running(self, seconds: float = _EVERY_SECONDS) -> AsyncIterator[None]:
        """Look after all collections while the block runs, every so many seconds."""
        task = asyncio.create_task(self._look_after_all(seconds), name="caretaker")
        try:
            yield
        finally:
            await cancel_and_wait(task)

    async def _look_after_all(self, seconds: float) -> None:
        while True:
            for key in self._replica.collections():
                try:
                    has_work = _has_work(await self._versions.read(key))
                    if has_work and await self._versions.take_lease(key, uuid.uuid4().hex, _LEASE_SECONDS):
                        await self.finish(key)
                except ServiceError as error:
                    _log.warning("versions.not_finished", collection=key.member, cause=error.message)
                except Exception:
                    _log.exception("versions.failed", collection=key.member)
            await asyncio.sleep(seconds)

    async def finish(self, key: CollectionKey) -> None:
        """Do what is left to do for a collection. Doing it twice does no harm."""
        key = key.base
        async with self._open_writer() as writer:
            for record in (await self._versions.read(key)).records.values():
                if record.replaces is not None:
                    await self._record_switch(writer, key, record)
            await self._versions.change(writer, key, _let_go)
            for record in (await self._versions.read(key)).records.values():
                if record.is_abandoned(time.time()):
                    await self._versions.delete_keys(writer, key.at(record.id))
                    await self._versions.change(writer, key, _gone(record.id))
                elif record.is_forgotten(time.time()):
                    await self._versions.change(writer, key, _unlisted(record.id))
            await writer.wait_until_on_disk()

    async def _record_switch(self, writer: DurableWriter, key: CollectionKey, record: VersionRecord) -> None:
        """Note in documents' histories what a version brought that became live."""
        old, new = key.at(record.replaces or ""), key.at(record.id)
        is_promotion = record.live_time == record.update_time
        origin = f"drafts/{record.id}" if is_promotion else f"versions/{record.id or ORIGINAL}"
        mark = RevisionMark(author=record.made_live_by, origin=origin, time=record.live_time)
        before = await document_marks(self._store, old, await self._store.document_ids(old))
        after = await document_marks(self._store, new, await self._store.document_ids(new))
        for thing in sorted(before.keys() | after.keys()):
            if before.get(thing) != after.get(thing):
                await self._record_document(writer, old, new, thing.removeprefix(document_thing("")), mark)

        async def recorded(versions: Versions) -> Sequence[VersionRecord]:
            now = versions.records.get(record.id)
            is_same = now is not None and now.live_time == record.live_time
            return [replace(now, replaces=None)] if now is not None and is_same else []

        await self._versions.change(writer, key, recorded)

    async def _record_document(
        self, writer: DurableWriter, old: CollectionKey, new: CollectionKey, document: str, mark: RevisionMark
    ) -> None:
        for _ in range(ATTEMPTS):
            await writer.watch(old.document(document), new.document(document), new.history(document))
            stored = await writer.command("HGET", new.document(document), "revision")
            is_there = await writer.command("EXISTS", new.document(document))
            if stored is not None and RevisionMark.load(stored.decode()).time >= mark.time:
                await writer.unwatch()
                return  # it was noted before, or the document was changed since
            deletion = None if is_there else mark
            commands, number = await Histories(self._store).archiving(writer, old, document, deletion)
            if is_there:
                revision = replace(mark, number=number).dump()
                commands.append(("HSET", new.document(document), "revision", revision))
            if not commands:
                await writer.unwatch()
                return
            try:
                await writer.transaction(commands)
            except Conflict:
                continue
            return


def _has_work(versions: Versions) -> bool:
    now = time.time()
    return bool(versions.superfluous) or any(
        each.is_abandoned(now) or each.is_forgotten(now) or each.replaces is not None
        for each in versions.records.values()
    )


async def _let_go(versions: Versions) -> Sequence[VersionRecord]:
    """Versions that were live and are no longer kept: first nobody may roll back to them, then their keys go."""
    return [replace(each, is_going=True) for each in versions.superfluous]


def _gone(version: str) -> Changes:
    async def gone(versions: Versions) -> Sequence[VersionRecord]:
        record = versions.records.get(version)
        if record is None:
            return []
        # What was never seen is listed nowhere.
        time_of = 0.0 if record.state is DraftState.COPYING else record.update_time
        return [replace(record, is_stored=False, is_going=False, update_time=time_of)]

    return gone


def _unlisted(version: str) -> Changes:
    async def unlisted(versions: Versions) -> Sequence[VersionRecord]:
        record = versions.records.get(version)
        return [] if record is None else [record]  # one that is forgotten is removed when it is written

    return unlisted
