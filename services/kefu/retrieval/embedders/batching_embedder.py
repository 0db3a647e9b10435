"""
The batching embedder: embeds off the event loop, questions in batches and before waiting passages.

When more questions wait than fit a batch, the latest go first. Every question has a caller with a time-out. Oldest
first would answer each of them just too late. Latest first answers some in time, and the others time out.

Passages of several imports share a batch where the embedder is faster with large ones, as on a GPU.

One thread runs the model for questions and passages. Two would be two OpenMP teams on the same cores, whose barriers
then sleep instead of spin. Only a `concurrent` embedder has one thread for questions and one for passages.

Questions that were embedded lately are remembered: by a digest, for what customers wrote is not to stay in memory.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import islice

import numpy as np
from prometheus_client import Counter, Histogram

from kefu.common.batches import Batcher
from kefu.retrieval.embedders.embedder import Embedder, Vectors, question_form

QUERY_BATCH = Histogram("kefu_embed_query_batch", "Questions embedded together.", buckets=(1, 2, 4, 8, 16, 32, 64))
TEXTS_EMBEDDED = Counter("kefu_embedded_texts_total", "Texts embedded, by kind.", ("kind",))

_USUAL_CHARACTERS = 400
"""A question has so many at most, nearly always."""
_MOST_REMEMBERED = 4_096
"""Questions whose vectors are remembered: 6 MB of 384 numbers each."""


class BatchingEmbedder:
    """Batches the questions and passages of an embedder; made with `open`.

    A question waits for at most one call of `passages` (see `Embedder.passage_batch_size`), and for none if the
    embedder is `concurrent`. A batch has at most `max_batch` questions. Long texts, which cost up to fifty times as
    much as most, go one at a time and when nothing shorter waits: who sends many delays nobody by more than one.
    """

    def __init__(self, embedder: Embedder, max_batch: int = 32, most_remembered: int = _MOST_REMEMBERED) -> None:
        self.embedder = embedder
        self._max_batch = max_batch
        self._most_remembered = most_remembered
        self._question_thread = ThreadPoolExecutor(1, thread_name_prefix="embed")
        self._passage_thread = (
            ThreadPoolExecutor(1, thread_name_prefix="embed-passages") if embedder.concurrent else self._question_thread
        )
        self._remembered: OrderedDict[bytes, Vectors] = OrderedDict()
        """Vectors of questions by digest, the one that was asked longest ago first."""
        self._questions: Batcher[str, Vectors]
        self._passages: Batcher[Sequence[str], Vectors]

    @classmethod
    @asynccontextmanager
    async def open(
        cls, embedder: Embedder, max_batch: int = 32, most_remembered: int = _MOST_REMEMBERED
    ) -> AsyncIterator["BatchingEmbedder"]:
        """A batching embedder while the block runs."""
        self = cls(embedder, max_batch, most_remembered)
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
        """The unit vector of one question, not to be written to."""
        return await self._vector_of(question_form(text))

    async def queries(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of several questions, one row each; see `question_form`."""
        return np.stack([await vector for vector in [self._vector_of(question_form(text)) for text in texts]])

    async def passages(self, texts: Sequence[str]) -> AsyncIterator[Vectors]:
        """Vectors of passages in order, a few rows at a time. Several imports take turns, or share a batch."""
        remaining = iter(texts)
        while part := list(islice(remaining, self.embedder.passage_batch_size)):
            yield await self._passages.submit(part)

    def _vector_of(self, question: str) -> asyncio.Future[Vectors]:
        """The vector of a question in its form, at once if it is remembered."""
        known = self._recall(question)
        if known is None:
            return self._questions.submit(question)
        answered: asyncio.Future[Vectors] = asyncio.get_running_loop().create_future()
        answered.set_result(known)
        return answered

    async def _embed_questions(self, texts: list[str]) -> list[Vectors]:
        """Vectors of questions. Those that were embedded while they waited, or wait twice, are not embedded again."""
        known = {text: vector for text in texts if (vector := self._recall(text)) is not None}
        if new := [text for text in dict.fromkeys(texts) if text not in known]:
            QUERY_BATCH.observe(len(new))
            TEXTS_EMBEDDED.labels("query").inc(len(new))
            loop = asyncio.get_running_loop()
            vectors = await loop.run_in_executor(self._question_thread, self.embedder.queries, new)
            for text, vector in zip(new, np.asarray(vectors, np.float32), strict=True):
                known[text] = self._remember(text, vector)
        return [known[text] for text in texts]

    def _recall(self, question: str) -> Vectors | None:
        digest = _digest(question)
        vector = self._remembered.get(digest)
        if vector is not None:
            self._remembered.move_to_end(digest)
        return vector

    def _remember(self, question: str, vector: Vectors) -> Vectors:
        """Remember the vector of a question. Returns a copy that keeps no batch in memory and cannot be written to."""
        own = vector.copy()
        own.flags.writeable = False
        self._remembered[_digest(question)] = own
        if len(self._remembered) > self._most_remembered:
            self._remembered.popitem(last=False)
        return own

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


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
