"""The wiring of the retrieval service: everything is opened in order and closed in reverse."""

import asyncio
from contextlib import AsyncExitStack

from kefu.common.auth import Scope, open_keyring
from kefu.common.redis.client import open_redis
from kefu.common.rpc.server import serving, terminated
from kefu.retrieval.api.servicer import KnowledgeServicer
from kefu.retrieval.config import RetrievalConfig
from kefu.retrieval.embedders import BatchingEmbedder, open_embedder
from kefu.retrieval.ingest.conversion_pool import ConversionPool
from kefu.retrieval.ranking.cross_encoder import CrossEncoderReranker
from kefu.retrieval.ranking.reranker import TimeLimitedReranker
from kefu.retrieval.replica.replica import Replica
from kefu.retrieval.storage.store import KnowledgeStore
from kefu.retrieval.vectorstore.factory import open_stores

SCOPES = {"kefu.retrieval.v1.KnowledgeService": (Scope.KNOWLEDGE, Scope.INTERNAL)}


async def main(config: RetrievalConfig) -> None:
    """Serve until SIGTERM or SIGINT. The server listens only once the index is loaded."""
    embedder = await asyncio.to_thread(
        open_embedder,
        config.embedder,
        revision=config.embedder_revision or None,
        device=config.embedder_device or None,
    )
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        client = await enter(open_redis(config.redis_url.get_secret_value()))
        bootstrap = config.bootstrap_key.get_secret_value() if config.bootstrap_key else None
        keyring = await enter(open_keyring(config.internal_key.get_secret_value(), bootstrap, client))
        batching = await enter(BatchingEmbedder.open(embedder, config.query_batch))
        store = KnowledgeStore(client, config.changes_kept)
        reranking = None
        if config.reranker:
            device, revision = config.reranker_device or None, config.reranker_revision or None
            reranker = await asyncio.to_thread(CrossEncoderReranker, config.reranker, revision=revision, device=device)
            seconds = config.rerank_milliseconds / 1000
            reranking = await enter(TimeLimitedReranker.open(reranker, config.rerank_passages, seconds))
        stores = stack.enter_context(open_stores(config, batching.id, embedder.dimension))
        replica = await enter(
            Replica.open(store, batching, config.snapshot_folder, config.snapshot_seconds, stores=stores)
        )
        converters = await enter(
            ConversionPool.open(config.converters, config.conversion_seconds, config.conversion_memory_mib)
        )
        servicer = KnowledgeServicer(
            store,
            replica,
            batching,
            converters,
            reranker=reranking,
            accept_not_durable=config.accept_not_durable,
            wait_for_disk_seconds=config.wait_for_disk_seconds,
        )
        await enter(servicer.calibrator.running(config.calibration_seconds))
        await enter(
            serving(
                config.listen,
                servicer.register,
                keyring=keyring,
                scopes=SCOPES,
                drain_seconds=config.drain_seconds,
                transport=config.transport(),
                tls=config.tls,
            )
        )
        await terminated()
