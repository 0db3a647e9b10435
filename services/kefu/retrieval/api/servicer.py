"""The servicer of KnowledgeService: proto in, proto out."""

import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, suppress

import grpc.aio
import numpy as np

from kefu.common.auth import caller
from kefu.common.errors import BadRequest, CollectionExists, CollectionNotFound, KnowledgeMoved, TenantLimit
from kefu.common.open_calls import OpenCalls
from kefu.common.pagination import decode_number, decode_token, encode_token, page_size_of
from kefu.common.redis.memory_guard import MemoryGuard
from kefu.common.resource_names import check_id, parse_name
from kefu.retrieval.api.access import named_child, named_collection, own_collection, own_collections
from kefu.retrieval.api.draft_servicer import DraftServicer
from kefu.retrieval.api.history_servicer import HistoryServicer
from kefu.retrieval.api.import_stream import receive_sources
from kefu.retrieval.api.messages import (
    calibration_message,
    collection_message,
    curated_draft,
    curated_message,
    dictionary_message,
    document_message,
    passage_message,
    report_message,
)
from kefu.retrieval.api.read_file import read_stream
from kefu.retrieval.api.search import SearchResponder
from kefu.retrieval.api.search_request import MAX_QUERY_CHARACTERS
from kefu.retrieval.api.targets import Targets
from kefu.retrieval.calibration.calibrator import Calibrator
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.domain.curated_draft import checked_draft
from kefu.retrieval.drafts.caretaker import Caretaker
from kefu.retrieval.embedders import BatchingEmbedder
from kefu.retrieval.ingest.conversion_pool import ConversionPool
from kefu.retrieval.ingest.curated_conflicts import shared_questions
from kefu.retrieval.ingest.import_types import ImportResult
from kefu.retrieval.ingest.importer import Importer
from kefu.retrieval.ranking.evidence_reader import TimeLimitedReader
from kefu.retrieval.ranking.reranker import TimeLimitedReranker
from kefu.retrieval.ranking.text_comparison import TextComparison
from kefu.retrieval.replica.replica import Replica
from kefu.retrieval.storage.change_streams import ChangeId
from kefu.retrieval.storage.document_deletion import delete_live_document
from kefu.retrieval.storage.durable_writer import DurableWriter
from kefu.retrieval.storage.knowledge_store import KnowledgeStore
from kefu.retrieval.storage.records import CuratedRecord, DictionaryRecord
from kefu.retrieval.storage.version_store import VersionStore
from kefu.retrieval.text.user_dictionary import parse_dictionary
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1 import knowledge_pb2_grpc

_IMPORT_RETRY_SECONDS = 10.0
MAX_CALIBRATION = 1_000
MAX_EMBEDDED = 64
MAX_EMBEDDED_CHARACTERS = 8_000
MAX_COMPARED = 256
MAX_READ = 32
_Context = grpc.aio.ServicerContext[object, object]


