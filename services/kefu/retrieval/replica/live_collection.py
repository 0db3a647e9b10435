"""One collection in a replica's memory, kept equal to Redis: loaded once, then changed document by document."""

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
import structlog

from kefu.retrieval.domain.calibration import Calibration
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.embedders import BatchingEmbedder
from kefu.retrieval.embedders.base import HalfVectors
from kefu.retrieval.index.curated_answers import CuratedAnswers
from kefu.retrieval.index.indexed_passage import index_passage
from kefu.retrieval.index.passage_index import IndexedDocument, PassageIndex
from kefu.retrieval.index.snapshot import Snapshot, Snapshots, documents_in
from kefu.retrieval.storage.change_streams import NO_CHANGE, ChangeId
from kefu.retrieval.storage.reader import KnowledgeReader
from kefu.retrieval.storage.records import CollectionInfo, DocumentInfo, PassageText, split_vectors
from kefu.retrieval.text.analyzer import Terms, Words
from kefu.retrieval.text.user_dictionary import NOTHING, Dictionary, read_dictionary
from kefu.retrieval.vectorstore.base import VectorStore

_AT_ONCE = 200  # documents fetched together
_PAUSE_SECONDS = (0.25, 0.6)  # least and most between two buildings: what was changed is found within a second
_log = structlog.stdlib.get_logger()


