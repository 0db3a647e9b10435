"""
What customers can do, over all turns of this router: converse, resume, stop, read, rate, erase.

A session belongs to the key that opened it. For every other key it does not exist, but for this: a key of the same
tenant with the operator scope may read it.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from kefu.common.auth import Principal, Scope
from kefu.common.errors import BackendUnavailable, RequestIdReused, SessionNotFound, TurnNotFound
from kefu.common.names import new_session_id, new_turn_id
from kefu.common.tasks import cancelled
from kefu.router.answering import Ask
from kefu.router.events import Event
from kefu.router.model import FinishReason, Rating, Session, Turn, TurnRecord, TurnState
from kefu.router.replay import replayed
from kefu.router.turn import LiveTurn, TurnServices

_POLL_SECONDS = 0.15
_CLOSE_SECONDS = 3.0


class Conversations:
    """All turns that run on this router, and the way to those that run, or ran, on others."""

    def __init__(self, services: TurnServices) -> None:
        self._services = services
        self._store = services.store
        self._live: dict[str, LiveTurn] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def close(self) -> None:
        """End what still runs; it may be sent again, to another router."""
        for turn in self._live.values():
            turn.abandon()
        tasks = list(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_CLOSE_SECONDS)
            for task in late:
                await cancelled(task)

    async def converse(self, principal: Principal, session_id: str | None, ask: Ask) -> AsyncGenerator[Event, None]:
        """A message's events; without a session id it opens a session. Errors as in the contract."""
        opens, turn_id = session_id is None, new_turn_id()
        session_id = session_id or new_session_id()
        if ask.request_id:
            session_id, turn_id = await self._claim(principal, ask, session_id, turn_id, opens=opens)
        await self._out_of_the_way(turn_id)
        while (live := self._live.get(turn_id)) is None:
            if ask.request_id and (done := await self._finished(principal.tenant, session_id, turn_id)):
                for event in replayed(session_id, done):
                    yield event
                return
            if await self._store.take_turn(principal.tenant, session_id, turn_id):
                # Whoever had it may have finished since we looked: then it must not happen twice.
                if ask.request_id and (done := await self._finished(principal.tenant, session_id, turn_id)):
                    await self._store.leave(principal.tenant, session_id, turn_id)
                    for event in replayed(session_id, done):
                        yield event
                    return
                live = self._launch(principal, ask, session_id, turn_id, opens=opens)
                async with aclosing(live.read(replayed=False, reasoning=ask.shows_reasoning)) as events:
                    async for event in events:
                        yield event
                return
            await asyncio.sleep(_POLL_SECONDS)  # it runs on another router: that ends it, or loses its lease
        reading = live.read(replayed=True, reasoning=ask.shows_reasoning, resumable=ask.resumable)
        async with aclosing(reading) as events:
            async for event in events:
                yield event

    async def resume(
        self, principal: Principal, session_id: str, turn_id: str, offset: int
    ) -> AsyncGenerator[Event, None]:
        """A turn's events from byte `offset` of its answer. Errors as in the contract."""
        while True:
            record = await self._own_turn(principal, session_id, turn_id)
            if live := self._live.get(turn_id):
                async with aclosing(live.read(offset, replayed=True)) as events:
                    async for event in events:
                        yield event
                return
            if record.state is TurnState.FINISHED:
                for event in replayed(session_id, record.turn, offset):
                    yield event
                return
            if record.state is TurnState.FAILED:
                raise BackendUnavailable("This turn failed; send the message again with its request_id.")
            await asyncio.sleep(_POLL_SECONDS)

    async def stop(self, principal: Principal, session_id: str, turn_id: str) -> None:
        """End a running answer, wherever it runs. Raises TurnNotFound."""
        record = await self._own_turn(principal, session_id, turn_id)
        if live := self._live.get(turn_id):
            live.stop()
        elif record.state is TurnState.RUNNING:
            await self._store.ask_to_stop(principal.tenant, session_id, turn_id)

    async def session(self, principal: Principal, session_id: str) -> Session:
        """A session that the key may read, or SessionNotFound."""
        session = await self._store.session(principal.tenant, session_id)
        if session.subject != principal.subject and Scope.OPERATOR not in principal.scopes:
            raise SessionNotFound('There is no such session; open one with "sessions/-".')
        return session

    async def sessions(self, principal: Principal, user: str, page: str, size: int) -> tuple[list[Session], str]:
        """A page of the key's sessions, the latest first, and where the next one begins."""
        return await self._store.sessions(principal.tenant, principal.subject, user, page, size)

    async def turns(self, principal: Principal, session_id: str, start: int, size: int) -> list[TurnRecord]:
        """A page of a session's turns, oldest first. Raises SessionNotFound."""
        await self.session(principal, session_id)
        return await self._store.turns(principal.tenant, session_id, start, size)

    async def rate(self, principal: Principal, session_id: str, turn_id: str, rating: Rating, comment: str) -> None:
        """Store what the customer thought of an answer. Raises TurnNotFound."""
        await self._own_turn(principal, session_id, turn_id)
        await self._store.rate(principal.tenant, session_id, turn_id, rating, comment)

    async def delete(self, principal: Principal, session_id: str) -> None:
        """Erase a session and all that is in it; a running answer is stopped. Raises SessionNotFound."""
        await self._delete(principal, await self._own_session(principal, session_id))

    async def delete_user(self, principal: Principal, user: str) -> int:
        """Erase every session that this key opened for a user; returns how many there were."""
        deleted = 0
        for session_id in await self._store.session_ids_of_user(principal.tenant, principal.subject, user):
            try:
                session = await self._own_session(principal, session_id)
            except SessionNotFound:  # it expired
                continue
            await self._delete(principal, session)
            deleted += 1
        return deleted

    async def _delete(self, principal: Principal, session: Session) -> None:
        for live in list(self._live.values()):
            if live.principal.tenant == principal.tenant and live.session_id == session.id:
                live.delete()
        await self._store.delete(principal.tenant, session)

    async def _claim(
        self, principal: Principal, ask: Ask, session_id: str, turn_id: str, *, opens: bool
    ) -> tuple[str, str]:
        digest = hashlib.sha256(ask.text.encode()).hexdigest()
        claim = json.dumps({"text": digest, "session": session_id, "turn": turn_id})
        held = json.loads(await self._store.claim_request(principal.tenant, principal.subject, ask.request_id, claim))
        if held["text"] != digest:
            raise RequestIdReused("This request_id came before with another text; make a new one.")
        if not opens and held["session"] != session_id:
            raise RequestIdReused("This request_id came before in another session; make a new one.")
        return str(held["session"]), str(held["turn"])

    def _launch(self, principal: Principal, ask: Ask, session_id: str, turn_id: str, *, opens: bool) -> LiveTurn:
        async def supersede(other: str) -> None:
            if running := self._live.get(other):
                running.stop(superseded=True)
            else:
                await self._store.ask_to_stop(principal.tenant, session_id, other, supersede=True)

        live = LiveTurn(
            self._services, principal, ask, session_id=session_id, turn_id=turn_id, opens=opens, supersede=supersede
        )
        task = asyncio.create_task(live.run(), name=f"turn {turn_id}")
        self._live[turn_id], self._tasks[turn_id] = live, task

        def ended(_: asyncio.Task[None]) -> None:
            del self._live[turn_id], self._tasks[turn_id]

        task.add_done_callback(ended)
        return live

    async def _out_of_the_way(self, turn_id: str) -> None:
        """Wait for the end of a turn that is broken off, so that it may run again."""
        live, task = self._live.get(turn_id), self._tasks.get(turn_id)
        if live is not None and live.is_lost and task is not None:
            await asyncio.wait({task}, timeout=_CLOSE_SECONDS)
            if not task.done():
                raise BackendUnavailable("This turn failed and cannot be stored now; send the message again.")

    async def _finished(self, tenant: str, session_id: str, turn_id: str) -> Turn | None:
        # An answer that was interrupted is none: whoever asks again gets a whole one.
        try:
            record = await self._store.turn(tenant, session_id, turn_id)
        except TurnNotFound:
            return None
        completed = record.turn.completed
        if record.state is not TurnState.FINISHED or completed is None:
            return None
        return None if completed.finish_reason is FinishReason.INTERRUPTED else record.turn

    async def _own_session(self, principal: Principal, session_id: str) -> Session:
        session = await self._store.session(principal.tenant, session_id)
        if session.subject != principal.subject:
            raise SessionNotFound('There is no such session; open one with "sessions/-".')
        return session

    async def _own_turn(self, principal: Principal, session_id: str, turn_id: str) -> TurnRecord:
        try:
            await self._own_session(principal, session_id)
        except SessionNotFound:
            raise TurnNotFound("There is no such turn; list the session's turns.") from None
        return await self._store.turn(principal.tenant, session_id, turn_id)
