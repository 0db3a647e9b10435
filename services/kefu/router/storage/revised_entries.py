"""Entries of a tenant in a Redis hash, each with a revision that grows with every change."""

from collections.abc import Sequence

from kefu.common.errors import BadRequest, StaleRevision
from kefu.common.redis.commands import RedisCommands

PUT_ENTRY = """
-- KEYS: entries, or these and the revisions of this one.
-- ARGV: id, revision that was read (0: any), most entries, value, most revisions
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return -1 end
local revision = stored and tonumber(string.match(stored, '^%d+')) or 0
if ARGV[2] ~= '0' and tonumber(ARGV[2]) ~= revision then return 0 end
revision = revision + 1
local value = string.format('%d %s', revision, ARGV[4])
redis.call('HSET', KEYS[1], ARGV[1], value)
if KEYS[2] then
  redis.call('HSET', KEYS[2], revision, value)
  redis.call('HDEL', KEYS[2], revision - tonumber(ARGV[5]))
end
return revision
"""
"""Store an entry. Returns its revision; 0 when another one was read, -1 when there are too many."""


async def put_entry(
    commands: RedisCommands,
    kind: str,
    hashes: Sequence[str],
    entry: tuple[str, str],
    *,
    read: int,
    most: int,
    most_revisions: int = 0,
) -> int:
    """Store an entry, an id with its value, and return its revision.

    `hashes`: that of the entries, and that of this one's revisions if they are kept. `kind`: what it is, for errors.
    Raises StaleRevision when `read`, if not 0, is not the revision in force, BadRequest when there are `most` others.
    """
    entry_id, value = entry
    revision = int(await commands.script(PUT_ENTRY, hashes, (entry_id, read, most, value, most_revisions)))
    if revision == -1:
        raise BadRequest(f"{kind}.name", f"is one too many: a tenant has at most {most} {kind}s.")
    if revision == 0:
        raise StaleRevision(f"Someone else changed the {kind}: read it again, then put it.")
    return revision


def parsed_entry(stored: str) -> tuple[int, str]:
    """The revision and the value of a stored entry."""
    revision, _, value = stored.partition(" ")
    return int(revision), value