class LiveCollection:
    """`index` belongs to the thread of `searching`; everything else to the event loop."""

    def __init__(
        self,
        key: CollectionKey,
        info: CollectionInfo,
        reader: KnowledgeReader,
        embedder: BatchingEmbedder,
        vectors: VectorStore,
        searching: Executor,
        preparing: Executor,
    ) -> None:
        self.key = key
        self.info = info
        self.index = PassageIndex(vectors)
        self.curated = CuratedAnswers()
        self.calibration: Calibration | None = None
        self.words = Words(info.incarnation.encode())
        """By which questions are split: those that the index was built with."""
        self._splitting = self.words
        """By which documents are split from now on."""
        self._dictionary: Dictionary = NOTHING
        self.last_change: ChangeId = NO_CHANGE
        self.changed = asyncio.Condition()
        self.snapshot_is_stale = False
        self._reader = reader
        self._embedder = embedder
        self._searching = searching
        self._preparing = preparing
        self._refreshing = asyncio.Lock()
        self._next_words = 0.0  # by the loop's clock

    @property
    def min_relevance(self) -> float:
        """Its threshold, as calibrated with the embedder it has; 0: it is not."""
        return self._mine.min_relevance if self._mine else 0.0

    @property
    def min_apart(self) -> float:
        """How far its best document must stand apart, likewise; 0: however near the next ones are."""
        return self._mine.min_apart if self._mine else 0.0

    @property
    def _mine(self) -> Calibration | None:
        there = self.calibration
        return there if there is not None and there.embedder == self.info.embedder else None

    async def load(self, snapshots: Snapshots | None) -> None:
        """Fill it from the snapshot and the changes since, or from Redis alone when that does not reach back."""
        loop = asyncio.get_running_loop()
        await self._read_dictionary()
        snapshot = (
            await loop.run_in_executor(self._preparing, snapshots.read, self.key, self._made_for) if snapshots else None
        )
        if snapshot and await self._reader.changes.reach_back_to(self.key, snapshot.last_change):
            await loop.run_in_executor(self._searching, self._put_all, snapshot.documents)
            self.last_change = snapshot.last_change
            # The changes since then follow by the stream like any others; curated answers are in no snapshot.
            await self._follow_curated(await self._reader.curated_ids(self.key))
            how = "snapshot"
        else:
            await self.rebuild()
            how = "redis"
        self.calibration = await self._reader.calibration(self.key)
        await self.refresh_words()
        self.snapshot_is_stale = how == "redis"
        _log.info("collection.loaded", collection=self.key.member, source=how, passages=len(self.index.entries))

    async def rebuild(self) -> None:
        """Make it equal to Redis from nothing."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._searching, self.index.vectors.begin_filling)
        last_change = await self._reader.changes.last(self.key)  # first: what changes meanwhile is then followed again
        await self._read_dictionary()
        documents = await self._reader.document_ids(self.key)
        gone = [document for document in list(self.index.documents) if document not in set(documents)]
        await loop.run_in_executor(self._searching, self._remove_all, gone)
        await self._follow_documents(documents)
        await loop.run_in_executor(self._searching, self.index.vectors.end_filling)
        curated = await self._reader.curated_ids(self.key)
        for answer in [answer for answer in self.curated.ids if answer not in set(curated)]:
            self.curated.remove(answer)
        await self._follow_curated(curated)
        self.calibration = await self._reader.calibration(self.key)
        self.last_change = last_change
        self.snapshot_is_stale = True

    async def follow(self, changes: Iterable[tuple[ChangeId, str, str]]) -> bool:
        """Take up changes (id, kind, what changed) by looking at what Redis holds now. True when text went away."""
        changes = list(changes)
        documents = list(dict.fromkeys(what for _, kind, what in changes if kind == "document"))
        curated = list(dict.fromkeys(what for _, kind, what in changes if kind == "curated"))
        lost_text = any(document in self.index for document in documents)
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
        return lost_text

    async def refresh_words(self) -> None:
        """Make BM25 equal to the passages; call it after changes.

        It is built whole each time: at once for a single change, and with pauses between while changes keep coming, so
        that an import does not spend its time on it.
        """
        loop = asyncio.get_running_loop()
        async with self._refreshing:
            while self.index.words_are_stale:
                await asyncio.sleep(max(self._next_words - loop.time(), 0))
                began = loop.time()
                words = self._splitting
                mark, terms = await loop.run_in_executor(self._searching, self.index.words_to_build)
                view = await loop.run_in_executor(self._preparing, PassageIndex.build_words, terms)
                await loop.run_in_executor(self._searching, self.index.use_words, mark, view)
                self.words = words
                least, most = _PAUSE_SECONDS
                self._next_words = loop.time() + min(max(4 * (loop.time() - began), least), most)
        async with self.changed:
            self.changed.notify_all()

    async def reached(self, change: ChangeId) -> None:
        """Return when a change can be found by searching here."""
        wanted = _order(change)
        async with self.changed:
            await self.changed.wait_for(lambda: _order(self.last_change) >= wanted and not self.index.words_are_stale)

    async def write_snapshot(self, snapshots: Snapshots) -> None:
        """Write what it holds now."""
        loop = asyncio.get_running_loop()
        self.snapshot_is_stale = False
        last_change, made_for = self.last_change, self._made_for  # before the documents: what comes later is followed
        documents = await loop.run_in_executor(self._searching, documents_in, self.index)
        snapshot = Snapshot(last_change, documents)
        await loop.run_in_executor(self._preparing, snapshots.write, self.key, made_for, snapshot)

    async def _follow_documents(self, ids: list[str]) -> None:
        loop = asyncio.get_running_loop()
        for at in range(0, len(ids), _AT_ONCE):
            part = ids[at : at + _AT_ONCE]
            infos, texts, vectors = await self._reader.fetch(self.key, self.info.embedder, part)
            present = await loop.run_in_executor(self._preparing, self._prepare, infos, texts, vectors)
            gone = [document for document in part if document not in infos]
            await loop.run_in_executor(self._searching, self._remove_all, gone)
            await loop.run_in_executor(self._searching, self._put_all, present)

    @property
    def _made_for(self) -> str:
        """What a snapshot must have been made for."""
        return f"{self.info.incarnation}{self._dictionary.digest}"

    async def _read_dictionary(self) -> bool:
        """Split documents by the words of the trade as they are now; whether that changed anything."""
        dictionary = read_dictionary((await self._reader.dictionary(self.key)).text)
        if dictionary == self._dictionary:
            return False
        salt = self.info.incarnation.encode()
        self._splitting = await asyncio.get_running_loop().run_in_executor(self._preparing, Words, salt, dictionary)
        self._dictionary = dictionary
        return True

    async def _follow_dictionary(self) -> None:
        """Split all documents again."""
        before = self._splitting, self._dictionary
        if not await self._read_dictionary():
            return
        loop = asyncio.get_running_loop()
        ids = list(self.index.documents)
        try:
            for at in range(0, len(ids), _AT_ONCE):
                infos, texts = await self._reader.texts(self.key, ids[at : at + _AT_ONCE])
                terms = await loop.run_in_executor(self._preparing, self._split, infos, texts)
                await loop.run_in_executor(self._searching, self._reword_all, terms)
        except BaseException:
            self._splitting, self._dictionary = before  # so that it is all done again
            raise

    async def _follow_curated(self, ids: list[str]) -> None:
        records = await self._reader.curated(self.key, ids)
        for answer in ids:
            record = records.get(answer)
            if record is None:
                self.curated.remove(answer)
                continue
            if record.embedder != self._embedder.id:  # few and short: embedded again in memory
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
                index_passage(self._splitting, passage, info.title, texts[document][passage], rows[passage])
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
                passage: self._splitting.terms(text.indexed(info.title)) for passage, text in texts[document].items()
            }
            for document, info in infos.items()
        }

    def _reword_all(self, terms: Mapping[str, Mapping[str, Terms]]) -> None:
        for document, of_passages in terms.items():
            self.index.reword(document, of_passages)

    def _put_all(self, documents: Iterable[IndexedDocument]) -> None:
        for document in documents:
            self.index.put(document)

    def _remove_all(self, documents: Iterable[str]) -> None:
        for document in documents:
            self.index.remove(document)


def _order(change: ChangeId) -> tuple[int, int]:
    milliseconds, _, sequence = change.partition("-")
    return int(milliseconds), int(sequence or 0)
