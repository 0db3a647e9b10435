"""
What customers can do, over all turns of this router: converse, resume, stop, read, rate, erase.

A session belongs to the key that opened it. For every other key it does not exist, but for this: a key of the same
tenant with the operator scope may read it.
"""

import hashlib
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from kefu.common.auth import Principal, Scope
from kefu.common.errors import BackendUnavailable, RequestIdReused, SessionNotFound, TurnNotFound
from kefu.common.resource_names import new_session_id, new_turn_id
from kefu.router.conversations.live_turn import TurnServices
from kefu.router.conversations.session_watches import SessionWatches
from kefu.router.conversations.turn_registry import TurnRegistry
from kefu.router.domain.events import Erased, Rated
from kefu.router.domain.session import Session
from kefu.router.domain.turn import Rating, TurnRecord
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.storage.session_events import SessionEvent
from kefu.router.storage.turns import TurnKey, TurnProgress
from kefu.router.turn_stream.events import TurnEvent


class ConversationService:
    """See `TurnRegistry` for the turns themselves."""

    def __init__(self, services: TurnServices, running: TurnRegistry, watches: SessionWatches) -> None:
        self._config = services.config
        self._store = services.store
        self._turns = services.turns
        self._running = running
        self._watches = watches
        self._happenings = services.happenings
        self._traces = services.traces

    async def converse(
        self, principal: Principal, session_id: str | None, ask: TurnRequest
    ) -> AsyncGenerator[TurnEvent, None]:
        """A message's events; without a session id it opens a session. Errors as in the contract."""
        opens = session_id is None
        key = TurnKey(principal.tenant, session_id or new_session_id(), new_turn_id())
        held = await self._claimed(principal, ask, key, opens=opens) if ask.request_id else None
        if held is not None:
            events = self._running.joined(principal, held, ask=ask, opens=opens)
        else:
            live = self._running.launch(principal, ask, key, opens=opens)
            events = live.read(replayed=False, reasoning=ask.shows_reasoning)
        async with aclosing(events):
            async for event in events:
                yield event

    async def resume(
        self, principal: Principal, session_id: str, turn_id: str, offset: int
    ) -> AsyncGenerator[TurnEvent, None]:
        """A turn's events from byte `offset` of its answer. Errors as in the contract."""
        key = TurnKey(principal.tenant, session_id, turn_id)
        if live := self._running.ephemeral(principal, key):
            events = live.read(offset, replayed=True)
        else:
            await self._own_turn(principal, key)
            events = self._running.joined(principal, key, offset, ask=None)
        async with aclosing(events):
            async for event in events:
                yield event

    async def stop(self, principal: Principal, session_id: str, turn_id: str) -> None:
        """End a running answer, wherever it runs. Raises TurnNotFound."""
        key = TurnKey(principal.tenant, session_id, turn_id)
        if live := self._running.ephemeral(principal, key):
            live.stop()
            return
        look = await self._own_turn(principal, key)
        if look.owner:
            await self._running.stop(key)

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

    async def watch(
        self, principal: Principal, session_id: str, after: int | None
    ) -> AsyncGenerator[SessionEvent | None, None]:
        """What happens in a session that the key may read; see `SessionWatches.watch`. Raises SessionNotFound."""
        await self.session(principal, session_id)
        async with aclosing(self._watches.watch(principal.tenant, session_id, after)) as events:
            async for event in events:
                yield event

    async def rate(self, principal: Principal, session_id: str, turn_id: str, rating: Rating, comment: str) -> None:
        """Store what the customer thought of an answer. Raises TurnNotFound."""
        await self._own_turn(principal, TurnKey(principal.tenant, session_id, turn_id))
        rated = await self._store.turn(principal.tenant, session_id, turn_id)
        number = await self._store.rate(principal.tenant, session_id, turn_id, rating, comment)
        user = await self._store.user(principal.tenant, session_id)
        told = Rated(principal.tenant, session_id, rated.turn, rating, comment, number, principal.subject, user)
        self._happenings.publish(told)

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
        await self._traces.erase_user(principal.tenant, principal.subject, user)
        return deleted

    async def _delete(self, principal: Principal, session: Session) -> None:
        self._running.delete(principal.tenant, session.id)
        await self._traces.erase(principal.tenant, session.id)
        await self._store.delete(principal.tenant, session)
        self._happenings.publish(Erased(principal.tenant, session.id))

    async def _claimed(self, principal: Principal, ask: TurnRequest, key: TurnKey, *, opens: bool) -> TurnKey | None:
        """The turn that the message's request_id stands for already; None when it is ours to run, as `key`."""
        digest = hashlib.sha256(ask.text.encode()).hexdigest()
        claim = json.dumps({"text": digest, "session": key.session_id, "turn": key.turn_id})
        try:
            stored = await self._turns.bind_request(principal.tenant, principal.subject, ask.request_id, claim, key)
        except BackendUnavailable:
            if self._config.without_redis == "refuse":
                raise
            return None  # a repeat cannot be told from a first time: see KEFU_ROUTER_WITHOUT_REDIS
        if stored is None:
            return None
        held = json.loads(stored)
        if held["text"] != digest:
            raise RequestIdReused("This request_id came before with another text; make a new one.")
        if not opens and held["session"] != key.session_id:
            raise RequestIdReused("This request_id came before in another session; make a new one.")
        return TurnKey(principal.tenant, str(held["session"]), str(held["turn"]))

    async def _own_session(self, principal: Principal, session_id: str) -> Session:
        session = await self._store.session(principal.tenant, session_id)
        if session.subject != principal.subject:
            raise SessionNotFound('There is no such session; open one with "sessions/-".')
        return session

    async def _own_turn(self, principal: Principal, key: TurnKey) -> TurnProgress:
        look = await self._turns.progress(key)
        if look.subject != principal.subject or not (look.owner or look.record):
            raise TurnNotFound("There is no such turn; list the session's turns.")
        return look
