"""A retrieval service in this process, over real gRPC with a real Redis, as its clients see it."""

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
from redis.asyncio import Redis

from kefu.common.audit.log import AuditLog
from kefu.common.audit.recorder import open_audit_recorder
from kefu.common.auth import open_keyring
from kefu.common.cache_folder import default_cache
from kefu.common.outbound.guarded_http import networks, open_guarded_http, permits
from kefu.common.redis.client import open_redis
from kefu.common.redis.commands import RedisCommands
from kefu.common.redis.memory_guard import open_memory_guard
from kefu.common.redis.tenant_secrets import SecretStore
from kefu.common.rpc.server import serving
from kefu.retrieval.api.audited_methods import AUDITED
from kefu.retrieval.api.servicer import KnowledgeServicer
from kefu.retrieval.api.source_servicer import SourceServicer
from kefu.retrieval.drafts.drafts import Drafts
from kefu.retrieval.embedders import BatchingEmbedder
from kefu.retrieval.embedders.embedder import Embedder
from kefu.retrieval.ingest.conversion_pool import ConversionPool
from kefu.retrieval.ranking.evidence_reader import TimeLimitedReader
from kefu.retrieval.ranking.reranker import TimeLimitedReranker
from kefu.retrieval.replica.replica import Replica
from kefu.retrieval.service import PERMISSIONS
from kefu.retrieval.sources.collectors import Fetching
from kefu.retrieval.sources.fetching.links_reader import LinksReader
from kefu.retrieval.sources.fetching.site import Retries
from kefu.retrieval.sources.scheduler import Pace, SourceScheduler
from kefu.retrieval.sources.source_service import SourceService
from kefu.retrieval.sources.source_store import SourceStore
from kefu.retrieval.sources.sync import Knowledge
from kefu.retrieval.storage.knowledge_store import KnowledgeStore
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1.draft_pb2_grpc import DraftServiceStub
from kefu.retrieval.v1.history_pb2_grpc import HistoryServiceStub
from kefu.retrieval.v1.knowledge_pb2_grpc import KnowledgeServiceStub
from kefu.retrieval.vectorstore.vector_store import VectorStores
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import BOOTSTRAP_KEY, INTERNAL_KEY, bearer_metadata
from tests.support.shared_redis import SharedRedis

if TYPE_CHECKING:
    from kefu.retrieval.v1.draft_pb2_grpc import DraftServiceAsyncStub
    from kefu.retrieval.v1.history_pb2_grpc import HistoryServiceAsyncStub
    from kefu.retrieval.v1.knowledge_pb2_grpc import KnowledgeServiceAsyncStub

COLLECTION = "collections/help"
RETURNS = (
    "# Returns\n\n## How long\n\nYou may return an item within 30 days of delivery.\n\n## Costs\n\nReturns are free.\n"
)
DELIVERY = "# 配送\n\n## 时间\n\n标准配送需要三到五个工作日，满 99 元包邮。\n"


def open_vector_stores() -> VectorStores | None:
    """Vector stores of a node; None: in memory. The fixture `milvus` replaces this function."""
    return None


class RetrievalNode:
    """One retrieval process, as its clients see it."""

    def __init__(self, stub: "KnowledgeServiceAsyncStub", address: str, key: str, *more: tuple[str, str]) -> None:
        self.stub = stub
        self.address = address
        self.drafts: DraftServiceAsyncStub
        self.histories: HistoryServiceAsyncStub
        self.metadata = bearer_metadata(key, *more)

    def as_tenant(self, tenant: str, collections: str | None = None, scopes: str | None = None) -> "RetrievalNode":
        """As the router calls for a caller of that tenant; with `scopes`, as the gateway does."""
        more = [("kefu-tenant", tenant), ("kefu-subject", "test")]
        if scopes is not None:
            more.append(("kefu-scopes", scopes))
        if collections is not None:
            more.append(("kefu-collections", collections))
        return RetrievalNode(self.stub, self.address, INTERNAL_KEY, *more)

    async def search(
        self, query: str, *, top_k: int = 5, as_of: str = "", collection: str = COLLECTION
    ) -> pb.SearchResponse:
        request = pb.SearchRequest(collections=[collection], query=query, top_k=top_k, as_of=as_of)
        return await self.stub.Search(request, metadata=self.metadata)

    async def delete(self, document: str) -> None:
        await self.stub.DeleteDocument(pb.DeleteDocumentRequest(name=document), metadata=self.metadata)

    async def collection(self) -> pb.Collection:
        request = pb.GetCollectionRequest(name=COLLECTION)
        return (await self.stub.GetCollection(request, metadata=self.metadata)).collection

    async def delete_collection(self) -> None:
        await self.stub.DeleteCollection(pb.DeleteCollectionRequest(name=COLLECTION), metadata=self.metadata)

    async def import_files(
        self, *files: tuple[str, bytes] | tuple[pb.DocumentStart, bytes], draft: str = ""
    ) -> dict[str, pb.DocumentResult]:
        reports = await self.import_reports(*files, draft=draft)
        return {report.result.path: report.result for report in reports if report.HasField("result")}

    async def import_reports(
        self, *files: tuple[str, bytes] | tuple[pb.DocumentStart, bytes], draft: str = ""
    ) -> list[pb.ImportDocumentsResponse]:
        async def requests() -> AsyncIterator[pb.ImportDocumentsRequest]:
            start = pb.ImportStart(collection=COLLECTION, create=not draft, draft=draft)
            yield pb.ImportDocumentsRequest(start=start)
            for head, data in files:
                start = pb.DocumentStart(path=head) if isinstance(head, str) else head
                yield pb.ImportDocumentsRequest(document=start)
                for at in range(0, len(data), 1024 * 1024):
                    yield pb.ImportDocumentsRequest(data=data[at : at + 1024 * 1024])

        return [report async for report in self.stub.ImportDocuments(requests(), metadata=self.metadata)]


