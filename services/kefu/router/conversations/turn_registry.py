"""All turns that run on this router, and the way to those that run, or ran, on others."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from kefu.common.aio import cancel_and_wait
from kefu.common.auth import Principal
from kefu.common.errors import BackendUnavailable, TurnNotFound
from kefu.router.conversations.live_turn import LiveTurn, TurnServices
from kefu.router.conversations.remote_turns import NobodyRuns, RemoteTurns
from kefu.router.domain.turn import FinishReason, Turn, TurnRecord, TurnState
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.storage.turns import Look, TurnKey
from kefu.router.turn_stream.events import Event, PassagesFound, Started, Text
from kefu.router.turn_stream.replay import replayed

_POLL_SECONDS = 0.15
_CLOSE_SECONDS = 3.0


class _Seam:
    """One reader's stream out of several sources, each of which begins with what the reader was told already."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self._told: set[type[Event]] = set()

    def lets_pass(self, event: Event) -> bool:
        """Whether it is news. Raises BackendUnavailable when it contradicts what was told before."""
        kind = type(event)
        match event:
            case Started() | PassagesFound() if kind in self._told:
                return False
            case Text():
                # Only the first delta of a stream may begin lower than where the reader is.
                if kind in self._told and event.offset != self.offset:
                    raise BackendUnavailable("The answer was begun anew; resume the turn from where you are.")
                self.offset = event.offset + len(event.text.encode())
            case _:
                pass
        self._told.add(kind)
        return True


class TurnRegistry:
    """One per router."""

    def __init__(self, services: TurnServices, following: RemoteTurns) -> None:
        self._services = services
        self._following = following
        self._live: dict[str, LiveTurn] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def close(self) -> None:
        """End what still runs; another router goes on with what is resumed there."""
        for turn in self._live.values():
            turn.hand_on()
        tasks = list(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_CLOSE_SECONDS)
            for task in late:
                await cancel_and_wait(task)

    def launch(
        self, principal: Principal, ask: TurnRequest, key: TurnKey, *, opens: bool, rewritten_from: int | None = None
    ) -> LiveTurn:
        """Run a turn here; see LiveTurn. It is the caller's to know that nobody else does."""

        async def supersede(other: str) -> None:
            await self.stop(TurnKey(key.tenant, key.session_id, other), superseded=True)

        live = LiveTurn(
            self._services, principal, ask, key, opens=opens, supersede=supersede, rewritten_from=rewritten_from
        )
        task = asyncio.create_task(live.run(), name=f"turn {key.turn_id}")
        self._live[key.turn_id], self._tasks[key.turn_id] = live, task

        def ended(_: asyncio.Task[None]) -> None:
            del self._live[key.turn_id], self._tasks[key.turn_id]

        task.add_done_callback(ended)
        return live

    def ephemeral(self, principal: Principal, key: TurnKey) -> LiveTurn | None:
        """A turn of the key's that Redis does not know and that runs here."""
        live = self._live.get(key.turn_id)
        own = live is not None and live.key == key and live.principal.subject == principal.subject
        return live if live is not None and own and live.ephemeral else None

    async def stop(self, key: TurnKey, *, superseded: bool = False) -> None:
        """Ask a turn to end, wherever it runs."""
        if running := self._live.get(key.turn_id):
            running.stop(superseded=superseded)
        else:
            await self._services.turns.ask_to_stop(key, supersede=superseded)

    def delete(self, tenant: str, session_id: str) -> None:
        """A session is deleted: end its turns that run here."""
        for live in list(self._live.values()):
            if (live.key.tenant, live.key.session_id) == (tenant, session_id):
                live.delete()

    async def joined(
        self, principal: Principal, key: TurnKey, offset: int = 0, *, ask: TurnRequest | None, opens: bool = False
    ) -> AsyncGenerator[Event, None]:
        """The events of a turn that was begun, wherever it is; run here when its router died.

        With `ask` the message was sent again: what failed or was interrupted is run again, too. Without, it is resumed,
        and TurnNotFound or BackendUnavailable say that this cannot be.
        """
        seam = _Seam(offset)
        shows = ask is not None and ask.shows_reasoning
        while True:
            await self._out_of_the_way(key.turn_id)
            if live := self._live.get(key.turn_id):
                wants = ask is not None and ask.resumable
                events = live.read(seam.offset, replayed=True, reasoning=shows, resumable=wants)
                async with aclosing(events):
                    async for event in events:
                        if seam.lets_pass(event):
                            yield event
                return
            look = await self._services.turns.look(key, follows=True)
            if ask is None and look.subject != principal.subject:
                raise TurnNotFound("There is no such turn; list the session's turns.")
            if look.owner:
                try:
                    async with aclosing(self._following.read(key, seam.offset)) as events:
                        async for event in events:
                            if seam.lets_pass(event):
                                yield event
                except NobodyRuns:
                    continue
            if done := _finished(look.record, interrupted=ask is None):
                for event in replayed(key.session_id, done, seam.offset):
                    if seam.lets_pass(event):
                        yield event
                return
            message = ask if ask is not None else _message(look)
            if not await self._services.turns.take(key):
                await asyncio.sleep(_POLL_SECONDS)
                continue
            # Whoever had it may have finished since we looked: then it must not happen twice.
            if await self._changed(key, look.record):
                await self._services.turns.leave(key)
                continue
            again = look.record is not None and (ask is None or look.length > 0)
            live = self.launch(principal, message, key, opens=opens, rewritten_from=look.length if again else None)
            events = live.read(seam.offset, replayed=again, reasoning=message.shows_reasoning)
            async with aclosing(events):
                async for event in events:
                    if seam.lets_pass(event):
                        yield event
            return

    async def _changed(self, key: TurnKey, record: TurnRecord | None) -> bool:
        try:
            now = await self._services.store.turn(key.tenant, key.session_id, key.turn_id)
        except TurnNotFound:
            return record is not None
        return record is None or record.state is not now.state

    async def _out_of_the_way(self, turn_id: str) -> None:
        """Wait for the end of a turn that is broken off, so that it may run again."""
        live, task = self._live.get(turn_id), self._tasks.get(turn_id)
        if live is not None and live.is_lost and task is not None:
            await asyncio.wait({task}, timeout=_CLOSE_SECONDS)
            if not task.done():
                raise BackendUnavailable("This turn failed and cannot be stored now; send the message again.")


def _finished(record: TurnRecord | None, *, interrupted: bool) -> Turn | None:
    # An answer that was interrupted is none for whoever asks again: they get a whole one.
    if record is None or record.state is not TurnState.FINISHED or record.turn.completed is None:
        return None
    if record.turn.completed.finish_reason is FinishReason.INTERRUPTED and not interrupted:
        return None
    return record.turn


def _message(look: Look) -> TurnRequest:
    if look.record is None:
        raise TurnNotFound("There is no such turn; list the session's turns.")
    if look.record.state is not TurnState.RUNNING or look.ask is None:
        raise BackendUnavailable("This turn failed; send the message again with its request_id.")
    return look.ask
