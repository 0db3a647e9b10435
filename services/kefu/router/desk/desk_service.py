"""Desk service: agents list conversations, claim, reply and return sessions, all within their own tenant."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace

from kefu.common.auth import Principal
from kefu.common.errors import SessionBusy
from kefu.common.resource_names import new_turn_id
from kefu.router import metrics
from kefu.router.desk.desk_store import OPEN, DeskStore
from kefu.router.domain.event_bus import EventBus
from kefu.router.domain.events import Replied, StateChanged, TurnStored
from kefu.router.domain.session import Conversation, Session, SessionState
from kefu.router.domain.turn import AnswerSource, Completed, FinishReason, Turn, TurnRecord, TurnState
from kefu.router.storage.sessions import SessionStore

_RETURNED_STATES = (SessionState.RETURNED, SessionState.CLOSED)
_MAX_HELD = 20
"""Messages without a reply that Kefu answers as one when it is returned a session: the latest ones."""
_BUSY_SECONDS = 5.0
_POLL_SECONDS = 0.05
AnswerHeld = Callable[[Session, str, Turn], Awaitable[None]]
"""Answers a message of a session, of a tenant, that was held for an agent."""


class DeskService:
    """What agents do at the desk; desk watches are in `kefu.router.desk.watches`.

    `answer_held`: starts Kefu's answer. `presence_seconds`: life of an agent's presence without renewal.
    """

    def __init__(
        self,
        store: DeskStore,
        sessions: SessionStore,
        event_bus: EventBus,
        answer_held: AnswerHeld,
        *,
        presence_seconds: float,
    ) -> None:
        self._answer_held = answer_held
        self._store = store
        self._sessions = sessions
        self._event_bus = event_bus
        self._presence_seconds = presence_seconds

    async def conversations(
        self, tenant: str, states: Collection[SessionState], page: str, size: int, queue: str = ""
    ) -> tuple[list[Conversation], str]:
        """A page of conversations in these states, and where the next one begins (empty: no more).

        First those at the desk, highest priority and longest wait first, of the `queue` alone where one is named; then
        those that were returned, latest first, of whatever queue.
        """
        found, left = list[Conversation](), size
        if not page.startswith("("):
            start = int(page or 0)
            at_desk = [
                entry.session_id
                for entry in await self._store.entries(tenant)
                if entry.state in states and queue in ("", entry.queue)
            ]
            shown = at_desk[start : start + size]
            conversations = await self._store.conversations(tenant, shown)
            found = [one for one in conversations if one is not None and one.session.state in states]
            if len(at_desk) > start + size:
                return found, str(start + size)
            left -= len(shown)
        returned = [state for state in _RETURNED_STATES if state in states]
        if not returned:
            return found, ""
        before = page if page.startswith("(") else ""
        if not left:  # the returned ones begin the next page
            return found, "(inf"
        rest, following = await self._store.returned(tenant, returned, before, left)
        return [*found, *rest], following

    async def agents(self, tenant: str) -> list[tuple[str, int]]:
        """The agents who are present, by name, each with the number of conversations they have claimed."""
        names = await self._store.renew_presence(tenant, (), self._presence_seconds)
        entries = await self._store.entries(tenant)
        return conversation_counts(names, [entry.agent for entry in entries if entry.state is SessionState.HUMAN])

    async def claim(
        self, principal: Principal, session_id: str, agent: str, *, take_over: bool
    ) -> tuple[Conversation, int]:
        """Claim a session. Returns it with the claim's number. Errors as in the contract."""
        tenant = principal.tenant
        before = await self._store.conversation(tenant, session_id)
        claim = await self._store.claim(tenant, session_id, principal.subject, agent, take_over=take_over)
        if claim != before.claim:
            metrics.CLAIMS.inc()
            self._event_bus.publish(StateChanged(tenant, session_id, SessionState.HUMAN, agent))
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
        self._event_bus.publish(stored)
        self._event_bus.publish(Replied(tenant, session_id, turn))
        return TurnRecord(turn, TurnState.FINISHED)

    async def return_session(
        self, principal: Principal, session_id: str, claim: int, state: SessionState
    ) -> Conversation:
        """Return a session to Kefu or to a colleague, or close it. Errors as in the contract.

        Kefu answers the messages that came for the agent and had no reply.
        """
        tenant, subject = principal.tenant, principal.subject
        held: list[Turn] = []
        if state is SessionState.RETURNED:
            held = await self._return_to_kefu(tenant, session_id, subject, claim)
        else:
            await self._store.return_session(tenant, session_id, subject, claim, state)
        self._event_bus.publish(StateChanged(tenant, session_id, state, ""))
        conversation = await self._store.conversation(tenant, session_id)
        if held:
            await self._answer_held(conversation.session, tenant, held[-1])
        return conversation

    async def _return_to_kefu(self, tenant: str, session_id: str, subject: str, claim: int) -> list[Turn]:
        """Return a session to Kefu. Returns the messages that Kefu is to answer as one, in the last turn."""
        give_up = time.monotonic() + _BUSY_SECONDS
        while time.monotonic() < give_up:
            count = (await self._sessions.session(tenant, session_id)).turn_count
            held = _held_messages(await self._sessions.turns(tenant, session_id, -_MAX_HELD, _MAX_HELD))
            state = SessionState.RETURNED
            if await self._store.return_session(tenant, session_id, subject, claim, state, turn_count=count, held=held):
                return held
            await asyncio.sleep(_POLL_SECONDS)  # a message of the customer is just being stored
        raise SessionBusy("The customer's message is just being stored; return the conversation again.")


def _held_messages(records: Sequence[TurnRecord]) -> list[Turn]:
    """The turns at the end of a session that were held for an agent, each carrying those before it.

    All but the last are superseded by the one after them.
    """
    held: list[Turn] = []
    for record in reversed(records):
        if record.turn.held is None:
            break
        held.insert(0, record.turn)
    carried, files = "", ()
    for at, turn in enumerate(held):
        held[at] = replace(turn, carried=carried, carried_attachments=files, superseded=at < len(held) - 1)
        carried, files = held[at].full_question, held[at].all_attachments
    return held


def conversation_counts(names: Collection[str], claimants: Collection[str]) -> list[tuple[str, int]]:
    """How many conversations each agent has claimed, by name. `claimants`: the agent of each claimed conversation."""
    claimed = Counter(claimants)
    return [(name, claimed[name]) for name in sorted(names)]


def is_at_desk(conversation: Conversation) -> bool:
    """Whether a conversation waits for an agent or is claimed by one."""
    return conversation.session.state in OPEN
