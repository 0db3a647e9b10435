"""A turn's course in Redis: claimed, taken by one router, begun, finished. See also `turn_leases`."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pydantic

from kefu.common.errors import SessionBusy, SessionClosed, SessionNotFound
from kefu.common.redis.commands import Command, RedisCommands, ScriptCall
from kefu.router.domain.session import SessionState
from kefu.router.domain.turn import TURN, FinishReason, Rating, Turn, TurnRecord, TurnState
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.storage import keys, session_lua
from kefu.router.storage.change_feed import publish_change
from kefu.router.storage.desk_index import at_desk, shortened
from kefu.router.storage.turn_drafts import ABOUT, About, SavedDraft

CLAIM_SECONDS = 3600.0
"""What a request_id stands for is kept for so long until its turn has ended, then as long as the session: a message
that was refused leaves nothing longer than this."""
DRAFT_SECONDS = 60.0
"""What a router that died had written of an answer is kept for so long, to be gone on with."""
_ANSWERED = (FinishReason.STOP, FinishReason.LENGTH)
_HISTORY_TURNS = 8
_MOST_WAITING = 8
_TITLE_CHARACTERS = 80
_ASK = pydantic.TypeAdapter(TurnRequest)
_FIELDS = pydantic.TypeAdapter(dict[str, object])


@dataclass(frozen=True)
class TurnKey:
    """Where a turn is."""

    tenant: str
    session_id: str
    turn_id: str


@dataclass(frozen=True)
class StartedTurn:
    """The session is this turn's until `finish`."""

    fence: int
    state: SessionState
    user: str
    replica: str
    """The generation replica that answered last in this session."""
    again: bool
    """The turn was begun before, here or elsewhere, and did not end well."""
    saved: SavedDraft | None
    """What a router that died left of it."""
    before: list[TurnRecord]
    """The turns before it, the latest last. RUNNING may also mean that a router died."""
    ephemeral: bool = False  # Redis is away: no session is anybody's

    @classmethod
    def without_redis(cls) -> "StartedTurn":
        """As if it were the first turn of a session of its own."""
        return cls(0, SessionState.BOT, user="", replica="", again=False, saved=None, before=[], ephemeral=True)


@dataclass(frozen=True)
class Look:
    """How far a turn is, for a router that does not run it."""

    subject: str
    """The key that owns the session; empty: there is none."""
    owner: str
    """The router that runs it; empty: none does."""
    record: TurnRecord | None
    """What is stored of it, when nobody runs it."""
    about: About | None
    rewritten_from: int | None
    length: int
    """Bytes of text that are written down."""
    more: str
    """Those after the ones that were known."""
    ask: TurnRequest | None
    """The message, when a router died that ran the turn."""


