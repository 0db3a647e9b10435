"""ActionService: proto in, proto out."""

import json
from typing import Any

import grpc.aio

from kefu.common.auth import Principal, Scope, caller
from kefu.common.customers import Customer, Verification
from kefu.common.errors import BackendUnavailable
from kefu.common.resource_names import check_id, parse_name
from kefu.office.messages.actions import action_message, action_of
from kefu.router.actions.action_runner import ActionRunner
from kefu.router.actions.action_store import ActionStore
from kefu.router.actions.http_call import ActionFailed, NotFitting, NotSent, misspelt
from kefu.router.api.requests import language_in
from kefu.router.messages.chat import cards_message
from kefu.router.v1 import action_pb2 as pb
from kefu.router.v1 import action_pb2_grpc as rpc

SERVICE = "kefu.router.v1.ActionService"
_MOST_WARNINGS = 2
"""In an error, whose trailers are short."""
Context = grpc.aio.ServicerContext[Any, Any]


class ActionServicer(rpc.ActionServiceServicer):
    """See the contract."""

    def __init__(self, store: ActionStore, runner: ActionRunner) -> None:
        self._store = store
        self._runner = runner

    def register(self, server: grpc.aio.Server) -> None:
        """Add this service to a server."""
        rpc.add_ActionServiceServicer_to_server(self, server)

    async def PutAction(self, request: pb.PutActionRequest, context: Context) -> pb.PutActionResponse:
        """See the contract."""
        principal = caller()
        stored = await self._store.put(principal.tenant, action_of(request.action), request.revision)
        self._runner.warm_up(principal)
        return pb.PutActionResponse(action=action_message(stored))

    async def GetAction(self, request: pb.GetActionRequest, context: Context) -> pb.GetActionResponse:
        """See the contract."""
        return pb.GetActionResponse(action=action_message(await self._store.get(caller().tenant, _id(request.name))))

    async def ListActions(self, request: pb.ListActionsRequest, context: Context) -> pb.ListActionsResponse:
        """See the contract."""
        return pb.ListActionsResponse(actions=map(action_message, await self._store.all(caller().tenant)))

    async def DeleteAction(self, request: pb.DeleteActionRequest, context: Context) -> pb.DeleteActionResponse:
        """See the contract."""
        await self._store.delete(caller().tenant, _id(request.name))
        return pb.DeleteActionResponse()

    async def TryAction(self, request: pb.TryActionRequest, context: Context) -> pb.TryActionResponse:
        """See the contract."""
        language = language_in(request.language)
        action = await self._store.get(caller().tenant, _id(request.name))
        customer = (
            Customer(request.customer, dict(request.claims), Verification.TOKEN, 0.0) if request.customer else None
        )
        principal = Principal(caller().tenant, caller().subject, frozenset({Scope.CHAT}), customer=customer)
        result = action.result if action.change is None else action.change.preview_result
        try:
            found = await self._runner.attempt(principal, action, dict(request.inputs), language)
        except ActionFailed as error:
            # By these a caller knows that no service of Kefu's is at fault.
            where = {"action": action.id}
            if not isinstance(error, NotSent):
                where["url"] = ((action.change and action.change.preview) or action.call).url
            why = misspelt(result, error.document)[:_MOST_WARNINGS] if isinstance(error, NotFitting) else []
            raise BackendUnavailable(" ".join((f"The action failed: {error}.", *why)), metadata=where) from error
        return pb.TryActionResponse(
            status=found.status,
            result=json.dumps(found.values, ensure_ascii=False),
            answer=found.said,
            cards=None if found.cards is None else cards_message(found.cards),
            warnings=misspelt(result, found.document),
        )


def _id(name: str) -> str:
    [action_id] = parse_name("name", name, "actions")
    return check_id("name", action_id)
