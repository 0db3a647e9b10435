"""
The audit logs in Redis: a stream for each tenant, and a hash with the note of both ends of its chain.

Redis cannot compute SHA-256 in a script, nor a seal. So the writer does, for the note that it knows, and the script
takes the entry only while that is the note. Otherwise the script returns the note, and the writer computes again.
"""

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from kefu.common.audit.chain import Break, ChainCheck, unsealed_problem
from kefu.common.audit.entry import UNSEALED, UNSEALED_ACTION, AuditEntry, Link, StoredEntry, actor_of, hash_of
from kefu.common.audit.seals import BEGINNING, END, ChainNote, Sealer
from kefu.common.auth import DEFAULT_TENANT
from kefu.common.errors import BackendUnavailable
from kefu.common.redis.client import REDIS_FAILURES, RETRY_SECONDS
from kefu.common.redis.commands import RedisCommands, hash_items
from kefu.common.redis.schema.version import SCHEMA

_MAX_ATTEMPTS = 200
_VERIFY_BATCH = 500
_MS_PER_DAY = 86_400_000
_SERVICES = actor_of(DEFAULT_TENANT, "internal")
"""Actor of what the services do by themselves: their own key."""
_FIELDS = """
local fields = {'sequence', 'hash', 'seal', 'trimmed', 'trimmed_hash', 'trimmed_seal'}
local note = redis.call('HMGET', KEYS[2], unpack(fields))
"""
_APPEND = (
    _FIELDS
    + """
-- ARGV: the note as the writer knows it (1 to 6) and as it will be (7 to 12), the lives of entries and of keys in ms,
-- then texts and hashes of entries. Returns the note if it is another one, and the last entry that is too old.
for at, found in ipairs(note) do
  if (found or '') ~= ARGV[at] then
    return {note, false}
  end
end
for at = 15, #ARGV, 2 do
  redis.call('XADD', KEYS[1], '*', 'entry', ARGV[at], 'hash', ARGV[at + 1])
end
for at, field in ipairs(fields) do
  if ARGV[6 + at] ~= ARGV[at] then
    redis.call('HSET', KEYS[2], field, ARGV[6 + at])
  end
end
for _, key in ipairs(KEYS) do
  redis.call('PEXPIRE', key, ARGV[14])
end
local too_old = redis.call('TIME')[1] * 1000 - ARGV[13]
return {false, redis.call('XREVRANGE', KEYS[1], string.format('%.0f', too_old - 1), '-', 'COUNT', 1)[1] or false}
"""
)
_TRIM = (
    _FIELDS
    + """
-- ARGV: the note of the trim as the writer knows it (1 to 3) and as it will be (4 to 6), then the first id that stays.
for at = 4, 6 do
  if (note[at] or '') ~= ARGV[at - 3] then
    return
  end
end
for at = 4, 6 do
  redis.call('HSET', KEYS[2], fields[at], ARGV[at])
end
redis.call('XTRIM', KEYS[1], 'MINID', ARGV[7])
"""
)
_READ = (
    _FIELDS
    + """
return {note, redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])}
"""
)


def stream_key(tenant: str) -> str:
    """A tenant's audit entries, in their order."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:audit"


def chain_key(tenant: str) -> str:
    """Both ends of the chain of a tenant's audit entries."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:audit:chain"


@dataclass(frozen=True)
class ChainVerification:
    """The outcome of a check of a tenant's log."""

    start: Link
    """The last entry that was removed for its age; ORIGIN: none was."""
    last: Link
    """The last entry that was in order."""
    broken: Break | None
    """Where the chain is broken; None: it is whole."""
    unsealed: str
    """What was not sealed since the entry that was looked for, see `unsealed_problem`; empty: nothing."""
    found: bool
    """Whether the hash that was looked for is one of the chain's."""


