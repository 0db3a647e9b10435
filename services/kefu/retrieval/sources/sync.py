"""One run of a source: fetch, plan, judge, apply. Nothing is changed before the plan is whole and judged."""

import asyncio
import json
import time
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace

import structlog
from pydantic import TypeAdapter

from kefu.common.errors import DocumentNotFound, KnowledgeMoved, ServiceError, SyncNotFound
from kefu.common.redis.memory_guard import MemoryGuard
from kefu.common.redis.pipelines import Command, hset
from kefu.retrieval.documents.parsed_document import Unreadable
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.domain.versions import SOURCES
from kefu.retrieval.drafts.drafts import Drafts
from kefu.retrieval.embedders import BatchingEmbedder
from kefu.retrieval.ingest.conversion import ConversionJob
from kefu.retrieval.ingest.conversion_pool import ConversionPool
from kefu.retrieval.ingest.import_types import ImportResult, SourceDocument
from kefu.retrieval.ingest.importer import Importer
from kefu.retrieval.replica.replica import Replica
from kefu.retrieval.sources import keys
from kefu.retrieval.sources.collectors import Fetching
from kefu.retrieval.sources.fetching.findings import Enough, Listing, SourceFailed
from kefu.retrieval.sources.judges import Judge, verdict_of
from kefu.retrieval.sources.lease import Lease, LeaseLost
from kefu.retrieval.sources.metrics import DOCUMENTS, SYNC_SECONDS, SYNCS
from kefu.retrieval.sources.plan import CHANGES, Change, Contents, Plan, Spool, searched
from kefu.retrieval.sources.planner import Planner
from kefu.retrieval.sources.source import OUTCOME_LIST, OUTCOMES, DocumentOutcome, Item, Source, Sync, SyncState
from kefu.retrieval.sources.source_store import (
    GOOD_TIME,
    HELD,
    LAST,
    REVISION,
    RUNNING,
    SourceStore,
    item_commands,
    outcome_command,
    sync_commands,
)
from kefu.retrieval.sources.staged_changes import Staging
from kefu.retrieval.storage.knowledge_store import KnowledgeStore
from kefu.retrieval.storage.records import document_id
from kefu.retrieval.storage.version_store import VersionStore

HELD_SECONDS = 7 * 24 * 3600
"""A held plan can be approved for this long."""
MAX_HELD_BYTES = 32 * 1024 * 1024
"""Of a held plan with more bytes, packed, none are kept: what is there then is fetched when it is approved."""
MAX_OUTCOMES = 20_000
"""Outcomes of single documents that are kept of a run."""
MAX_ATTEMPTS = 2
"""A run that so many replicas died over has failed, and its source is paused."""
_PROGRESS_SECONDS = 0.5
_ITEMS = TypeAdapter(dict[str, Item | None])
_log = structlog.stdlib.get_logger()


def author_of(source: str) -> str:
    """What a source's changes are signed with."""
    return f"{SOURCES}{source}"


@dataclass(frozen=True)
class Knowledge:
    """The knowledge base that documents are imported into. `on_change` hears of each change of a collection."""

    store: KnowledgeStore
    embedder: BatchingEmbedder
    conversion_pool: ConversionPool
    replica: Replica
    memory_guard: MemoryGuard
    on_change: Callable[[CollectionKey], None]
    drafts: Drafts

    async def live(self, key: CollectionKey) -> CollectionKey:
        """The version of a collection that customers are answered from: what sources change."""
        return await VersionStore(self.store).live_key(key)

    def staging(self, key: CollectionKey, source: str) -> Staging:
        """The draft of a source."""
        return Staging(self.drafts, VersionStore(self.store), key, author_of(source))


Keep = Callable[[dict[str, Item | None]], Awaitable[None]]
"""Is given what is known of documents, by address; None: nothing any more."""


class _Kept:
    """The contents of a held plan, in Redis."""

    def __init__(self, sources: SourceStore, key: CollectionKey, source: str) -> None:
        self._sources, self._key, self._source = sources, key, source

    async def data(self, address: str) -> bytes:
        """See Contents."""
        found = await self._sources.held_data(self._key, self._source, address)
        if found is None:
            raise LookupError(address)
        return found


