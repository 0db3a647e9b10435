"""What a turn passes before it begins: its tenant's limits, then the line for a place."""

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

_BYTES_A_TOKEN = 3


class AdmissionGate:
    """The one way to a place. `prompt_tokens` is what a prompt has besides the question, about."""

    def __init__(self, limits: TenantLimits, admission: AdmissionScheduler, *, prompt_tokens: int) -> None:
        self._limits = limits
        self._admission = admission
        self._prompt_tokens = prompt_tokens

    @asynccontextmanager
    async def admit(
        self,
        principal: Principal,
        ask: TurnRequest,
        turn_id: str,
        rules: EffectiveSettings,
        first_text_seconds: Callable[[], float | None],
    ) -> AsyncIterator[BrownOut]:
        """Let a turn through while the block runs, and say what its answer has to do without.

        `first_text_seconds` says, at the end, how long after its arrival the turn had text; None: it had none.
        Raises TenantLimit or Overloaded, and BackendUnavailable as `TenantLimits.enter` does. A question that is let
        in by its tenant's limits and then refused by the line counts as asked.
        """
        size = len(ask.text.encode())
        thinking = ask.reasoning_tokens if ask.thinks else 0
        claim = SlotRequest(
            tenant=principal.tenant,
            priority=principal.priority,
            weight=rules.weight,
            cost=self._prompt_tokens + size / _BYTES_A_TOKEN + (ask.max_tokens or rules.max_answer_tokens) + thinking,
            size=size,
            deadline=ask.deadline,
        )
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._leave, principal.tenant, turn_id)
            turn_seconds = self._admission.drain.mean_seconds
            await self._limits.enter(principal.tenant, turn_id, rules, turn_seconds=turn_seconds)
            rung = await stack.enter_async_context(self._admission.slot(claim))
            admitted = time.monotonic()
            try:
                yield rung
            finally:
                seconds = first_text_seconds()
                if seconds is not None and rung < BrownOut.WITHOUT_MODEL:
                    self._admission.drain.answered(max(ask.arrived + seconds - admitted, 0.0))

    async def _leave(self, tenant: str, turn_id: str) -> None:
        with suppress(BackendUnavailable):  # the lease runs out by itself
            await self._limits.leave(tenant, turn_id)
