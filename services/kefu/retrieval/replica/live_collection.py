"""A live collection: one collection in a replica's memory, loaded once and then updated document by document."""

import asyncio
from collections.abc import Hashable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
import structlog

from kefu.retrieval.domain.calibration import Calibration
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.domain.example_questions import ExampleQuestions
from kefu.retrieval.embedders import BatchingEmbedder
from kefu.retrieval.embedders.embedder import HalfVectors
from kefu.retrieval.index.curated_answers import CuratedAnswers
from kefu.retrieval.index.indexed_passage import index_passage
from kefu.retrieval.index.passage_index import IndexedDocument, PassageIndex
from kefu.retrieval.index.snapshot import Snapshot, Snapshots, documents_in
from kefu.retrieval.storage.change_streams import NO_CHANGE, ChangeId
from kefu.retrieval.storage.knowledge_reader import KnowledgeReader
from kefu.retrieval.storage.records import CollectionInfo, DocumentInfo, PassageText, split_vectors
from kefu.retrieval.text.analyzer import Analyzer, Terms
from kefu.retrieval.text.user_dictionary import EMPTY_DICTIONARY, Dictionary, parse_dictionary
from kefu.retrieval.vectorstore.vector_store import VectorStore

_FETCH_BATCH = 200  # documents fetched in one call
_REFRESH_PAUSE_SECONDS = (0.25, 0.6)  # least and most between two builds of BM25: a change is found within a second
_log = structlog.stdlib.get_logger()


