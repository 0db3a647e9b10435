"""
A replica: all collections of Redis in this process's memory, kept current by their change streams.

Of a collection the live version is loaded, its open drafts, and those that were live lately. Which one is live changes
for all searches at once, as soon as it is loaded (see version_table.py).

A change is applied by reading the current state in Redis. So applying it twice, or late, does no harm. Entries may have
been trimmed while this process was stopped. After each read the last applied entry must still be in the stream, else
the collection is rebuilt.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
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
from kefu.retrieval.replica.embedder_change import reembed
from kefu.retrieval.replica.live_collection import LiveCollection
from kefu.retrieval.replica.searcher import Searcher, SearchResult
from kefu.retrieval.replica.version_table import VersionTable
from kefu.retrieval.storage.change_streams import NO_CHANGE, ChangeId
from kefu.retrieval.storage.knowledge_reader import KnowledgeReader
from kefu.retrieval.storage.version_store import VersionStore
from kefu.retrieval.text.analyzer import Analyzer
from kefu.retrieval.vectorstore.faiss_store import FaissStores
from kefu.retrieval.vectorstore.vector_store import VectorStores

PASSAGES = Gauge("kefu_passages", "Passages that this replica searches.", ("tenant", "collection"))
_BLOCK_SECONDS = 1.0
_CHANGE_TIMEOUT_SECONDS = 5.0
_FIRST_LOAD_SECONDS = 30.0
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
        cache_folder: Path | None,
    ) -> None:
        self._cache_folder = cache_folder
        self._reader = reader
        self._embedder = embedder
        self._stores = stores
        self._snapshots = snapshots
        self._snapshot_seconds = snapshot_seconds
        self._collections: dict[CollectionKey, LiveCollection] = {}
        self._versions = VersionTable(VersionStore(reader))
        self._loading: dict[CollectionKey, asyncio.Task[None]] = {}
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
        cache_folder: Path | None = None,
    ) -> AsyncIterator["Replica"]:
        """A loaded replica that follows all changes while the block runs.

        A stale snapshot is written every `snapshot_seconds`. Vectors are in memory without `stores`. Tables of word
        lists are kept in `cache_folder`.
        """
        stores = stores or FaissStores(embedder.embedder.dimension)
        snapshots = Snapshots(snapshot_folder, embedder.id) if snapshot_folder and not stores.is_persistent else None
        background = await EmbeddingBaseline.measure_batched(embedder)
        self = cls(reader, embedder, background, stores, snapshots, snapshot_seconds, cache_folder)
        tasks: list[asyncio.Task[None]] = []
        try:
            await self._load_all()
            tasks = [asyncio.create_task(self._follow(), name="follow-changes")]
            if snapshots:
                tasks.append(asyncio.create_task(self._write_snapshots(snapshots), name="write-snapshots"))
            async with self._searcher.running():
                yield self
        finally:
            for task in [*tasks, *self._loading.values(), *self._refreshing.values()]:
                await cancel_and_wait(task)
            if snapshots:
                await self._write_stale(snapshots)
            self._search_thread.shutdown(wait=True, cancel_futures=True)
            self._prepare_thread.shutdown(wait=True, cancel_futures=True)

    def live_key(self, key: CollectionKey) -> CollectionKey:
        """The key of a collection's version that is searched here for customers."""
        return key.at(self._versions.live(key))

    def is_loaded(self, key: CollectionKey) -> bool:
        """Whether a version of a collection can be searched here."""
        return key in self._collections

    def collections(self) -> list[CollectionKey]:
        """All collections that are searched here, whatever their version."""
        return sorted({key.base for key in self._collections})

    def passage_count(self, key: CollectionKey) -> int:
        """Number of passages of a version; 0 for one that is not loaded."""
        live = self._collections.get(key)
        return len(live.index.entries) if live else 0

    def min_relevance(self, key: CollectionKey) -> float:
        """A version's calibrated threshold of relevance; 0 without one."""
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
        """As `Searcher.search`, over versions that `live_key` or a draft names. Raises CollectionNotFound, or
        BackendUnavailable as `check_embedder` does.
        """
        live = [self._searchable(key) for key in keys]
        return await self._searcher.search(
            live, text, count, search_filter, previous_question=previous_question, to_calibrate=to_calibrate
        )

    async def wait_for_change(self, key: CollectionKey, change: ChangeId) -> None:
        """Wait until searches here cover a change, at most 5 s: the change is stored, and will be found soon.

        A new collection may take 30 s more: before the first one word lists are loaded.
        """
        if await self.wait_until_loaded(key, _FIRST_LOAD_SECONDS):
            with suppress(TimeoutError):
                async with asyncio.timeout(_CHANGE_TIMEOUT_SECONDS):
                    await self._collections[key].wait_for_change(change)

    async def wait_until_deleted(self, key: CollectionKey) -> None:
        """Wait until a deleted collection is no longer searched here, at most 5 s."""
        await self._wait_at_most(_CHANGE_TIMEOUT_SECONDS, lambda: key.base not in self.collections())

    async def wait_until_loaded(self, key: CollectionKey, seconds: float) -> bool:
        """Wait until a version can be searched here. False where it takes longer."""
        return await self._wait_at_most(seconds, lambda: key in self._collections)

    async def wait_until_live(self, key: CollectionKey, seconds: float = _CHANGE_TIMEOUT_SECONDS) -> bool:
        """Wait until a version is searched here for customers. False where it takes longer."""
        return await self._wait_at_most(seconds, lambda: self.live_key(key) == key)

    async def _wait_at_most(self, seconds: float, condition: Callable[[], bool]) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wait_until(condition)
        return condition()

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
            await self._load_collection(key)
        await loop.run_in_executor(self._search_thread, self._stores.end_loading)

    async def _load_collection(self, key: CollectionKey) -> None:
        """Load all versions of a collection that are to be in memory, the live one first."""
        await self._versions.read(key)
        for version in self._versions.wanted(key):
            await self._load(version)
        await self._switch(key)

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
        make_analyzer = partial(Analyzer, info.incarnation.encode(), cache_folder=self._cache_folder)
        analyzer = await loop.run_in_executor(self._prepare_thread, make_analyzer)
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
        after |= {key.version_changes: position for key, position in self._versions.positions.items()}
        changes_by_stream = await self._reader.changes.read(after, _BLOCK_SECONDS)
        for key in self._versions.keys:  # first: what is live changes at once
            if entries := changes_by_stream.get(key.version_changes):
                await self._versions.read(key, entries[-1][0])
                await self._follow_versions(key)
            elif self._versions.holds_several(key):
                await self._drop_unwanted(key)
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

    async def _follow_versions(self, key: CollectionKey) -> None:
        """Switch to the live version if it is loaded, load what is missing beside, and drop the rest."""
        await self._switch(key)
        for version in self._versions.wanted(key):
            if version not in self._collections and version not in self._loading:
                task = asyncio.create_task(self._load_beside(version), name=f"load-{version.label}")
                self._loading[version] = task
        await self._drop_unwanted(key)

    async def _load_beside(self, key: CollectionKey) -> None:
        """Load a version while changes of others are followed; the collection may wait for it to switch."""
        try:
            while key in self._versions.wanted(key.base):
                try:
                    await self._load(key)
                except ServiceError as error:
                    _log.warning("version.not_loaded", collection=key.label, cause=error.message)
                    await asyncio.sleep(0.5)
                else:
                    break
        except Exception:
            _log.exception("version.load_failed", collection=key.label)
        finally:
            del self._loading[key]
        if key in self._collections and key not in self._versions.wanted(key):  # it was discarded meanwhile
            await self._drop(key)
        await self._switch(key.base)

    async def _switch(self, key: CollectionKey) -> None:
        """Search the live version for customers from now on, if it is loaded."""
        live = key.at(self._versions.newest_live(key))
        if live in self._collections and self._versions.switch(key):
            _log.info("version.live", collection=live.label)
            self._set_passage_gauge(live)
        async with self._collections_changed:
            self._collections_changed.notify_all()

    async def _drop_unwanted(self, key: CollectionKey) -> None:
        wanted = self._versions.wanted(key)
        for version in [each for each in self._collections if each.base == key and each not in wanted]:
            if version != self.live_key(key):
                await self._drop(version)

    async def _rebuild(self, key: CollectionKey, live: LiveCollection) -> None:
        _log.warning("collection.rebuilding", collection=key.label, cause="its changes were trimmed")
        if self._snapshots:
            await asyncio.to_thread(self._snapshots.delete, key)
        await live.rebuild()
        self._refresh_lexical(key, live)
        self._set_passage_gauge(key)

    async def _follow_registry(self) -> None:
        registered = set(await self._reader.collections())
        for key in self.collections():
            if key not in registered or await self._was_recreated(key):
                self._versions.forget(key)
                for version in [each for each in self._collections if each.base == key]:
                    await self._drop(version)
                with suppress(KeyError):
                    PASSAGES.remove(key.tenant, key.collection)
        for key in sorted(registered - set(self.collections())):
            await self._load_collection(key)

    async def _drop(self, key: CollectionKey) -> None:
        """Forget a version, with its snapshot and vectors."""
        live = self._collections.pop(key)
        self._reader.forget(key, list(live.index.documents))
        if self._snapshots:
            await asyncio.to_thread(self._snapshots.delete, key)
        try:
            await asyncio.get_running_loop().run_in_executor(self._search_thread, live.index.vectors.drop)
        except BackendUnavailable as error:  # whichever replica starts next drops them
            _log.warning("vectors.not_dropped", collection=key.label, cause=error.message)

    async def _was_recreated(self, key: CollectionKey) -> bool:
        live = self._collections.get(self.live_key(key))
        try:
            return live is not None and (await self._reader.info(live.key)).incarnation != live.info.incarnation
        except CollectionNotFound:
            return True

    def _refresh_lexical(self, key: CollectionKey, live: LiveCollection) -> None:
        running = self._refreshing.get(key)
        if running is None or running.done():
            self._refreshing[key] = asyncio.create_task(live.refresh_lexical(), name=f"words-{key.label}")

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
        if key == self.live_key(key):
            PASSAGES.labels(key.tenant, key.collection).set(self.passage_count(key))


def _other_embedder(key: CollectionKey, theirs: str, ours: str) -> BackendUnavailable:
    return BackendUnavailable(
        f"Collection {key.collection} belongs to the embedder {theirs}, and this replica runs {ours}; start it anew "
        "with that embedder, or all replicas with this one."
    )