class SyncRun:
    """The run of one source by the holder of its lease."""

    def __init__(
        self,
        sources: SourceStore,
        knowledge: Knowledge,
        fetching: Fetching,
        judges: Sequence[Judge],
        lease: Lease,
        key: CollectionKey,
        source: Source,
        sync: Sync,
    ) -> None:
        self._sources = sources
        self._knowledge = knowledge
        self._fetching = fetching
        self._judges = judges
        self._lease = lease
        self._key = key
        self._source = source
        self._sync = sync
        self._author = author_of(source.id)
        self._staging = knowledge.staging(key, source.id)
        self._reported_at = 0.0

    @property
    def waits(self) -> bool:
        """Whether it waits for a check, and does nothing meanwhile."""
        return self._sync.phase == "checking"

    async def run(self) -> Sync:
        """Run to the end, and return how it ended. Raises LeaseLost, or a ServiceError: then it is run again."""
        began = time.monotonic()
        if self._sync.attempts >= MAX_ATTEMPTS:
            self._source = replace(self._source, paused=True)
            await self._sources.put(self._key, self._source, None)
            await self._end(
                "failed", "Twice the process that ran it died, so that the source was paused. Ask for a run."
            )
            return self._sync
        now = time.time()
        self._sync = replace(
            self._sync, state="running", start_time=self._sync.start_time or now, attempts=self._sync.attempts + 1
        )
        await self._write([("HSET", keys.state(self._key, self._source.id), RUNNING, self._sync.id)])
        try:
            self._knowledge.memory_guard.check_new("import")
            await self._knowledge.replica.check_embedder(await self._knowledge.live(self._key))
            plan = None
            if self._sync.trigger == "approval":
                plan = await load_plan(self._sources, self._knowledge, self._key, self._source)
            await (self._fetch_and_apply() if plan is None else self._apply(plan))
        except SourceFailed as error:
            await self._end("failed", str(error))
        except (ServiceError, asyncio.CancelledError):  # nobody died: it is run again, as often as it takes
            self._sync = replace(self._sync, attempts=self._sync.attempts - 1)
            with suppress(ServiceError, LeaseLost):
                await self._write([])
            raise
        SYNC_SECONDS.observe(time.monotonic() - began)
        return self._sync

    async def _fetch_and_apply(self) -> None:
        known = await self._sources.items(self._key, self._source.id)
        spool = Spool()
        try:
            plan = new_plan(self._knowledge, self._key, self._source, spool, searched(known))
            planner = Planner(plan, known, spool, self._on_seen)
            listing = await self._collect(planner, known)
            await planner.finish(complete=listing.complete)
            self._sync = replace(self._sync, phase="judging", seen=planner.seen, message=" ".join(listing.notes))
            await self._write([])
            if self._sync.trigger != "approval":
                verdict = await verdict_of(plan, self._judges)
                if verdict.held:
                    await self._hold(plan, spool, verdict.reason)
                    return
            if self._sync.trigger == "approval" or self._source.unchecked or not plan.changes:
                await self._apply(plan)
            else:
                await self._stage(plan, spool)
        finally:
            spool.close()

    async def _collect(self, planner: Planner, known: dict[str, Item]) -> Listing:
        self._sync = replace(self._sync, phase="fetching", seen=0, to_apply=0, applied=0)
        state = await self._sources.state(self._key, self._source.id)
        trusting = state.get(REVISION) == self._source.revision
        collector = await self._fetching.collector(self._key, self._source)
        try:
            async with asyncio.timeout(self._source.limits.seconds):
                return await collector.collect(known, planner.take, trusting=trusting)
        except Enough as error:
            return Listing(complete=False, notes=(str(error),))
        except TimeoutError:
            seconds = self._source.limits.seconds
            return Listing(
                complete=False, notes=(f"It took longer than {seconds:g} s; what was left was not looked at.",)
            )

    async def _on_seen(self) -> None:
        self._sync = replace(self._sync, seen=self._sync.seen + 1)
        await self._report()

    async def _report(self) -> None:
        if time.monotonic() - self._reported_at >= _PROGRESS_SECONDS:
            self._reported_at = time.monotonic()
            await self._write([])

    # Holding

    async def _hold(self, plan: Plan, spool: Spool, reason: str) -> None:
        name = keys.held(self._key, self._source.id)
        commands: list[Command] = [("DEL", name), hset(name, {"plan": _packed_plan(plan)})]
        fits = spool.packed_bytes <= MAX_HELD_BYTES
        commands.append(("EXPIRE", name, HELD_SECONDS))
        async with self._lease.writer() as writer:
            await writer.write(commands)
            for address, change in plan.changes.items():
                if fits and change.kind != "gone":
                    packed = zlib.compress(await spool.data(address))
                    await writer.write([("HSET", name, f"data:{address}", packed)])
        if not fits:
            reason += " It is too large to be kept: when it is approved, what is there then is fetched and imported."
        outcomes = [*map(_outcome_of, plan.changes.values()), *plan.outcomes]
        await self._end("held", reason, outcomes, plan.unchanged)

    # Applying

    async def _apply(self, plan: Plan) -> None:
        """Apply a plan to the live version; once more where another one became live under way."""
        while True:
            target = await self._knowledge.live(self._key)
            try:
                outcomes, unchanged = await self._change(target, plan, self._write_items)
            except KnowledgeMoved:
                continue
            await self._finish(plan, outcomes, unchanged)
            return

    async def _stage(self, plan: Plan, spool: Spool) -> None:
        """Apply a plan to a draft, and make that live once its check has found nothing. What is known of the source's
        documents changes with what is live.
        """
        items: dict[str, Item | None] = {}

        async def note(kept: dict[str, Item | None]) -> None:
            items.update(kept)

        target = await self._staging.open(self._source.display_name or self._source.id)
        outcomes, unchanged = await self._change(target, plan, note)
        self._sync = replace(self._sync, phase="checking")
        await self._write([])
        why_held = await self._staging.checked(target, self._report)
        if why_held:
            await self._hold(plan, spool, why_held)
            return
        await self._write_items(items)
        await self._finish(plan, outcomes, unchanged)

    async def _change(self, target: CollectionKey, plan: Plan, keep: Keep) -> tuple[list[DocumentOutcome], int]:
        """Change a version of the collection as planned. Returns outcomes, and how many documents were as planned.

        What is new comes first, so that what has moved is never missing; then what is gone goes. `keep` is given what
        is then known of each document.
        """
        changes = [each for each in plan.changes.values() if each.kind != "gone"]
        gone = [each for each in plan.changes.values() if each.kind == "gone"]
        self._sync = replace(self._sync, phase="applying", to_apply=len(changes) + len(gone), applied=0)
        await self._write([])
        outcomes, unchanged = await self._import(target, plan, changes, keep)
        for change in gone:
            await self._delete(target, change)
            await keep({change.address: None})
            outcomes.append(_outcome_of(change))
        if changes or gone:  # whoever sees that the run is done finds what it brought, here
            await self._knowledge.replica.wait_for_change(target, await self._knowledge.store.changes.last(target))
        return outcomes, unchanged

    async def _finish(self, plan: Plan, outcomes: Sequence[DocumentOutcome], unchanged: int) -> None:
        await self._write(item_commands(self._key, self._source.id, plan.items))
        await self._staging.discard()  # what an earlier run has staged is superseded
        self._sync = replace(self._sync, applied=self._sync.to_apply)
        await self._end("done", "", [*outcomes, *plan.outcomes], plan.unchanged + unchanged)

    async def _import(
        self, target: CollectionKey, plan: Plan, changes: Sequence[Change], keep: Keep
    ) -> tuple[list[DocumentOutcome], int]:
        """Import documents one after the other. Returns their outcomes, and how many were as they are already."""
        by_path = {change.path: change for change in changes}
        outcomes, unchanged = list[DocumentOutcome](), 0
        importer = Importer(
            target,
            self._knowledge.store,
            self._knowledge.embedder,
            self._knowledge.conversion_pool,
            self._knowledge.replica,
            self._lease.writer,
            self._knowledge.memory_guard,
            author=self._author,
        )

        async def documents() -> AsyncIterator[SourceDocument]:
            for change in changes:
                try:
                    yield await plan.document(change)
                except LookupError:
                    raise SourceFailed("The held plan is too old; run the source again.") from None

        if not changes:
            return outcomes, unchanged
        async with aclosing(importer.run(documents())) as reports:
            async for report in reports:
                change = by_path.get(report.path)
                if not isinstance(report, ImportResult) or change is None:
                    continue
                if report.outcome == "FAILED":
                    outcomes.append(DocumentOutcome("failed", change.address, change.path, report.message))
                else:
                    kept: dict[str, Item | None] = {change.address: change.item}
                    if change.moved_from:
                        kept[change.moved_from] = None
                    await keep(kept)
                    if report.outcome == "UNCHANGED" and change.kind != "moved":
                        unchanged += 1  # an attempt before this one had imported it
                    else:
                        self._knowledge.on_change(target)
                        outcomes.append(_outcome_of(change))
                self._sync = replace(self._sync, applied=self._sync.applied + 1)
                await self._report()
        return outcomes, unchanged

    async def _delete(self, target: CollectionKey, change: Change) -> None:
        async with self._lease.writer() as writer:
            try:
                await self._knowledge.store.delete_document(
                    writer, target, document_id(change.path), author=self._author, keep_history=True
                )
                self._knowledge.on_change(target)
            except DocumentNotFound:
                pass  # somebody deleted it by hand, or an attempt before this one did
            await writer.wait_until_on_disk()

    # Keeping

    async def _write(self, commands: Sequence[Command]) -> None:
        """Write commands together with the run as it is now, under the lease."""
        async with self._lease.writer() as writer:
            await writer.write([*commands, *sync_commands(self._key, self._source.id, self._sync)])

    async def _write_items(self, items: dict[str, Item | None]) -> None:
        async with self._lease.writer() as writer:
            await writer.write(item_commands(self._key, self._source.id, items))

    async def _end(
        self, state: SyncState, message: str, outcomes: Sequence[DocumentOutcome] = (), unchanged: int = 0
    ) -> None:
        counts = {**Counter(each.outcome for each in outcomes), "unchanged": unchanged}
        sentences = [message, self._sync.message]
        if len(outcomes) > MAX_OUTCOMES:
            sentences.append(f"Of {len(outcomes)} documents with an outcome {MAX_OUTCOMES} are listed.")
        self._sync = replace(
            self._sync,
            state=state,
            phase="",
            end_time=time.time(),
            counts={name: counts[name] for name in OUTCOMES if counts.get(name)},
            message=" ".join(filter(None, sentences)),
        )
        source, name = self._source.id, keys.state(self._key, self._source.id)
        before = await self._sources.state(self._key, source)
        commands: list[Command] = [("HDEL", name, RUNNING), ("HSET", name, LAST, self._sync.id)]
        if (old := before.get(HELD)) and state in ("done", "held") and old != self._sync.id:
            with suppress(SyncNotFound):
                superseded = replace(await self._sources.sync(self._key, source, old), state="superseded")
                commands += sync_commands(self._key, source, superseded)
        if state == "held":
            commands.append(("HSET", name, HELD, self._sync.id))
        elif state == "done":
            commands += [("HDEL", name, HELD), ("UNLINK", keys.held(self._key, source))]
            commands.append(hset(name, {GOOD_TIME: str(self._sync.end_time), REVISION: self._source.revision}))
        waiting = self._sync.id if state == "held" else before.get(HELD)  # a held one is kept, however old
        kept = [each.id for each in await self._sources.syncs(self._key, source) if each.id != waiting]
        async with self._lease.writer() as writer:
            await writer.write(
                [
                    *commands,
                    outcome_command(self._key, source, self._sync.id, outcomes[:MAX_OUTCOMES]),
                    *sync_commands(self._key, source, self._sync, kept),
                ]
            )
        SYNCS.labels(state).inc()
        if state == "done":
            for outcome, count in self._sync.counts.items():
                DOCUMENTS.labels(outcome).inc(count)
        _log.info("source.synced", source=source, collection=self._key.member, state=state, counts=self._sync.counts)


