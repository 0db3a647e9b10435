"""
What happens in a session, as a numbered stream beside it.

Each event is written in the script that changes the session, and names what is stored (a turn, a state) instead of
repeating it. They are numbered from 1 without a gap, so that a reader who comes back knows whether it missed any: the
stream keeps about the last thousand.
"""

from dataclasses import dataclass
from typing import cast

from kefu.common.errors import SessionNotFound
from kefu.common.redis.commands import RedisCommands
from kefu.router.domain.session import SessionState
from kefu.router.domain.turn import TurnRecord
from kefu.router.storage import keys
from kefu.router.storage.change_feed import SessionKey
from kefu.router.storage.sessions import SessionStore

_AT_ONCE = 20
"""Events that are read at once: a turn with its passages may be large."""


@dataclass(frozen=True)
class StateTold:
    """Somebody else answers."""

    number: int
    state: SessionState
    agent: str


@dataclass(frozen=True)
class TurnTold:
    """A turn was stored, which now is so."""

    number: int
    record: TurnRecord


@dataclass(frozen=True)
class Missed:
    """Events up to this number are not to be had."""

    number: int


SessionEvent = StateTold | TurnTold | Missed


class SessionEvents:
    """Reads the events of sessions."""

    def __init__(self, commands: RedisCommands, store: SessionStore) -> None:
        self._commands = commands
        self._store = store

    async def last(self, tenant: str, session_id: str) -> int:
        """Number of the last event, 0 when there was none. Raises SessionNotFound."""
        [last] = await self.last_of([(tenant, session_id)])
        if last is None:
            raise SessionNotFound("There is no such session.")
        return last

    async def last_of(self, sessions: list[SessionKey]) -> list[int | None]:
        """The same for many sessions in one go; None for one that is not there."""
        replies = await self._commands.pipeline(
            [("HMGET", f"{keys.session(*session)}session", "subject", "events") for session in sessions]
        )
        return [None if subject is None else int(events or 0) for subject, events in replies]

    async def after(self, tenant: str, session_id: str, number: int) -> tuple[list[SessionEvent], int]:
        """Some of the events after a number, in order, and the number to go on from: the same when there are no more.

        A number whose successors are not kept any more gives Missed, with the number to go on from. Raises
        SessionNotFound.
        """
        prefix = keys.session(tenant, session_id)
        (subject, counted), entries = await self._commands.pipeline(
            [
                ("HMGET", f"{prefix}session", "subject", "events"),
                ("XRANGE", f"{prefix}events", f"({number}-0", "+", "COUNT", _AT_ONCE),
            ]
        )
        if subject is None:
            raise SessionNotFound("There is no such session.")
        last = int(counted or 0)
        told = [(_number(entry_id), fields) for entry_id, fields in cast("list[tuple[str, dict[str, str]]]", entries)]
        if number > last or (number < last and (not told or told[0][0] != number + 1)):
            return [Missed(last)], last
        turns = [fields["turn"] for _, fields in told if "turn" in fields]
        records = dict(zip(turns, await self._store.records(tenant, session_id, turns), strict=True))
        events: list[SessionEvent] = []
        for at, fields in told:
            if "state" in fields:
                events.append(StateTold(at, SessionState(fields["state"]), fields["agent"]))
            elif (record := records.get(fields.get("turn", ""))) is not None:
                events.append(TurnTold(at, record))
        return events, told[-1][0] if told else number


def _number(entry_id: str) -> int:
    return int(entry_id.partition("-")[0])
