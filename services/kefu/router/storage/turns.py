"""Turn store: the course of a turn in Redis (bound to a request_id, owned by one router, begun, finished).

See also `turn_leases`.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pydantic
import structlog

from kefu.common.customers import Customer
from kefu.common.errors import PoisonedMessage, SessionBusy, SessionClosed, SessionNotFound
from kefu.common.redis.commands import Command, RedisCommands, ScriptCall
from kefu.router import metrics
from kefu.router.domain.experiment import Trial
from kefu.router.domain.session import SessionState
from kefu.router.domain.triage import TRIAGE
from kefu.router.domain.turn import TURN, FinishReason, Rating, Turn, TurnRecord, TurnState
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.storage import keys, session_lua
from kefu.router.storage.change_feed import publish_change
from kefu.router.storage.desk_index import add_to_desk, preview
from kefu.router.storage.erasure import note_subject
from kefu.router.storage.turn_drafts import DRAFT_CONTEXT, DraftContext, SavedDraft

REQUEST_ID_SECONDS = 3600.0
"""Life of a request_id's binding until its turn has ended; then it lives as long as the session. So a refused message
leaves nothing longer than this."""
DRAFT_SECONDS = 60.0
"""Life of a saved draft whose router died. Within it another router may go on with the answer."""
MOST_ATTEMPTS = 3
"""A turn is refused after so many routers have died over it."""
_ANSWERED = (FinishReason.STOP, FinishReason.LENGTH)
_HISTORY_TURNS = 8
_MAX_WAITING = 8
_TITLE_CHARACTERS = 80
_TURN_REQUEST = pydantic.TypeAdapter(TurnRequest)
_FIELDS = pydantic.TypeAdapter(dict[str, object])
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class TurnKey:
    """The tenant, session and id of a turn."""

    tenant: str
    session_id: str
    turn_id: str


@dataclass(frozen=True)
class StartedTurn:
    """A turn that has begun. The session belongs to it until `finish`."""

    fence: int
    state: SessionState
    user: str
    replica: str
    """The generation replica that answered last in this session."""
    begun_before: bool
    """Whether the turn began before, on any router, and did not end well."""
    saved: SavedDraft | None
    """The draft that a dead router left."""
    history: list[TurnRecord]
    """The turns before this one, latest last. RUNNING may also mean that a router died."""
    ephemeral: bool = False
    """Redis is away: the turn has no session in it."""
    trial: Trial | None = None
    """The session's part in an experiment."""

    @classmethod
    def without_redis(cls) -> "StartedTurn":
        """A turn without Redis: as if it were the first of its own session."""
        return cls(0, SessionState.BOT, user="", replica="", begun_before=False, saved=None, history=[], ephemeral=True)


@dataclass(frozen=True)
class TurnProgress:
    """The progress of a turn, for a router that does not run it."""

    subject: str
    """The key that owns the session. Empty: there is no such session."""
    owner: str
    """The router that runs the turn. Empty: none does."""
    record: TurnRecord | None
    """The stored turn, when no router runs it."""
    context: DraftContext | None
    rewritten_from: int | None
    length: int
    """Bytes of text that are saved."""
    new_text: str
    """The text beyond the bytes that were known."""
    request: TurnRequest | None
    """The turn request, when the router that ran the turn died."""


