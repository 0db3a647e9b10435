"""The servicer of HistoryService: proto in, proto out."""

import time
from collections.abc import Callable
from dataclasses import replace

import grpc.aio
import numpy as np

from kefu.common.auth import caller
from kefu.common.errors import BadRequest, RevisionNotFound
from kefu.common.redis.memory_guard import MemoryGuard
from kefu.common.resource_names import parse_name
from kefu.retrieval.api.access import named_child, own_collection
from kefu.retrieval.api.draft_messages import revision_message
from kefu.retrieval.api.messages import document_message
from kefu.retrieval.api.targets import Targets
from kefu.retrieval.documents.chunking import texts_to_embed
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.drafts.caretaker import OpenWriter
from kefu.retrieval.embedders import BatchingEmbedder
from kefu.retrieval.embedders.embedder import HalfVectors
from kefu.retrieval.replica.replica import Replica
from kefu.retrieval.storage.history import Histories, Revision
from kefu.retrieval.storage.knowledge_store import KnowledgeStore
from kefu.retrieval.storage.records import RevisionMark
from kefu.retrieval.v1 import history_pb2 as pb
from kefu.retrieval.v1 import history_pb2_grpc

_Context = grpc.aio.ServicerContext[object, object]


class HistoryServicer(history_pb2_grpc.HistoryServiceServicer):
    """See protos/kefu/retrieval/v1/history.proto, which describes each method."""

    def __init__(
        self,
        store: KnowledgeStore,
        replica: Replica,
        embedder: BatchingEmbedder,
        open_writer: OpenWriter,
        targets: Targets,
        memory_guard: MemoryGuard,
        mark_changed: Callable[[CollectionKey], None],
    ) -> None:
        """`mark_changed` is told of a version whose documents have changed."""
        self._store = store
        self._histories = Histories(store)
        self._replica = replica
        self._embedder = embedder
        self._open_writer = open_writer
        self._targets = targets
        self._memory_guard = memory_guard
        self._mark_changed = mark_changed

    def register(self, server: grpc.aio.Server) -> None:
        """Add the servicer to a server."""
        history_pb2_grpc.add_HistoryServiceServicer_to_server(self, server)

    async def ListRevisions(self, request: pb.ListRevisionsRequest, context: _Context) -> pb.ListRevisionsResponse:
        """See the contract."""
        base, document = named_child(request.document, "document", "documents")
        key = self._replica.live_key(base)
        await self._store.info(key)
        found = await self._histories.revisions(key, document)
        return pb.ListRevisionsResponse(revisions=[revision_message(key, document, each) for each in found])

    async def GetRevision(self, request: pb.GetRevisionRequest, context: _Context) -> pb.GetRevisionResponse:
        """See the contract."""
        base, document, revision = await self._named(request.name)
        return pb.GetRevisionResponse(revision=revision_message(base, document, revision), text=revision.text)

    async def RestoreRevision(
        self, request: pb.RestoreRevisionRequest, context: _Context
    ) -> pb.RestoreRevisionResponse:
        """See the contract."""
        base, document, revision = await self._named(request.name)
        if revision.info is None:
            raise BadRequest("name", "is a deletion; restore the revision before it.")
        self._memory_guard.check_new("import")
        target = await self._targets.to_write(base, request.draft)
        await self._replica.check_embedder(target)
        vectors = await self._embedded(revision)
        now = time.time()
        mark = RevisionMark(author=caller().subject, origin=f"revisions/{revision.mark.number}", time=now)
        info = replace(revision.info, update_time=now, revision=mark)
        async with self._open_writer() as writer:
            _, change = await self._store.put_document(writer, target, info, revision.texts, vectors, self._embedder.id)
            await writer.wait_until_on_disk()
        self._mark_changed(target)
        await self._replica.wait_for_change(target, change)
        return pb.RestoreRevisionResponse(
            document=document_message(target, await self._store.document(target, document))
        )

    async def _named(self, name: str) -> tuple[CollectionKey, str, Revision]:
        collection, document, number = parse_name("name", name, "collections", "documents", "revisions")
        base = own_collection(collection)
        key = self._replica.live_key(base)
        await self._store.info(key)
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            raise RevisionNotFound(f"The document has no revision {number}.")
        return base, document, await self._histories.revision(key, document, int(number))

    async def _embedded(self, revision: Revision) -> dict[str, HalfVectors]:
        """The vectors of a revision's passages, embedded anew."""
        vectors: dict[str, HalfVectors] = {}
        for ident, text in revision.texts.items():
            texts = texts_to_embed(revision.title, text.headings, text.text)
            parts = [part async for part in self._embedder.passages(texts)]
            vectors[ident] = np.concatenate(parts).astype(np.float16)
        return vectors
