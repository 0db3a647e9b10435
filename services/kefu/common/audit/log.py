"""
The audit logs in Redis: a stream for each tenant, and a hash with both ends of its chain.

Redis cannot compute SHA-256 in a script. So the writer hashes the entry for the head that it knows, and the script
takes the entry only while that is the head. Otherwise the script returns the head, and the writer hashes again.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from kefu.common.audit.chain import Break, ChainCheck
from kefu.common.audit.entry import ORIGIN, AuditEntry, Link, StoredEntry, hash_of
from kefu.common.errors import BackendUnavailable
from kefu.common.redis.client import RETRY_SECONDS
from kefu.common.redis.commands import RedisCommands, hash_items
from kefu.common.redis.schema.version import SCHEMA

_MAX_ATTEMPTS = 200
_VERIFY_BATCH = 500
_MS_PER_DAY = 86_400_000
_APPEND = """
local head = redis.call('HMGET', KEYS[2], 'sequence', 'hash')
local sequence, hash = head[1] or '0', head[2] or ''
if sequence ~= ARGV[1] or hash ~= ARGV[2] then
  return {sequence, hash}
end
redis.call('XADD', KEYS[1], '*', 'entry', ARGV[3], 'hash', ARGV[4])
redis.call('HSET', KEYS[2], 'sequence', ARGV[1] + 1, 'hash', ARGV[4])
-- What is too old goes, and the last of it is noted: the chain begins after that one from now on.
local cutoff = redis.call('TIME')[1] * 1000 - ARGV[5]
local old = redis.call('XREVRANGE', KEYS[1], string.format('%.0f', cutoff - 1), '-', 'COUNT', 1)[1]
if old then
  local readable, entry = pcall(cjson.decode, old[2][2])
  if readable and type(entry.sequence) == 'number' then
    redis.call('HSET', KEYS[2], 'trimmed', string.format('%.0f', entry.sequence), 'trimmed_hash', old[2][4])
    redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f', cutoff))
  end
end
for _, key in ipairs(KEYS) do
  redis.call('PEXPIRE', key, ARGV[6])
end
return false
"""
_READ = """
return {
  redis.call('HMGET', KEYS[2], 'sequence', 'hash', 'trimmed', 'trimmed_hash'),
  redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])
}
"""


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
    found: bool
    """Whether the hash that was looked for is one of the chain's."""


class AuditLog:
    """The audit logs of all tenants. `days`: entries are kept for this long."""

    def __init__(self, commands: RedisCommands, *, days: float) -> None:
        self._commands = commands
        self._life_ms = round(days * _MS_PER_DAY)
        self._writing = (
            asyncio.Lock()
        )  # within a process, writers take turns: only other processes make them hash again

    async def append(self, tenant: str, entry: AuditEntry) -> tuple[AuditEntry, str]:
        """Append an entry. Returns it at its place, and its hash. Raises BackendUnavailable without Redis's answer."""
        keys = (stream_key(tenant), chain_key(tenant))
        async with self._writing:
            head = _link(await self._commands.hash_get_many(keys[1], ("sequence", "hash")))
            for _ in range(_MAX_ATTEMPTS):
                placed = entry.placed(tenant, head)
                text = placed.text()
                digest = hash_of(text)
                arguments = (head.sequence, head.hash, text, digest, self._life_ms, self._life_ms + _MS_PER_DAY)
                moved = await self._commands.script(_APPEND, keys, arguments)
                if not moved:
                    return placed, digest
                head = _link(moved)
                if head.hash == digest:  # the client sent the script again, because the first answer was lost
                    return placed, digest
        raise BackendUnavailable("Too many write to this audit log at once; try again.", retry_after=RETRY_SECONDS)

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
        """Check a tenant's log. `known_hash`: the hash of an entry, noted elsewhere, that is looked for."""
        keys = (stream_key(tenant), chain_key(tenant))
        after, check, found = "-", None, not known_hash
        while True:
            (sequence, digest, trimmed, trimmed_hash), entries = await self._commands.script(
                _READ, keys, (after, _VERIFY_BATCH)
            )
            if check is None:
                check = ChainCheck(tenant, _link((trimmed, trimmed_hash)))
                found = found or check.start.hash == known_hash
            for _, fields in entries:
                stored = _stored(fields)
                if not check.add(stored):
                    break
                found = found or stored.hash == known_hash
            if check.broken is None and len(entries) < _VERIFY_BATCH:
                check.end(_link((sequence, digest)))
                break
            if check.broken is not None:
                break
            after = f"({entries[-1][0]}"
        return ChainVerification(check.start, check.last, check.broken, found)


def _link(values: Sequence[str | None]) -> Link:
    sequence, digest = values
    return Link(int(sequence), digest or "") if sequence and sequence.isdigit() else ORIGIN


def _stored(fields: dict[str, str] | list[str]) -> StoredEntry:
    """A stream's entry; its fields are a map in RESP3 and a flat list in a script's reply. What is missing is empty."""
    by_name = dict(hash_items(fields))
    return StoredEntry(by_name.get("entry", ""), by_name.get("hash", ""))
