"""ProcedureService: proto in, proto out."""

from collections.abc import Mapping, Sequence
from typing import Any

import grpc.aio

from kefu.common.audit.entry import actor_of
from kefu.common.auth import caller
from kefu.common.errors import BadRequest
from kefu.common.resource_names import check_id, parse_name
from kefu.office.messages.procedures import finding_message, flow_messages, procedure_message, simulation_message
from kefu.office.simulation.simulator import simulate
from kefu.router.actions.action import Action
from kefu.router.actions.action_runner import ActionRunner
from kefu.router.actions.action_store import ActionStore
from kefu.router.actions.procedures.compiler import check, compiled, page_of
from kefu.router.actions.procedures.procedure_store import ProcedureStore, StoredPage
from kefu.router.api.requests import language_in
from kefu.router.tenants.settings import SettingsStore
from kefu.router.v1 import procedure_pb2 as pb
from kefu.router.v1 import procedure_pb2_grpc as rpc

SERVICE = "kefu.router.v1.ProcedureService"
Context = grpc.aio.ServicerContext[Any, Any]


class ProcedureServicer(rpc.ProcedureServiceServicer):
    """See the contract."""

    def __init__(
        self, store: ProcedureStore, actions: ActionStore, settings: SettingsStore, runner: ActionRunner
    ) -> None:
        self._store = store
        self._actions = actions
        self._settings = settings
        self._runner = runner

    def register(self, server: grpc.aio.Server) -> None:
        """Add this service to a server."""
        rpc.add_ProcedureServiceServicer_to_server(self, server)

    async def CheckProcedure(self, request: pb.CheckProcedureRequest, context: Context) -> pb.CheckProcedureResponse:
        """See the contract."""
        findings = check(request.page, await self._known())
        return pb.CheckProcedureResponse(
            findings=map(finding_message, findings), flow=flow_messages(page_of(request.page).steps)
        )

    async def SimulateProcedure(
        self, request: pb.SimulateProcedureRequest, context: Context
    ) -> pb.SimulateProcedureResponse:
        """See the contract."""
        tenant, language = caller().tenant, language_in(request.language)
        actions = await self._known()
        self._refuse_errors("page", request.page, actions)
        procedure = compiled("simulated", request.page, actions)
        return simulation_message(await simulate(procedure, actions, await self._settings.effective(tenant), language))

    async def PutProcedure(self, request: pb.PutProcedureRequest, context: Context) -> pb.PutProcedureResponse:
        """See the contract."""
        principal = caller()
        given = request.procedure
        procedure_id = _id("procedure.name", given.name)
        self._refuse_errors("procedure.page", given.page, await self._known())
        page = StoredPage(procedure_id, given.page, actor_of(principal.tenant, principal.subject))
        stored = await self._store.put(principal.tenant, page, request.revision)
        self._runner.warm_up(principal)
        return pb.PutProcedureResponse(procedure=(await self._messages([stored]))[0])

    async def GetProcedure(self, request: pb.GetProcedureRequest, context: Context) -> pb.GetProcedureResponse:
        """See the contract."""
        stored = await self._store.get(caller().tenant, _id("name", request.name), request.revision)
        return pb.GetProcedureResponse(procedure=(await self._messages([stored]))[0])

    async def ListProcedures(self, request: pb.ListProceduresRequest, context: Context) -> pb.ListProceduresResponse:
        """See the contract."""
        stored = await self._store.all(caller().tenant)
        return pb.ListProceduresResponse(procedures=await self._messages(stored))

    async def ListProcedureRevisions(
        self, request: pb.ListProcedureRevisionsRequest, context: Context
    ) -> pb.ListProcedureRevisionsResponse:
        """See the contract."""
        stored = await self._store.revisions(caller().tenant, _id("name", request.name))
        return pb.ListProcedureRevisionsResponse(procedures=await self._messages(stored))

    async def DeleteProcedure(self, request: pb.DeleteProcedureRequest, context: Context) -> pb.DeleteProcedureResponse:
        """See the contract."""
        await self._store.delete(caller().tenant, _id("name", request.name))
        return pb.DeleteProcedureResponse()

    @staticmethod
    def _refuse_errors(field: str, page: str, actions: Mapping[str, Action]) -> None:
        wrong = [each for each in check(page, actions) if each.is_error]
        if wrong:
            more = f" ({len(wrong) - 1} more: kefu procedures check)" if len(wrong) > 1 else ""
            raise BadRequest(field, f"line {wrong[0].line}: {wrong[0].text}{more}")

    async def _known(self) -> dict[str, Action]:
        return {each.id: each for each in await self._actions.all(caller().tenant)}

    async def _messages(self, stored: Sequence[StoredPage]) -> list[pb.Procedure]:
        actions = await self._known()
        return [procedure_message(each, page_of(each.page), check(each.page, actions)) for each in stored]


def _id(field: str, name: str) -> str:
    [procedure_id] = parse_name(field, name, "procedures")
    return check_id(field, procedure_id)
