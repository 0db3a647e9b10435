"""
A replica: all collections of Redis in this process's memory, kept current by their change streams.

A change is applied by reading the current state in Redis. So applying it twice, or late, does no harm. Entries may have
been trimmed while this process was stopped. After each read the last applied entry must still be in the stream, else
the collection is rebuilt.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog
from prometheus_client import Gauge

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import BackendUnavailable, CollectionNotFound, ServiceError
from kefu.retrieval.domain.collection_key import REGISTRY_CHANGES, CollectionKey
from kefu.retrieval.domain.filters import SearchFilter
from kefu.retrieval.embedders import BatchingEmbedder
from kefu.retrieval.index.snapshot import Snapshots
from kefu.retrieval.ranking.baseline import EmbeddingBaseline
from kefu.retrieval.replica.live_collection import LiveCollection
from kefu.retrieval.replica.reembedding import reembed
from kefu.retrieval.replica.searcher import Searcher, SearchResult
from kefu.retrieval.storage.change_streams import NO_CHANGE, ChangeId
from kefu.retrieval.storage.reader import KnowledgeReader
from kefu.retrieval.text.analyzer import Analyzer
from kefu.retrieval.vectorstore.base import VectorStores
from kefu.retrieval.vectorstore.faiss_store import FaissStores

PASSAGES = Gauge("kefu_passages", "Passages that this replica searches.", ("tenant", "collection"))
_BLOCK_SECONDS = 1.0
_CHANGE_TIMEOUT_SECONDS = 5.0
_log = structlog.stdlib.get_logger()


class Replica:
    """A replica of all collections, made with `open`."""

    def __init__(
        self,
        reader: KnowledgeReader,
        embedder: BatchingEmbedder,
        baseline: EmbeddingBaseline,
        stores: VectorStores,
        snapshots: Snapshots | None,
        snapshot_seconds: float,
    ) -> None:
        self._reader = reader
        self._embedder = embedder
        self._stores = stores
        self._snapshots = snapshots
        self._snapshot_seconds = snapshot_seconds
        self._collections: dict[CollectionKey, LiveCollection] = {}
        self._registry_change: ChangeId = NO_CHANGE
        self._collections_changed = asyncio.Condition()
        self._refreshing: dict[CollectionKey, asyncio.Task[None]] = {}
        self._search_thread = ThreadPoolExecutor(1, thread_name_prefix="search")
        self._searcher = Searcher(embedder, baseline, self._search_thread)
        self._prepare_thread = ThreadPoolExecutor(1, thread_name_prefix="prepare")

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        reader: KnowledgeReader,
        embedder: BatchingEmbedder,
        snapshot_folder: Path | None = None,
        snapshot_seconds: float = 30.0,
        *,
        stores: VectorStores | None = None,
    ) -> AsyncIterator["Replica"]:
        """A loaded replica that follows all changes while the block runs.

        A stale snapshot is written every `snapshot_seconds`. Vectors are in memory without `stores`.
        """
        stores = stores or FaissStores(embedder.embedder.dimension)
        snapshots = Snapshots(snapshot_folder, embedder.id) if snapshot_folder and not stores.is_persistent else None
        background = await EmbeddingBaseline.measure_batched(embedder)
        self = cls(reader, embedder, background, stores, snapshots, snapshot_seconds)
        tasks: list[asyncio.Task[None]] = []
        try:
            await self._load_all()
            tasks = [asyncio.create_task(self._follow(), name="follow-changes")]
            if snapshots:
                tasks.append(asyncio.create_task(self._write_snapshots(snapshots), name="write-snapshots"))
            async with self._searcher.running():
                yield self
        finally:
            for task in [*tasks, *self._refreshing.values()]:
                await cancel_and_wait(task)
            if snapshots:
                await self._write_stale(snapshots)
            self._search_thread.shutdown(wait=True, cancel_futures=True)
            self._prepare_thread.shutdown(wait=True, cancel_futures=True)

    def has(self, key: CollectionKey) -> bool:
        """Whether a collection can be searched here."""
        return key in self._collections

    def passage_count(self, key: CollectionKey) -> int:
        """Number of a collection's passages; 0 for one that is not loaded."""
        live = self._collections.get(key)
        return len(live.index.entries) if live else 0

    def min_relevance(self, key: CollectionKey) -> float:
        """A collection's calibrated threshold of relevance; 0 without one."""
        live = self._collections.get(key)
        return live.min_relevance if live else 0.0

    async def check_embedder(self, key: CollectionKey) -> None:
        """Raise CollectionNotFound, or BackendUnavailable when the collection belongs to another embedder."""
        info = await self._reader.info(key)
        if info.embedder != self._embedder.id:
            raise _other_embedder(key, info.embedder, self._embedder.id)

    async def search(
        self,
        keys: Sequence[CollectionKey],
        text: str,
        count: int,
        search_filter: SearchFilter,
        *,
        previous_question: str = "",
        to_calibrate: bool = False,
    ) -> SearchResult:
        """As `Searcher.search`. Raises CollectionNotFound, or BackendUnavailable as `check_embedder` does."""
        live = [self._searchable(key) for key in keys]
        return await self._searcher.search(
            live, text, count, search_filter, previous_question=previous_question, to_calibrate=to_calibrate
        )

    async def wait_for_change(self, key: CollectionKey, change: ChangeId) -> None:
        """Wait until searches here cover a change, at most 5 s: the change is stored, and will be found soon."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_CHANGE_TIMEOUT_SECONDS):
                await self._wait_until(lambda: key in self._collections)
                await self._collections[key].wait_for_change(change)

    async def wait_until_deleted(self, key: CollectionKey) -> None:
        """Wait until a deleted collection is no longer searched here, at most 5 s."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_CHANGE_TIMEOUT_SECONDS):
                await self._wait_until(lambda: key not in self._collections)

    async def _wait_until(self, condition: Callable[[], bool]) -> None:
        async with self._collections_changed:
            await self._collections_changed.wait_for(condition)

    def _searchable(self, key: CollectionKey) -> LiveCollection:
        live = self._collections.get(key)
        if live is None:
            raise CollectionNotFound(f"There is no collection {key.collection}.")
        if live.info.embedder != self._embedder.id:
            raise _other_embedder(key, live.info.embedder, self._embedder.id)
        return live

    async def _load_all(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._search_thread, self._stores.begin_loading)
        self._registry_change = await self._reader.changes.last_of_registry()
        for key in await self._reader.collections():
            await self._load(key)
        await loop.run_in_executor(self._search_thread, self._stores.end_loading)

    async def _load(self, key: CollectionKey) -> None:
        try:
            info = await self._reader.info(key)
        except CollectionNotFound:
            return  # registered first, made next; or deleted, unregistered next
        if info.embedder != self._embedder.id:
            await reembed(self._reader, key, self._embedder)
            info = await self._reader.info(key)
        loop = asyncio.get_running_loop()
        vectors = await loop.run_in_executor(self._search_thread, self._stores.open, key, info.incarnation)
        # Not on the loop: the first analyzer of a process loads word lists, which takes seconds.
        analyzer = await loop.run_in_executor(self._prepare_thread, Analyzer, info.incarnation.encode())
        live = LiveCollection(
            key, info, self._reader, self._embedder, vectors, analyzer, self._search_thread, self._prepare_thread
        )
        await live.load(self._snapshots)
        self._collections[key] = live
        self._set_passage_gauge(key)

    async def _follow(self) -> None:
        last_cause = ""
        while True:
            try:
                await self._follow_once()
                if last_cause:
                    _log.info("changes.followed_again")
                    last_cause = ""
            except ServiceError as error:
                cause = f"{error.message} {error.__cause__ or ''}".strip()
                if cause != last_cause:  # one log line for each cause
                    last_cause = cause
                    _log.warning("changes.not_followed", cause=cause)
                await asyncio.sleep(0.5)
            except Exception:  # else this replica would stay stale, unnoticed
                _log.exception("changes.failed")
                await asyncio.sleep(0.5)

    async def _follow_once(self) -> None:
        after = {REGISTRY_CHANGES: self._registry_change}
        after |= {key.changes: live.last_change for key, live in self._collections.items()}
        changes_by_stream = await self._reader.changes.read(after, _BLOCK_SECONDS)
        for key, live in list(self._collections.items()):
            if entries := changes_by_stream.get(key.changes):
                if not await self._reader.changes.holds_all_since(key, live.last_change):
                    await self._rebuild(key, live)
                    continue
                changes = [(entry, fields["kind"], fields["id"]) for entry, fields in entries]
                if await live.follow(changes) and self._snapshots:
                    await asyncio.to_thread(self._snapshots.delete, key)
                self._refresh_lexical(key, live)
                self._set_passage_gauge(key)
        if entries := changes_by_stream.get(REGISTRY_CHANGES):
            await self._follow_registry()
            self._registry_change = entries[-1][0]
            async with self._collections_changed:
                self._collections_changed.notify_all()

    async def _rebuild(self, key: CollectionKey, live: LiveCollection) -> None:
        _log.warning("collection.rebuilding", collection=key.member, cause="its changes were trimmed")
        if self._snapshots:
            await asyncio.to_thread(self._snapshots.delete, key)
        await live.rebuild()
        self._refresh_lexical(key, live)
        self._set_passage_gauge(key)

    async def _follow_registry(self) -> None:
        registered = set(await self._reader.collections())
        for key in [key for key in self._collections if key not in registered or await self._was_recreated(key)]:
            live = self._collections.pop(key)
            self._reader.forget(key, list(live.index.documents))
            with suppress(KeyError):
                PASSAGES.remove(key.tenant, key.collection)
            if self._snapshots:
                await asyncio.to_thread(self._snapshots.delete, key)
            try:
                await asyncio.get_running_loop().run_in_executor(self._search_thread, live.index.vectors.drop)
            except BackendUnavailable as error:  # whichever replica starts next drops them
                _log.warning("vectors.not_dropped", collection=key.member, cause=error.message)
        for key in sorted(registered - self._collections.keys()):
            await self._load(key)

    async def _was_recreated(self, key: CollectionKey) -> bool:
        try:
            return (await self._reader.info(key)).incarnation != self._collections[key].info.incarnation
        except CollectionNotFound:
            return True

    def _refresh_lexical(self, key: CollectionKey, live: LiveCollection) -> None:
        running = self._refreshing.get(key)
        if running is None or running.done():
            self._refreshing[key] = asyncio.create_task(live.refresh_lexical(), name=f"words-{key.member}")

    async def _write_snapshots(self, snapshots: Snapshots) -> None:
        while True:
            await asyncio.sleep(self._snapshot_seconds)
            await self._write_stale(snapshots)

    async def _write_stale(self, snapshots: Snapshots) -> None:
        for key, live in list(self._collections.items()):
            if live.snapshot_is_stale:
                try:
                    await live.write_snapshot(snapshots)
                except OSError as exc:
                    _log.warning("snapshot.not_written", path=str(snapshots.path(key)), cause=str(exc))

    def _set_passage_gauge(self, key: CollectionKey) -> None:
        PASSAGES.labels(key.tenant, key.collection).set(self.passage_count(key))


def _other_embedder(key: CollectionKey, theirs: str, ours: str) -> BackendUnavailable:
    return BackendUnavailable(
        f"Collection {key.collection} belongs to the embedder {theirs}, and this replica runs {ours}; start it anew "
        "with that embedder, or all replicas with this one."
    )
