"""What experiments mean for turns: a new conversation's part in one, and what a message is answered over."""

from dataclasses import replace

import structlog

from kefu.common.auth import Principal
from kefu.common.customers import customer_subject
from kefu.common.errors import ServiceError
from kefu.router.domain.experiment import Arm, Trial
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.insight.experiments.experiment import Ending, Experiment
from kefu.router.insight.experiments.store import ExperimentStore
from kefu.router.replicas.draft_client import DraftClient

_log = structlog.stdlib.get_logger()


class Experiments:
    """The experiments of all tenants, as turns see them."""

    def __init__(self, store: ExperimentStore, drafts: DraftClient) -> None:
        self._store = store
        self._drafts = drafts

    async def trial(self, principal: Principal, session_id: str, request: TurnRequest) -> Trial | None:
        """The part of a conversation that is opened now. None for one that does not search what is tried."""
        experiment = await self._store.running(principal.tenant)
        if experiment is None or request.draft or not _searches(principal, request, experiment):
            return None
        customer = principal.customer
        person = request.user if customer is None else customer_subject(principal.tenant, customer.sub)
        return experiment.trial(session_id, person)

    async def drawn(self, tenant: str, request: TurnRequest, trial: Trial | None) -> tuple[TurnRequest, Arm | None]:
        """The request with the draft that its conversation has drawn, and what it is answered over."""
        if trial is None or request.draft:
            return request, None
        if trial.arm is Arm.LIVE:
            return request, Arm.LIVE
        experiment = await self._store.running(tenant)
        if experiment is None or experiment.id != trial.experiment:
            return request, Arm.LIVE  # it has ended
        named = request.collections
        if named and experiment.collection not in named:
            return request, Arm.LIVE  # this message is about something else
        return replace(request, draft=experiment.draft), Arm.DRAFT

    async def end_without_draft(self, principal: Principal, trial: Trial) -> None:
        """End an experiment whose draft a turn did not find, if it is gone on every replica."""
        tenant = principal.tenant
        try:
            experiment = (await self._store.get(tenant, trial.experiment)).experiment
            if await self._drafts.is_open(principal, experiment.draft):
                return  # a replica has not loaded it yet
            await self._store.stop(tenant, experiment.id, Ending.DRAFT_GONE)
        except ServiceError as error:  # the next turn of this arm tries again
            _log.warning("experiment.not_ended", experiment=trial.experiment, cause=error.message)


def _searches(principal: Principal, request: TurnRequest, experiment: Experiment) -> bool:
    collection = experiment.collection
    is_permitted = principal.collections is None or collection in principal.collections
    return is_permitted and (not request.collections or collection in request.collections)
