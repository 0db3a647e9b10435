"""The servicer of SourceService: proto in, proto out."""

from collections.abc import Sequence
from pathlib import Path

import grpc.aio

from kefu.common.errors import BadRequest
from kefu.common.pagination import decode_number, encode_token
from kefu.common.resource_names import parse_name
from kefu.retrieval.api.access import named_child, named_collection, own_collection
from kefu.retrieval.api.source_messages import (
    outcome_message,
    recipe_message,
    source_message,
    source_of,
    sync_message,
)
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.sources.checks import check_source
from kefu.retrieval.sources.fetching.recipe import recipes
from kefu.retrieval.sources.source import OUTCOMES
from kefu.retrieval.sources.source_service import SourceService
from kefu.retrieval.v1 import source_pb2 as pb
from kefu.retrieval.v1 import source_pb2_grpc

_PAGE_SIZE, _MOST_PAGE_SIZE = 100, 1_000
_Context = grpc.aio.ServicerContext[object, object]


class SourceServicer(source_pb2_grpc.SourceServiceServicer):
    """See protos/kefu/retrieval/v1/source.proto, which describes each method."""

    def __init__(self, service: SourceService, folders: Sequence[Path] = ()) -> None:
        """`folders`: within these, sources may be folders."""
        self._service = service
        self._folders = folders

    def register(self, server: grpc.aio.Server) -> None:
        """Add the servicer to a server."""
        source_pb2_grpc.add_SourceServiceServicer_to_server(self, server)

    async def PutSource(self, request: pb.PutSourceRequest, context: _Context) -> pb.PutSourceResponse:
        """See the contract."""
        collection, source = source_of(request.source)
        key = own_collection(collection)
        check_source(source, self._folders)
        token = await self._service.put(key, source, new_token=request.new_push_token)
        stored = source_message(key, await self._service.view(key, source.id))
        return pb.PutSourceResponse(source=stored, push_token=token)

    async def GetSource(self, request: pb.GetSourceRequest, context: _Context) -> pb.GetSourceResponse:
        """See the contract."""
        key, source = named_child(request.name, "name", "sources")
        return pb.GetSourceResponse(source=source_message(key, await self._service.view(key, source)))

    async def ListSources(self, request: pb.ListSourcesRequest, context: _Context) -> pb.ListSourcesResponse:
        """See the contract."""
        key = named_collection(request.collection, "collection")
        return pb.ListSourcesResponse(sources=[source_message(key, each) for each in await self._service.views(key)])

    async def DeleteSource(self, request: pb.DeleteSourceRequest, context: _Context) -> pb.DeleteSourceResponse:
        """See the contract."""
        key, source = named_child(request.name, "name", "sources")
        deleted = await self._service.delete(key, source, with_documents=request.with_documents)
        return pb.DeleteSourceResponse(deleted_documents=deleted)

    async def SyncSource(self, request: pb.SyncSourceRequest, context: _Context) -> pb.SyncSourceResponse:
        """See the contract."""
        key, source = named_child(request.name, "name", "sources")
        return pb.SyncSourceResponse(sync=sync_message(key, source, await self._service.sync(key, source)))

    async def ListSyncs(self, request: pb.ListSyncsRequest, context: _Context) -> pb.ListSyncsResponse:
        """See the contract."""
        key, source = named_child(request.source, "source", "sources")
        found = await self._service.syncs(key, source)
        return pb.ListSyncsResponse(syncs=[sync_message(key, source, each) for each in found])

    async def GetSync(self, request: pb.GetSyncRequest, context: _Context) -> pb.GetSyncResponse:
        """See the contract."""
        key, source, sync = _named_sync(request.name)
        if not 0 <= request.page_size <= _MOST_PAGE_SIZE:
            raise BadRequest("page_size", f"must be 0 to {_MOST_PAGE_SIZE}.")
        size, after = request.page_size or _PAGE_SIZE, decode_number(request.page_token)
        found, outcomes = await self._service.outcomes(key, source, sync)
        outcomes.sort(key=lambda each: (OUTCOMES.index(each.outcome), each.address))
        more = after + size < len(outcomes)
        return pb.GetSyncResponse(
            sync=sync_message(key, source, found),
            outcomes=[outcome_message(key, each) for each in outcomes[after : after + size]],
            next_page_token=encode_token(str(after + size) if more else ""),
        )

    async def CompareSyncDocument(
        self, request: pb.CompareSyncDocumentRequest, context: _Context
    ) -> pb.CompareSyncDocumentResponse:
        """See the contract."""
        key, source, sync = _named_sync(request.name)
        old, new = await self._service.compare(key, source, sync, request.address)
        return pb.CompareSyncDocumentResponse(old_text=old, new_text=new)

    async def ApproveSync(self, request: pb.ApproveSyncRequest, context: _Context) -> pb.ApproveSyncResponse:
        """See the contract."""
        key, source, sync = _named_sync(request.name)
        approved = await self._service.approve(key, source, sync)
        return pb.ApproveSyncResponse(sync=sync_message(key, source, approved))

    async def DismissSync(self, request: pb.DismissSyncRequest, context: _Context) -> pb.DismissSyncResponse:
        """See the contract."""
        key, source, sync = _named_sync(request.name)
        dismissed = await self._service.dismiss(key, source, sync)
        return pb.DismissSyncResponse(sync=sync_message(key, source, dismissed))

    async def ListRecipes(self, request: pb.ListRecipesRequest, context: _Context) -> pb.ListRecipesResponse:
        """See the contract."""
        return pb.ListRecipesResponse(recipes=[recipe_message(name, each) for name, each in recipes().items()])

    async def PushSource(self, request: pb.PushSourceRequest, context: _Context) -> pb.PushSourceResponse:
        """See the contract."""
        return pb.PushSourceResponse(queued=await self._service.push(request.source, request.token))


def _named_sync(name: str) -> tuple[CollectionKey, str, str]:
    collection, source, sync = parse_name("name", name, "collections", "sources", "syncs")
    return own_collection(collection), source, sync
