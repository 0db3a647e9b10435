"""
The batching embedder: embeds off the event loop, questions in batches and before waiting passages.

When more questions wait than fit a batch, the latest go first. Every question has a caller with a time-out. Oldest
first would answer each of them just too late. Latest first answers some in time, and the others time out.

Passages of several imports share a batch where the embedder is faster with large ones, as on a GPU.

One thread runs the model for questions and passages. Two would be two OpenMP teams on the same cores, whose barriers
then sleep instead of spin. Only a `concurrent` embedder has one thread for questions and one for passages.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import islice

import numpy as np
from prometheus_client import Counter, Histogram

from kefu.common.batching import Batcher
from kefu.retrieval.embedders.base import Embedder, Vectors, question_form

QUERY_BATCH = Histogram("kefu_embed_query_batch", "Questions embedded together.", buckets=(1, 2, 4, 8, 16, 32, 64))
TEXTS_EMBEDDED = Counter("kefu_embedded_texts_total", "Texts embedded, by kind.", ("kind",))

_USUAL_CHARACTERS = 400
"""A question has so many at most, nearly always."""


class BatchingEmbedder:
    """Batches the questions and passages of an embedder; made with `open`.

    A question waits for at most one call of `passages` (see `Embedder.passage_batch_size`), and for none if the
    embedder is `concurrent`. A batch has at most `max_batch` questions. Long texts, which cost up to fifty times as
    much as most, go one at a time and when nothing shorter waits: who sends many delays nobody by more than one.
    """

    def __init__(self, embedder: Embedder, max_batch: int = 32) -> None:
        self.embedder = embedder
        self._max_batch = max_batch
        self._question_thread = ThreadPoolExecutor(1, thread_name_prefix="embed")
        self._passage_thread = (
            ThreadPoolExecutor(1, thread_name_prefix="embed-passages") if embedder.concurrent else self._question_thread
        )
        self._questions: Batcher[str, Vectors]
        self._passages: Batcher[Sequence[str], Vectors]

    @classmethod
    @asynccontextmanager
    async def open(cls, embedder: Embedder, max_batch: int = 32) -> AsyncIterator["BatchingEmbedder"]:
        """A batching embedder while the block runs."""
        self = cls(embedder, max_batch)
        try:
            async with AsyncExitStack() as stack:
                enter = stack.enter_async_context
                self._questions = await enter(
                    Batcher[str, Vectors].open("embed-questions", self._embed_questions, self._next_questions)
                )
                self._passages = await enter(
                    Batcher[Sequence[str], Vectors].open("embed-passages", self._embed_passages, self._next_passages)
                )
                yield self
        finally:
            for thread in (self._passage_thread, self._question_thread):
                thread.shutdown(wait=True, cancel_futures=True)

    @property
    def id(self) -> str:
        """Id of stored vectors: the model, and the parts of a passage that are embedded (see chunking.to_embed).
        Collections with another id are re-embedded."""
        return f"{self.embedder.id}+heads"

    async def query(self, text: str) -> Vectors:
        """The unit vector of one question."""
        return await self._questions.submit(question_form(text))

    async def queries(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of several questions, one row each; see `question_form`."""
        return np.stack([await vector for vector in [self._questions.submit(question_form(text)) for text in texts]])

    async def passages(self, texts: Sequence[str]) -> AsyncIterator[Vectors]:
        """Vectors of passages in order, a few rows at a time. Several imports take turns, or share a batch."""
        remaining = iter(texts)
        while part := list(islice(remaining, self.embedder.passage_batch_size)):
            yield await self._passages.submit(part)

    async def _embed_questions(self, texts: list[str]) -> list[Vectors]:
        QUERY_BATCH.observe(len(texts))
        TEXTS_EMBEDDED.labels("query").inc(len(texts))
        loop = asyncio.get_running_loop()
        vectors = await loop.run_in_executor(self._question_thread, self.embedder.queries, texts)
        return list(np.asarray(vectors, np.float32))

    async def _embed_passages(self, parts: list[Sequence[str]]) -> Sequence[Vectors]:
        texts = [text for part in parts for text in part]
        vectors = await asyncio.get_running_loop().run_in_executor(self._passage_thread, self.embedder.passages, texts)
        TEXTS_EMBEDDED.labels("passage").inc(len(texts))
        return np.split(vectors, np.cumsum([len(part) for part in parts])[:-1])

    def _next_questions(self, texts: Sequence[str]) -> Sequence[int]:
        """The latest questions of usual length, else the latest long one."""
        usual = [at for at, text in enumerate(texts) if len(text) <= _USUAL_CHARACTERS]
        return usual[-self._max_batch :] or [len(texts) - 1]

    def _next_passages(self, parts: Sequence[Sequence[str]]) -> Sequence[int]:
        """The oldest part, and the next ones while they fit the embedder's batch."""
        sizes = np.cumsum([len(part) for part in parts])
        return range(max(1, int(np.searchsorted(sizes, self.embedder.passage_batch_size, side="right"))))