def new_plan(knowledge: Knowledge, key: CollectionKey, source: Source, contents: Contents, total: int) -> Plan:
    """An empty plan."""

    async def text_of(change: Change, data: bytes) -> str:
        job = ConversionJob(change.path, change.media_type, change.title)
        converted = await knowledge.conversion_pool.convert(job, data)
        if converted.members or converted.failures:
            raise Unreadable("UNSUPPORTED_TYPE", "Archives and mails are not read from a source; import them.")
        return "\n".join(chunk.text for chunk in converted.chunks)

    async def old_text_of(path: str) -> str:
        ident, live = document_id(path), await knowledge.live(key)
        found = (await knowledge.store.documents(live, [ident])).get(ident)
        if found is None:
            return ""
        texts = await knowledge.store.passages_of(live, ident)
        return "\n".join(texts[each].text for each in found.passages if each in texts)

    return Plan(source, key, contents, text_of, old_text_of, total, knowledge.conversion_pool.reads_pictures)


async def load_plan(sources: SourceStore, knowledge: Knowledge, key: CollectionKey, source: Source) -> Plan | None:
    """The plan of a source's held run; None when it is not kept any longer, or was too large to be kept."""
    stored = await sources.held_plan(key, source.id)
    if stored is None:
        return None
    parts = json.loads(stored)
    plan = new_plan(knowledge, key, source, _Kept(sources, key, source.id), parts["total"])
    plan.changes = {each.address: each for each in CHANGES.validate_python(parts["changes"])}
    plan.items = _ITEMS.validate_python(parts["items"])
    plan.outcomes = OUTCOME_LIST.validate_python(parts["outcomes"])
    plan.unchanged = parts["unchanged"]
    first = next((each for each in plan.changes.values() if each.kind != "gone"), None)
    if first is not None and await sources.held_data(key, source.id, first.address) is None:
        return None
    return plan


def _packed_plan(plan: Plan) -> bytes:
    parts = {
        "changes": CHANGES.dump_python(list(plan.changes.values()), mode="json"),
        "items": _ITEMS.dump_python(plan.items, mode="json"),
        "outcomes": OUTCOME_LIST.dump_python(plan.outcomes, mode="json"),
        "unchanged": plan.unchanged,
        "total": plan.total,
    }
    return zlib.compress(json.dumps(parts).encode())


def _outcome_of(change: Change) -> DocumentOutcome:
    return DocumentOutcome(change.kind, change.address, change.path, change.reason, change.moved_from)
