"""Session store: sessions and turns in Redis, the only place where they live. All of it expires, and a delete leaves
nothing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kefu.common.customers import Customer
from kefu.common.errors import SessionNotFound, TurnNotFound
from kefu.common.redis.commands import RedisCommands, ScriptCall
from kefu.router.domain.session import Session, SessionState
from kefu.router.domain.turn import Rating, TurnRecord, TurnState
from kefu.router.storage import keys, session_lua
from kefu.router.storage.change_feed import publish_change
from kefu.router.storage.turns import parse_record


def parse_session(session_id: str, fields: Mapping[str, str], *, turn_count: int, runs: bool, life: float) -> Session:
    """A session from its hash. `runs`: a router runs the turn that the hash names as running. `life` in seconds."""
    update, state = float(fields["update_time"]), SessionState(fields["state"])
    return Session(
        id=session_id,
        subject=fields["subject"],
        state=state,
        user=fields["user"],
        title=fields["title"],
        turn_count=turn_count,
        create_time=float(fields["create_time"]),
        update_time=update,
        expire_time=update + life,
        running_turn=fields.get("running", "") if runs else "",
        replica=fields.get("replica", ""),
        agent=fields.get("agent", "") if state is SessionState.HUMAN else "",
        last_event=int(fields.get("events", 0)),
        customer=Customer.from_json(fields["customer"]) if "customer" in fields else None,
        profile=json.loads(fields.get("profile", "{}")),
        former_subject=fields.get("former_subject", ""),
    )


class SessionStore:
    """Reads, rates and deletes sessions and turns. `life` is a session's, in seconds. `TurnStore` runs turns."""

    def __init__(self, commands: RedisCommands, *, life: float) -> None:
        self._commands = commands
        self._life = life

    @property
    def life(self) -> float:
        """Seconds until a session is erased after its last turn."""
        return self._life

    async def session(self, tenant: str, session_id: str) -> Session:
        """A session, or SessionNotFound."""
        fields = await self._commands.hash(f"{keys.session(tenant, session_id)}session")
        if "subject" not in fields:
            raise SessionNotFound('There is no such session; open one with "sessions/-".')
        count = await self._commands.list_length(f"{keys.session(tenant, session_id)}order")
        running = fields.get("running", "")
        runs = bool(running) and await self._is_running(tenant, session_id, running)
        return parse_session(session_id, fields, turn_count=count, runs=runs, life=self._life)

    async def user(self, tenant: str, session_id: str) -> str:
        """The user that a session was opened for. Empty: no user was named, or there is no such session."""
        return await self._commands.hash_get(f"{keys.session(tenant, session_id)}session", "user") or ""

    async def turn(self, tenant: str, session_id: str, turn_id: str) -> TurnRecord:
        """A turn, or TurnNotFound."""
        [found] = await self.records(tenant, session_id, [turn_id])
        if found is None:
            raise TurnNotFound("There is no such turn; list the session's turns.")
        return found

    async def turns(self, tenant: str, session_id: str, start: int, count: int) -> list[TurnRecord]:
        """Turns in their order, from position `start`. A negative position counts from the end."""
        prefix = keys.session(tenant, session_id)
        stop = start + count - 1 if start >= 0 else -1
        ids = await self._commands.list_range(f"{prefix}order", start, stop)
        return [record for record in await self.records(tenant, session_id, ids) if record is not None]

    async def sessions(
        self, tenant: str, subject: str, user: str, before: str, count: int
    ) -> tuple[list[Session], str]:
        """A key's sessions, latest first, and where the next page begins (empty: no more)."""
        index, below, found = keys.sessions_by_subject(tenant, subject, user), before or "+inf", list[Session]()
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

    async def rate(self, tenant: str, session_id: str, turn_id: str, rating: Rating, comment: str) -> int:
        """Store a rating, or raise TurnNotFound. Returns its number in the session: the greatest number holds."""
        value = json.dumps({"rating": rating, "comment": comment}, ensure_ascii=False)
        number = int(await self._script(session_lua.RATE, tenant, session_id, turn_id, value))
        if not number:
            raise TurnNotFound("There is no such turn; list the session's turns.")
        return number

    async def delete(self, tenant: str, session: Session) -> None:
        """Erase a session, its turns, and the bindings of its request_ids."""
        records = await self.turns(tenant, session.id, 0, 1_000_000)
        names = [keys.session(tenant, session.id) + name for name in session_lua.SESSION_KEYS]
        delete = ScriptCall(session_lua.DELETE, names, (keys.session(tenant, session.id), keys.ROUTER_CHANNEL_PREFIX))
        await self._commands.pipeline(
            [
                delete,
                ("ZREM", keys.desk_open(tenant), session.id),
                ("ZREM", keys.desk_returned(tenant), session.id),
                publish_change(tenant, session.id),
            ]
        )
        for record in records:
            if record.turn.request_id:
                for subject in filter(None, (session.subject, session.former_subject)):
                    await self._commands.delete(keys.request(tenant, subject, record.turn.request_id))
        await self._commands.sorted_remove(keys.sessions_by_subject(tenant, session.subject), session.id)
        for subject in filter(None, (session.subject, session.former_subject)):
            await self._commands.sorted_remove(keys.triage_returns(tenant, subject, session.user), session.id)
        if session.user:
            await self._commands.sorted_remove(
                keys.sessions_by_subject(tenant, session.subject, session.user), session.id
            )

    async def session_ids_of_user(self, tenant: str, subject: str, user: str) -> list[str]:
        """The ids of all sessions that a key opened for a user."""
        return await self._commands.sorted_all(keys.sessions_by_subject(tenant, subject, user))

    async def records(self, tenant: str, session_id: str, ids: Sequence[str]) -> list[TurnRecord | None]:
        """Turns by their ids, None for each that does not exist."""
        prefix = keys.session(tenant, session_id)
        stored = await self._commands.hash_get_many(f"{prefix}turns", ids)
        ratings = await self._commands.hash_get_many(f"{prefix}ratings", ids)
        records: list[TurnRecord | None] = []
        for value, rating in zip(stored, ratings, strict=True):
            if value is None:
                records.append(None)
                continue
            record = parse_record(value, rating)
            if record.state is TurnState.RUNNING and not await self._is_running(tenant, session_id, record.turn.id):
                record = replace(record, state=TurnState.FAILED)  # its router died
            records.append(record)
        return records

    async def questions(self, tenant: str, turns: Sequence[tuple[str, str]]) -> list[str | None]:
        """What was asked in turns of several sessions, None where one does not exist. `turns`: session and turn ids."""
        calls = [("HGET", f"{keys.session(tenant, session_id)}turns", turn_id) for session_id, turn_id in turns]
        stored = await self._commands.pipeline(calls) if calls else []
        return [None if value is None else parse_record(value, None).turn.question for value in stored]

    async def _is_running(self, tenant: str, session_id: str, turn_id: str) -> bool:
        return await self._commands.exists(keys.turn_owner(tenant, session_id, turn_id))

    async def _script(self, text: str, tenant: str, session_id: str, *arguments: str | int) -> Any:
        prefix = keys.session(tenant, session_id)
        return await self._commands.script(text, [prefix + name for name in session_lua.SESSION_KEYS], arguments)
