"""Turn start: a turn gets its session at once, or when the running answer is over, or is refused."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from kefu.common.customers import Customer
from kefu.common.errors import BackendUnavailable, SessionBusy
from kefu.router import metrics
from kefu.router.config import RouterConfig
from kefu.router.domain.experiment import Trial
from kefu.router.domain.turn import OnBusy, Turn
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.storage.turns import StartedTurn, TurnKey, TurnStore

_POLL_SECONDS = 0.1
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class TurnStart:
    """A turn that is about to start. `opens`: its session is new."""

    key: TurnKey
    subject: str
    turn: Turn
    request: TurnRequest
    opens: bool
    on_busy: OnBusy
    customer: Customer | None = None
    """Who the asker is, as verified."""
    trial: Trial | None = None
    """The part in an experiment of a session that is new."""

    async def acquire_session(
        self, turns: TurnStore, config: RouterConfig, supersede: Callable[[str], Awaitable[None]]
    ) -> StartedTurn:
        """Acquire the session, or go on without Redis when it is away and `config` allows that.

        `supersede` stops a running answer. Raises as `TurnStore.begin`, and SessionBusy when the running answer takes
        too long.
        """
        give_up_at = time.monotonic() + config.queue_seconds
        superseded: set[str] = set()
        first = True
        while True:
            try:
                result = await turns.begin(
                    self.key,
                    self.subject,
                    self.turn,
                    self.request,
                    opens=self.opens,
                    waits=self.on_busy is not OnBusy.REJECT,
                    first=first,
                    customer=self.customer,
                    trial=self.trial,
                )
            except BackendUnavailable as error:
                if config.without_redis == "refuse":
                    raise
                metrics.EPHEMERAL_TURNS.inc()
                _log.warning("turn.ephemeral", turn=self.key.turn_id, cause=error.message)
                return StartedTurn.without_redis()
            first = False
            if isinstance(result, StartedTurn):
                return result
            if self.on_busy is OnBusy.SUPERSEDE and result not in superseded:
                superseded.add(result)
                await supersede(result)
            if time.monotonic() > give_up_at:
                raise SessionBusy("The running answer took too long; send the message again.")
            await asyncio.sleep(_POLL_SECONDS)