class LiveCollection:
    """A collection kept equal to Redis. `index` belongs to the search thread, everything else to the event loop."""

    def __init__(
        self,
        key: CollectionKey,
        info: CollectionInfo,
        reader: KnowledgeReader,
        embedder: BatchingEmbedder,
        vectors: VectorStore,
        analyzer: Analyzer,
        search_thread: Executor,
        prepare_thread: Executor,
    ) -> None:
        """`analyzer` has the collection's incarnation as its salt, and no words of a user dictionary."""
        self.key = key
        self.info = info
        self.index = PassageIndex(vectors)
        self.curated = CuratedAnswers()
        self.calibration: Calibration | None = None
        self.analyzer = analyzer
        """Analyzer of questions: the one that the index was built with."""
        self._next_analyzer = self.analyzer
        """Analyzer of documents from now on."""
        self._dictionary: Dictionary = EMPTY_DICTIONARY
        self.last_change: ChangeId = NO_CHANGE
        self.changed = asyncio.Condition()
        self.snapshot_is_stale = False
        self._reader = reader
        self._embedder = embedder
        self._search_thread = search_thread
        self._prepare_thread = prepare_thread
        self._refreshing = asyncio.Lock()
        self._next_refresh = 0.0  # by the loop's clock

    @property
    def state(self) -> Hashable:
        """Equal while nothing has changed that decides what a search finds here."""
        return self.info.incarnation, self.last_change, self.index.version, self.analyzer

    @property
    def min_relevance(self) -> float:
        """Calibrated threshold of relevance for the current embedder; 0: not calibrated."""
        return self._current_calibration.min_relevance if self._current_calibration else 0.0

    @property
    def min_score_margin(self) -> float:
        """Calibrated least score margin for the current embedder; 0: any."""
        return self._current_calibration.min_apart if self._current_calibration else 0.0

    @property
    def example_questions(self) -> ExampleQuestions | None:
        """Calibrated example questions for the current embedder, if there are any."""
        return self._current_calibration.example_questions if self._current_calibration else None

    @property
    def _current_calibration(self) -> Calibration | None:
        calibration = self.calibration
        return calibration if calibration is not None and calibration.embedder == self.info.embedder else None

    async def load(self, snapshots: Snapshots | None) -> None:
        """Load from the snapshot, or from Redis when the change stream does not reach back to it."""
        loop = asyncio.get_running_loop()
        await self._update_analyzer()
        snapshot = (
            await loop.run_in_executor(self._prepare_thread, snapshots.read, self.key, self._snapshot_state)
            if snapshots
            else None
        )
        if snapshot and await self._reader.changes.holds_all_since(self.key, snapshot.last_change):
            await loop.run_in_executor(self._search_thread, self._put_all, snapshot.documents)
            self.last_change = snapshot.last_change
            # The changes since then follow by the stream like any others; curated answers are in no snapshot.
            await self._follow_curated(await self._reader.curated_ids(self.key))
            how = "snapshot"
        else:
            await self.rebuild()
            how = "redis"
        self.calibration = await self._reader.calibration(self.key)
        await self.refresh_lexical()
        self.snapshot_is_stale = how == "redis"
        _log.info("collection.loaded", collection=self.key.label, source=how, passages=len(self.index.entries))

    async def rebuild(self) -> None:
        """Load everything from Redis."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._search_thread, self.index.vectors.begin_filling)
        last_change = await self._reader.changes.last(self.key)  # first: what changes meanwhile is then followed again
        await self._update_analyzer()
        documents = await self._reader.document_ids(self.key)
        deleted = [document for document in list(self.index.documents) if document not in set(documents)]
        self._reader.forget(self.key, deleted)
        await loop.run_in_executor(self._search_thread, self._remove_all, deleted)
        await self._follow_documents(documents)
        await loop.run_in_executor(self._search_thread, self.index.vectors.end_filling)
        curated = await self._reader.curated_ids(self.key)
        for answer in [answer for answer in self.curated.ids if answer not in set(curated)]:
            self.curated.remove(answer)
        await self._follow_curated(curated)
        self.calibration = await self._reader.calibration(self.key)
        self.last_change = last_change
        self.snapshot_is_stale = True

    async def follow(self, changes: Iterable[tuple[ChangeId, str, str]]) -> bool:
        """Apply changes (id, kind, id of the thing changed) by reading the current state in Redis. True when text went
        away.
        """
        changes = list(changes)
        documents = list(dict.fromkeys(ident for _, kind, ident in changes if kind == "document"))
        curated = list(dict.fromkeys(ident for _, kind, ident in changes if kind == "curated"))
        removed_text = any(document in self.index for document in documents)
        await self._follow_documents(documents)
        await self._follow_curated(curated)
        if any(kind == "dictionary" for _, kind, _ in changes):
            await self._follow_dictionary()
        if any(kind == "calibration" for _, kind, _ in changes):
            self.calibration = await self._reader.calibration(self.key)
        if any(kind == "embedder" for _, kind, _ in changes):
            self.info = await self._reader.info(self.key)
        self.snapshot_is_stale = True
        async with self.changed:
            self.last_change = changes[-1][0]
            self.changed.notify_all()
        return removed_text

    async def refresh_lexical(self) -> None:
        """Build BM25 anew after changes.

        BM25 is built whole each time: at once for a single change, and with pauses while changes keep coming. So an
        import does not spend its time on BM25.
        """
        loop = asyncio.get_running_loop()
        async with self._refreshing:
            while self.index.lexical_is_stale:
                await asyncio.sleep(max(self._next_refresh - loop.time(), 0))
                began = loop.time()
                words = self._next_analyzer
                mark, terms = await loop.run_in_executor(self._search_thread, self.index.lexical_input)
                view = await loop.run_in_executor(self._prepare_thread, PassageIndex.build_lexical, terms)
                await loop.run_in_executor(self._search_thread, self.index.use_lexical, mark, view)
                self.analyzer = words
                least, most = _REFRESH_PAUSE_SECONDS
                self._next_refresh = loop.time() + min(max(4 * (loop.time() - began), least), most)
        async with self.changed:
            self.changed.notify_all()

    async def wait_for_change(self, change: ChangeId) -> None:
        """Wait until a search here covers a change."""
        target = _sort_key(change)
        async with self.changed:
            await self.changed.wait_for(
                lambda: _sort_key(self.last_change) >= target and not self.index.lexical_is_stale
            )

    async def write_snapshot(self, snapshots: Snapshots) -> None:
        """Write a snapshot of the current state."""
        loop = asyncio.get_running_loop()
        self.snapshot_is_stale = False
        last_change, state = (
            self.last_change,
            self._snapshot_state,
        )  # before the documents: later changes are followed
        documents = await loop.run_in_executor(self._search_thread, documents_in, self.index)
        snapshot = Snapshot(last_change, documents)
        await loop.run_in_executor(self._prepare_thread, snapshots.write, self.key, state, snapshot)

    async def _follow_documents(self, ids: list[str]) -> None:
        loop = asyncio.get_running_loop()
        self._reader.forget(self.key, ids)
        for at in range(0, len(ids), _FETCH_BATCH):
            part = ids[at : at + _FETCH_BATCH]
            infos, texts, vectors = await self._reader.fetch(self.key, self.info.embedder, part)
            present = await loop.run_in_executor(self._prepare_thread, self._prepare, infos, texts, vectors)
            deleted = [document for document in part if document not in infos]
            await loop.run_in_executor(self._search_thread, self._remove_all, deleted)
            await loop.run_in_executor(self._search_thread, self._put_all, present)

    @property
    def _snapshot_state(self) -> str:
        """The incarnation and dictionary for which a snapshot is valid."""
        return f"{self.info.incarnation}{self._dictionary.digest}"

    async def _update_analyzer(self) -> bool:
        """Read the user dictionary, and make an analyzer with it. False when it has not changed."""
        dictionary = parse_dictionary((await self._reader.dictionary(self.key)).text)
        if dictionary == self._dictionary:
            return False
        self._next_analyzer = await asyncio.get_running_loop().run_in_executor(
            self._prepare_thread, self.analyzer.with_dictionary, dictionary
        )
        self._dictionary = dictionary
        return True

    async def _follow_dictionary(self) -> None:
        """Split all documents again, if the user dictionary has changed."""
        before = self._next_analyzer, self._dictionary
        if not await self._update_analyzer():
            return
        loop = asyncio.get_running_loop()
        ids = list(self.index.documents)
        try:
            for at in range(0, len(ids), _FETCH_BATCH):
                infos, texts = await self._reader.texts(self.key, ids[at : at + _FETCH_BATCH])
                terms = await loop.run_in_executor(self._prepare_thread, self._split, infos, texts)
                await loop.run_in_executor(self._search_thread, self._reword_all, terms)
        except BaseException:
            self._next_analyzer, self._dictionary = before  # so that all of it is repeated
            raise

    async def _follow_curated(self, ids: list[str]) -> None:
        records = await self._reader.curated(self.key, ids)
        for answer in ids:
            record = records.get(answer)
            if record is None:
                self.curated.remove(answer)
                continue
            if record.embedder != self._embedder.id:  # these are few and short: embedded again in memory
                vectors = await self._embedder.queries(record.questions)
                record = replace(record, vectors=vectors.astype(np.float16))
            self.curated.put(record)

    def _prepare(
        self,
        infos: Mapping[str, DocumentInfo],
        texts: Mapping[str, Mapping[str, PassageText]],
        vectors: Mapping[str, Mapping[str, bytes]],
    ) -> list[IndexedDocument]:
        documents: list[IndexedDocument] = []
        for document, info in infos.items():
            rows: Mapping[str, HalfVectors] = split_vectors(vectors[document], self._embedder.embedder.dimension)
            passages = [
                index_passage(self._next_analyzer, passage, info.title, texts[document][passage], rows[passage])
                for passage in info.passages
                if passage in texts[document] and passage in rows
            ]
            documents.append(IndexedDocument(document, info.facts, passages))
        return documents

    def _split(
        self, infos: Mapping[str, DocumentInfo], texts: Mapping[str, Mapping[str, PassageText]]
    ) -> dict[str, dict[str, Terms]]:
        return {
            document: {
                passage: self._next_analyzer.terms(text.indexed_text(info.title))
                for passage, text in texts[document].items()
            }
            for document, info in infos.items()
        }

    def _reword_all(self, terms: Mapping[str, Mapping[str, Terms]]) -> None:
        for document, of_passages in terms.items():
            self.index.replace_terms(document, of_passages)

    def _put_all(self, documents: Iterable[IndexedDocument]) -> None:
        for document in documents:
            self.index.put(document)

    def _remove_all(self, documents: Iterable[str]) -> None:
        for document in documents:
            self.index.remove(document)


def _sort_key(change: ChangeId) -> tuple[int, int]:
    milliseconds, _, sequence = change.partition("-")
    return int(milliseconds), int(sequence or 0)
