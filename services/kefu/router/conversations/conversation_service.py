"""
Conversation service: what customers can do with sessions and turns: converse, resume, stop, read, rate.

A session belongs to the key that opened it. For every other key it does not exist, with one exception: a key of the
same tenant with the scope `desk` may read it.
"""

import hashlib
import json
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from kefu.common.auth import Principal, Scope
from kefu.common.errors import BackendUnavailable, RequestIdReused, SessionNotFound, TurnNotFound
from kefu.common.resource_names import new_session_id, new_turn_id
from kefu.router.conversations.identity.identity_service import IdentityService
from kefu.router.conversations.live_turn import TurnServices
from kefu.router.conversations.session_watches import SessionWatches
from kefu.router.conversations.turn_registry import TurnRegistry
from kefu.router.domain.events import Rated
from kefu.router.domain.session import Session
from kefu.router.domain.turn import OnBusy, Rating, Turn, TurnRecord
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.storage.session_events import SessionEvent
from kefu.router.storage.turns import TurnKey, TurnProgress
from kefu.router.turn_stream.turn_events import TurnEvent


class ConversationService:
    """Checks who may do what, and runs it. The turns themselves are in `TurnRegistry`."""

    def __init__(
        self, services: TurnServices, registry: TurnRegistry, watches: SessionWatches, identity: IdentityService
    ) -> None:
        self._config = services.config
        self._store = services.store
        self._turns = services.turns
        self._registry = registry
        self._watches = watches
        self._identity = identity
        self._attachments = services.attachments
        self._event_bus = services.event_bus
        self._memory_guard = services.memory_guard

    async def converse(
        self, principal: Principal, session_id: str | None, request: TurnRequest
    ) -> AsyncGenerator[TurnEvent, None]:
        """Events of the answer to a message. Without a session id a session is opened. Errors as in the contract.

        The memory guard comes before anything is written: a refused message leaves nothing. A message that came
        before, with the same request_id, is no new one.
        """
        principal, request = await self._identity.of_turn(principal, request)
        opens = session_id is None
        if session_id is not None and request.attachments:
            opens = await self._attachments.check(principal, session_id, request.attachments)
        key = TurnKey(principal.tenant, session_id or new_session_id(), new_turn_id())
        guard = self._memory_guard
        is_refused = guard.refuses_new if opens else guard.refuses_messages
        earlier = None
        if request.request_id:
            earlier = await self._earlier_turn(principal, request, key, opens=opens, binds=not is_refused)
        if earlier is None and is_refused:
            raise guard.refusal("session" if opens else "message")
        if earlier is not None:
            events = self._registry.join(principal, earlier, request=request, opens=opens)
        else:
            live = self._registry.launch(principal, request, key, opens=opens)
            events = live.read(replayed=False, reasoning=request.shows_reasoning)
        async with aclosing(events):
            async for event in events:
                yield event

    async def resume(
        self, principal: Principal, session_id: str, turn_id: str, offset: int
    ) -> AsyncGenerator[TurnEvent, None]:
        """A turn's events from byte `offset` of its answer. Errors as in the contract."""
        key = TurnKey(principal.tenant, session_id, turn_id)
        if live := self._registry.ephemeral(principal, key):
            events = live.read(offset, replayed=True)
        else:
            await self._own_turn(principal, key)
            events = self._registry.join(principal, key, offset, request=None)
        async with aclosing(events):
            async for event in events:
                yield event

    async def answer_held(self, session: Session, tenant: str, turn: Turn) -> None:
        """Answer a message that was held for an agent, with the rights of its asker, in its own turn. Returns at once.

        Readers of the session are told when the answer is stored. What keeps it from being stored is for
        `EscalationMonitor`, which calls a person again.
        """
        key = TurnKey(tenant, session.id, turn.id)
        if turn.held is None or not await self._turns.take_ownership(key):
            return
        held = turn.held
        principal = Principal(tenant, session.subject, frozenset({Scope.CHAT}), held.collections, held.priority)
        request = replace(
            held.request, text=turn.question, arrived=time.monotonic(), on_busy=OnBusy.QUEUE, resumable=True
        )
        self._registry.launch(principal, request, key, opens=False)

    async def stop(self, principal: Principal, session_id: str, turn_id: str) -> None:
        """End a running answer, wherever it runs. Raises TurnNotFound."""
        key = TurnKey(principal.tenant, session_id, turn_id)
        if live := self._registry.ephemeral(principal, key):
            live.stop()
            return
        look = await self._own_turn(principal, key)
        if look.owner:
            await self._registry.stop(key)

    async def session(self, principal: Principal, session_id: str) -> Session:
        """A session that the key may read, or SessionNotFound."""
        session = await self._store.session(principal.tenant, session_id)
        if session.subject != principal.subject and Scope.DESK not in principal.scopes:
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
        """Events of a session that the key may read; see `SessionWatches.watch`. Raises SessionNotFound."""
        found = await self.session(principal, session_id)
        subject = principal.subject if found.subject == principal.subject else ""  # the desk watches whoever's it is
        async with aclosing(self._watches.watch(principal.tenant, session_id, after, subject)) as events:
            async for event in events:
                yield event

    async def rate(self, principal: Principal, session_id: str, turn_id: str, rating: Rating, comment: str) -> None:
        """Store a customer's rating of an answer. Raises TurnNotFound."""
        await self._own_turn(principal, TurnKey(principal.tenant, session_id, turn_id))
        rated = await self._store.turn(principal.tenant, session_id, turn_id)
        number = await self._store.rate(principal.tenant, session_id, turn_id, rating, comment)
        user = await self._store.user(principal.tenant, session_id)
        event = Rated(principal.tenant, session_id, rated.turn, rating, comment, number, principal.subject, user)
        self._event_bus.publish(event)

    async def _earlier_turn(
        self, principal: Principal, request: TurnRequest, key: TurnKey, *, opens: bool, binds: bool
    ) -> TurnKey | None:
        """The turn that has the message's request_id already; None when this call is to run the message as `key`.

        Without `binds` nothing is written, and None means that there is no such turn.
        """
        said = "\0".join((request.text, *request.attachments))
        digest = hashlib.sha256(said.encode()).hexdigest()
        claim = json.dumps({"text": digest, "session": key.session_id, "turn": key.turn_id})
        try:
            if binds:
                stored = await self._turns.bind_request(
                    principal.tenant, principal.subject, request.request_id, claim, key
                )
            else:
                stored = await self._turns.bound_request(principal.tenant, principal.subject, request.request_id)
        except BackendUnavailable:
            if self._config.without_redis == "refuse":
                raise
            return None  # a repeated message cannot be recognised: see KEFU_ROUTER_WITHOUT_REDIS
        if stored is None:
            return None
        bound = json.loads(stored)
        if bound["text"] != digest:
            raise RequestIdReused("This request_id came before with another text; make a new one.")
        if not opens and bound["session"] != key.session_id:
            raise RequestIdReused("This request_id came before in another session; make a new one.")
        return TurnKey(principal.tenant, str(bound["session"]), str(bound["turn"]))

    async def _own_turn(self, principal: Principal, key: TurnKey) -> TurnProgress:
        look = await self._turns.progress(key)
        if look.subject != principal.subject or not (look.owner or look.record):
            raise TurnNotFound("There is no such turn; list the session's turns.")
        return look