@dataclass
class TurnStore:
    """Runs turns in Redis. `life` of a session and `lease` of its lock are in seconds. `owner` names this router.

    `most_turns`: messages and replies that a session may hold before it takes no further message. 0: no bound.
    """

    commands: RedisCommands
    life: float
    lease: float
    owner: str
    most_turns: int = 0

    async def bind_request(self, tenant: str, subject: str, request_id: str, binding: str, key: TurnKey) -> str | None:
        """Bind a request_id to a turn, and own the turn. Returns what the request_id is bound to already, or None.

        `binding` is the text to store: the session, the turn, and a hash of the message.
        """
        name = keys.request(tenant, subject, request_id)
        held, _ = await self.commands.pipeline(
            (
                ScriptCall(session_lua.BIND, (name,), (binding, ms(min(self.life, REQUEST_ID_SECONDS)))),
                self._own(key),
            )
        )
        if held is not None:
            for of_turn in (keys.turn_owner, keys.turn_attempts):
                await self.commands.delete(of_turn(key.tenant, key.session_id, key.turn_id))
        return held

    async def bound_request(self, tenant: str, subject: str, request_id: str) -> str | None:
        """What a request_id is bound to, as `bind_request` stored it; None: nothing."""
        return await self.commands.get(keys.request(tenant, subject, request_id))

    async def take_ownership(self, key: TurnKey) -> bool:
        """Own a turn, so that this router runs it. False while another router owns it.

        Raises PoisonedMessage when `MOST_ATTEMPTS` routers have owned the turn and died.
        """
        own = self._own(key)
        reply = await self.commands.script(own.text, own.keys, own.arguments)
        if reply == "poisoned":
            metrics.POISONED_MESSAGES.inc()
            _log.error("turn.poisoned", turn=key.turn_id, session=key.session_id, routers=MOST_ATTEMPTS)
            raise PoisonedMessage(
                f"Each of the {MOST_ATTEMPTS} routers that began to answer this message has died. It is not tried "
                "again; write it in other words."
            )
        return reply == "own"

    def _own(self, key: TurnKey) -> ScriptCall:
        names = [name(key.tenant, key.session_id, key.turn_id) for name in (keys.turn_owner, keys.turn_attempts)]
        arguments = (self.owner, ms(self.lease), MOST_ATTEMPTS, ms(REQUEST_ID_SECONDS))
        return ScriptCall(session_lua.OWN, names, arguments)

    async def begin(
        self,
        key: TurnKey,
        subject: str,
        turn: Turn,
        request: TurnRequest,
        *,
        opens: bool,
        waits: bool,
        first: bool = True,
        customer: Customer | None = None,
        trial: Trial | None = None,
    ) -> StartedTurn | str:
        """Begin a turn in its session. With `waits`, returns the running turn's id while the session is not free yet.

        Raises SessionBusy, SessionClosed, SessionNotFound (also for another subject's session). `opens`: the session
        may be new. `first`: this is the first call for the turn. `customer`: who the asker is, as verified.
        `trial`: the part in an experiment of a session that is new.
        """
        now = time.time()
        prefix = keys.session(key.tenant, key.session_id)
        script = ScriptCall(
            session_lua.BEGIN,
            _session_keys(key),
            (
                prefix,
                turn.id,
                turn_json(turn),
                repr(now),
                ms(self.life),
                ms(self.lease),
                "queue" if waits else "reject",
                int(opens),
                subject,
                request.user,
                " ".join(turn.shown_question.split())[:_TITLE_CHARACTERS],
                _MAX_WAITING,
                self.owner,
                _TURN_REQUEST.dump_json(request, exclude={"arrived", "deadline", "origin"}).decode(),
                ms(DRAFT_SECONDS),
                _HISTORY_TURNS,
                self.most_turns,
                ms(REQUEST_ID_SECONDS),
                customer.to_json() if customer else "",
                json.dumps(dict(request.profile), ensure_ascii=False) if request.profile else "",
                trial.to_json() if trial else "",
            ),
        )
        # The index first: an entry without its session does no harm; a session without its entry would be hidden.
        indexes = [keys.sessions_by_subject(key.tenant, subject)]
        indexes += [keys.sessions_by_subject(key.tenant, subject, request.user)] if request.user and opens else []
        index = self._index(indexes, key.session_id, now, adds=opens) if first else []
        if first and opens and request.user:
            index += note_subject(key.tenant, subject, request.user, ms(self.life))
        *_, reply = await self.commands.pipeline((*index, script))
        match reply[0]:
            case "missing":
                raise SessionNotFound('There is no such session; open one with "sessions/-".')
            case "full":
                raise SessionClosed(
                    f"This session holds {self.most_turns} messages, and takes no more; open another one."
                )
            case "closed":
                raise SessionClosed("This session was closed; open another one.")
            case "busy":
                raise SessionBusy("This session is still answering another message; wait for it, then send again.")
            case "wait":
                return str(reply[1])
            case _:
                _, fence, state, user, replica, begun_before, saved, history, known_trial = reply
                return StartedTurn(
                    fence=int(fence),
                    state=SessionState(state),
                    user=user,
                    replica=replica,
                    begun_before=bool(begun_before),
                    saved=SavedDraft.from_fields(dict(zip(saved[::2], saved[1::2], strict=True)))
                    if begun_before
                    else None,
                    history=[
                        parse_record(stored, rating)
                        for stored, rating in zip(history[::2], history[1::2], strict=True)
                        if stored
                    ],
                    trial=Trial.from_json(known_trial) if known_trial else None,
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
        """Store the end of a turn and free its session. "gone": it was deleted; "lost": another turn has it now."""
        now = time.time()
        script = ScriptCall(
            session_lua.FINISH,
            _session_keys(key),
            (
                keys.session(key.tenant, key.session_id),
                turn.id,
                fence,
                f"{state} {turn_json(turn)}",
                repr(now),
                ms(self.life),
                session_state or "",
                replica,
                self.owner,
                turn.language,
                preview(turn.shown_question),
                int(turn.completed is None or turn.completed.finish_reason not in _ANSWERED),
                *_triage_arguments(turn),
            ),
        )
        indexes = [keys.sessions_by_subject(key.tenant, subject)]
        indexes += [keys.sessions_by_subject(key.tenant, subject, user)] if user else []
        desk = (
            add_to_desk(key.tenant, key.session_id, now, ms(self.life)) if session_state is SessionState.WAITING else []
        )
        # After a delete nothing is added to the indexes: they are only moved in.
        more = self._index(indexes, key.session_id, now, adds=False)
        binding = keys.request(key.tenant, subject, turn.request_id) if turn.request_id else ""
        if binding:
            more.append(("PEXPIRE", binding, ms(self.life)))
        replies = await self.commands.pipeline((*desk, script, *more, publish_change(key.tenant, key.session_id)))
        done = replies[len(desk)]
        if binding and done == "gone":  # the request_id was bound too late to be erased with its session
            await self.commands.delete(binding)
        return done

    async def discard(self, key: TurnKey) -> None:
        """Remove all of a turn that never began."""
        prefix = keys.session(key.tenant, key.session_id)
        await self.commands.script(session_lua.DISCARD, _session_keys(key), (prefix, key.turn_id, self.owner))

    async def release(self, key: TurnKey, fence: int) -> None:
        """Release a turn's lease, so that another router can go on with the turn at once."""
        arguments = (keys.session(key.tenant, key.session_id), key.turn_id, fence, self.owner)
        await self.commands.script(session_lua.RELEASE, _session_keys(key), arguments)

    async def request_stop(self, key: TurnKey, *, supersede: bool = False) -> None:
        """Ask the router that runs a turn to stop it."""
        arguments = (
            keys.session(key.tenant, key.session_id),
            key.turn_id,
            "supersede" if supersede else "stop",
            keys.ROUTER_CHANNEL_PREFIX,
        )
        await self.commands.script(session_lua.STOP, _session_keys(key), arguments)

    async def progress(
        self, key: TurnKey, known: int = 0, *, knows_context: bool = False, follows: bool = False
    ) -> TurnProgress:
        """The progress of a turn beyond `known` bytes. `follows` tells its router that it has a reader here."""
        [found] = await self.progress_of([(key, known, knows_context, follows)])
        return found

    async def progress_of(self, turns: Sequence[tuple[TurnKey, int, bool, bool]]) -> list[TurnProgress]:
        """The progress of many turns in one call. For each: its key, the bytes known, `knows_context`, `follows`."""
        calls: list[Command] = [
            ScriptCall(
                session_lua.READ_PROGRESS,
                (
                    f"{keys.session(key.tenant, key.session_id)}turns",
                    keys.turn_owner(key.tenant, key.session_id, key.turn_id),
                    keys.turn_draft(key.tenant, key.session_id, key.turn_id),
                    f"{keys.session(key.tenant, key.session_id)}session",
                ),
                (key.turn_id, known, int(knows_about), keys.ROUTER_CHANNEL_PREFIX if follows else ""),
            )
            for key, known, knows_about, follows in turns
        ]
        return [_parse_progress(reply) for reply in await self.commands.pipeline(calls)]

    def _index(self, indexes: Sequence[str], session_id: str, now: float, *, adds: bool) -> list[Command]:
        touched: list[Command] = []
        for index in indexes:
            touched.append(("ZADD", index, now, session_id) if adds else ("ZADD", index, "XX", now, session_id))
            touched.append(("PEXPIRE", index, ms(self.life)))
        return touched


def _triage_arguments(turn: Turn) -> tuple[str | int, str, str, str]:
    triage = turn.triage
    if triage is None:
        return "", "", "", ""
    return triage.rank, TRIAGE.dump_json(triage, exclude_defaults=True).decode(), triage.priority, triage.queue


def ms(seconds: float) -> int:
    """Seconds as whole milliseconds, at least 1: Redis takes no life of 0."""
    return max(1, round(seconds * 1000))


def turn_json(turn: Turn) -> str:
    """A turn as it is stored. What has its default is left out: that is a kilobyte of most turns."""
    return TURN.dump_json(turn, exclude_defaults=True).decode()


def parse_record(stored: str, rating: str | None = None) -> TurnRecord:
    """A turn from its Redis value, with its rating."""
    state, _, turn = stored.partition(" ")
    stored_rating = json.loads(rating) if rating else {"rating": "", "comment": ""}
    return TurnRecord(
        TURN.validate_json(turn), TurnState(state), Rating(stored_rating["rating"]), str(stored_rating["comment"])
    )


def _session_keys(key: TurnKey) -> list[str]:
    prefix = keys.session(key.tenant, key.session_id)
    return [prefix + name for name in session_lua.SESSION_KEYS]


def _parse_progress(reply: list[str]) -> TurnProgress:
    subject, owner, record, context, rewritten_from, length, new_text, request = reply
    return TurnProgress(
        subject=subject,
        owner=owner,
        record=parse_record(record) if record else None,
        context=DRAFT_CONTEXT.validate_json(context) if context else None,
        rewritten_from=int(rewritten_from) if rewritten_from else None,
        length=int(length),
        new_text=new_text,
        # As if the message arrived now, without a deadline: its caller is gone.
        request=_TURN_REQUEST.validate_python({**_FIELDS.validate_json(request), "arrived": time.monotonic()})
        if request
        else None,
    )
