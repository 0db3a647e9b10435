"""
Desk store: what agents do to a session in Redis, and the lists of a tenant's conversations.

A conversation is stored in its session's own hash; beside it are lists of ids. `open` names at least every session that
waits or is claimed. It is written before the session, and its readers check the sessions themselves. A session that has
left the desk stays on the list for at least a minute, so that it is not removed while it comes back.
"""

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from kefu.common.errors import AlreadyClaimed, ClaimLost, RequestIdReused, SessionClosed, SessionNotFound
from kefu.common.redis.commands import Command, RedisCommands, ScriptCall
from kefu.router.desk import desk_lua
from kefu.router.domain.session import Conversation, SessionState
from kefu.router.domain.triage import TRIAGE, ConversationPriority
from kefu.router.domain.turn import Turn
from kefu.router.storage import keys, session_lua
from kefu.router.storage.change_feed import publish_change
from kefu.router.storage.desk_index import add_to_desk, preview
from kefu.router.storage.sessions import parse_session
from kefu.router.storage.turns import ms, parse_record, turn_json

OPEN = (SessionState.WAITING, SessionState.HUMAN)
"""States of a session that is at the desk."""
_BATCH_SIZE = 64
_ENTRIES_BATCH_SIZE = 500
_ENTRY_FIELDS = ("state", "agent", "waiting_since", "update_time", "priority", "queue")


@dataclass(frozen=True)
class DeskEntry:
    """A conversation at the desk, as far as it decides a list's order. Times are seconds since the epoch."""

    session_id: str
    state: SessionState
    agent: str
    waiting_since: float
    """Infinity: the customer does not wait for an agent."""
    update_time: float
    priority: ConversationPriority = ConversationPriority.NORMAL
    queue: str = ""


def _claim_expires(fields: Mapping[str, str], claim_seconds: float) -> float | None:
    """See Conversation: by the same times as the escalation monitor."""
    if fields.get("state") != SessionState.HUMAN or not claim_seconds:
        return None
    waiting = fields.get("waiting_since")
    since = (waiting, fields.get("claim_time")) if waiting is not None else (fields.get("claim_used"),)
    return max(float(each or 0) for each in since) + claim_seconds


