"""What people do with sources: store, run, read, approve, dismiss. Callers were checked, and own the collection."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, replace

from kefu.common.errors import DocumentNotFound, KnowledgeMoved, SourceNotFound, SyncNotHeld
from kefu.common.redis.pipelines import call, pipeline
from kefu.retrieval.documents.parsed_document import Unreadable
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.sources import keys
from kefu.retrieval.sources.scheduler import SourceScheduler, new_sync, next_time
from kefu.retrieval.sources.source import DocumentOutcome, Source, Sync, Trigger
from kefu.retrieval.sources.source_store import GOOD_TIME, HELD, LAST, RUNNING, SourceStore, sync_commands
from kefu.retrieval.sources.sync import Knowledge, load_plan
from kefu.retrieval.storage.document_deletion import delete_live_document
from kefu.retrieval.storage.durable_writer import DurableWriter
from kefu.retrieval.storage.records import document_id

_MOST_TEXT = 200_000


@dataclass(frozen=True)
class SourceView:
    """A source with how it is doing."""

    source: Source
    documents: int
    next_time: float | None
    good_time: float
    """End of the last run that was applied, in seconds since the epoch; 0: there was none."""
    running: Sync | None
    held: Sync | None
    last: Sync | None


class SourceService:
    """What people do with sources. `open_writer` opens a writer for the deletion of documents."""

    def __init__(
        self,
        sources: SourceStore,
        knowledge: Knowledge,
        scheduler: SourceScheduler,
        open_writer: Callable[[], AbstractAsyncContextManager[DurableWriter]],
    ) -> None:
        self._sources = sources
        self._knowledge = knowledge
        self._scheduler = scheduler
        self._open_writer = open_writer

    async def put(self, key: CollectionKey, source: Source, *, new_token: bool) -> str:
        """Store a source. Returns the token for pushes where it is new, else an empty text.

        Raises CollectionNotFound, or BadRequest when there are too many. A new source runs at once.
        """
        await self._knowledge.store.info(await self._knowledge.live(key))
        now = time.time()
        try:
            before = await self._sources.get(key, source.id)
        except SourceNotFound:
            before = None
        token = ""
        if before is None or new_token:
            token = secrets.token_urlsafe(32)
        stored = replace(
            source,
            push_hash=_hash(token) if token else before.push_hash if before else "",
            create_time=before.create_time if before else now,
            update_time=now,
        )
        [following] = await self._sources.next_times(key, [source.id])
        if stored.paused:
            following = None
        elif before is None:
            following = now
        elif before.schedule != stored.schedule or before.paused:
            following = next_time(stored.schedule, now)
        await self._sources.put(key, stored, following)
        self._scheduler.wake()
        return f"{key.tenant}.{key.collection}.{token}" if token else ""

    async def view(self, key: CollectionKey, source_id: str) -> SourceView:
        """A source with how it is doing. Raises SourceNotFound."""
        return (await self._views(key, [await self._sources.get(key, source_id)]))[0]

    async def views(self, key: CollectionKey) -> list[SourceView]:
        """All sources of a collection. Raises CollectionNotFound."""
        await self._knowledge.store.info(await self._knowledge.live(key))
        return await self._views(key, await self._sources.all(key))

    async def delete(self, key: CollectionKey, source_id: str, *, with_documents: bool) -> int:
        """Forget a source. Returns how many of its documents went. Raises SourceNotFound."""
        await self._sources.get(key, source_id)
        await self._sources.schedule(key, source_id, None)
        await self._knowledge.staging(key, source_id).discard()
        deleted = 0
        if with_documents:
            items = await self._sources.items(key, source_id)
            deleted = await self._delete_documents(key, [document_id(each.path) for each in items.values() if each.key])
        await self._sources.delete(key, source_id)  # last: who calls again after a failure finds it
        return deleted

    async def _delete_documents(self, key: CollectionKey, documents: Sequence[str]) -> int:
        deleted = 0
        async with self._open_writer() as writer:
            for document in documents:
                while True:
                    live = await self._knowledge.live(key)
                    with suppress(DocumentNotFound):
                        try:
                            await delete_live_document(self._knowledge.store, writer, live, document)
                        except KnowledgeMoved:
                            continue
                        deleted += 1
                    break
            await writer.wait_until_on_disk()
        self._knowledge.on_change(await self._knowledge.live(key))
        return deleted

    async def sync(self, key: CollectionKey, source_id: str, trigger: Trigger = "request") -> Sync:
        """Let a source run now; see SourceStore.queue. Raises SourceNotFound."""
        await self._sources.get(key, source_id)
        now = time.time()
        found = await self._sources.queue(key, source_id, new_sync(trigger, now), now)
        self._scheduler.wake()
        return found

    async def push(self, source_id: str, token: str) -> bool:
        """Let a source run for who has its token. Returns whether no run was under way. Raises SourceNotFound."""
        tenant, _, rest = token.partition(".")
        collection, _, secret = rest.partition(".")
        key = CollectionKey(tenant, collection)
        try:
            source = await self._sources.get(key, source_id)
        except SourceNotFound:
            source = None
        expected = source.push_hash if source else ""
        if not hmac.compare_digest(_hash(secret), expected):
            raise SourceNotFound("No source has this token.")
        return (await self.sync(key, source_id, "push")).state == "queued"

    async def syncs(self, key: CollectionKey, source_id: str) -> list[Sync]:
        """The runs of a source that are kept, newest first. Raises SourceNotFound."""
        await self._sources.get(key, source_id)
        return await self._sources.syncs(key, source_id)

    async def outcomes(self, key: CollectionKey, source_id: str, sync_id: str) -> tuple[Sync, list[DocumentOutcome]]:
        """A run, and what became of its documents. Raises SyncNotFound."""
        sync = await self._sources.sync(key, source_id, sync_id)
        return sync, await self._sources.outcomes(key, source_id, sync_id)

    async def compare(self, key: CollectionKey, source_id: str, sync_id: str, address: str) -> tuple[str, str]:
        """The text of a document as it is, and as a held run would have it. Raises SyncNotHeld."""
        source = await self._sources.get(key, source_id)
        await self._held(key, source_id, sync_id)
        plan = await load_plan(self._sources, self._knowledge, key, source)
        if plan is None or address not in plan.changes:
            raise SyncNotHeld(
                "What this run fetched of that document is not kept; approve it, or run the source again."
            )
        try:
            new = await plan.new_text(address)
        except (LookupError, Unreadable):
            raise SyncNotHeld("What this run fetched of that document is not kept any longer.") from None
        return (await plan.old_text(address))[:_MOST_TEXT], new[:_MOST_TEXT]

    async def approve(self, key: CollectionKey, source_id: str, sync_id: str) -> Sync:
        """Let a held run be applied. Raises SyncNotHeld."""
        await self._sources.get(key, source_id)
        approved = replace(
            await self._held(key, source_id, sync_id), state="queued", trigger="approval", attempts=0, message=""
        )
        if not await self._sources.claim(key, source_id, approved):
            raise SyncNotHeld("The source is running, and may find something else; wait until that run has ended.")
        await call(self._sources.client, "HDEL", keys.state(key, source_id), HELD)
        await self._sources.schedule(key, source_id, time.time())
        self._scheduler.wake()
        return approved

    async def dismiss(self, key: CollectionKey, source_id: str, sync_id: str) -> Sync:
        """Drop the plan of a held run. Raises SyncNotHeld."""
        await self._sources.get(key, source_id)
        dismissed = replace(await self._held(key, source_id, sync_id), state="dismissed")
        commands = [("HDEL", keys.state(key, source_id), HELD), ("UNLINK", keys.held(key, source_id))]
        await pipeline(self._sources.client, [*sync_commands(key, source_id, dismissed), *commands], atomic=True)
        await self._knowledge.staging(key, source_id).discard()
        return dismissed

    async def _held(self, key: CollectionKey, source_id: str, sync_id: str) -> Sync:
        sync = await self._sources.sync(key, source_id, sync_id)
        state = await self._sources.state(key, source_id)
        if sync.state != "held" or state.get(HELD) != sync_id:
            raise SyncNotHeld("This run waits for nobody's approval; read the source's runs again.")
        if state.get(RUNNING):
            raise SyncNotHeld("The source is running, and may find something else; wait until that run has ended.")
        return sync

    async def _views(self, key: CollectionKey, sources: list[Source]) -> list[SourceView]:
        ids = [each.id for each in sources]
        counts, times = await self._sources.counts(key, ids), await self._sources.next_times(key, ids)
        views: list[SourceView] = []
        for source, documents, following in zip(sources, counts, times, strict=True):
            state = await self._sources.state(key, source.id)
            kept = {each.id: each for each in await self._sources.syncs(key, source.id)}
            views.append(
                SourceView(
                    source,
                    documents,
                    following,
                    float(state.get(GOOD_TIME) or 0.0),
                    kept.get(state.get(RUNNING, "")),
                    kept.get(state.get(HELD, "")),
                    kept.get(state.get(LAST, "")),
                )
            )
        return views


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
