"""
The desk in Redis: what people do to a session, and the lists of a tenant's conversations.

A conversation stands in its session's own hash; what is beside it are lists of ids. `open` names at least every session
that waits or is held: it is written before the session is, and whoever reads it looks at the sessions themselves. What
has left the desk is taken from it a minute later at the earliest, so that it is not taken out while it comes back.
"""

import hashlib
import time
from collections.abc import Sequence

from kefu.common.errors import AlreadyClaimed, ClaimLost, RequestIdReused, SessionClosed, SessionNotFound
from kefu.common.redis.commands import Command, RedisCommands, ScriptCall
from kefu.router.desk import desk_lua
from kefu.router.domain.session import Conversation, SessionState
from kefu.router.domain.turn import TURN, Turn
from kefu.router.storage import keys, session_lua
from kefu.router.storage.change_feed import publish_change
from kefu.router.storage.desk_index import at_desk, shortened
from kefu.router.storage.sessions import session_of
from kefu.router.storage.turns import ms, record_of

OPEN = (SessionState.WAITING, SessionState.HUMAN)
"""States of a session that is at the desk."""
_AT_ONCE = 64
_STAYS_SECONDS = 60.0


class DeskStore:
    """`life` is a session's, in seconds."""

    def __init__(self, commands: RedisCommands, *, life: float) -> None:
        self._commands = commands
        self._life = life

    async def conversation(self, tenant: str, session_id: str) -> Conversation:
        """A session as the desk sees it, or SessionNotFound."""
        [found] = await self.conversations(tenant, [session_id])
        if found is None:
            raise _not_found()
        return found

    async def conversations(self, tenant: str, session_ids: Sequence[str]) -> list[Conversation | None]:
        """Several of them, None for one that is not there."""
        found: list[Conversation | None] = []
        for start in range(0, len(session_ids), _AT_ONCE):
            found += await self._conversations(tenant, session_ids[start : start + _AT_ONCE])
        return found

    async def _conversations(self, tenant: str, session_ids: Sequence[str]) -> list[Conversation | None]:
        asked: list[Command] = []
        for session_id in session_ids:
            prefix = keys.session(tenant, session_id)
            asked += [("HGETALL", f"{prefix}session"), ("LLEN", f"{prefix}order")]
        replies = await self._commands.pipeline(asked)
        sessions = list(zip(session_ids, replies[::2], replies[1::2], strict=True))
        asked = []
        for session_id, fields, _ in sessions:
            asked += [
                ("EXISTS", keys.alive(tenant, session_id, fields.get("running", ""))),
                ("HGET", f"{keys.session(tenant, session_id)}turns", fields.get("handoff_turn", "")),
            ]
        replies = await self._commands.pipeline(asked)
        found: list[Conversation | None] = []
        for (session_id, fields, count), runs, turn in zip(sessions, replies[::2], replies[1::2], strict=True):
            if "subject" not in fields:
                found.append(None)
                continue
            waiting = fields.get("waiting_since")
            conversation = Conversation(
                session=session_of(session_id, fields, turn_count=count, runs=bool(runs), life=self._life),
                handoff=record_of(turn).turn.handoff if turn else None,
                handoff_turn=fields.get("handoff_turn", ""),
                language=fields.get("language", ""),
                waiting_since=None if waiting is None else float(waiting),
                escalated="escalated" in fields,
                last_message=fields.get("last_message", ""),
                claim=int(fields.get("claim", 0)),
                claimant=fields.get("claimant", ""),
            )
            found.append(conversation)
        return found

    # What people do.

    async def claim(self, tenant: str, session_id: str, subject: str, agent: str, *, take_over: bool) -> int:
        """Take a session over; returns the claim's number. Raises SessionNotFound, SessionClosed, AlreadyClaimed."""
        now = time.time()
        arguments = (
            *(keys.session(tenant, session_id), subject, agent, int(take_over), repr(now)),
            *(ms(self._life), keys.ROUTERS),
        )
        listed = at_desk(tenant, session_id, now, ms(self._life))
        *_, reply, _ = await self._commands.pipeline(
            [*listed, _script(desk_lua.CLAIM, tenant, session_id, arguments), publish_change(tenant, session_id)]
        )
        match reply:
            case ["claimed", number]:
                return int(number)
            case ["held", holder]:
                raise AlreadyClaimed(
                    f"{holder} holds this conversation; choose another one, or take it over.",
                    metadata={"agent": str(holder)},
                )
            case ["closed"]:
                raise SessionClosed("This session was closed; there is nobody to talk to.")
            case _:
                raise _not_found()

    async def reply(
        self, conversation: Conversation, tenant: str, subject: str, claim: int, turn: Turn, request_id: str
    ) -> tuple[str, bool]:
        """Store a person's reply. Returns its turn's id, and False when the request_id was stored before.

        Raises SessionNotFound, ClaimLost, RequestIdReused.
        """
        session, now = conversation.session, time.time()
        arguments = (
            *(subject, claim, turn.id, f"finished {TURN.dump_json(turn).decode()}", repr(now), ms(self._life)),
            *(shortened(turn.text), _digest(request_id) if request_id else "", _digest(turn.text)),
        )
        after: list[Command] = []
        for user in ("", session.user) if session.user else ("",):
            index = keys.sessions_of(tenant, session.subject, user)
            after += [("ZADD", index, "XX", now, session.id), ("PEXPIRE", index, ms(self._life))]
        reply, *_ = await self._commands.pipeline(
            [_script(desk_lua.REPLY, tenant, session.id, arguments), *after, publish_change(tenant, session.id)]
        )
        match reply:
            case ["stored", turn_id]:
                return str(turn_id), True
            case ["stored before", turn_id]:
                return str(turn_id), False
            case ["reused", _]:
                raise RequestIdReused("This request_id came before with another text; make a new one.")
            case ["lost"]:
                raise _lost()
            case _:
                raise _not_found()

    async def give_back(self, tenant: str, session_id: str, subject: str, claim: int, state: SessionState) -> None:
        """Say who answers from now on. Raises SessionNotFound, ClaimLost."""
        now = time.time()
        arguments = (subject, claim, state, repr(now), ms(self._life))
        listed: list[Command] = []
        if state is SessionState.WAITING:
            listed = at_desk(tenant, session_id, now, ms(self._life))
        else:
            past = keys.desk_past(tenant)
            listed = [
                ("ZADD", past, now, session_id),
                ("ZREMRANGEBYSCORE", past, "-inf", now - self._life),
                ("PEXPIRE", past, ms(self._life)),
            ]
        *_, reply, _ = await self._commands.pipeline(
            [*listed, _script(desk_lua.GIVE_BACK, tenant, session_id, arguments), publish_change(tenant, session_id)]
        )
        if reply == "lost":
            raise _lost()
        if reply == "missing":
            raise _not_found()

    async def escalate(self, tenant: str, session_id: str, waiting_since: str) -> bool:
        """Mark a conversation whose customer waits too long; False when somebody came meanwhile."""
        script = _script(desk_lua.ESCALATE, tenant, session_id, (waiting_since,))
        done, _ = await self._commands.pipeline([script, publish_change(tenant, session_id)])
        return bool(done)

    async def lapse(
        self, tenant: str, session_id: str, claim: str, used: str, waiting_since: str, *, escalates: bool
    ) -> bool:
        """End a claim that stood so when it was read; False when it was used meanwhile."""
        arguments = (claim, used, waiting_since, int(escalates), ms(self._life))
        script = _script(desk_lua.LAPSE, tenant, session_id, arguments)
        listed = at_desk(tenant, session_id, time.time(), ms(self._life))
        *_, done, _ = await self._commands.pipeline([*listed, script, publish_change(tenant, session_id)])
        return bool(done)

    # Lists.

    async def open_ids(self, tenant: str) -> list[str]:
        """Every session that may be at a tenant's desk."""
        return await self._commands.sorted_all(keys.desk_open(tenant))

    async def open(self, tenant: str) -> list[Conversation]:
        """Every conversation that waits or is held, by those that wait longest first, then by the oldest message."""
        found = await self.conversations(tenant, await self.open_ids(tenant))
        there = [conversation for conversation in found if conversation and conversation.session.state in OPEN]
        return sorted(there, key=_waits)

    async def past(
        self, tenant: str, states: Sequence[SessionState], before: str, count: int
    ) -> tuple[list[Conversation], str]:
        """Conversations that were given back, the latest first, and where the next page begins (empty: no more)."""
        below, found = before or "+inf", list[Conversation]()
        while True:
            page = await self._commands.sorted_latest(keys.desk_past(tenant), below, count + 1)
            conversations = await self.conversations(tenant, [session_id for session_id, _ in page])
            for (_, score), conversation in zip(page, conversations, strict=True):
                if len(found) == count:
                    return found, below
                if conversation is not None and conversation.session.state in states:
                    found.append(conversation)
                below = f"({score!r}"
            if len(page) <= count:
                return found, ""

    async def forget(self, tenant: str, session_ids: Sequence[str]) -> None:
        """Take sessions from the list of those at the desk, unless they were put there in the last minute."""
        if session_ids:
            arguments = (repr(time.time() - _STAYS_SECONDS), *session_ids)
            await self._commands.script(desk_lua.FORGET, [keys.desk_open(tenant)], arguments)

    async def present(self, tenant: str, here: Sequence[str], seconds: float) -> list[str]:
        """Who is present at any router, by name; those who are here for so many more seconds."""
        arguments = (ms(seconds), *here)
        return await self._commands.script(desk_lua.PRESENT, [keys.desk_agents(tenant)], arguments)


def _waits(conversation: Conversation) -> tuple[float, float]:
    since = conversation.waiting_since
    return (float("inf") if since is None else since, conversation.session.update_time)


def _script(text: str, tenant: str, session_id: str, arguments: Sequence[str | int]) -> ScriptCall:
    prefix = keys.session(tenant, session_id)
    return ScriptCall(text, [prefix + name for name in session_lua.SESSION_KEYS], arguments)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _not_found() -> SessionNotFound:
    return SessionNotFound("There is no such session.")


def _lost() -> ClaimLost:
    return ClaimLost(
        "You hold this conversation no longer: read it again, and claim it if it is still yours to answer."
    )
