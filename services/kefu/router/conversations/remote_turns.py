"""Remote turns: turns that run on other routers, followed in Redis for readers here."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import BackendUnavailable
from kefu.common.redis.client import REDIS_FAILURES
from kefu.router.storage.turns import TurnKey, TurnProgress, TurnStore
from kefu.router.turn_stream.event_log import TurnEventLog
from kefu.router.turn_stream.turn_events import PassagesFound, Started, TurnEvent

_POLL_SECONDS = 0.3
_NOTIFY_EVERY = 3  # polls: the router that runs a turn learns that the turn is read
_BATCH_SIZE = 128
_MAX_MISSED_POLLS = 30  # polls in a row that Redis did not answer
_log = structlog.stdlib.get_logger()


class TurnNotRunning(Exception):
    """The turn has ended, or its router died: what is stored tells which."""


@dataclass(eq=False)
class _FollowedTurn:
    key: TurnKey
    log: TurnEventLog = field(default_factory=TurnEventLog)
    readers: int = 0
    has_passages: bool = False
    rewritten_from: int | None = None

    def update(self, look: TurnProgress) -> None:
        """Apply what a poll read."""
        if not look.owner:
            self.log.fail(TurnNotRunning())
            return
        if (about := look.context) is not None:
            if not self.log.has_started:
                self.log.start(Started(self.key.session_id, self.key.turn_id, about.language))
            if about.searched and not self.has_passages:
                self.log.add_passages(PassagesFound(about.passages, about.query))
            self.has_passages = about.searched or look.length > 0
        if look.rewritten_from is not None and look.rewritten_from != self.rewritten_from:
            self.rewritten_from = look.rewritten_from
            if look.rewritten_from < self.log.text_bytes:
                self.log.fail(BackendUnavailable("The answer was begun anew; resume the turn from where you are."))
                return
            self.log.rewrite(look.rewritten_from)
        if self.has_passages:
            self.log.add_text(look.new_text)


class RemoteTurns:
    """Polls Redis for all remote turns that are read at this router; see `open_remote_turns`."""

    def __init__(self, turns: TurnStore) -> None:
        self._turns = turns
        self._followed: dict[str, _FollowedTurn] = {}

    async def read(self, key: TurnKey, offset: int) -> AsyncGenerator[TurnEvent, None]:
        """A turn's events from byte `offset` on, as they come to be stored, without reasoning and without an end.

        Raises TurnNotRunning when there is no more to follow. Raises BackendUnavailable when the text was begun anew,
        so that offsets have changed, or when Redis does not answer for long.
        """
        followed = self._followed.get(key.turn_id)
        if followed is None or followed.log.has_ended:
            followed = self._followed[key.turn_id] = _FollowedTurn(key)
        followed.readers += 1
        try:
            async for event in followed.log.read(offset, replayed=True, awaits_offset=True):
                yield event
        finally:
            followed.readers -= 1
            if not followed.readers and self._followed.get(key.turn_id) is followed:
                del self._followed[key.turn_id]

    async def poll(self) -> None:
        """Poll all followed turns until cancelled."""
        count = missed = 0
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            count += 1
            every = list(self._followed.values())
            try:
                for start in range(0, len(every), _BATCH_SIZE):
                    batch = [followed for followed in every[start : start + _BATCH_SIZE] if not followed.log.has_ended]
                    notifies = count % _NOTIFY_EVERY == 0
                    asked = [
                        (followed.key, followed.log.text_bytes, followed.has_passages, notifies) for followed in batch
                    ]
                    for followed, look in zip(batch, await self._turns.progress_of(asked), strict=True):
                        followed.update(look)
                missed = 0
            except REDIS_FAILURES as error:
                missed += 1
                if missed == 1:
                    _log.warning("following.missed", turns=len(every), cause=str(error))
                if missed >= _MAX_MISSED_POLLS:
                    for followed in every:
                        if not followed.log.has_ended:
                            followed.log.fail(BackendUnavailable("Where this turn runs is not known; resume it."))


@asynccontextmanager
async def open_remote_turns(turns: TurnStore) -> AsyncIterator[RemoteTurns]:
    """Remote turns, polled while the block runs."""
    remote_turns = RemoteTurns(turns)
    polling = asyncio.create_task(remote_turns.poll(), name="follow turns")
    try:
        yield remote_turns
    finally:
        await cancel_and_wait(polling)
