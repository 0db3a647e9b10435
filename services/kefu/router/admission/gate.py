"""Admission gate: applies the tenant's limits, then waits for a slot."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from kefu.common.auth import Principal
from kefu.common.errors import BackendUnavailable
from kefu.router.admission.scheduler import AdmissionScheduler, SlotRequest
from kefu.router.admission.tenant_limits import TenantLimits
from kefu.router.domain.turn import BrownOut
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.tenants.settings import EffectiveSettings

_BYTES_PER_TOKEN = 3


class AdmissionGate:
    """The one way to a slot. `prompt_tokens` estimates what a prompt holds besides the question."""

    def __init__(self, limits: TenantLimits, scheduler: AdmissionScheduler, *, prompt_tokens: int) -> None:
        self._limits = limits
        self._scheduler = scheduler
        self._prompt_tokens = prompt_tokens

    @asynccontextmanager
    async def admit(
        self,
        principal: Principal,
        request: TurnRequest,
        turn_id: str,
        settings: EffectiveSettings,
        first_text_seconds: Callable[[], float | None],
    ) -> AsyncIterator[BrownOut]:
        """Admit a turn while the block runs, and yield the brown-out level of its answer.

        `first_text_seconds` is called at the end: seconds from the turn's arrival to its first text, None without one.
        Raises TenantLimit or Overloaded, and BackendUnavailable as `TenantLimits.enter` does. A question that passes
        its tenant's limits and is then refused by the queue counts towards those limits.
        """
        size = len(request.text.encode())
        reasoning_tokens = request.reasoning_tokens if request.thinks else 0
        answer_tokens = request.max_tokens or settings.max_answer_tokens
        slot_request = SlotRequest(
            tenant=principal.tenant,
            priority=principal.priority,
            weight=settings.weight,
            cost=self._prompt_tokens + size / _BYTES_PER_TOKEN + answer_tokens + reasoning_tokens,
            size=size,
            deadline=request.deadline,
        )
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._leave, principal.tenant, turn_id)
            turn_seconds = self._scheduler.drain_rate.mean_seconds
            await self._limits.enter(principal.tenant, turn_id, settings, turn_seconds=turn_seconds)
            level = await stack.enter_async_context(self._scheduler.slot(slot_request))
            admitted = time.monotonic()
            try:
                yield level
            finally:
                seconds = first_text_seconds()
                if seconds is not None and level < BrownOut.WITHOUT_MODEL:
                    self._scheduler.drain_rate.record_first_text(max(request.arrived + seconds - admitted, 0.0))

    async def _leave(self, tenant: str, turn_id: str) -> None:
        with suppress(BackendUnavailable):  # the lease expires by itself
            await self._limits.leave(tenant, turn_id)
