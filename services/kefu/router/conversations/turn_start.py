"""How a turn begins: it gets the session, at once or when the running answer is over, or it is refused."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from kefu.common.errors import BackendUnavailable, SessionBusy
from kefu.router import metrics
from kefu.router.config import RouterConfig
from kefu.router.domain.turn import OnBusy, Turn
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.storage.turns import StartedTurn, TurnKey, TurnStore

_POLL_SECONDS = 0.1
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class Beginning:
    """A turn that wants its session. `opens`: the session is new."""

    key: TurnKey
    subject: str
    turn: Turn
    ask: TurnRequest
    opens: bool
    on_busy: OnBusy

    async def session(
        self, turns: TurnStore, config: RouterConfig, supersede: Callable[[str], Awaitable[None]]
    ) -> StartedTurn:
        """Take it, or go on without when Redis is away and `config` says so; `supersede` stops a running answer.

        Raises as `TurnStore.begin`, and SessionBusy when the running answer takes too long.
        """
        give_up = time.monotonic() + config.queue_seconds
        superseded: set[str] = set()
        first = True
        while True:
            try:
                begun = await turns.begin(
                    self.key,
                    self.subject,
                    self.turn,
                    self.ask,
                    opens=self.opens,
                    waits=self.on_busy is not OnBusy.REJECT,
                    first=first,
                )
            except BackendUnavailable as error:
                if config.without_redis == "refuse":
                    raise
                metrics.EPHEMERAL_TURNS.inc()
                _log.warning("turn.ephemeral", turn=self.key.turn_id, cause=error.message)
                return StartedTurn.without_redis()
            first = False
            if isinstance(begun, StartedTurn):
                return begun
            if self.on_busy is OnBusy.SUPERSEDE and begun not in superseded:
                superseded.add(begun)
                await supersede(begun)
            if time.monotonic() > give_up:
                raise SessionBusy("The running answer took too long; send the message again.")
            await asyncio.sleep(_POLL_SECONDS)
