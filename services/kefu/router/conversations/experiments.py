"""What experiments mean for turns: a new conversation's part in one, and what a message is answered over."""

from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from kefu.common.auth import Principal
from kefu.common.customers import customer_subject
from kefu.common.errors import BackendUnavailable, ServiceError, StagedSettingsNotFound
from kefu.router.domain.experiment import Arm, Trial
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.replicas.draft_client import DraftClient
from kefu.router.tenants.running_experiment import EndedExperiment, Ending, Experiment
from kefu.router.tenants.settings import EffectiveSettings
from kefu.router.tenants.staged_settings import StagedSettingsStore

_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class Drawn:
    """What a message is answered over."""

    request: TurnRequest
    settings: EffectiveSettings
    arm: Arm | None
    """None: its conversation is part of no experiment."""
    fell_back: bool = False
    """What the experiment tries is gone or cannot be read, and the answer is over live."""


class RunningExperiments(Protocol):
    """Which experiments run."""

    async def running(self, tenant: str) -> Experiment | None:
        """The one that runs, as it was a moment ago. None: none does, or that cannot be told."""
        ...

    async def get(self, tenant: str, experiment_id: str) -> EndedExperiment:
        """One of the last. Raises ExperimentNotFound."""
        ...

    async def stop(self, tenant: str, experiment_id: str, ending: Ending) -> bool:
        """Stop one. False when it did not run."""
        ...


class Experiments:
    """The experiments of all tenants, as turns see them."""

    def __init__(self, store: RunningExperiments, drafts: DraftClient, staged: StagedSettingsStore) -> None:
        self._store = store
        self._drafts = drafts
        self._staged = staged

    async def trial(self, principal: Principal, session_id: str, request: TurnRequest) -> Trial | None:
        """The part of a conversation that is opened now. None for one that does not search what is tried."""
        experiment = await self._store.running(principal.tenant)
        is_tried = bool(request.draft or request.staged_settings)
        if experiment is None or is_tried or not _searches(principal, request, experiment):
            return None
        customer = principal.customer
        person = request.user if customer is None else customer_subject(principal.tenant, customer.sub)
        return experiment.trial(session_id, person)

    async def drawn(self, tenant: str, request: TurnRequest, trial: Trial | None, in_force: EffectiveSettings) -> Drawn:
        """What a message is answered over: what its caller names, else what its conversation has drawn, else live.

        Raises StagedSettingsNotFound where the caller names settings that are not staged, and BackendUnavailable where
        it names some that cannot be read.
        """
        if request.draft or request.staged_settings:
            settings = await self._settings(tenant, request.staged_settings, in_force)
            if settings is None:
                raise StagedSettingsNotFound("There are no such staged settings; list the staged settings.")
            return Drawn(request, settings, None)
        if trial is None:
            return Drawn(request, in_force, None)
        experiment = await self._store.running(tenant) if trial.arm is Arm.DRAFT else None
        if experiment is None or experiment.id != trial.experiment:
            return Drawn(request, in_force, Arm.LIVE)  # it has drawn that, or its experiment has ended
        named = request.collections
        if named and experiment.draft and experiment.collection not in named:
            return Drawn(request, in_force, Arm.LIVE)  # this message is about something else
        try:
            settings = await self._settings(tenant, experiment.staged_settings, in_force)
        except BackendUnavailable:
            settings = None
        if settings is None:
            return Drawn(request, in_force, Arm.LIVE, fell_back=True)
        return Drawn(replace(request, draft=experiment.draft), settings, Arm.DRAFT)

    async def end_without_draft(self, principal: Principal, trial: Trial) -> None:
        """End an experiment of which a turn did not find what is tried, if that is gone on every replica."""
        tenant = principal.tenant
        try:
            experiment = (await self._store.get(tenant, trial.experiment)).experiment
            has_draft = not experiment.draft or await self._drafts.is_open(principal, experiment.draft)
            if has_draft and await self._is_staged(tenant, experiment.staged_settings):
                return  # a replica has not loaded it yet
            await self._store.stop(tenant, experiment.id, Ending.DRAFT_GONE)
        except ServiceError as error:  # the next turn of this arm tries again
            _log.warning("experiment.not_ended", experiment=trial.experiment, cause=error.message)

    async def _settings(self, tenant: str, staged_id: str, in_force: EffectiveSettings) -> EffectiveSettings | None:
        return await self._staged.effective(tenant, staged_id) if staged_id else in_force

    async def _is_staged(self, tenant: str, staged_id: str) -> bool:
        try:
            if staged_id:
                await self._staged.get(tenant, staged_id)
        except StagedSettingsNotFound:
            return False
        return True


def _searches(principal: Principal, request: TurnRequest, experiment: Experiment) -> bool:
    """Whether a conversation searches the draft's collection. Settings are for every one."""
    collection = experiment.collection
    if not collection:
        return True
    is_permitted = principal.collections is None or collection in principal.collections
    return is_permitted and (not request.collections or collection in request.collections)