@dataclass
class TurnStore:
    """`life` is a session's, `lease` that of its lock; both in seconds. `owner` names this router."""

    commands: RedisCommands
    life: float
    lease: float
    owner: str

    async def claim(self, tenant: str, subject: str, request_id: str, claim: str, key: TurnKey) -> str | None:
        """Bind a request_id to a claim, and take its turn; returns the claim that it is bound to already, if it is."""
        bound = keys.request(tenant, subject, request_id)
        alive = keys.alive(key.tenant, key.session_id, key.turn_id)
        held, _ = await self.commands.pipeline(
            (
                ScriptCall(session_lua.CLAIM, (bound,), (claim, ms(min(self.life, CLAIM_SECONDS)))),
                ("SET", alive, self.owner, "NX", "PX", ms(self.lease)),
            )
        )
        if held is not None:
            await self.commands.delete(alive)
        return held

    async def take(self, key: TurnKey) -> bool:
        """Become the one that runs a turn; False while another one does."""
        alive = keys.alive(key.tenant, key.session_id, key.turn_id)
        return await self.commands.set_new(alive, self.owner, seconds=self.lease)

    async def begin(
        self, key: TurnKey, subject: str, turn: Turn, ask: TurnRequest, *, opens: bool, waits: bool, first: bool = True
    ) -> StartedTurn | str:
        """Take the session for a turn. Returns the running turn's id when `waits` and it is not free yet: ask again.

        Raises SessionBusy, SessionClosed, SessionNotFound (also for someone else's). `first`: it was not asked before.
        """
        now = time.time()
        prefix = keys.session(key.tenant, key.session_id)
        script = ScriptCall(
            session_lua.BEGIN,
            _session_keys(key),
            (
                prefix,
                turn.id,
                TURN.dump_json(turn).decode(),
                repr(now),
                ms(self.life),
                ms(self.lease),
                "queue" if waits else "reject",
                int(opens),
                subject,
                ask.user,
                " ".join(turn.question.split())[:_TITLE_CHARACTERS],
                _MOST_WAITING,
                self.owner,
                _ASK.dump_json(ask, exclude={"arrived", "deadline"}).decode(),
                ms(DRAFT_SECONDS),
                _HISTORY_TURNS,
            ),
        )
        # The index first: an entry without its session harms nobody, the other way round hides one.
        indexes = [keys.sessions_of(key.tenant, subject)]
        indexes += [keys.sessions_of(key.tenant, subject, ask.user)] if ask.user and opens else []
        index = self._index(indexes, key.session_id, now, adds=opens) if first else []
        *_, reply = await self.commands.pipeline((*index, script))
        match reply[0]:
            case "missing":
                raise SessionNotFound('There is no such session; open one with "sessions/-".')
            case "closed":
                raise SessionClosed("This session was closed; open another one.")
            case "busy":
                raise SessionBusy("This session is still answering another message; wait for it, then send again.")
            case "wait":
                return str(reply[1])
            case _:
                _, fence, state, user, replica, again, saved, before = reply
                return StartedTurn(
                    fence=int(fence),
                    state=SessionState(state),
                    user=user,
                    replica=replica,
                    again=bool(again),
                    saved=SavedDraft.of(dict(zip(saved[::2], saved[1::2], strict=True))) if again else None,
                    before=[
                        record_of(stored, rating)
                        for stored, rating in zip(before[::2], before[1::2], strict=True)
                        if stored
                    ],
                )

    async def finish(
        self,
        key: TurnKey,
        subject: str,
        user: str,
        turn: Turn,
        state: TurnState,
        fence: int,
        *,
        session_state: SessionState | None = None,
        replica: str = "",
    ) -> Literal["stored", "gone", "lost"]:
        """Store how a turn ended and free its session; "gone": it was deleted, "lost": it is another turn's now."""
        now = time.time()
        script = ScriptCall(
            session_lua.FINISH,
            _session_keys(key),
            (
                keys.session(key.tenant, key.session_id),
                turn.id,
                fence,
                f"{state} {TURN.dump_json(turn).decode()}",
                repr(now),
                ms(self.life),
                session_state or "",
                replica,
                self.owner,
                turn.language,
                shortened(turn.question),
                int(turn.completed is None or turn.completed.finish_reason not in _ANSWERED),
            ),
        )
        indexes = [keys.sessions_of(key.tenant, subject)]
        indexes += [keys.sessions_of(key.tenant, subject, user)] if user else []
        desk = at_desk(key.tenant, key.session_id, now, ms(self.life)) if session_state is SessionState.WAITING else []
        # After a delete nothing is added to the indexes: they are only moved in.
        more = self._index(indexes, key.session_id, now, adds=False)
        claim = keys.request(key.tenant, subject, turn.request_id) if turn.request_id else ""
        if claim:
            more.append(("PEXPIRE", claim, ms(self.life)))
        replies = await self.commands.pipeline((*desk, script, *more, publish_change(key.tenant, key.session_id)))
        done = replies[len(desk)]
        if claim and done == "gone":  # the session was erased, and this was claimed too late to be erased with it
            await self.commands.delete(claim)
        return done

    async def leave(self, key: TurnKey) -> None:
        """Forget a turn that never began."""
        prefix = keys.session(key.tenant, key.session_id)
        await self.commands.script(session_lua.LEAVE, _session_keys(key), (prefix, key.turn_id, self.owner))

    async def hand_on(self, key: TurnKey, fence: int) -> None:
        """Let another router go on with a turn, at once."""
        arguments = (keys.session(key.tenant, key.session_id), key.turn_id, fence, self.owner)
        await self.commands.script(session_lua.HAND_ON, _session_keys(key), arguments)

    async def ask_to_stop(self, key: TurnKey, *, supersede: bool = False) -> None:
        """Tell whichever router runs a turn to stop it."""
        arguments = (
            keys.session(key.tenant, key.session_id),
            key.turn_id,
            "supersede" if supersede else "stop",
            keys.ROUTERS,
        )
        await self.commands.script(session_lua.STOP, _session_keys(key), arguments)

    async def look(self, key: TurnKey, known: int = 0, *, knows_about: bool = False, follows: bool = False) -> Look:
        """How far a turn is. `follows` tells the router that runs it that somebody reads it here."""
        [found] = await self.look_at([(key, known, knows_about, follows)])
        return found

    async def look_at(self, asked: Sequence[tuple[TurnKey, int, bool, bool]]) -> list[Look]:
        """The same for many turns in one go: each with the bytes known, whether `about` is, whether it is followed."""
        calls: list[Command] = [
            ScriptCall(
                session_lua.LOOK,
                (
                    f"{keys.session(key.tenant, key.session_id)}turns",
                    keys.alive(key.tenant, key.session_id, key.turn_id),
                    keys.draft(key.tenant, key.session_id, key.turn_id),
                    f"{keys.session(key.tenant, key.session_id)}session",
                ),
                (key.turn_id, known, int(knows_about), keys.ROUTERS if follows else ""),
            )
            for key, known, knows_about, follows in asked
        ]
        return [_look(reply) for reply in await self.commands.pipeline(calls)]

    def _index(self, indexes: Sequence[str], session_id: str, now: float, *, adds: bool) -> list[Command]:
        touched: list[Command] = []
        for index in indexes:
            touched.append(("ZADD", index, now, session_id) if adds else ("ZADD", index, "XX", now, session_id))
            touched.append(("PEXPIRE", index, ms(self.life)))
        return touched


def ms(seconds: float) -> int:
    """For Redis, which takes no life of 0."""
    return max(1, round(seconds * 1000))


def record_of(stored: str, rating: str | None = None) -> TurnRecord:
    """A turn as it stands in Redis, and what was said of it."""
    state, _, turn = stored.partition(" ")
    said = json.loads(rating) if rating else {"rating": "", "comment": ""}
    return TurnRecord(TURN.validate_json(turn), TurnState(state), Rating(said["rating"]), str(said["comment"]))


def _session_keys(key: TurnKey) -> list[str]:
    prefix = keys.session(key.tenant, key.session_id)
    return [prefix + name for name in session_lua.SESSION_KEYS]


def _look(reply: list[str]) -> Look:
    subject, owner, record, about, rewritten_from, length, more, ask = reply
    return Look(
        subject=subject,
        owner=owner,
        record=record_of(record) if record else None,
        about=ABOUT.validate_json(about) if about else None,
        rewritten_from=int(rewritten_from) if rewritten_from else None,
        length=int(length),
        more=more,
        # As if it arrived now, without a deadline: that went with its caller.
        ask=_ASK.validate_python({**_FIELDS.validate_json(ask), "arrived": time.monotonic()}) if ask else None,
    )
