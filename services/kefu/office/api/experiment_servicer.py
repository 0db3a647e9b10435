"""ExperimentService: proto in, proto out."""

import asyncio
from functools import partial
from typing import Any

import grpc.aio

from kefu.common.audit.entry import actor_of
from kefu.common.auth import Principal, Scope, caller, require
from kefu.common.errors import DraftNotFound, ExperimentNotFound
from kefu.common.resource_names import parse_name
from kefu.office.api.settings_rights import check_may_change
from kefu.office.experiments.experiment_report import experiment_report
from kefu.office.experiments.experiment_store import ExperimentStore
from kefu.office.messages.experiments import experiment_message, experiment_of
from kefu.router.replicas.draft_client import DraftClient
from kefu.router.tenants.running_experiment import EndedExperiment, Ending
from kefu.router.tenants.staged_settings import StagedSettingsStore
from kefu.router.v1 import experiment_pb2 as pb
from kefu.router.v1 import experiment_pb2_grpc as rpc

SERVICE = "kefu.router.v1.ExperimentService"
Context = grpc.aio.ServicerContext[Any, Any]


class ExperimentServicer(rpc.ExperimentServiceServicer):
    """See the contract."""

    def __init__(self, store: ExperimentStore, drafts: DraftClient, staged: StagedSettingsStore) -> None:
        self._store = store
        self._drafts = drafts
        self._staged = staged

    def register(self, server: grpc.aio.Server) -> None:
        """Add this service to a server."""
        rpc.add_ExperimentServiceServicer_to_server(self, server)

    async def StartExperiment(self, request: pb.StartExperimentRequest, context: Context) -> pb.StartExperimentResponse:
        """See the contract."""
        principal = caller()
        experiment = experiment_of(request.experiment, actor_of(principal.tenant, principal.subject))
        if experiment.staged_settings:
            check = partial(check_may_change, principal)
            await self._staged.check_usable(principal.tenant, experiment.staged_settings, check)
        if experiment.draft and not await self._drafts.is_open(principal, experiment.draft):
            raise DraftNotFound("There is no such draft, or it was promoted or discarded; list the drafts.")
        await self._store.start(principal.tenant, experiment)
        return pb.StartExperimentResponse(experiment=await _message(EndedExperiment(experiment, {})))

    async def GetExperiment(self, request: pb.GetExperimentRequest, context: Context) -> pb.GetExperimentResponse:
        """See the contract."""
        await self._store.count_ended(caller().tenant)
        return pb.GetExperimentResponse(experiment=await _message(await self._named(request.name)))

    async def ListExperiments(self, request: pb.ListExperimentsRequest, context: Context) -> pb.ListExperimentsResponse:
        """See the contract."""
        await self._store.count_ended(caller().tenant)
        found = await self._store.last(caller().tenant)
        return pb.ListExperimentsResponse(experiments=[await _message(one) for one in found])

    async def StopExperiment(self, request: pb.StopExperimentRequest, context: Context) -> pb.StopExperimentResponse:
        """See the contract."""
        return pb.StopExperimentResponse(experiment=await self._end(request.name, Ending.STOPPED))

    async def PromoteExperiment(
        self, request: pb.PromoteExperimentRequest, context: Context
    ) -> pb.PromoteExperimentResponse:
        """See the contract."""
        principal, experiment = caller(), (await self._named(request.name)).experiment
        check = partial(check_may_change, principal)
        if experiment.staged_settings:
            await self._staged.check_promotable(principal.tenant, experiment.staged_settings, check)
        if experiment.draft:
            require(principal, Scope.KNOWLEDGE)
            await self._promote_draft(principal, experiment.draft)
        if experiment.staged_settings:
            author = actor_of(principal.tenant, principal.subject)
            await self._staged.promote(principal.tenant, experiment.staged_settings, author, check)
        return pb.PromoteExperimentResponse(experiment=await self._end(request.name, Ending.PROMOTED))

    async def _promote_draft(self, principal: Principal, draft: str) -> None:
        """Make a draft live, unless it is: a call before this one may have done so and not come to its end."""
        try:
            await self._drafts.promote(principal, draft)
        except DraftNotFound:
            if not await self._drafts.is_live(principal, draft):
                raise

    async def _end(self, name: str, ending: Ending) -> pb.Experiment:
        principal = caller()
        found = await self._named(name)
        author = actor_of(principal.tenant, principal.subject)
        await self._store.stop(principal.tenant, found.experiment.id, ending, author)
        return await _message(await self._store.get(principal.tenant, found.experiment.id))

    async def _named(self, name: str) -> EndedExperiment:
        [experiment_id] = parse_name("name", name, "experiments")
        if experiment_id != "-":
            return await self._store.get(caller().tenant, experiment_id)
        latest = await self._store.last(caller().tenant)
        if not latest:
            raise ExperimentNotFound("There is no experiment yet; start one.")
        return latest[0]


async def _message(of: EndedExperiment) -> pb.Experiment:
    """An experiment with its figures, which are counted beside what else this router does."""
    return experiment_message(of, await asyncio.to_thread(experiment_report, of))
