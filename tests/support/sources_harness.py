"""Sources of a retrieval node, as people use them: put, run, and what is found after that."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import grpc.aio
import numpy as np
from redis.asyncio import Redis

from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.storage.knowledge_reader import KnowledgeReader
from kefu.retrieval.storage.version_store import VersionStore
from kefu.retrieval.v1 import source_pb2 as pb
from kefu.retrieval.v1.source_pb2_grpc import SourceServiceStub
from tests.support.retrieval_harness import COLLECTION, RetrievalNode, wait_until_true

if TYPE_CHECKING:
    from kefu.retrieval.v1.source_pb2_grpc import SourceServiceAsyncStub

NAME = f"{COLLECTION}/sources/site"
FAST = pb.SourceLimits(requests_per_second=500)
ENDED = (pb.Sync.STATE_DONE, pb.Sync.STATE_HELD, pb.Sync.STATE_FAILED)


class WordVectors:
    """An embedder for tests that are not about meaning: texts are as near as the words that they share."""

    id = "test/words"
    dimension = 64
    passage_batch_size = 1
    concurrent = False

    def queries(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        return self.passages(texts)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        vectors = np.full((len(texts), self.dimension), 1e-3, np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                vectors[row, zlib.crc32(word.encode()) % self.dimension] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class Sources:
    """The sources of a node, called with its key."""

    def __init__(self, node: RetrievalNode, stub: "SourceServiceAsyncStub", redis_url: str) -> None:
        self.node = node
        self.redis_url = redis_url
        self.stub = stub

    async def put(self, source: pb.Source, *, checked: bool = False) -> pb.PutSourceResponse:
        """Store a source; its name and quick limits where it has none. `checked`: somebody checks its drafts."""
        source.MergeFrom(pb.Source(name=source.name or NAME, limits=FAST, unchecked=not checked))
        return await self.stub.PutSource(pb.PutSourceRequest(source=source), metadata=self.node.metadata)

    async def get(self, name: str = NAME) -> pb.Source:
        return (await self.stub.GetSource(pb.GetSourceRequest(name=name), metadata=self.node.metadata)).source

    async def run(self, name: str = NAME) -> pb.Sync:
        """Run a source, and return how that ended."""
        return await self.ended(await self.start(name))

    async def start(self, name: str = NAME) -> str:
        """Have a source run. Returns the run's name."""
        found = await self.stub.SyncSource(pb.SyncSourceRequest(name=name), metadata=self.node.metadata)
        return found.sync.name

    async def first_run(self, name: str = NAME) -> pb.Sync:
        """The run of a source that was just put, which begins by itself."""
        while not (await self.get(name)).status.HasField("last"):
            await asyncio.sleep(0.02)
        return (await self.get(name)).status.last

    async def sync(self, name: str) -> pb.GetSyncResponse:
        request = pb.GetSyncRequest(name=name, page_size=1000)
        return await self.stub.GetSync(request, metadata=self.node.metadata)

    async def ended(self, name: str) -> pb.Sync:
        """A run, once it has ended."""
        while True:
            found = (await self.sync(name)).sync
            if found.state in ENDED:
                return found
            await asyncio.sleep(0.02)

    async def outcomes(self, sync: pb.Sync) -> dict[str, set[str]]:
        """Addresses by outcome, in lower case."""
        found: dict[str, set[str]] = {}
        for each in (await self.sync(sync.name)).outcomes:
            kind = pb.DocumentOutcome.Outcome.Name(each.outcome).removeprefix("OUTCOME_").lower()
            found.setdefault(kind, set()).add(each.address)
        return found

    async def documents(self) -> dict[str, tuple[str, str]]:
        """Id and text of each document, by its address for customers, else its path. All of them are searched."""
        client: Any = Redis.from_url(self.redis_url)  # pyright: ignore[reportUnknownMemberType]
        async with client:
            reader = KnowledgeReader(client)
            key = await VersionStore(reader).live_key(CollectionKey("default", COLLECTION.partition("/")[2]))
            infos, texts, _ = await reader.fetch(key, "none", await reader.document_ids(key))

        async def all_are_searched() -> bool:
            searched = (await self.node.collection()).passage_count
            return searched == sum(len(each.passages) for each in infos.values())

        await wait_until_true(all_are_searched)
        return {
            info.uri or info.path: (ident, "\n".join(texts[ident][each].text for each in info.passages))
            for ident, info in infos.items()
        }

    async def texts(self) -> dict[str, str]:
        """The text of each document, likewise."""
        return {uri: text for uri, (_, text) in (await self.documents()).items()}


@asynccontextmanager
async def open_sources(node: RetrievalNode, redis_url: str, *, create: bool = True) -> AsyncIterator[Sources]:
    """The sources of a node, whose collection is made with `create`."""
    async with grpc.aio.insecure_channel(node.address) as channel:
        stub: SourceServiceAsyncStub = SourceServiceStub(channel)  # pyright: ignore[reportAssignmentType]
        if create:
            await node.import_files()
        yield Sources(node, stub, redis_url)
