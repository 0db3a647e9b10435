"""
What Redis knows of the archive: how far each live session is archived, which sessions are being erased, and how the
archive fares. What is in it is in its store alone.

The mark is a field of the session's own hash, and ends with it: "DAY VERSION", or "DAY,DAY" while it is being written.
"""

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from kefu.common.redis.commands import Command, RedisCommands
from kefu.common.redis.schema.version import SCHEMA
from kefu.router.storage import keys

_BEFORE, _BEHIND = f"kefu:{SCHEMA}:{{", "}:session"
_PATTERN = f"{_BEFORE}*{_BEHIND}"
_SCANNED = 1_000
"""Keys that one call looks at: about a millisecond of Redis."""
_FIELDS = ("update_time", "state", "subject", "user", "former_subject", "ratings", "events", "archived")

MARK = """
-- KEYS: session. ARGV: the mark
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'archived', ARGV[1])
return 1
"""
"""Mark a session, unless it is gone."""


@dataclass(frozen=True)
class LiveSession:
    """A session in Redis, as far as the archive has to know it."""

    tenant: str
    id: str
    update_time: float
    closed: bool
    subject: str
    user: str
    former_subject: str
    version: str
    """Changes with whatever is archived of it: messages, states, ratings, its owner."""
    days: tuple[str, ...]
    """The days under which the archive may have it."""
    archived_version: str
    """The version that the archive has. Empty: none, or it was being written."""

    @property
    def is_archived(self) -> bool:
        """Whether the archive has it as it is."""
        return self.version == self.archived_version


@dataclass(frozen=True)
class ArchiveStatus:
    """How the last pass went. Times in seconds since the epoch; 0: there was none."""

    pass_time: float = 0.0
    """When the last pass ended that went through every session."""
    live: int = 0
    """Sessions in Redis, of those that it looked at."""
    archived: int = 0
    """Of these, those that the archive has as they are."""
    overdue_seconds: float = 0.0
    """How long the oldest one has waited that should be in the archive and is not."""
    problem: str = ""
    """Why it could not be written, in words; empty: it could."""


class ArchiveMarks:
    """Marks of all tenants."""

    def __init__(self, commands: RedisCommands) -> None:
        self._commands = commands

    async def live(self) -> AsyncIterator[list[LiveSession]]:
        """All sessions in Redis, some at a time. One may come twice; one that is there all the time is not left out."""
        cursor = "0"
        while True:
            scan = ("SCAN", cursor, "MATCH", _PATTERN, "COUNT", _SCANNED)
            [(cursor, found)] = await self._commands.pipeline([scan])
            if found:
                yield await self._read(found)
            if str(cursor) == "0":
                return

    async def _read(self, names: Sequence[str]) -> list[LiveSession]:
        replies = await self._commands.pipeline([("HMGET", name, *_FIELDS) for name in names])
        sessions: list[LiveSession] = []
        for name, (update, state, subject, user, former, ratings, events, archived) in zip(names, replies, strict=True):
            tenant, _, session_id = name.removeprefix(_BEFORE).removesuffix(_BEHIND).partition(":")
            if update is None or not subject or not session_id:
                continue  # it has ended since
            days, _, archived_version = str(archived or "").partition(" ")
            sessions.append(
                LiveSession(
                    tenant,
                    session_id,
                    float(update),
                    closed=state == "closed",
                    subject=subject,
                    user=user or "",
                    former_subject=former or "",
                    version=f"1/{update}/{events or 0}/{ratings or 0}/{subject}",
                    days=tuple(filter(None, days.split(","))),
                    archived_version=archived_version,
                )
            )
        return sessions

    async def begin(self, session: LiveSession, day: str) -> bool:
        """Note that a session is being written under a day. False: it has ended."""
        return await self._mark(session, ",".join(sorted({*session.days, day})))

    async def end(self, session: LiveSession, day: str) -> bool:
        """Note that the archive has a session, as it was read, under this day alone. False: it has ended."""
        return await self._mark(session, f"{day} {session.version}")

    async def _mark(self, session: LiveSession, mark: str) -> bool:
        key = f"{keys.session(session.tenant, session.id)}session"
        return bool(await self._commands.script(MARK, [key], (mark,)))

    async def note_erasures(self, tenant: str, session_ids: Sequence[str]) -> None:
        """Note that sessions are to be erased."""
        if session_ids:
            noted = [value for each in session_ids for value in (time.time(), f"{tenant}/{each}")]
            await self._commands.pipeline([("ZADD", keys.ARCHIVE_ERASED, *noted)])

    async def is_erased(self, tenant: str, session_id: str) -> bool:
        """Whether a session was erased a short time ago."""
        marked, noted = await self._commands.pipeline(
            [
                ("EXISTS", keys.erasure_marker(tenant, session_id)),
                ("ZSCORE", keys.ARCHIVE_ERASED, f"{tenant}/{session_id}"),
            ]
        )
        return bool(marked) or noted is not None

    async def erasures(self, before: float) -> list[tuple[str, str]]:
        """Tenants and sessions whose erasure was noted before a time, the first ones first, at most 1,000."""
        call: Command = ("ZRANGE", keys.ARCHIVE_ERASED, "-inf", repr(before), "BYSCORE", "LIMIT", 0, 1_000)
        [found] = await self._commands.pipeline([call])
        pairs = (str(each).partition("/") for each in found)
        return [(tenant, session_id) for tenant, _, session_id in pairs]

    async def forget_erasure(self, tenant: str, session_id: str) -> None:
        """Forget that a session was to be erased: it is."""
        await self._commands.sorted_remove(keys.ARCHIVE_ERASED, f"{tenant}/{session_id}")

    async def tell(self, status: ArchiveStatus) -> None:
        """Keep how a pass went."""
        fields = [value for pair in vars(status).items() for value in pair]
        await self._commands.pipeline([("HSET", keys.ARCHIVE_STATUS, *fields)])

    async def status(self) -> ArchiveStatus:
        """How the last pass went."""
        fields = await self._commands.hash(keys.ARCHIVE_STATUS)
        return ArchiveStatus(
            float(fields.get("pass_time", 0)),
            int(fields.get("live", 0)),
            int(fields.get("archived", 0)),
            float(fields.get("overdue_seconds", 0)),
            fields.get("problem", ""),
        )