class DeskStore:
    """Conversations at the desks of all tenants. Durations are in seconds.

    `life`: of a session. `retention_seconds`: how long a session that has left the desk stays on the list of open ones.
    `publish_change`: the command that publishes a change on the change feed. `claim_seconds`: how long agents of a
    tenant may hold a conversation without a word, 0: for ever.
    """

    def __init__(
        self,
        commands: RedisCommands,
        *,
        life: float,
        retention_seconds: float,
        publish_change: Callable[[str, str], Command] = publish_change,
        claim_seconds: Callable[[str], Awaitable[float]] | None = None,
    ) -> None:
        self._claim_seconds = claim_seconds
        self._commands = commands
        self._life = life
        self._retention_seconds = retention_seconds
        self._publish_change = publish_change

    async def conversation(self, tenant: str, session_id: str) -> Conversation:
        """A session as the desk sees it, or SessionNotFound."""
        [found] = await self.conversations(tenant, [session_id])
        if found is None:
            raise _not_found()
        return found

    async def conversations(self, tenant: str, session_ids: Sequence[str]) -> list[Conversation | None]:
        """Several conversations. None for each session that does not exist."""
        found: list[Conversation | None] = []
        for start in range(0, len(session_ids), _BATCH_SIZE):
            found += await self._conversations(tenant, session_ids[start : start + _BATCH_SIZE])
        return found

    async def _conversations(self, tenant: str, session_ids: Sequence[str]) -> list[Conversation | None]:
        calls: list[Command] = []
        for session_id in session_ids:
            prefix = keys.session(tenant, session_id)
            calls += [("HGETALL", f"{prefix}session"), ("LLEN", f"{prefix}order")]
        replies = await self._commands.pipeline(calls)
        sessions = list(zip(session_ids, replies[::2], replies[1::2], strict=True))
        calls = []
        for session_id, fields, _ in sessions:
            calls += [
                ("EXISTS", keys.turn_owner(tenant, session_id, fields.get("running", ""))),
                ("HGET", f"{keys.session(tenant, session_id)}turns", fields.get("handoff_turn", "")),
            ]
        replies = await self._commands.pipeline(calls)
        claim_seconds = await self._claim_seconds(tenant) if self._claim_seconds else 0.0
        found: list[Conversation | None] = []
        for (session_id, fields, count), runs, turn in zip(sessions, replies[::2], replies[1::2], strict=True):
            if "subject" not in fields:
                found.append(None)
                continue
            waiting = fields.get("waiting_since")
            conversation = Conversation(
                session=parse_session(session_id, fields, turn_count=count, runs=bool(runs), life=self._life),
                handoff=parse_record(turn).turn.handoff if turn else None,
                handoff_turn=fields.get("handoff_turn", ""),
                language=fields.get("language", ""),
                waiting_since=None if waiting is None else float(waiting),
                escalated="escalated" in fields,
                last_message=fields.get("last_message", ""),
                claim=int(fields.get("claim", 0)),
                claimant=fields.get("claimant", ""),
                claim_expires=_claim_expires(fields, claim_seconds),
                triage=TRIAGE.validate_json(fields["triage"]) if "triage" in fields else None,
            )
            found.append(conversation)
        return found

    # What agents do.

    async def claim(self, tenant: str, session_id: str, subject: str, agent: str, *, take_over: bool) -> int:
        """Claim a session. Returns the claim's number. Raises SessionNotFound, SessionClosed, AlreadyClaimed."""
        now = time.time()
        arguments = (
            *(keys.session(tenant, session_id), subject, agent, int(take_over), repr(now)),
            *(ms(self._life), keys.ROUTER_CHANNEL_PREFIX),
        )
        index = add_to_desk(tenant, session_id, now, ms(self._life))
        *_, reply, _ = await self._commands.pipeline(
            [*index, _script(desk_lua.CLAIM, tenant, session_id, arguments), self._publish_change(tenant, session_id)]
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
        """Store an agent's reply. Returns its turn's id, and False when the request_id was stored before.

        Raises SessionNotFound, ClaimLost, RequestIdReused.
        """
        session, now = conversation.session, time.time()
        arguments = (
            *(subject, claim, turn.id, f"finished {turn_json(turn)}", repr(now), ms(self._life)),
            *(preview(turn.text), _digest(request_id) if request_id else "", _digest(turn.text)),
        )
        after: list[Command] = []
        for user in ("", session.user) if session.user else ("",):
            index = keys.sessions_by_subject(tenant, session.subject, user)
            after += [("ZADD", index, "XX", now, session.id), ("PEXPIRE", index, ms(self._life))]
        reply, *_ = await self._commands.pipeline(
            [_script(desk_lua.REPLY, tenant, session.id, arguments), *after, self._publish_change(tenant, session.id)]
        )
        match reply:
            case ["stored", turn_id]:
                return str(turn_id), True
            case ["stored before", turn_id]:
                return str(turn_id), False
            case ["reused", _]:
                raise RequestIdReused("This request_id came before with another text; make a new one.")
            case ["lost"]:
                raise _claim_lost()
            case _:
                raise _not_found()

    async def return_session(
        self,
        tenant: str,
        session_id: str,
        subject: str,
        claim: int,
        state: SessionState,
        *,
        turn_count: int | None = None,
        held: Sequence[Turn] = (),
    ) -> bool:
        """Return a session: `state` says who answers from now on. Raises SessionNotFound, ClaimLost.

        `held`: the messages that Kefu is to answer, as they are to be stored, of a session with `turn_count` turns.
        False: another message has come since.
        """
        now = time.time()
        stored = [part for turn in held for part in (turn.id, f"finished {turn_json(turn)}")]
        counted = "" if turn_count is None else turn_count
        arguments = (subject, claim, state, repr(now), ms(self._life), counted, *stored)
        index: list[Command] = []
        if state is SessionState.WAITING:
            index = add_to_desk(tenant, session_id, now, ms(self._life))
        else:
            past = keys.desk_returned(tenant)
            index = [
                ("ZADD", past, now, session_id),
                ("ZREMRANGEBYSCORE", past, "-inf", now - self._life),
                ("PEXPIRE", past, ms(self._life)),
            ]
        *_, reply, _ = await self._commands.pipeline(
            [
                *index,
                _script(desk_lua.RETURN_SESSION, tenant, session_id, arguments),
                self._publish_change(tenant, session_id),
            ]
        )
        if reply == "lost":
            raise _claim_lost()
        if reply == "missing":
            raise _not_found()
        return reply != "busy"

    async def recall(self, tenant: str, session_id: str, turn_id: str, seconds: float) -> bool:
        """Let a returned session wait for an agent again, because nobody answers its held message `turn_id`.

        False when it is being answered, or was returned less than `seconds` ago.
        """
        now = time.time()
        arguments = (keys.session(tenant, session_id), turn_id, repr(now), repr(seconds), ms(self._life))
        script = _script(desk_lua.RECALL, tenant, session_id, arguments)
        index = add_to_desk(tenant, session_id, now, ms(self._life))
        *_, done, _ = await self._commands.pipeline([*index, script, self._publish_change(tenant, session_id)])
        return bool(done)

    async def escalate(self, tenant: str, session_id: str, waiting_since: str) -> bool:
        """Mark a conversation as escalated. False when an agent came meanwhile."""
        script = _script(desk_lua.ESCALATE, tenant, session_id, (waiting_since,))
        done, _ = await self._commands.pipeline([script, self._publish_change(tenant, session_id)])
        return bool(done)

    async def lapse(
        self, tenant: str, session_id: str, claim: str, used: str, waiting_since: str, *, escalates: bool
    ) -> bool:
        """End a claim whose fields are still as they were read. False when it was used meanwhile."""
        arguments = (claim, used, waiting_since, int(escalates), ms(self._life))
        script = _script(desk_lua.LAPSE_CLAIM, tenant, session_id, arguments)
        index = add_to_desk(tenant, session_id, time.time(), ms(self._life))
        *_, done, _ = await self._commands.pipeline([*index, script, self._publish_change(tenant, session_id)])
        return bool(done)

    # Lists.

    async def open_ids(self, tenant: str) -> list[str]:
        """The ids of all sessions that may be at a tenant's desk."""
        return await self._commands.sorted_all(keys.desk_open(tenant))

    async def entries(self, tenant: str) -> list[DeskEntry]:
        """What lists need of all that wait or are claimed.

        The highest priority comes first, then the longest wait, then the oldest message.
        """
        ids, found = await self.open_ids(tenant), list[DeskEntry]()
        for start in range(0, len(ids), _ENTRIES_BATCH_SIZE):
            batch = ids[start : start + _ENTRIES_BATCH_SIZE]
            replies = await self._commands.pipeline(
                [("HMGET", f"{keys.session(tenant, session_id)}session", *_ENTRY_FIELDS) for session_id in batch]
            )
            found += [
                DeskEntry(
                    session_id,
                    SessionState(state),
                    agent or "",
                    float("inf") if waiting is None else float(waiting),
                    float(updated),
                    ConversationPriority(priority or ConversationPriority.NORMAL),
                    queue or "",
                )
                for session_id, (state, agent, waiting, updated, priority, queue) in zip(batch, replies, strict=True)
                if state in OPEN
            ]
        return sorted(found, key=lambda each: (-each.priority.rank, each.waiting_since, each.update_time))

    async def returned(
        self, tenant: str, states: Sequence[SessionState], before: str, count: int
    ) -> tuple[list[Conversation], str]:
        """Conversations that were returned, latest first, and where the next page begins (empty: no more)."""
        below, found = before or "+inf", list[Conversation]()
        while True:
            page = await self._commands.sorted_latest(keys.desk_returned(tenant), below, count + 1)
            conversations = await self.conversations(tenant, [session_id for session_id, _ in page])
            for (_, score), conversation in zip(page, conversations, strict=True):
                if len(found) == count:
                    return found, below
                if conversation is not None and conversation.session.state in states:
                    found.append(conversation)
                below = f"({score!r}"
            if len(page) <= count:
                return found, ""

    async def prune_open(self, tenant: str, session_ids: Sequence[str]) -> None:
        """Remove sessions from the list of open ones, unless they were added within `retention_seconds`."""
        if session_ids:
            arguments = (repr(time.time() - self._retention_seconds), *session_ids)
            await self._commands.script(desk_lua.PRUNE_OPEN, [keys.desk_open(tenant)], arguments)

    async def renew_presence(self, tenant: str, agents: Sequence[str], seconds: float) -> list[str]:
        """Renew the presence of agents at this router. Returns the names of agents present at any router."""
        arguments = (ms(seconds), *agents)
        return await self._commands.script(desk_lua.RENEW_PRESENCE, [keys.desk_agents(tenant)], arguments)


def _script(text: str, tenant: str, session_id: str, arguments: Sequence[str | int]) -> ScriptCall:
    prefix = keys.session(tenant, session_id)
    return ScriptCall(text, [prefix + name for name in session_lua.SESSION_KEYS], arguments)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _not_found() -> SessionNotFound:
    return SessionNotFound("There is no such session.")


def _claim_lost() -> ClaimLost:
    return ClaimLost(
        "You hold this conversation no longer: read it again, and claim it if it is still yours to answer."
    )
