"""Sources of a retrieval node, as people use them: put, run, and what is found after that."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import grpc.aio

from kefu.retrieval.v1 import knowledge_pb2
from kefu.retrieval.v1 import source_pb2 as pb
from kefu.retrieval.v1.source_pb2_grpc import SourceServiceStub
from tests.support.retrieval_harness import COLLECTION, RetrievalNode

if TYPE_CHECKING:
    from kefu.retrieval.v1.source_pb2_grpc import SourceServiceAsyncStub

NAME = f"{COLLECTION}/sources/site"
FAST = pb.SourceLimits(requests_per_second=500)
ENDED = (pb.Sync.STATE_DONE, pb.Sync.STATE_HELD, pb.Sync.STATE_FAILED)


class Sources:
    """The sources of a node, called with its key."""

    def __init__(self, node: RetrievalNode, stub: "SourceServiceAsyncStub") -> None:
        self.node = node
        self.stub = stub

    async def put(self, source: pb.Source) -> pb.PutSourceResponse:
        """Store a source; its name and quick limits where it has none."""
        source.MergeFrom(pb.Source(name=source.name or NAME, limits=FAST))
        return await self.stub.PutSource(pb.PutSourceRequest(source=source), metadata=self.node.metadata)

    async def get(self, name: str = NAME) -> pb.Source:
        return (await self.stub.GetSource(pb.GetSourceRequest(name=name), metadata=self.node.metadata)).source

    async def run(self, name: str = NAME) -> pb.Sync:
        """Run a source, and return how that ended."""
        found = await self.stub.SyncSource(pb.SyncSourceRequest(name=name), metadata=self.node.metadata)
        return await self.ended(found.sync.name)

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

    async def texts(self) -> dict[str, str]:
        """What can be found: the text of each passage, by its document's address for customers."""
        found: dict[str, str] = {}
        token = ""
        while True:
            request = knowledge_pb2.ListDocumentsRequest(collection=COLLECTION, page_size=100, page_token=token)
            page = await self.node.stub.ListDocuments(request, metadata=self.node.metadata)
            for each in page.documents:
                passages = await self.node.stub.ListPassages(
                    knowledge_pb2.ListPassagesRequest(document=each.name), metadata=self.node.metadata
                )
                found[each.uri or each.path] = "\n".join(one.text for one in passages.passages)
            token = page.next_page_token
            if not token:
                return found


@asynccontextmanager
async def open_sources(node: RetrievalNode, *, create: bool = True) -> AsyncIterator[Sources]:
    """The sources of a node, whose collection is made."""
    async with grpc.aio.insecure_channel(node.address) as channel:
        stub: SourceServiceAsyncStub = SourceServiceStub(channel)  # pyright: ignore[reportAssignmentType]
        if create:
            await node.import_files()
        yield Sources(node, stub)
