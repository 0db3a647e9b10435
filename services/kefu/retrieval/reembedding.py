"""A change of embedder: new vectors beside the old ones, then one transaction that switches and drops the old."""

import asyncio
import time
import uuid

import numpy as np
import structlog

from kefu.common.redis import redis_errors
from kefu.retrieval.chunking import WINDOW_TOKENS, pack
from kefu.retrieval.durable import Conflict, DurableWriter
from kefu.retrieval.embedders import BatchingEmbedder
from kefu.retrieval.keys import CollectionKey
from kefu.retrieval.records import DocumentInfo, PassageText, dump_vectors
from kefu.retrieval.store import KnowledgeStore

_LEASE_SECONDS = 30
_log = structlog.stdlib.get_logger()


async def reembed(store: KnowledgeStore, key: CollectionKey, embedder: BatchingEmbedder) -> None:
    """Give a collection vectors of this embedder, and make it the collection's. Returns when that is so.

    One replica does it, holding a lease; the others wait. Replicas of the old embedder search on until the switch. What
    they import meanwhile is embedded here in another round, until a round finds nothing to do.
    """
    token = uuid.uuid4().hex
    new = embedder.embedder.id
    while (await store.info(key)).embedder != new:
        if not await store.take_lease(key, token, _LEASE_SECONDS):
            await asyncio.sleep(0.5)
            continue
        old = (await store.info(key)).embedder
        _log.warning("collection.reembedding", collection=key.member, old=old, new=new)
        began = time.monotonic()
        try:
            while not await _round(store, key, embedder, token):
                pass
        finally:
            await store.release_lease(key, token)
        _log.info("collection.reembedded", collection=key.member, seconds=round(time.monotonic() - began, 1))


async def _round(store: KnowledgeStore, key: CollectionKey, embedder: BatchingEmbedder, token: str) -> bool:
    """Embed what is missing, then try to switch. False when something changed meanwhile."""
    new = embedder.embedder.id
    as_of = await store.last_change(key)
    for document in await store.document_ids(key):
        infos, texts, vectors = await store.fetch(key, new, [document])
        info = infos.get(document)
        if info is None or set(info.passages) <= vectors[document].keys():
            continue
        rows = await _embed(info, texts[document], embedder)
        with redis_errors():
            await store.put_vectors(key, new, document, rows)
        await store.take_lease(key, token, _LEASE_SECONDS)
    async with DurableWriter.open(store.client, accept_not_durable=True) as writer:
        try:
            await store.switch_embedder(writer, key, new, as_of)
        except Conflict:
            return False
        await writer.wait_until_on_disk()
    return True


async def _embed(info: DocumentInfo, texts: dict[str, PassageText], embedder: BatchingEmbedder) -> dict[str, bytes]:
    rows: dict[str, bytes] = {}
    for passage in info.passages:
        text = texts[passage]
        parts = [vectors async for vectors in embedder.passages(to_embed(info.title, text))]
        rows[passage] = dump_vectors(np.concatenate(parts).astype(np.float16))
    return rows


def to_embed(title: str, passage: PassageText) -> list[str]:
    """What chunking.cut embeds of a passage: itself, then its windows, unless it is short."""
    windows = pack(passage.text, WINDOW_TOKENS)
    parts = [passage.text, *windows] if len(windows) > 1 else [passage.text]
    return [PassageText(part, passage.headings).indexed(title) for part in parts]
