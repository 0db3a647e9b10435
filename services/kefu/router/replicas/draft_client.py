"""Draft client: the drafts of a tenant's knowledge that wait for a check, what was found, and their promotion."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import grpc
import grpc.aio

from kefu.common.auth import Principal
from kefu.common.errors import BackendUnavailable, DraftNotFound
from kefu.common.rpc.interceptor import internal_metadata
from kefu.common.rpc.status import failure_of
from kefu.retrieval.v1 import draft_pb2 as pb
from kefu.router.replicas.retrieval_pool import Method, RetrievalPool

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")
_SECONDS = 10.0
_ALL = "collections/-"
_REFUSED = (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ABORTED)


class _RefusedError(BackendUnavailable):
    """The draft, or live, is not as it has to be for that."""


@dataclass(frozen=True)
class WaitingDraft:
    """A draft whose check was asked for. `update_time` in nanoseconds since the epoch."""

    name: str
    promote_when_green: bool
    update_time: int


class DraftClient:
    """Calls retrieval with the internal key, on behalf of a tenant."""

    def __init__(self, pool: RetrievalPool, internal_key: str) -> None:
        self._pool = pool
        self._internal_key = internal_key

    async def waiting(self, principal: Principal) -> list[WaitingDraft]:
        """The drafts of a tenant that wait for a check, the oldest first. Raises BackendUnavailable."""
        request = pb.ListDraftsRequest(collection=_ALL, open_only=True)
        response = await self._call(lambda stubs: stubs.drafts.ListDrafts, request, principal)
        found = [each for each in response.drafts if each.state == pb.Draft.STATE_CHECKING]
        return [
            WaitingDraft(each.name, each.promote_when_green, each.update_time.ToNanoseconds()) for each in found[::-1]
        ]

    async def report(
        self, principal: Principal, draft: WaitingDraft, *, passed: int, failed: int, lost: Sequence[str], message: str
    ) -> bool:
        """Say what a check found. Returns whether it is still true: the draft has not changed since it began.

        Raises DraftNotFound, BackendUnavailable.
        """
        request = pb.ReportDraftCheckRequest(
            name=draft.name, check=pb.DraftCheck(passed=passed, failed=failed, lost=lost, message=message)
        )
        request.as_of.FromNanoseconds(draft.update_time)
        response = await self._call(lambda stubs: stubs.drafts.ReportDraftCheck, request, principal)
        return not response.draft.check.outdated

    async def check_again(self, principal: Principal, draft: WaitingDraft) -> None:
        """Ask for another check. Raises DraftNotFound, BackendUnavailable."""
        request = pb.CheckDraftRequest(name=draft.name)
        await self._call(lambda stubs: stubs.drafts.CheckDraft, request, principal)

    async def promote(self, principal: Principal, draft: WaitingDraft) -> str:
        """Make a draft live. Returns why it could not be; empty where it could. Raises BackendUnavailable."""
        request = pb.PromoteDraftRequest(name=draft.name)
        try:
            await self._call(lambda stubs: stubs.drafts.PromoteDraft, request, principal)
        except (_RefusedError, DraftNotFound) as error:
            return error.message
        return ""

    async def _call(self, method: Method[RequestT, ResponseT], request: RequestT, principal: Principal) -> ResponseT:
        try:
            return await self._pool.call(method, request, _SECONDS, internal_metadata(self._internal_key, principal))
        except TimeoutError:
            raise BackendUnavailable("Retrieval did not answer in time.") from None
        except grpc.aio.AioRpcError as error:
            failure = failure_of(error)
            if failure.reason == DraftNotFound.reason:
                raise DraftNotFound(failure.message) from error
            if failure.code in _REFUSED:
                raise _RefusedError(failure.message) from error
            raise BackendUnavailable(f"Retrieval failed ({failure.code.name}: {failure.message}).") from error