class AuditLog:
    """The audit logs of all tenants. `days`: entries are kept for this long. `internal_key` seals them."""

    def __init__(self, commands: RedisCommands, *, days: float, internal_key: str) -> None:
        self._commands = commands
        self._life_ms = round(days * _MS_PER_DAY)
        self._sealer = Sealer(internal_key)
        self._writing = (
            asyncio.Lock()
        )  # within a process, writers take turns: only other processes make them hash again

    async def append(self, tenant: str, entry: AuditEntry) -> list[tuple[AuditEntry, str]]:
        """Append an entry; before it one of `UNSEALED_ACTION`, where an end of the log is not sealed.

        Returns what was written, each at its place with its hash. Raises BackendUnavailable without Redis's answer.
        """
        keys = (stream_key(tenant), chain_key(tenant))
        async with self._writing:
            note = _note(await self._commands.hash_get_many(keys[1], ChainNote._fields))
            for _ in range(_MAX_ATTEMPTS):
                written = _placed(tenant, note.head, [*self._unsealed_entry(tenant, note), entry])
                last, digest = written[-1]
                sealed = self._sealer.note(tenant, Link(last.sequence, digest), note.trim)
                stored = [part for placed, its_hash in written for part in (placed.text(), its_hash)]
                arguments = (*note, *sealed, self._life_ms, self._life_ms + _MS_PER_DAY, *stored)
                moved, old = await self._commands.script(_APPEND, keys, arguments)
                if not moved:
                    if old:
                        await self._trim(tenant, sealed, *old)
                    return written
                note = _note(moved)
                if note.hash == digest:  # the client sent the script again, because the first answer was lost
                    return written
        raise BackendUnavailable("Too many write to this audit log at once; try again.", retry_after=RETRY_SECONDS)

    def _unsealed_entry(self, tenant: str, note: ChainNote) -> list[AuditEntry]:
        numbers = {BEGINNING: str(note.trim.sequence), END: str(note.head.sequence)}
        details = {end: numbers[end] for end in self._sealer.unsealed(tenant, note)}
        now, target = round(time.time() * 1000), f"tenants/{tenant}/audit"
        return [AuditEntry(now, _SERVICES, UNSEALED_ACTION, target, UNSEALED, details=details)] if details else []

    async def _trim(self, tenant: str, note: ChainNote, entry_id: str, fields: list[str]) -> None:
        """Remove the entries up to this one, which Redis holds to be too old, and seal that it was the last of them."""
        stored = _stored(fields)
        try:
            entry = AuditEntry.from_text(stored.text)
        except ValueError:
            return
        # Whoever writes to Redis chooses its id. Its hash, which the entry after it holds, vouches for what it says.
        too_old = entry.time < time.time() * 1000 - self._life_ms
        is_next = entry.tenant == tenant and note.trim.sequence < entry.sequence < note.head.sequence
        if not too_old or not is_next or hash_of(stored.text) != stored.hash:
            return
        trimmed = self._sealer.note(tenant, note.head, Link(entry.sequence, stored.hash))
        milliseconds, _, number = entry_id.partition("-")
        arguments = (*note[3:], *trimmed[3:], f"{milliseconds}-{int(number) + 1}")
        with suppress(*REDIS_FAILURES):  # the entry is written; the next one tries this again
            await self._commands.script(_TRIM, (stream_key(tenant), chain_key(tenant)), arguments)

    async def latest(
        self, tenant: str, *, before: str = "", since_ms: int = 0, until_ms: int | None = None, count: int
    ) -> list[tuple[str, StoredEntry]]:
        """At most `count` entries with their ids, the latest first.

        Args:
            before: only entries before the one with this id. Empty: from the end.
            since_ms, until_ms: only entries written at or after, and before, this time, in ms since the epoch.
        """
        upper = f"({before}" if before else "+" if until_ms is None else str(until_ms - 1)
        command = ("XREVRANGE", stream_key(tenant), upper, str(since_ms), "COUNT", count)
        [found] = await self._commands.pipeline([command])
        return [(entry_id, _stored(fields)) for entry_id, fields in found or ()]

    async def verify(self, tenant: str, *, known_hash: str = "") -> ChainVerification:
        """Check a tenant's log, and its seals.

        `known_hash`: the hash of an entry, noted elsewhere, that is looked for. What was not sealed before it is known.
        """
        keys = (stream_key(tenant), chain_key(tenant))
        after, check, found = "-", None, not known_hash
        ends: set[str] = set()
        while True:
            values, entries = await self._commands.script(_READ, keys, (after, _VERIFY_BATCH))
            note = _note(values)
            ends.update(self._sealer.unsealed(tenant, note))
            if check is None:
                check = ChainCheck(tenant, note.trim)
                found = found or check.start.hash == known_hash
            for _, fields in entries:
                stored = _stored(fields)
                if not check.add(stored):
                    break
                if stored.hash == known_hash:
                    found = True
                    check.unsealed.clear()
            if check.broken is None and len(entries) < _VERIFY_BATCH:
                check.end(note.head)
                break
            if check.broken is not None:
                break
            after = f"({entries[-1][0]}"
        numbers = check.unsealed | dict.fromkeys(ends, note.head.sequence + 1)
        return ChainVerification(check.start, check.last, check.broken, unsealed_problem(numbers), found)


def _placed(tenant: str, head: Link, entries: Iterable[AuditEntry]) -> list[tuple[AuditEntry, str]]:
    """The entries at their places after the head, each with its hash."""
    written: list[tuple[AuditEntry, str]] = []
    for entry in entries:
        placed = entry.placed(tenant, head)
        head = Link(placed.sequence, hash_of(placed.text()))
        written.append((placed, head.hash))
    return written


def _note(values: Iterable[str | None]) -> ChainNote:
    return ChainNote(*(value or "" for value in values))


def _stored(fields: dict[str, str] | list[str]) -> StoredEntry:
    """A stream's entry; its fields are a map in RESP3 and a flat list in a script's reply. What is missing is empty."""
    by_name = dict(hash_items(fields))
    return StoredEntry(by_name.get("entry", ""), by_name.get("hash", ""))
