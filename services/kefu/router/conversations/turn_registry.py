"""Turn registry: all live turns of this router, and the way to turns that run, or ran, on others."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from kefu.common.aio import cancel_and_wait
from kefu.common.auth import Principal
from kefu.common.errors import BackendUnavailable, TurnNotFound
from kefu.router.conversations.live_turn import LiveTurn, TurnServices
from kefu.router.conversations.remote_turns import RemoteTurns, TurnNotRunning
from kefu.router.domain.turn import FinishReason, Turn, TurnRecord, TurnState
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.storage.turns import TurnKey, TurnProgress
from kefu.router.turn_stream.replay import replay
from kefu.router.turn_stream.turn_events import PassagesFound, Started, Text, TurnEvent

_POLL_SECONDS = 0.15
_CLOSE_SECONDS = 3.0


class _JoinedStream:
    """Joins several event sources into one stream for a reader.

    Each source replays from the start; events that the reader already has are dropped. `offset`: the bytes of the
    answer that the reader has.
    """

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self._seen: set[type[TurnEvent]] = set()

    def is_new(self, event: TurnEvent) -> bool:
        """Whether the reader lacks the event. Raises BackendUnavailable when it contradicts what the reader has."""
        kind = type(event)
        match event:
            case Started() | PassagesFound() if kind in self._seen:
                return False
            case Text():
                # Only the first delta of a stream may begin below the reader's offset.
                if kind in self._seen and event.offset != self.offset:
                    raise BackendUnavailable("The answer was begun anew; resume the turn from where you are.")
                self.offset = event.offset + len(event.text.encode())
            case _:
                pass
        self._seen.add(kind)
        return True


class TurnRegistry:
    """Starts, finds, joins and stops turns."""

    def __init__(self, services: TurnServices, remote_turns: RemoteTurns) -> None:
        self._services = services
        self._remote_turns = remote_turns
        self._live: dict[str, LiveTurn] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def close(self) -> None:
        """End the turns that still run; another router goes on with those that are resumed there."""
        for turn in self._live.values():
            turn.hand_on()
        tasks = list(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_CLOSE_SECONDS)
            for task in late:
                await cancel_and_wait(task)

    def launch(
        self,
        principal: Principal,
        request: TurnRequest,
        key: TurnKey,
        *,
        opens: bool,
        rewritten_from: int | None = None,
    ) -> LiveTurn:
        """Run a turn here; see LiveTurn. The caller makes sure that no other router runs it."""

        async def supersede(other: str) -> None:
            await self.stop(TurnKey(key.tenant, key.session_id, other), superseded=True)

        live = LiveTurn(
            self._services, principal, request, key, opens=opens, supersede=supersede, rewritten_from=rewritten_from
        )
        task = asyncio.create_task(live.run(), name=f"turn {key.turn_id}")
        self._live[key.turn_id], self._tasks[key.turn_id] = live, task

        def ended(_: asyncio.Task[None]) -> None:
            del self._live[key.turn_id], self._tasks[key.turn_id]

        task.add_done_callback(ended)
        return live

    def ephemeral(self, principal: Principal, key: TurnKey) -> LiveTurn | None:
        """A live turn of this router that Redis does not know, if it belongs to the principal."""
        live = self._live.get(key.turn_id)
        own = live is not None and live.key == key and live.principal.subject == principal.subject
        return live if live is not None and own and live.ephemeral else None

    async def stop(self, key: TurnKey, *, superseded: bool = False) -> None:
        """Ask a turn to end, on whichever router it runs."""
        if live := self._live.get(key.turn_id):
            live.stop(superseded=superseded)
        else:
            await self._services.turns.request_stop(key, supersede=superseded)

    def delete(self, tenant: str, session_id: str) -> None:
        """End the live turns of a session that is being deleted."""
        for live in list(self._live.values()):
            if (live.key.tenant, live.key.session_id) == (tenant, session_id):
                live.delete()

    async def join(
        self, principal: Principal, key: TurnKey, offset: int = 0, *, request: TurnRequest | None, opens: bool = False
    ) -> AsyncGenerator[TurnEvent, None]:
        """The events of a turn that was begun on any router. When its router died, the turn is run here.

        With `request` the message was sent again, and an answer that failed or was interrupted is run again too.
        Without it the turn is resumed. Raises TurnNotFound or BackendUnavailable when it cannot be.
        """
        stream = _JoinedStream(offset)
        shows_reasoning = request is not None and request.shows_reasoning
        while True:
            await self._wait_for_lost_turn(key.turn_id)
            if live := self._live.get(key.turn_id):
                resumable = request is not None and request.resumable
                events = live.read(stream.offset, replayed=True, reasoning=shows_reasoning, resumable=resumable)
                async with aclosing(events):
                    async for event in events:
                        if stream.is_new(event):
                            yield event
                return
            look = await self._services.turns.progress(key, follows=True)
            if request is None and look.subject != principal.subject:
                raise TurnNotFound("There is no such turn; list the session's turns.")
            if look.owner:
                try:
                    async with aclosing(self._remote_turns.read(key, stream.offset)) as events:
                        async for event in events:
                            if stream.is_new(event):
                                yield event
                except TurnNotRunning:
                    continue
            if done := _finished(look.record, interrupted=request is None):
                for event in replay(key.session_id, done, stream.offset):
                    if stream.is_new(event):
                        yield event
                return
            message = request if request is not None else _message(look)
            if not await self._services.turns.take_ownership(key):
                await asyncio.sleep(_POLL_SECONDS)
                continue
            # The former owner may have finished meanwhile: then the turn must not run twice.
            if await self._has_changed(key, look.record):
                await self._services.turns.discard(key)
                continue
            again = look.record is not None and (request is None or look.length > 0)
            live = self.launch(principal, message, key, opens=opens, rewritten_from=look.length if again else None)
            events = live.read(stream.offset, replayed=again, reasoning=message.shows_reasoning)
            async with aclosing(events):
                async for event in events:
                    if stream.is_new(event):
                        yield event
            return

    async def _has_changed(self, key: TurnKey, record: TurnRecord | None) -> bool:
        try:
            now = await self._services.store.turn(key.tenant, key.session_id, key.turn_id)
        except TurnNotFound:
            return record is not None
        return record is None or record.state is not now.state

    async def _wait_for_lost_turn(self, turn_id: str) -> None:
        """Wait for the end of a turn that was broken off, so that it may run again."""
        live, task = self._live.get(turn_id), self._tasks.get(turn_id)
        if live is not None and live.is_lost and task is not None:
            await asyncio.wait({task}, timeout=_CLOSE_SECONDS)
            if not task.done():
                raise BackendUnavailable("This turn failed and cannot be stored now; send the message again.")


def _finished(record: TurnRecord | None, *, interrupted: bool) -> Turn | None:
    # A customer who sends a message again gets a whole answer instead of an interrupted one.
    if record is None or record.state is not TurnState.FINISHED or record.turn.completed is None:
        return None
    if record.turn.completed.finish_reason is FinishReason.INTERRUPTED and not interrupted:
        return None
    return record.turn


def _message(look: TurnProgress) -> TurnRequest:
    if look.record is None:
        raise TurnNotFound("There is no such turn; list the session's turns.")
    if look.record.state is not TurnState.RUNNING or look.request is None:
        raise BackendUnavailable("This turn failed; send the message again with its request_id.")
    return look.request
