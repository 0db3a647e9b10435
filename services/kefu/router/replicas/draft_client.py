"""Draft client: whether a draft of knowledge is still one, and its promotion, on behalf of whoever calls the router."""

from typing import TypeVar

import grpc.aio

from kefu.common.auth import Principal
from kefu.common.errors import (
    BackendUnavailable,
    CollectionNotFound,
    DraftHeld,
    DraftNotFound,
    DraftOutdated,
    KnowledgeMoved,
    NotDurable,
    ScopeMissing,
    ServiceError,
)
from kefu.common.rpc.interceptor import delegated_metadata, internal_metadata
from kefu.common.rpc.status import failure_of
from kefu.retrieval.v1 import draft_pb2 as pb
from kefu.router.replicas.retrieval_pool import Metadata, Method, RetrievalPool

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")
_LOOK_SECONDS = 5.0
_PROMOTE_SECONDS = 60.0
"""A draft that is not loaded is loaded first."""
_OPEN = (pb.Draft.STATE_OPEN, pb.Draft.STATE_CHECKING, pb.Draft.STATE_HELD)
_PASSED_ON: dict[str, type[ServiceError]] = {
    error.reason: error
    for error in (CollectionNotFound, DraftHeld, DraftNotFound, DraftOutdated, KnowledgeMoved, NotDurable, ScopeMissing)
}


class DraftClient:
    """Asks the knowledge base about drafts. Raises BackendUnavailable where it does not answer."""

    def __init__(self, pool: RetrievalPool, internal_key: str) -> None:
        self._pool = pool
        self._internal_key = internal_key

    async def is_open(self, principal: Principal, draft: str) -> bool:
        """Whether a draft can be searched: it is there, and neither promoted nor discarded."""
        metadata = internal_metadata(self._internal_key, principal)
        try:
            found = await self._call(
                lambda replica: replica.drafts.GetDraft, pb.GetDraftRequest(name=draft), _LOOK_SECONDS, metadata
            )
        except (DraftNotFound, CollectionNotFound):
            return False
        return found.draft.state in _OPEN

    async def promote(self, principal: Principal, draft: str) -> None:
        """Promote a draft with the rights of `principal`. Raises what PromoteDraft answers with."""
        metadata = delegated_metadata(self._internal_key, principal)
        request = pb.PromoteDraftRequest(name=draft)
        await self._call(lambda replica: replica.drafts.PromoteDraft, request, _PROMOTE_SECONDS, metadata)

    async def _call(
        self, method: Method[RequestT, ResponseT], request: RequestT, seconds: float, metadata: Metadata
    ) -> ResponseT:
        try:
            return await self._pool.call(method, request, seconds, metadata)
        except TimeoutError:
            raise BackendUnavailable("Retrieval did not answer in time; try again.") from None
        except grpc.aio.AioRpcError as error:
            failure = failure_of(error)
            if known := _PASSED_ON.get(failure.reason):
                raise known(failure.message, metadata=dict(failure.metadata)) from error
            raise BackendUnavailable(f"Retrieval failed ({failure.code.name}: {failure.message}).") from error
