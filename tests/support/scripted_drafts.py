"""A scripted DraftService: drafts that a test puts there, and what it was told of them, over real gRPC."""

from typing import Any

import grpc.aio

from kefu.common import auth
from kefu.common.errors import DraftHeld, DraftNotFound
from kefu.retrieval.v1 import draft_pb2 as pb
from kefu.retrieval.v1 import draft_pb2_grpc as rpc

Context = grpc.aio.ServicerContext[Any, Any]
_CLOSED = (pb.Draft.STATE_PROMOTED, pb.Draft.STATE_DISCARDED)


class ScriptedDrafts(rpc.DraftServiceServicer):
    """Holds drafts. A report makes one HELD or OPEN, as the contract says."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Hold no draft."""
        self.promote_error: Exception | None = None
        """Raised once by a promotion."""
        self.drafts: dict[str, pb.Draft] = {}
        self.reports: list[pb.ReportDraftCheckRequest] = []
        self.promoters: list[auth.Principal] = []

    def register(self, server: grpc.aio.Server) -> None:
        """Add this service to a server."""
        rpc.add_DraftServiceServicer_to_server(self, server)

    def add(self, name: str, *, promote_when_green: bool = False) -> None:
        """A draft whose check is asked for."""
        draft = pb.Draft(name=name, state=pb.Draft.STATE_CHECKING, promote_when_green=promote_when_green)
        draft.update_time.GetCurrentTime()
        self.drafts[name] = draft

    def put(self, name: str, state: pb.Draft.State.ValueType) -> None:
        """Add a draft in a state, or change the state of one."""
        self.drafts.setdefault(name, pb.Draft(name=name)).state = state

    def can_be_searched(self, name: str) -> bool:
        """Whether there is such a draft, and it is neither promoted nor discarded."""
        return name in self.drafts and self.drafts[name].state not in _CLOSED

    async def GetDraft(self, request: pb.GetDraftRequest, context: Context) -> pb.GetDraftResponse:
        return pb.GetDraftResponse(draft=self._draft(request.name))

    async def ListDrafts(self, request: pb.ListDraftsRequest, context: Context) -> pb.ListDraftsResponse:
        return pb.ListDraftsResponse(drafts=self.drafts.values())

    async def ReportDraftCheck(
        self, request: pb.ReportDraftCheckRequest, context: Context
    ) -> pb.ReportDraftCheckResponse:
        draft = self._draft(request.name)
        self.reports.append(request)
        draft.check.CopyFrom(request.check)
        draft.check.outdated = request.as_of != draft.update_time
        if not draft.check.outdated:
            draft.state = pb.Draft.STATE_HELD if request.check.failed else pb.Draft.STATE_OPEN
        return pb.ReportDraftCheckResponse(draft=draft)

    async def PromoteDraft(self, request: pb.PromoteDraftRequest, context: Context) -> pb.PromoteDraftResponse:
        draft = self._draft(request.name)
        if draft.state in _CLOSED:
            raise DraftNotFound("It was promoted or discarded.")
        if draft.state == pb.Draft.STATE_HELD:
            raise DraftHeld("Its last check failed.", metadata={"failed": "3"})
        if (error := self.promote_error) is not None:
            self.promote_error = None
            raise error
        self.promoters.append(auth.caller())
        draft.state = pb.Draft.STATE_PROMOTED
        return pb.PromoteDraftResponse(draft=draft)

    async def ListVersions(self, request: pb.ListVersionsRequest, context: Context) -> pb.ListVersionsResponse:
        promoted = [each.name for each in self.drafts.values() if each.state == pb.Draft.STATE_PROMOTED]
        found = [pb.Version(name=each.replace("/drafts/", "/versions/"), live=True) for each in promoted[-1:]]
        return pb.ListVersionsResponse(versions=found)

    def _draft(self, name: str) -> pb.Draft:
        if name not in self.drafts:
            raise DraftNotFound("There is no such draft.")
        return self.drafts[name]
