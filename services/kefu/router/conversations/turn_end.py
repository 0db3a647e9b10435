"""How a turn ends: what is told, what is stored, and what becomes of it while Redis is away."""

import asyncio
import random
import time
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

import structlog

from kefu.common.errors import BackendUnavailable, StorageFull
from kefu.router import metrics
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.domain.session import SessionState
from kefu.router.domain.turn import AnswerSource, Completed, Timings, Turn, TurnState
from kefu.router.storage.turns import TurnKey, TurnStore

STORE_SECONDS = 60.0
"""A turn that Redis does not take is offered to it for so long."""
_LONGEST_PAUSE_SECONDS = 2.0
_log = structlog.stdlib.get_logger()


class End(Enum):
    """Why a turn ends before its answer is whole."""

    STOPPED = auto()
    SUPERSEDED = auto()
    INTERRUPTED = auto()
    ABANDONED = auto()
    DELETED = auto()
    LOST = auto()
    HANDED_ON = auto()


def completed_of(outcome: AnswerOutcome, draft: AnswerDraft, queue_seconds: float | None) -> Completed:
    """What readers are told last. `queue_seconds`: how long the turn waited to be admitted; None: it was not."""
    told = draft.log.text_bytes if outcome.handoff is None else len(outcome.handoff.message.encode())
    return Completed(
        finish_reason=outcome.finish,
        source=outcome.source if told else AnswerSource.NONE,
        citations=outcome.citations,
        usage=outcome.usage,
        timings=Timings(
            queue=queue_seconds,
            search=outcome.basis.search_seconds,
            first_text=draft.first_text_seconds,
            total=time.monotonic() - draft.arrived,
        ),
        text_bytes=told,
        model=outcome.model if outcome.source in (AnswerSource.GENERATED, AnswerSource.CACHED) else "",
        brown_out=outcome.basis.brown_out,
        supports=outcome.supports,
        choices=outcome.choices,
        cards=outcome.cards,
    )


@dataclass(frozen=True)
class TurnEnding:
    """A turn that has ended, to be stored."""

    key: TurnKey
    subject: str
    user: str
    turn: Turn
    state: TurnState
    fence: int
    replica: str

    async def store(self, turns: TurnStore) -> Literal["stored", "gone", "lost", "never"]:
        """Store it, as soon as Redis takes it; "never" after `STORE_SECONDS`, which is counted and logged."""
        give_up = time.monotonic() + STORE_SECONDS
        pause = 0.3
        while True:
            try:
                return await turns.finish(
                    self.key,
                    self.subject,
                    self.user,
                    self.turn,
                    self.state,
                    self.fence,
                    session_state=SessionState.WAITING if self.turn.handoff is not None else None,
                    replica=self.replica,
                )
            except (BackendUnavailable, StorageFull) as error:
                if time.monotonic() > give_up:
                    metrics.TURNS_NOT_STORED.inc()
                    _log.error("turn.not_stored", turn=self.key.turn_id, state=self.state, cause=error.message)
                    return "never"
                # Spread, and ever longer: thousands may wait for a Redis that has just come back.
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311
                pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
