"""Draft client: drafts of a tenant's knowledge, whether they wait for a check, what was found, and their promotion."""

from collections.abc import Sequence
from dataclasses import dataclass
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
_SECONDS = 10.0
_PROMOTE_SECONDS = 60.0
"""A draft that is not loaded is loaded first."""
_ALL = "collections/-"
_OPEN = (pb.Draft.STATE_OPEN, pb.Draft.STATE_CHECKING, pb.Draft.STATE_HELD)
_PASSED_ON: dict[str, type[ServiceError]] = {
    error.reason: error
    for error in (CollectionNotFound, DraftHeld, DraftNotFound, DraftOutdated, KnowledgeMoved, NotDurable, ScopeMissing)
}


@dataclass(frozen=True)
class WaitingDraft:
    """A draft whose check was asked for, or that is green and still to be promoted.

    `update_time` in nanoseconds since the epoch.
    """

    name: str
    promote_when_green: bool
    update_time: int
    is_green: bool = False
    """Its check found no failure, is of the draft as it is now, and it is to be promoted then."""


class DraftClient:
    """Calls retrieval with the rights of a principal.

    Raises BackendUnavailable where it does not answer, and what the contract names where it refuses.
    """

    def __init__(self, pool: RetrievalPool, internal_key: str) -> None:
        self._pool = pool
        self._internal_key = internal_key

    async def is_open(self, principal: Principal, draft: str) -> bool:
        """Whether a draft can be searched: it is there, and neither promoted nor discarded. Customers may ask, too."""
        request, metadata = pb.GetDraftRequest(name=draft), internal_metadata(self._internal_key, principal)
        try:
            found = await self._call(lambda stubs: stubs.drafts.GetDraft, request, metadata)
        except (DraftNotFound, CollectionNotFound):
            return False
        return found.draft.state in _OPEN

    async def is_live(self, principal: Principal, draft: str) -> bool:
        """Whether a draft was promoted and is what everybody gets."""
        collection, _, draft_id = draft.partition("/drafts/")
        request = pb.ListVersionsRequest(collection=collection)
        found = await self._call(lambda stubs: stubs.drafts.ListVersions, request, self._as(principal))
        return any(each.live and each.name == f"{collection}/versions/{draft_id}" for each in found.versions)

    async def waiting(self, principal: Principal) -> list[WaitingDraft]:
        """The drafts of a tenant that wait for a check or, green, for their promotion, the oldest first."""
        request = pb.ListDraftsRequest(collection=_ALL, open_only=True)
        response = await self._call(lambda stubs: stubs.drafts.ListDrafts, request, self._as(principal))
        return [
            WaitingDraft(each.name, each.promote_when_green, each.update_time.ToNanoseconds(), _is_green(each))
            for each in reversed(response.drafts)
            if each.state == pb.Draft.STATE_CHECKING or _is_green(each)
        ]

    async def report(
        self, principal: Principal, draft: WaitingDraft, *, passed: int, failed: int, lost: Sequence[str], message: str
    ) -> bool:
        """Say what a check found. Returns whether it is still true: the draft has not changed since it began.

        Where it has, it waits for another check.
        """
        request = pb.ReportDraftCheckRequest(
            name=draft.name, check=pb.DraftCheck(passed=passed, failed=failed, lost=lost, message=message)
        )
        request.as_of.FromNanoseconds(draft.update_time)
        response = await self._call(lambda stubs: stubs.drafts.ReportDraftCheck, request, self._as(principal))
        return not response.draft.check.outdated

    async def refresh(self, principal: Principal, draft: str) -> None:
        """Bring into a draft what has changed in live since it was made; where both changed, the draft's stays."""
        request = pb.RefreshDraftRequest(name=draft)
        await self._call(lambda stubs: stubs.drafts.RefreshDraft, request, self._as(principal), _PROMOTE_SECONDS)

    async def check_again(self, principal: Principal, draft: str) -> None:
        """Ask for another check."""
        request = pb.CheckDraftRequest(name=draft)
        await self._call(lambda stubs: stubs.drafts.CheckDraft, request, self._as(principal))

    async def promote(self, principal: Principal, draft: str) -> None:
        """Make a draft live."""
        request = pb.PromoteDraftRequest(name=draft)
        await self._call(lambda stubs: stubs.drafts.PromoteDraft, request, self._as(principal), _PROMOTE_SECONDS)

    def _as(self, principal: Principal) -> Metadata:
        return delegated_metadata(self._internal_key, principal)

    async def _call(
        self, method: Method[RequestT, ResponseT], request: RequestT, metadata: Metadata, seconds: float = _SECONDS
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


def _is_green(draft: pb.Draft) -> bool:
    is_checked = draft.HasField("check") and not draft.check.outdated and not draft.check.failed
    return draft.state == pb.Draft.STATE_OPEN and draft.promote_when_green and is_checked