@asynccontextmanager
async def open_retrieval_node(
    server: RedisServer | SharedRedis | str,
    embedder: Embedder,
    *,
    snapshots: Path | None = None,
    changes_kept: int = 10_000,
    accept_not_durable: bool = False,
    conversion_seconds: float = 60.0,
    ocr_pages: int = 0,
    reranking: TimeLimitedReranker | None = None,
    reading: TimeLimitedReader | None = None,
    calibration_seconds: float = 0.0,
    memory_limit: float = 0.85,
    caretaker_seconds: float = 30.0,
    pace: Pace | None = None,
    folders: Sequence[Path] = (),
    bootstrap_key: str = BOOTSTRAP_KEY,
) -> AsyncIterator[RetrievalNode]:
    """A running retrieval service. `server`: or its address.

    `changes_kept`, `snapshots` and `calibration_seconds`: as in the configuration. With a `pace` it runs sources,
    which may lie on this machine, and retries without a pause.
    """
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(open_redis(server if isinstance(server, str) else server.url))
        keyring = await stack.enter_async_context(open_keyring(INTERNAL_KEY, bootstrap_key, client))
        audit_log = AuditLog(RedisCommands(client), days=400, internal_key=INTERNAL_KEY)
        audit = await stack.enter_async_context(open_audit_recorder(audit_log, AUDITED, internal_key=INTERNAL_KEY))
        batching = await stack.enter_async_context(BatchingEmbedder.open(embedder))
        store = KnowledgeStore(client, changes_kept)
        replica = await stack.enter_async_context(
            Replica.open(store, batching, snapshots, stores=open_vector_stores(), cache_folder=default_cache())
        )
        converters = await stack.enter_async_context(
            ConversionPool.open(seconds=conversion_seconds, ocr_pages=ocr_pages)
        )
        guard = await stack.enter_async_context(open_memory_guard(client, limit=memory_limit))
        servicer = KnowledgeServicer(
            *(store, replica, batching, converters, guard),
            reranker=reranking,
            reader=reading,
            accept_not_durable=accept_not_durable,
        )
        await stack.enter_async_context(servicer.calibrator.running(calibration_seconds))
        await stack.enter_async_context(servicer.caretaker.running(caretaker_seconds))
        drafts = Drafts(store, replica, servicer.open_writer, servicer.caretaker)
        knowledge = Knowledge(store, batching, converters, replica, guard, servicer.calibrator.mark_changed, drafts)
        http = await stack.enter_async_context(open_guarded_http(permits(networks("127.0.0.1"))))
        secrets = SecretStore(RedisCommands(client), [INTERNAL_KEY])
        fetching = Fetching(
            http, secrets.get, LinksReader(converters.links), folders, retries=Retries(pause_seconds=0.0)
        )
        sources = SourceStore(client)
        scheduler = SourceScheduler(sources, knowledge, fetching, pace)
        source_servicer = SourceServicer(SourceService(sources, knowledge, scheduler, servicer.open_writer), folders)
        if pace is not None:
            await stack.enter_async_context(scheduler.running())

        def register(server: grpc.aio.Server) -> None:
            servicer.register(server)
            source_servicer.register(server)

        running = await stack.enter_async_context(
            serving("127.0.0.1:0", register, keyring=keyring, permissions=PERMISSIONS, drain_seconds=0, audit=audit)
        )
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{running.port}"))
        yield node_behind(channel, f"127.0.0.1:{running.port}", bootstrap_key)


def node_behind(channel: grpc.aio.Channel, address: str, key: str) -> RetrievalNode:
    """The node at an address, called over a channel to it."""
    stub: KnowledgeServiceAsyncStub = KnowledgeServiceStub(channel)  # pyright: ignore[reportAssignmentType]
    node = RetrievalNode(stub, address, key)
    node.drafts = DraftServiceStub(channel)  # pyright: ignore[reportAttributeAccessIssue]
    node.histories = HistoryServiceStub(channel)  # pyright: ignore[reportAttributeAccessIssue]
    return node


async def wait_until_true(claim: Callable[[], object], seconds: float = 30.0) -> float:
    """Wait until a claim holds, and return the seconds it took. The product's bound is 1 s; machines are noisy."""
    began = time.monotonic()
    while True:
        try:
            result = claim()
            assert await result if asyncio.iscoroutine(result) else result
        except AssertionError:
            if time.monotonic() - began > seconds:
                raise
            await asyncio.sleep(0.02)
        else:
            return time.monotonic() - began


async def dump_redis(url: str) -> bytes:
    """Every key, value, field and stream entry of a Redis, as bytes; histories are unpacked."""
    parts: list[bytes] = []
    reads = {b"string": ("GET",), b"hash": ("HGETALL",), b"zset": ("ZRANGE", 0, -1), b"stream": ("XRANGE", "-", "+")}
    reads[b"list"] = ("LRANGE", 0, -1)
    async with Redis.from_url(url) as client:  # pyright: ignore[reportUnknownMemberType]
        call: Any = client.execute_command  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        for key in await call("KEYS", "*"):
            kind = await call("TYPE", key)
            if kind == b"none":
                continue  # it went a moment ago
            command, *rest = reads[kind]
            value = await call(command, key, *rest)
            if b":history:" in key:
                value = [zlib.decompress(each) for each in value]
            parts += [key, repr(value).encode()]
    return b"\n".join(parts)
