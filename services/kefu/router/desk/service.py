"""What people at the desk can do: see who waits, take over, reply, give back. All within their own tenant."""

import time
from collections.abc import Collection

from kefu.common.auth import Principal
from kefu.common.resource_names import new_turn_id
from kefu.router import metrics
from kefu.router.desk.store import OPEN, DeskStore
from kefu.router.domain.event_bus import EventBus
from kefu.router.domain.events import Replied, StateChanged, TurnStored
from kefu.router.domain.session import Conversation, SessionState
from kefu.router.domain.turn import AnswerSource, Completed, FinishReason, Turn, TurnRecord, TurnState
from kefu.router.storage.sessions import SessionStore

PRESENCE_SECONDS = 15.0
"""Whoever watched the desk counts as present for so long."""
_PAST = (SessionState.RETURNED, SessionState.CLOSED)


class Desk:
    """See `kefu.router.desk.watches` for those who follow it."""

    def __init__(self, store: DeskStore, sessions: SessionStore, happenings: EventBus) -> None:
        self._store = store
        self._sessions = sessions
        self._happenings = happenings

    async def conversations(
        self, tenant: str, states: Collection[SessionState], page: str, size: int
    ) -> tuple[list[Conversation], str]:
        """A page of conversations in these states, and where the next one begins (empty: no more).

        First those at the desk, by those that wait longest; then those given back, the latest first.
        """
        found: list[Conversation] = []
        if not page.startswith("("):
            start = int(page or 0)
            there = [one for one in await self._store.open(tenant) if one.session.state in states]
            found, more = there[start : start + size], len(there) > start + size
            if more:
                return found, str(start + size)
        past = [state for state in _PAST if state in states]
        if not past:
            return found, ""
        before = page if page.startswith("(") else ""
        if len(found) == size:  # none of those given back fits any more: they begin the next page
            return found, "(inf"
        rest, following = await self._store.past(tenant, past, before, size - len(found))
        return [*found, *rest], following

    async def agents(self, tenant: str) -> list[tuple[str, int]]:
        """Who is present, by name, each with the conversations they hold."""
        names = await self._store.present(tenant, (), PRESENCE_SECONDS)
        return held_by(names, await self._store.open(tenant))

    async def claim(
        self, principal: Principal, session_id: str, agent: str, *, take_over: bool
    ) -> tuple[Conversation, int]:
        """Take a session over; returns the claim's number with it. Errors as in the contract."""
        tenant = principal.tenant
        before = await self._store.conversation(tenant, session_id)
        claim = await self._store.claim(tenant, session_id, principal.subject, agent, take_over=take_over)
        if claim != before.claim:
            metrics.CLAIMS.inc()
            self._happenings.publish(StateChanged(tenant, session_id, SessionState.HUMAN, agent))
        return await self._store.conversation(tenant, session_id), claim

    async def reply(self, principal: Principal, session_id: str, claim: int, text: str, request_id: str) -> TurnRecord:
        """Write to the customer, once for each request_id. Errors as in the contract."""
        tenant = principal.tenant
        conversation = await self._store.conversation(tenant, session_id)
        turn = Turn(
            id=new_turn_id(),
            question="",
            language=conversation.language,
            as_of="",
            create_time=time.time(),
            text=text,
            completed=Completed(FinishReason.STOP, AnswerSource.PERSON, text_bytes=len(text.encode())),
            agent=conversation.session.agent,
        )
        stored_as, is_new = await self._store.reply(conversation, tenant, principal.subject, claim, turn, request_id)
        if not is_new:
            return await self._sessions.turn(tenant, session_id, stored_as)
        metrics.REPLIES.inc()
        session = conversation.session
        stored = TurnStored(tenant, session_id, session.subject, session.user, turn, TurnState.FINISHED)
        self._happenings.publish(stored)
        self._happenings.publish(Replied(tenant, session_id, turn))
        return TurnRecord(turn, TurnState.FINISHED)

    async def give_back(self, principal: Principal, session_id: str, claim: int, state: SessionState) -> Conversation:
        """Let Kefu, a colleague or nobody answer from now on. Errors as in the contract."""
        await self._store.give_back(principal.tenant, session_id, principal.subject, claim, state)
        self._happenings.publish(StateChanged(principal.tenant, session_id, state, ""))
        return await self._store.conversation(principal.tenant, session_id)


def held_by(names: Collection[str], conversations: Collection[Conversation]) -> list[tuple[str, int]]:
    """How many of the conversations each of these people holds, by name."""
    held = [one.session.agent for one in conversations if one.session.state is SessionState.HUMAN]
    return [(name, held.count(name)) for name in sorted(names)]


def is_at_desk(conversation: Conversation) -> bool:
    """It waits for a person, or is held by one."""
    return conversation.session.state in OPEN
