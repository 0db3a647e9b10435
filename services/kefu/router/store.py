"""Sessions and turns in Redis: the only place they live. Everything has a life, and a delete leaves nothing."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal

from kefu.common.errors import SessionBusy, SessionClosed, SessionNotFound, TurnNotFound
from kefu.router import keys, scripts
from kefu.router.model import TURN, Rating, Session, SessionState, Turn, TurnRecord, TurnState
from kefu.router.redis_commands import RedisCommands

_MOST_WAITING = 8
_TITLE_CHARACTERS = 80


class Signal(StrEnum):
    """What a heartbeat tells a running turn."""

    ON = "on"
    STOP = "stop"
    SUPERSEDE = "supersede"
    GONE = "gone"
    LOST = "lost"


@dataclass(frozen=True)
class Begun:
    """The session is this turn's until `finish`."""

    fence: int
    state: SessionState


class SessionStore:
    """`life` is a session's, `lease` that of its lock; both in seconds. `owner` names this router."""

    def __init__(self, commands: RedisCommands, *, life: float, lease: float, owner: str) -> None:
        self._commands = commands
        self._life = life
        self._lease = lease
        self._owner = owner

    @property
    def life(self) -> float:
        """Seconds until a session is erased after its last turn."""
        return self._life

    # A turn's course.

    async def claim_request(self, tenant: str, subject: str, request_id: str, claim: str) -> str:
        """Bind a request_id to a claim unless it is bound already; returns the claim that holds."""
        key = keys.request(tenant, subject, request_id)
        if await self._commands.set_new(key, claim, seconds=self._life):
            return claim
        return await self._commands.get(key) or await self.claim_request(tenant, subject, request_id, claim)

    async def take_turn(self, tenant: str, session_id: str, turn_id: str) -> bool:
        """Become the one that runs a turn; False while another one does."""
        key = f"{keys.session(tenant, session_id)}alive:{turn_id}"
        return await self._commands.set_new(key, self._owner, seconds=self._lease)

    async def begin(
        self, tenant: str, session_id: str, subject: str, turn: Turn, *, opens: bool, user: str, waits: bool
    ) -> Begun | str:
        """Take the session for a turn. Returns the running turn's id when `waits` and it is not free yet: ask again.

        Raises SessionBusy, SessionClosed, SessionNotFound (also for someone else's).
        """
        now = time.time()
        if opens:  # the index first: an entry without its session harms nobody, the other way round hides one
            await self._index(tenant, subject, user, session_id, now)
        reply: list[str] = await self._script(
            scripts.BEGIN,
            tenant,
            session_id,
            keys.session(tenant, session_id),
            turn.id,
            TURN.dump_json(turn).decode(),
            repr(now),
            self._ms(self._life),
            self._ms(self._lease),
            "queue" if waits else "reject",
            int(opens),
            subject,
            user,
            " ".join(turn.question.split())[:_TITLE_CHARACTERS],
            _MOST_WAITING,
        )
        match reply[0]:
            case "missing":
                raise SessionNotFound('There is no such session; open one with "sessions/-".')
            case "closed":
                raise SessionClosed("This session was closed; open another one.")
            case "busy":
                raise SessionBusy("This session is still answering another message; wait for it, then send again.")
            case "wait":
                return reply[1]
            case _:
                begun = Begun(int(reply[1]), SessionState(reply[2]))
                if not opens:
                    fields = await self._commands.hash_get(f"{keys.session(tenant, session_id)}session", "user")
                    await self._index(tenant, subject, fields or "", session_id, now)
                return begun

    async def beat(self, tenant: str, session_id: str, turn_id: str, fence: int) -> Signal:
        """Renew the leases of a turn; `fence` is 0 while it waits."""
        prefix = keys.session(tenant, session_id)
        arguments = (prefix, turn_id, fence, self._ms(self._lease), self._owner)
        return Signal(await self._script(scripts.BEAT, tenant, session_id, *arguments))

    async def finish(
        self,
        tenant: str,
        session_id: str,
        turn: Turn,
        state: TurnState,
        fence: int,
        *,
        session_state: SessionState | None = None,
        replica: str = "",
    ) -> Literal["stored", "gone", "lost"]:
        """Store how a turn ended and free its session; "gone": it was deleted, "lost": it is another turn's now."""
        return await self._script(
            scripts.FINISH,
            tenant,
            session_id,
            keys.session(tenant, session_id),
            turn.id,
            fence,
            f"{state} {TURN.dump_json(turn).decode()}",
            repr(time.time()),
            self._ms(self._life),
            session_state or "",
            replica,
        )

    async def leave(self, tenant: str, session_id: str, turn_id: str) -> None:
        """Forget a turn that never began."""
        await self._script(scripts.LEAVE, tenant, session_id, keys.session(tenant, session_id), turn_id)

    async def ask_to_stop(self, tenant: str, session_id: str, turn_id: str, *, supersede: bool = False) -> None:
        """Tell whichever router runs a turn to stop it; it hears of it at its next heartbeat."""
        await self._script(scripts.STOP, tenant, session_id, turn_id, Signal.SUPERSEDE if supersede else Signal.STOP)

    # Reading.

    async def session(self, tenant: str, session_id: str) -> Session:
        """A session, or SessionNotFound."""
        fields = await self._commands.hash(f"{keys.session(tenant, session_id)}session")
        if "subject" not in fields:
            raise SessionNotFound('There is no such session; open one with "sessions/-".')
        count = await self._commands.list_length(f"{keys.session(tenant, session_id)}order")
        running = fields.get("running", "")
        if running and not await self._alive(tenant, session_id, running):
            running = ""
        update = float(fields["update_time"])
        return Session(
            id=session_id,
            subject=fields["subject"],
            state=SessionState(fields["state"]),
            user=fields["user"],
            title=fields["title"],
            turn_count=count,
            create_time=float(fields["create_time"]),
            update_time=update,
            expire_time=update + self._life,
            running_turn=running,
            replica=fields.get("replica", ""),
        )

    async def turn(self, tenant: str, session_id: str, turn_id: str) -> TurnRecord:
        """A turn, or TurnNotFound."""
        [found] = await self._records(tenant, session_id, [turn_id])
        if found is None:
            raise TurnNotFound("There is no such turn; list the session's turns.")
        return found

    async def turns(self, tenant: str, session_id: str, start: int, count: int) -> list[TurnRecord]:
        """Turns in their order, from position `start`; a negative one counts from the end."""
        prefix = keys.session(tenant, session_id)
        stop = start + count - 1 if start >= 0 else -1
        ids = await self._commands.list_range(f"{prefix}order", start, stop)
        return [record for record in await self._records(tenant, session_id, ids) if record is not None]

    async def sessions(
        self, tenant: str, subject: str, user: str, before: str, count: int
    ) -> tuple[list[Session], str]:
        """A key's sessions, the latest first, and where the next page begins (empty: no more)."""
        index, below, found = keys.sessions_of(tenant, subject, user), before or "+inf", list[Session]()
        while True:
            page = await self._commands.sorted_latest(index, below, count + 1)
            for session_id, score in page:
                if len(found) == count:
                    return found, below
                try:
                    session = await self.session(tenant, session_id)
                except SessionNotFound:  # expired, or deleted half way
                    await self._commands.sorted_remove(index, session_id)
                else:
                    if session.subject == subject:
                        found.append(session)
                below = f"({score!r}"
            if len(page) <= count:
                return found, ""

    # Changing what is there.

    async def rate(self, tenant: str, session_id: str, turn_id: str, rating: Rating, comment: str) -> None:
        """Store a rating, or raise TurnNotFound."""
        value = json.dumps({"rating": rating, "comment": comment}, ensure_ascii=False)
        if not await self._script(scripts.RATE, tenant, session_id, turn_id, value):
            raise TurnNotFound("There is no such turn; list the session's turns.")

    async def set_state(self, tenant: str, session_id: str, state: SessionState) -> None:
        """Say who answers in a session, or raise SessionNotFound."""
        if not await self._script(scripts.SET_STATE, tenant, session_id, state):
            raise SessionNotFound("There is no such session.")

    async def delete(self, tenant: str, session: Session) -> None:
        """Erase a session, its turns, and what its request_ids stand for."""
        records = await self.turns(tenant, session.id, 0, 1_000_000)
        await self._script(scripts.DELETE, tenant, session.id, keys.session(tenant, session.id))
        for record in records:
            if record.turn.request_id:
                await self._commands.delete(keys.request(tenant, session.subject, record.turn.request_id))
        await self._commands.sorted_remove(keys.sessions_of(tenant, session.subject), session.id)
        if session.user:
            await self._commands.sorted_remove(keys.sessions_of(tenant, session.subject, session.user), session.id)

    async def session_ids_of_user(self, tenant: str, subject: str, user: str) -> list[str]:
        """Every session that a key opened for a user."""
        return await self._commands.sorted_all(keys.sessions_of(tenant, subject, user))

    async def _records(self, tenant: str, session_id: str, ids: Sequence[str]) -> list[TurnRecord | None]:
        prefix = keys.session(tenant, session_id)
        stored = await self._commands.hash_get_many(f"{prefix}turns", ids)
        ratings = await self._commands.hash_get_many(f"{prefix}ratings", ids)
        records: list[TurnRecord | None] = []
        for value, rating in zip(stored, ratings, strict=True):
            if value is None:
                records.append(None)
                continue
            state, _, turn = value.partition(" ")
            record = TurnRecord(TURN.validate_json(turn), TurnState(state))
            if record.state is TurnState.RUNNING and not await self._alive(tenant, session_id, record.turn.id):
                record = replace(record, state=TurnState.FAILED)  # its router died
            if rating is not None:
                said = json.loads(rating)
                record = replace(record, rating=Rating(said["rating"]), rating_comment=str(said["comment"]))
            records.append(record)
        return records

    async def _alive(self, tenant: str, session_id: str, turn_id: str) -> bool:
        return await self._commands.exists(f"{keys.session(tenant, session_id)}alive:{turn_id}")

    async def _index(self, tenant: str, subject: str, user: str, session_id: str, now: float) -> None:
        await self._commands.sorted_add(keys.sessions_of(tenant, subject), session_id, now, seconds=self._life)
        if user:
            index = keys.sessions_of(tenant, subject, user)
            await self._commands.sorted_add(index, session_id, now, seconds=self._life)

    async def _script(self, text: str, tenant: str, session_id: str, *arguments: str | int) -> Any:
        prefix = keys.session(tenant, session_id)
        return await self._commands.script(text, [prefix + name for name in scripts.SESSION_KEYS], arguments)

    @staticmethod
    def _ms(seconds: float) -> int:
        return max(1, round(seconds * 1000))
