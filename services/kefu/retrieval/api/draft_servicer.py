"""The servicer of DraftService: proto in, proto out."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import grpc.aio

from kefu.common.auth import caller
from kefu.common.errors import BadRequest, DraftNotFound
from kefu.common.pagination import decode_number, encode_token, page_size_of
from kefu.common.redis.memory_guard import MemoryGuard
from kefu.common.resource_names import parse_name
from kefu.retrieval.api.access import named_child, named_collection, own_collections
from kefu.retrieval.api.draft_messages import change_message, draft_message, version_message
from kefu.retrieval.domain.collection_key import ORIGINAL, CollectionKey
from kefu.retrieval.domain.draft_changes import DICTIONARY, ChangeKind, DraftChange, curated_thing, document_thing
from kefu.retrieval.domain.versions import DraftCheck
from kefu.retrieval.drafts.caretaker import Caretaker, OpenWriter
from kefu.retrieval.drafts.drafts import Drafts
from kefu.retrieval.drafts.roll_back import KeptVersions
from kefu.retrieval.replica.replica import Replica
from kefu.retrieval.storage.knowledge_store import KnowledgeStore
from kefu.retrieval.storage.version_store import VersionStore
from kefu.retrieval.v1 import draft_pb2 as pb
from kefu.retrieval.v1 import draft_pb2_grpc

MAX_TITLE = 100
MAX_REASON = 200
MAX_MESSAGE = 4_000
MAX_LOST = 200
MAX_TAKEN = 1_000
MAX_LISTED = 200
_Context = grpc.aio.ServicerContext[object, object]


class DraftServicer(draft_pb2_grpc.DraftServiceServicer):
    """See protos/kefu/retrieval/v1/draft.proto, which describes each method."""

    def __init__(
        self,
        store: KnowledgeStore,
        replica: Replica,
        open_writer: OpenWriter,
        caretaker: Caretaker,
        memory_guard: MemoryGuard,
    ) -> None:
        self._store = store
        self._versions = VersionStore(store)
        self._drafts = Drafts(store, replica, open_writer, caretaker)
        self._kept = KeptVersions(store, replica, open_writer, caretaker)
        self._memory_guard = memory_guard

    def register(self, server: grpc.aio.Server) -> None:
        """Add the servicer to a server."""
        draft_pb2_grpc.add_DraftServiceServicer_to_server(self, server)

    async def CreateDraft(self, request: pb.CreateDraftRequest, context: _Context) -> pb.CreateDraftResponse:
        """See the contract."""
        key = named_collection(request.collection, "collection")
        title = request.title.strip()
        if len(title) > MAX_TITLE:
            raise BadRequest("title", f"must have at most {MAX_TITLE} characters.")
        self._memory_guard.check_new("draft")
        draft = await self._drafts.create(
            key,
            title or datetime.now(UTC).date().isoformat(),
            caller().subject,
            promote_when_green=request.promote_when_green,
        )
        return pb.CreateDraftResponse(draft=draft_message(key, draft))

    async def GetDraft(self, request: pb.GetDraftRequest, context: _Context) -> pb.GetDraftResponse:
        """See the contract."""
        key, draft = named_child(request.name, "name", "drafts")
        return pb.GetDraftResponse(draft=draft_message(key, await self._drafts.get(key, draft)))

    async def ListDrafts(self, request: pb.ListDraftsRequest, context: _Context) -> pb.ListDraftsResponse:
        """See the contract."""
        if request.collection == "collections/-":
            keys = await own_collections(self._store)
        else:
            keys = [named_collection(request.collection, "collection")]
            await self._store.info(await self._versions.live_key(keys[0]))
        found = [(key, each) for key in keys for each in await self._drafts.all_of(key, open_only=request.open_only)]
        found.sort(key=lambda pair: -pair[1].record.create_time)
        return pb.ListDraftsResponse(drafts=[draft_message(key, each) for key, each in found[:MAX_LISTED]])

    async def ListDraftChanges(
        self, request: pb.ListDraftChangesRequest, context: _Context
    ) -> pb.ListDraftChangesResponse:
        """See the contract."""
        key, draft = named_child(request.draft, "draft", "drafts")
        size, after = page_size_of(request.page_size), decode_number(request.page_token)
        found = await self._drafts.get(key, draft)
        if found.difference is None:
            raise DraftNotFound(
                f"The draft {draft} of {key.collection} was {found.record.state}; it is no longer open."
            )
        changes = await self._labelled(key, found.key, found.difference.changes)
        more = after + size < len(changes)
        return pb.ListDraftChangesResponse(
            changes=changes[after : after + size], next_page_token=encode_token(str(after + size) if more else "")
        )

    async def _labelled(
        self, key: CollectionKey, draft: CollectionKey, changes: Sequence[DraftChange]
    ) -> list[pb.DraftChange]:
        """The messages of changes, in the contract's order."""
        live = await self._versions.live_key(key)
        labels: dict[str, tuple[str, str]] = {}
        for version, is_deleted in ((draft, False), (live, True)):
            things = [each.thing for each in changes if (each.kind is ChangeKind.DELETED) is is_deleted]
            documents = [each.removeprefix("d:") for each in things if each.startswith("d:")]
            curated = [each.removeprefix("c:") for each in things if each.startswith("c:")]
            for ident, info in (await self._store.documents(version, documents)).items():
                labels[document_thing(ident)] = info.path, info.title
            for ident, record in (await self._store.curated(version, curated)).items():
                labels[curated_thing(ident)] = record.questions[0], ""
        messages = [change_message(key, each, *labels.get(each.thing, ("", ""))) for each in changes]
        return sorted(messages, key=lambda each: (each.kind, each.label, each.name))

    async def RefreshDraft(self, request: pb.RefreshDraftRequest, context: _Context) -> pb.RefreshDraftResponse:
        """See the contract."""
        key, draft = named_child(request.name, "name", "drafts")
        if len(request.take_live) > MAX_TAKEN:
            raise BadRequest("take_live", f"must be at most {MAX_TAKEN} names.")
        take = frozenset(_thing(key, name) for name in request.take_live)
        done = await self._drafts.refresh(key, draft, take)
        return pb.RefreshDraftResponse(
            draft=draft_message(key, done.draft),
            taken=done.taken,
            conflicts=await self._labelled(key, done.draft.key, done.conflicts[:MAX_TAKEN]),
        )

    async def CheckDraft(self, request: pb.CheckDraftRequest, context: _Context) -> pb.CheckDraftResponse:
        """See the contract."""
        key, draft = named_child(request.name, "name", "drafts")
        promotes = request.promote_when_green if request.HasField("promote_when_green") else None
        found = await self._drafts.request_check(key, draft, promote_when_green=promotes)
        return pb.CheckDraftResponse(draft=draft_message(key, found))

    async def ReportDraftCheck(
        self, request: pb.ReportDraftCheckRequest, context: _Context
    ) -> pb.ReportDraftCheckResponse:
        """See the contract."""
        key, draft = named_child(request.name, "name", "drafts")
        check = request.check
        if not request.HasField("check"):
            raise BadRequest("check", "must be set.")
        if len(check.lost) > MAX_LOST or any(len(each) > MAX_TITLE * 2 for each in check.lost):
            raise BadRequest("check.lost", f"must be at most {MAX_LOST} names of at most {MAX_TITLE * 2} characters.")
        if len(check.message) > MAX_MESSAGE:
            raise BadRequest("check.message", f"must have at most {MAX_MESSAGE} characters.")
        as_of = str(request.as_of.ToMicroseconds() / 1_000_000) if request.HasField("as_of") else ""
        noted = DraftCheck(check.passed, check.failed, tuple(check.lost), check.message, time.time(), as_of)
        found = await self._drafts.report_check(key, draft, noted)
        return pb.ReportDraftCheckResponse(draft=draft_message(key, found))

    async def PromoteDraft(self, request: pb.PromoteDraftRequest, context: _Context) -> pb.PromoteDraftResponse:
        """See the contract."""
        key, draft = named_child(request.name, "name", "drafts")
        reason = request.reason.strip()
        if request.override and not 1 <= len(reason) <= MAX_REASON:
            raise BadRequest("reason", f"must say why, in 1 to {MAX_REASON} characters.")
        record = await self._drafts.promote(key, draft, caller().subject, reason if request.override else "")
        return pb.PromoteDraftResponse(
            draft=draft_message(key, await self._drafts.get(key, draft)),
            version=version_message(key, await self._kept.version(key, record.id)),
        )

    async def DiscardDraft(self, request: pb.DiscardDraftRequest, context: _Context) -> pb.DiscardDraftResponse:
        """See the contract."""
        key, draft = named_child(request.name, "name", "drafts")
        await self._drafts.discard(key, draft, caller().subject)
        return pb.DiscardDraftResponse()

    async def ListVersions(self, request: pb.ListVersionsRequest, context: _Context) -> pb.ListVersionsResponse:
        """See the contract."""
        key = named_collection(request.collection, "collection")
        return pb.ListVersionsResponse(versions=[version_message(key, each) for each in await self._kept.all_of(key)])

    async def RollBack(self, request: pb.RollBackRequest, context: _Context) -> pb.RollBackResponse:
        """See the contract."""
        key = named_collection(request.collection, "collection")
        version = None
        if request.version:
            collection, named = parse_name("version", request.version, "collections", "versions")
            if collection != key.collection:
                raise BadRequest("version", "must be of `collection`.")
            version = "" if named == ORIGINAL else named
        kept = await self._kept.roll_back(key, version, caller().subject)
        return pb.RollBackResponse(version=version_message(key, kept))


def _thing(key: CollectionKey, name: str) -> str:
    """The id among marks of what a name of the contract names. Raises BadRequest."""
    if name == f"collections/{key.collection}/dictionary":
        return DICTIONARY
    kind, to_thing = ("curatedAnswers", curated_thing) if "/curatedAnswers/" in name else ("documents", document_thing)
    collection, ident = parse_name("take_live", name, "collections", kind)
    if collection != key.collection:
        raise BadRequest("take_live", "must be of the draft's collection.")
    return to_thing(ident)