class KnowledgeServicer(knowledge_pb2_grpc.KnowledgeServiceServicer):
    """See protos/kefu/retrieval/v1/knowledge.proto, which describes each method."""

    def __init__(
        self,
        store: KnowledgeStore,
        replica: Replica,
        embedder: BatchingEmbedder,
        conversion_pool: ConversionPool,
        memory_guard: MemoryGuard,
        *,
        attachment_pool: ConversionPool | None = None,
        reranker: TimeLimitedReranker | None = None,
        reader: TimeLimitedReader | None = None,
        accept_not_durable: bool = False,
        wait_for_disk_seconds: float = 10.0,
        imports_per_key: int = 4,
    ) -> None:
        self._store = store
        self._replica = replica
        self._embedder = embedder
        self._conversion_pool = conversion_pool
        self._attachment_pool = attachment_pool or conversion_pool
        self._memory_guard = memory_guard
        self._search_responder = SearchResponder(store, replica, reranker)
        self._comparison = TextComparison(embedder)
        self._reader = reader
        self._accept_not_durable = accept_not_durable
        self._wait_for_disk_seconds = wait_for_disk_seconds
        self._imports = OpenCalls(imports_per_key)
        self.calibrator = Calibrator(store, replica, embedder.id, self.open_writer)
        self.caretaker = Caretaker(store, replica, self.open_writer)
        self._targets = Targets(replica, VersionStore(store))
        self._drafts = DraftServicer(store, replica, self.open_writer, self.caretaker, memory_guard)
        self._histories = HistoryServicer(
            *(store, replica, embedder, self.open_writer, self._targets, memory_guard, self.calibrator.mark_changed)
        )

    def register(self, server: grpc.aio.Server) -> None:
        """Add the servicer to a server, with those of drafts and of documents' histories."""
        knowledge_pb2_grpc.add_KnowledgeServiceServicer_to_server(self, server)
        self._drafts.register(server)
        self._histories.register(server)

    # Collections

    async def CreateCollection(
        self, request: pb.CreateCollectionRequest, context: _Context
    ) -> pb.CreateCollectionResponse:
        """See the contract."""
        if len(request.display_name) > 100:
            raise BadRequest("display_name", "must have at most 100 characters.")
        key = own_collection(check_id("collection_id", request.collection_id))
        self._memory_guard.check_new("collection")
        await self._create(key, request.display_name)
        return pb.CreateCollectionResponse(collection=await self._collection(key))

    async def GetCollection(self, request: pb.GetCollectionRequest, context: _Context) -> pb.GetCollectionResponse:
        """See the contract."""
        key = named_collection(request.name, "name")
        return pb.GetCollectionResponse(collection=await self._collection(key))

    async def ListCollections(
        self, request: pb.ListCollectionsRequest, context: _Context
    ) -> pb.ListCollectionsResponse:
        """See the contract."""
        size, after = page_size_of(request.page_size), decode_token(request.page_token)
        keys = [key for key in await own_collections(self._store) if key.collection > after]
        more = len(keys) > size
        response = pb.ListCollectionsResponse(next_page_token=encode_token(keys[size - 1].collection if more else ""))
        for key in keys[:size]:
            try:
                response.collections.append(await self._collection(key))
            except CollectionNotFound:
                continue  # being made or deleted at this moment
        return response

    async def DeleteCollection(
        self, request: pb.DeleteCollectionRequest, context: _Context
    ) -> pb.DeleteCollectionResponse:
        """See the contract."""
        key = named_collection(request.name, "name")
        async with self.open_writer() as writer:
            await self._store.delete_collection(writer, key)
            await writer.wait_until_on_disk()
        await self._replica.wait_until_deleted(key)
        return pb.DeleteCollectionResponse()

    async def CalibrateCollection(
        self, request: pb.CalibrateCollectionRequest, context: _Context
    ) -> pb.CalibrateCollectionResponse:
        """See the contract."""
        key = await self._targets.to_write(named_collection(request.name, "name"), request.draft)
        for field, questions in (("answerable", request.answerable), ("foreign", request.foreign)):
            if len(questions) > MAX_CALIBRATION or any(not 1 <= len(one) <= MAX_QUERY_CHARACTERS for one in questions):
                raise BadRequest(
                    field, f"must be at most {MAX_CALIBRATION} questions of 1 to {MAX_QUERY_CHARACTERS} characters."
                )
        await self._replica.check_embedder(key)
        calibration = await self.calibrator.calibrate(key, request.answerable, request.foreign)
        return pb.CalibrateCollectionResponse(calibration=calibration_message(calibration))

    # Documents

    async def ImportDocuments(
        self, request_iterator: AsyncIterator[pb.ImportDocumentsRequest], context: _Context
    ) -> AsyncIterator[pb.ImportDocumentsResponse]:
        """See the contract."""
        principal = caller()
        with self._imports.hold(f"{principal.tenant}/{principal.subject}") as admitted:
            if not admitted:
                most = self._imports.most
                raise TenantLimit(
                    f"{most} imports of this key are running; import when one of them has ended.",
                    metadata={"limit": "imports_per_key", "value": str(most)},
                    retry_after=_IMPORT_RETRY_SECONDS,
                )
            async with aclosing(self._import(request_iterator)) as responses:
                async for response in responses:
                    yield response

    async def _import(
        self, request_iterator: AsyncIterator[pb.ImportDocumentsRequest]
    ) -> AsyncGenerator[pb.ImportDocumentsResponse, None]:
        first = await anext(aiter(request_iterator), None)
        if first is None or first.WhichOneof("part") != "start":
            raise BadRequest("start", "must be the first message.")
        base = named_collection(first.start.collection, "start.collection")
        self._memory_guard.check_new("import")
        if first.start.create:
            with suppress(CollectionExists):
                await self._create(base, "", wait=False)  # the first document's wait covers this: the file is in order
        key = await self._targets.to_write(base, first.start.draft)
        importer = Importer(
            key,
            self._store,
            self._embedder,
            self._conversion_pool,
            self._replica,
            self.open_writer,
            self._memory_guard,
            author=caller().subject,
        )
        async with aclosing(importer.run(receive_sources(request_iterator))) as reports:
            async for report in reports:
                if isinstance(report, ImportResult) and report.outcome in ("CREATED", "UPDATED", "DELETED"):
                    self.calibrator.mark_changed(key)
                yield report_message(key, report)

    async def ListDocuments(self, request: pb.ListDocumentsRequest, context: _Context) -> pb.ListDocumentsResponse:
        """See the contract."""
        key = await self._targets.to_read(named_collection(request.collection, "collection"), request.draft)
        await self._store.info(key)
        size = page_size_of(request.page_size)
        ids = await self._store.document_ids(key, decode_token(request.page_token), size + 1)
        found = await self._store.documents(key, ids[:size])
        return pb.ListDocumentsResponse(
            documents=[document_message(key, info) for info in found.values()],
            next_page_token=encode_token(ids[size - 1] if len(ids) > size else ""),
        )

    async def ListPassages(self, request: pb.ListPassagesRequest, context: _Context) -> pb.ListPassagesResponse:
        """See the contract."""
        base, document = named_child(request.document, "document", "documents")
        key = await self._targets.to_read(base, request.draft)
        size, after = page_size_of(request.page_size), decode_number(request.page_token)
        info = await self._store.document(key, document)
        texts = await self._store.passages_of(key, document)
        page = info.passages[after : after + size]
        more = after + size < len(info.passages)
        return pb.ListPassagesResponse(
            passages=[passage_message(key, info, each, texts[each]) for each in page if each in texts],
            next_page_token=encode_token(str(after + size) if more else ""),
        )

    async def DeleteDocument(self, request: pb.DeleteDocumentRequest, context: _Context) -> pb.DeleteDocumentResponse:
        """See the contract."""
        key, document = named_child(request.name, "name", "documents")
        author, keeps = caller().subject, request.keep_history

        async def delete(writer: DurableWriter, target: CollectionKey) -> ChangeId:
            if request.draft:
                return await self._store.delete_document(writer, target, document, author=author)
            return await delete_live_document(self._store, writer, target, document, author=author, keep_history=keeps)

        await self._write_durably(key, request.draft, delete)
        return pb.DeleteDocumentResponse()

    # Curated answers

    async def PutCuratedAnswer(
        self, request: pb.PutCuratedAnswerRequest, context: _Context
    ) -> pb.PutCuratedAnswerResponse:
        """See the contract."""
        key = named_collection(request.collection, "collection")
        message = request.curated_answer
        ident = uuid.uuid4().hex[:20]
        if message.name:
            in_collection, ident = parse_name("curated_answer.name", message.name, "collections", "curatedAnswers")
            if in_collection != key.collection:
                raise BadRequest("curated_answer.name", "must lie in `collection`.")
        draft = checked_draft(curated_draft(message))
        self._memory_guard.check_new("curated_answer")
        to_read = await self._targets.to_read(key, request.draft)
        await self._replica.check_embedder(to_read)
        vectors = await self._embedder.queries(draft.questions)
        record = CuratedRecord.from_draft(draft, vectors.astype(np.float16), self._embedder.id, ident)
        warnings = shared_questions([record], [each async for each in self._store.all_curated(to_read)])
        await self._write_durably(
            key, request.draft, lambda writer, target: self._store.put_curated(writer, target, record)
        )
        return pb.PutCuratedAnswerResponse(curated_answer=curated_message(key, record), warnings=warnings)

    async def ListCuratedAnswers(
        self, request: pb.ListCuratedAnswersRequest, context: _Context
    ) -> pb.ListCuratedAnswersResponse:
        """See the contract."""
        key = await self._targets.to_read(named_collection(request.collection, "collection"), request.draft)
        await self._store.info(key)
        size = page_size_of(request.page_size)
        ids = await self._store.curated_ids(key, decode_token(request.page_token), size + 1)
        found = await self._store.curated(key, ids[:size])
        return pb.ListCuratedAnswersResponse(
            curated_answers=[curated_message(key, record) for record in found.values()],
            next_page_token=encode_token(ids[size - 1] if len(ids) > size else ""),
        )

    async def DeleteCuratedAnswer(
        self, request: pb.DeleteCuratedAnswerRequest, context: _Context
    ) -> pb.DeleteCuratedAnswerResponse:
        """See the contract."""
        key, answer = named_child(request.name, "name", "curatedAnswers")
        await self._write_durably(
            key, request.draft, lambda writer, target: self._store.delete_curated(writer, target, answer)
        )
        return pb.DeleteCuratedAnswerResponse()

    # Search

    async def Search(self, request: pb.SearchRequest, context: _Context) -> pb.SearchResponse:
        """See the contract."""
        return await self._search_responder.response(request, context.time_remaining)

    async def Embed(self, request: pb.EmbedRequest, context: _Context) -> pb.EmbedResponse:
        """See the contract."""
        texts = request.texts
        if not 1 <= len(texts) <= MAX_EMBEDDED or any(not 1 <= len(text) <= MAX_EMBEDDED_CHARACTERS for text in texts):
            raise BadRequest(
                "texts", f"must be 1 to {MAX_EMBEDDED} texts of 1 to {MAX_EMBEDDED_CHARACTERS} characters."
            )
        if request.passages:
            vectors = np.concatenate([part async for part in self._embedder.passages(texts)])
        else:
            vectors = await self._embedder.queries(texts)
        return pb.EmbedResponse(
            embeddings=[pb.Embedding(values=vector.tolist()) for vector in vectors],
            embedder=self._embedder.embedder.id,
        )

    async def CompareTexts(self, request: pb.CompareTextsRequest, context: _Context) -> pb.CompareTextsResponse:
        """See the contract."""
        _check_texts(request.question, request.texts, MAX_COMPARED)
        cosines = await self._comparison.cosines(request.question, request.texts)
        return pb.CompareTextsResponse(cosines=cosines, embedder=self._embedder.embedder.id)

    async def ReadTexts(self, request: pb.ReadTextsRequest, context: _Context) -> pb.ReadTextsResponse:
        """See the contract."""
        _check_texts(request.question, request.texts, MAX_READ)
        if self._reader is None:
            return pb.ReadTextsResponse()
        readings = await self._reader.readings(request.question, request.texts, known_only=request.known_only)
        return pb.ReadTextsResponse(answers=readings or (), reader=self._reader.id)

    # Files of customers

    async def ReadFile(
        self, request_iterator: AsyncIterator[pb.ReadFileRequest], context: _Context
    ) -> AsyncIterator[pb.ReadFileResponse]:
        """See the contract."""
        async for response in read_stream(request_iterator, self._attachment_pool):
            yield response

    # User dictionary

    async def PutDictionary(self, request: pb.PutDictionaryRequest, context: _Context) -> pb.PutDictionaryResponse:
        """See the contract."""
        key = named_collection(request.collection, "collection")
        parse_dictionary(request.dictionary.text)  # refuses what cannot be taken
        self._memory_guard.check_new("dictionary")
        record = DictionaryRecord(request.dictionary.text, time.time())
        await self._write_durably(
            key, request.draft, lambda writer, target: self._store.put_dictionary(writer, target, record)
        )
        return pb.PutDictionaryResponse(dictionary=dictionary_message(record))

    async def GetDictionary(self, request: pb.GetDictionaryRequest, context: _Context) -> pb.GetDictionaryResponse:
        """See the contract."""
        key = await self._targets.to_read(named_collection(request.collection, "collection"), request.draft)
        await self._store.info(key)
        return pb.GetDictionaryResponse(dictionary=dictionary_message(await self._store.dictionary(key)))

    # Helpers

    def open_writer(self) -> AbstractAsyncContextManager[DurableWriter]:
        """A writer, as the configuration has it."""
        return DurableWriter.open(
            self._store.client, accept_not_durable=self._accept_not_durable, timeout_seconds=self._wait_for_disk_seconds
        )

    async def _write_durably(
        self, key: CollectionKey, draft: str, write: Callable[[DurableWriter, CollectionKey], Awaitable[ChangeId]]
    ) -> None:
        """Write a change to the live version or a draft, and wait until it is on disk and searches here cover it."""
        async with self.open_writer() as writer:
            target = await self._targets.to_write(key, draft)
            try:
                change = await write(writer, target)
            except KnowledgeMoved:  # another version became live between the two lines above
                target = await self._targets.to_write(key, draft)
                change = await write(writer, target)
            await writer.wait_until_on_disk()
        await self._replica.wait_for_change(target, change)

    async def _create(self, key: CollectionKey, display_name: str, *, wait: bool = True) -> None:
        check_id("collection", key.collection)
        async with self.open_writer() as writer:
            await self._store.create_collection(writer, key, display_name, self._embedder.id)
            if wait:
                await writer.wait_until_on_disk()
        await self._replica.wait_for_change(key, "0-0")

    async def _collection(self, key: CollectionKey) -> pb.Collection:
        key = self._replica.live_key(key)
        return collection_message(
            key,
            await self._store.info(key),
            await self._store.counts(key),
            self._replica.passage_count(key),
            await self._store.changes.update_time(key),
            await self._store.calibration(key),
        )


def _check_texts(question: str, texts: Sequence[str], most: int) -> None:
    if not 1 <= len(question) <= MAX_QUERY_CHARACTERS:
        raise BadRequest("question", f"must be 1 to {MAX_QUERY_CHARACTERS} characters.")
    if not 1 <= len(texts) <= most or any(not 1 <= len(text) <= MAX_EMBEDDED_CHARACTERS for text in texts):
        raise BadRequest("texts", f"must be 1 to {most} texts of 1 to {MAX_EMBEDDED_CHARACTERS} characters.")
