"""The calibrator: asks a collection questions, and stores the thresholds that follow (see domain/calibration.py)."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import CollectionNotFound, DraftNotFound, KnowledgeMoved, ServiceError
from kefu.retrieval.calibration.out_of_domain import OUT_OF_DOMAIN_QUESTIONS
from kefu.retrieval.domain.calibration import MAX_TITLES, Calibration, calibrate
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.domain.example_questions import Vectors
from kefu.retrieval.domain.filters import Audience, SearchFilter
from kefu.retrieval.replica.replica import Replica
from kefu.retrieval.storage.durable_writer import DurableWriter
from kefu.retrieval.storage.knowledge_store import KnowledgeStore

_CONCURRENT_QUESTIONS = 4  # so few that customers' questions go between them
_log = structlog.stdlib.get_logger()


class Calibrator:
    """Calibrates on request and, while `running`, changed collections after a quiet time."""

    def __init__(
        self,
        store: KnowledgeStore,
        replica: Replica,
        embedder: str,
        open_writer: Callable[[], AbstractAsyncContextManager[DurableWriter]],
    ) -> None:
        self._store = store
        self._replica = replica
        self._embedder = embedder
        self._open_writer = open_writer
        self._changed: dict[CollectionKey, float] = {}

    def mark_changed(self, key: CollectionKey) -> None:
        """Note that a collection's documents have changed."""
        self._changed[key] = time.monotonic()

    @asynccontextmanager
    async def running(self, quiet_seconds: float) -> AsyncIterator[None]:
        """Calibrate changed collections while the block runs, `quiet_seconds` after their last change; 0: never."""
        task = asyncio.create_task(self._calibrate_changed(quiet_seconds), name="calibrate") if quiet_seconds else None
        try:
            yield
        finally:
            if task is not None:
                await cancel_and_wait(task)

    async def calibrate(
        self, key: CollectionKey, answerable: Sequence[str] = (), foreign: Sequence[str] = ()
    ) -> Calibration:
        """Measure a collection and store its calibration. Without questions, its titles are asked. Raises
        CollectionNotFound.
        """
        calibration = await self._calibration(key, answerable, foreign)
        await self._put(key, calibration)
        return calibration

    async def _calibration(
        self, key: CollectionKey, answerable: Sequence[str] = (), foreign: Sequence[str] = ()
    ) -> Calibration:
        source = "questions" if answerable else "titles"
        yes, margins, vectors = await self._measure(key, answerable or await self._titles(key))
        no, foreign_margins, foreign_vectors = await self._measure(
            key, foreign or [each for questions in OUT_OF_DOMAIN_QUESTIONS.values() for each in questions]
        )
        real = bool(answerable and foreign)
        return calibrate(
            *(yes, no, source, time.time(), self._embedder),
            score_margins=(margins, foreign_margins) if real else None,
            vectors=(vectors, foreign_vectors) if real else None,
        )

    async def _put(self, key: CollectionKey, calibration: Calibration) -> None:
        async with self._open_writer() as writer:
            change = await self._store.put_calibration(writer, key, calibration)
            await writer.wait_until_on_disk()
        await self._replica.wait_for_change(key, change)
        _log.info(
            "collection.calibrated",
            collection=key.label,
            min_relevance=calibration.min_relevance,
            source=calibration.source,
            min_apart=calibration.min_apart,
        )

    async def _calibrate_changed(self, quiet_seconds: float) -> None:
        while True:
            await asyncio.sleep(quiet_seconds / 2)
            now = time.monotonic()
            for key in [key for key, changed in self._changed.items() if now - changed >= quiet_seconds]:
                del self._changed[key]
                try:
                    if await self._is_due(key):
                        calibration = await self._calibration(key)
                        if await self._is_due(key):  # nobody calibrated with questions of their own meanwhile
                            await self._put(key, calibration)
                except CollectionNotFound:
                    continue  # it was deleted meanwhile
                except (DraftNotFound, KnowledgeMoved):  # promoted, discarded or replaced meanwhile
                    if self._replica.live_key(key) == key:
                        self.mark_changed(replace(key, is_draft=False))
                except ServiceError as error:
                    _log.warning("collection.not_calibrated", collection=key.member, cause=error.message)
                    self.mark_changed(key)

    async def _is_due(self, key: CollectionKey) -> bool:
        current = await self._store.calibration(key)
        return current is None or current.source == "titles" or current.embedder != self._embedder

    async def _titles(self, key: CollectionKey) -> list[str]:
        ids = await self._store.document_ids(key)  # ids are hashes: any of them are a fair sample
        infos = await self._store.documents(key, ids[:MAX_TITLES])
        return list(dict.fromkeys(info.title.strip() for info in infos.values() if info.title.strip()))

    async def _measure(self, key: CollectionKey, questions: Iterable[str]) -> tuple[list[float], list[float], Vectors]:
        """The relevance of each question's best passage by that alone, the score margin, and the embedding of each."""
        gate = asyncio.Semaphore(_CONCURRENT_QUESTIONS)
        everything = SearchFilter(datetime.now(UTC).date().isoformat(), Audience.STAFF)

        async def one(question: str) -> tuple[float, float, Vectors]:
            async with gate:
                found = await self._replica.search([key], question, 1, everything, to_calibrate=True)
            return found.hits[0][1].relevance if found.hits else 0.0, found.score_margin, found.vector

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(question)) for question in questions]
        measured = [task.result() for task in tasks]
        vectors = np.stack([each for _, _, each in measured]) if measured else np.zeros((0, 0), np.float32)
        return [relevance for relevance, _, _ in measured], [apart for _, apart, _ in measured], vectors
