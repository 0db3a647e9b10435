"""
The batching embedder: embeds off the event loop, questions in batches and before waiting passages.

When more questions wait than fit a batch, the latest go first. Every question has a caller with a time-out. Oldest
first would answer each of them just too late. Latest first answers some in time, and the others time out.

One thread runs the model for questions and passages. Two would be two OpenMP teams on the same cores, whose barriers
then sleep instead of spin. Only a `concurrent` embedder has one thread for questions and one for passages.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
from prometheus_client import Counter, Histogram

from kefu.retrieval.embedders.base import Embedder, Vectors

QUERY_BATCH = Histogram("kefu_embed_query_batch", "Questions embedded together.", buckets=(1, 2, 4, 8, 16, 32, 64))
TEXTS_EMBEDDED = Counter("kefu_embedded_texts_total", "Texts embedded, by kind.", ("kind",))


class _PendingQuestion(NamedTuple):
    text: str
    vector: asyncio.Future[Vectors]


_USUAL_CHARACTERS = 400
"""A question has so many at most, nearly always."""


@dataclass
class BatchingEmbedder:
    """Batches the questions of an embedder; made with `open`.

    A question waits for at most one call of `passages` (see `Embedder.passage_batch_size`), and for none if the
    embedder is `concurrent`. A batch has at most `max_batch` questions. Long texts, which cost up to fifty times as
    much as most, go one at a time and when nothing shorter waits: who sends many delays nobody by more than one.
    """

    embedder: Embedder
    max_batch: int = 32

    def __post_init__(self) -> None:
        self._question_thread = ThreadPoolExecutor(1, thread_name_prefix="embed")
        concurrent = self.embedder.concurrent
        self._passage_thread = (
            ThreadPoolExecutor(1, thread_name_prefix="embed-passages") if concurrent else self._question_thread
        )
        self._passage_lock = asyncio.Lock()
        self._pending: list[_PendingQuestion] = []
        self._wake = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(cls, embedder: Embedder, max_batch: int = 32) -> AsyncIterator["BatchingEmbedder"]:
        """A batching embedder while the block runs."""
        self = cls(embedder, max_batch)
        runner = asyncio.create_task(self._run(), name="embed-questions")
        try:
            yield self
        finally:
            runner.cancel()
            with suppress(asyncio.CancelledError):
                await runner
            for thread in (self._passage_thread, self._question_thread):
                thread.shutdown(wait=True, cancel_futures=True)

    @property
    def id(self) -> str:
        """Id of stored vectors: the model, and the parts of a passage that are embedded (see chunking.to_embed).
        Collections with another id are re-embedded."""
        return f"{self.embedder.id}+heads"

    async def query(self, text: str) -> Vectors:
        """The unit vector of one question."""
        return await self._queue(text)

    async def passages(self, texts: Sequence[str]) -> AsyncIterator[Vectors]:
        """Vectors of passages in order, a few rows at a time. Several imports take turns."""
        loop = asyncio.get_running_loop()
        remaining = iter(texts)
        while part := list(islice(remaining, self.embedder.passage_batch_size)):
            async with self._passage_lock:  # so that a question waits for one such call only
                vectors = await loop.run_in_executor(self._passage_thread, self.embedder.passages, part)
            TEXTS_EMBEDDED.labels("passage").inc(len(part))
            yield vectors

    async def queries(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of several questions, one row each."""
        return np.stack([await vector for vector in [self._queue(text) for text in texts]])

    def _queue(self, text: str) -> asyncio.Future[Vectors]:
        vector: asyncio.Future[Vectors] = asyncio.get_running_loop().create_future()
        self._pending.append(_PendingQuestion(text, vector))
        self._wake.set()
        return vector

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._pending:
                self._pending = [
                    pending for pending in self._pending if not pending.vector.done()
                ]  # without callers that gave up
                batch = self._next_batch()
                if not batch:
                    break
                QUERY_BATCH.observe(len(batch))
                TEXTS_EMBEDDED.labels("query").inc(len(batch))
                texts = [pending.text for pending in batch]
                try:
                    vectors = await loop.run_in_executor(self._question_thread, self.embedder.queries, texts)
                except Exception as exc:
                    _fail(batch, exc)
                except asyncio.CancelledError:
                    _fail(batch, None)
                    raise
                else:
                    for pending, vector in zip(batch, np.asarray(vectors, np.float32), strict=True):
                        if not pending.vector.done():
                            pending.vector.set_result(vector)

    def _next_batch(self) -> list[_PendingQuestion]:
        """Take what is embedded next: the latest questions of usual length, else the latest long one."""
        usual = [pending for pending in self._pending if len(pending.text) <= _USUAL_CHARACTERS]
        batch = usual[-self.max_batch :] or self._pending[-1:]
        taken = set(map(id, batch))
        self._pending = [pending for pending in self._pending if id(pending) not in taken]
        return batch


def _fail(batch: list[_PendingQuestion], exc: Exception | None) -> None:
    for pending in batch:
        if pending.vector.done():
            continue
        if exc is None:
            pending.vector.cancel()
        else:
            pending.vector.set_exception(exc)
