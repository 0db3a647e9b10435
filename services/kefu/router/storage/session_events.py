"""
Session events: a numbered stream beside each session, for session watches.

Each event is written in the script that changes the session. It names what is stored (a turn, a state) instead of
repeating it. Events are numbered from 1 without a gap, so that a watch that comes back knows whether it missed any. The
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

_BATCH_SIZE = 20
"""Events read in one call: a turn with its passages may be large."""


@dataclass(frozen=True)
class SessionStateChanged:
    """The session has another state, or another agent answers in it."""

    number: int
    state: SessionState
    agent: str


@dataclass(frozen=True)
class SessionTurnStored:
    """A turn was stored. `record` is the turn as it is now."""

    number: int
    record: TurnRecord


@dataclass(frozen=True)
class SessionEventsMissed:
    """Events up to this number are no longer kept."""

    number: int


SessionEvent = SessionStateChanged | SessionTurnStored | SessionEventsMissed


class SessionEvents:
    """Reader of session events."""

    def __init__(self, commands: RedisCommands, store: SessionStore) -> None:
        self._commands = commands
        self._store = store

    async def last_number(self, tenant: str, session_id: str) -> int:
        """The number of the last event, 0 when there was none. Raises SessionNotFound."""
        [last] = await self.last_numbers([(tenant, session_id)])
        if last is None:
            raise SessionNotFound("There is no such session.")
        return last

    async def last_numbers(self, sessions: list[SessionKey]) -> list[int | None]:
        """The numbers of many sessions' last events, in one call. None for a session that does not exist."""
        replies = await self._commands.pipeline(
            [("HMGET", f"{keys.session(*session)}session", "subject", "events") for session in sessions]
        )
        return [None if subject is None else int(events or 0) for subject, events in replies]

    async def after(
        self, tenant: str, session_id: str, number: int, subject: str = ""
    ) -> tuple[list[SessionEvent], int]:
        """Some of the events after a number, in order, and the number to go on from.

        The number comes back unchanged when there are no more events. A number whose successors are no longer kept
        gives SessionEventsMissed, with the number to go on from. Raises SessionNotFound, also where the session is no
        longer the subject's, if one is given.
        """
        prefix = keys.session(tenant, session_id)
        counted, entries, owner = await self._commands.pipeline(
            [
                ("HGET", f"{prefix}session", "events"),
                ("XRANGE", f"{prefix}events", f"({number}-0", "+", "COUNT", _BATCH_SIZE),
                ("HGET", f"{prefix}session", "subject"),  # last: whoever has it now may read what was there before
            ]
        )
        if owner is None or (subject and owner != subject):
            raise SessionNotFound("There is no such session.")
        last = int(counted or 0)
        stored = cast("list[tuple[str, dict[str, str]]]", entries)
        numbered = [(_number(entry_id), fields) for entry_id, fields in stored]
        if number > last or (number < last and (not numbered or numbered[0][0] != number + 1)):
            return [SessionEventsMissed(last)], last
        turns = [fields["turn"] for _, fields in numbered if "turn" in fields]
        records = dict(zip(turns, await self._store.records(tenant, session_id, turns), strict=True))
        events: list[SessionEvent] = []
        for at, fields in numbered:
            if "state" in fields:
                events.append(SessionStateChanged(at, SessionState(fields["state"]), fields["agent"]))
            elif (record := records.get(fields.get("turn", ""))) is not None:
                events.append(SessionTurnStored(at, record))
        return events, numbered[-1][0] if numbered else number


def _number(entry_id: str) -> int:
    return int(entry_id.partition("-")[0])
