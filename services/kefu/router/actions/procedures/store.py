"""Procedure store: a tenant's procedures in Redis, as pages, with their last revisions."""

import time
from dataclasses import dataclass, replace

import pydantic

from kefu.common.errors import BackendUnavailable, BadRequest, ProcedureNotFound, StaleRevision
from kefu.common.redis.commands import RedisCommands
from kefu.router.storage import keys

MAX_PROCEDURES = 100
MAX_REVISIONS = 50
PUT_PROCEDURE = """
-- KEYS: procedures, revisions of this one. ARGV: id, revision that was read (0: any), most procedures, page as JSON,
-- most revisions
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return -1 end
local revision = stored and tonumber(string.match(stored, '^%d+')) or 0
if ARGV[2] ~= '0' and tonumber(ARGV[2]) ~= revision then return 0 end
revision = revision + 1
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d %s', revision, ARGV[4]))
redis.call('HSET', KEYS[2], revision, string.format('%d %s', revision, ARGV[4]))
redis.call('HDEL', KEYS[2], revision - tonumber(ARGV[5]))
return revision
"""
"""Store a page. Returns its revision; 0 when another one was read, -1 when there are too many."""
_MAX_CACHED = 10_000


@dataclass(frozen=True)
class StoredPage:
    """A revision of a procedure's page."""

    id: str
    page: str
    author: str = ""
    """The key that stored it."""
    update_time: float = 0.0
    """Seconds since the epoch."""
    revision: int = 0


_PAGE = pydantic.TypeAdapter(StoredPage)


class ProcedureStore:
    """Stores pages. `seconds`: how long those of a tenant are cached for turns."""

    def __init__(self, commands: RedisCommands, *, seconds: float) -> None:
        self._commands = commands
        self._seconds = seconds
        self._cache: dict[str, tuple[float, tuple[StoredPage, ...]]] = {}

    async def put(self, tenant: str, page: StoredPage, read: int) -> StoredPage:
        """Store a page. Raises StaleRevision when `read`, if not 0, is not the revision in force, or BadRequest."""
        page = replace(page, update_time=time.time())
        arguments = (page.id, read, MAX_PROCEDURES, _PAGE.dump_json(page, exclude={"revision"}).decode(), MAX_REVISIONS)
        hashes = [keys.procedures(tenant), keys.procedure_revisions(tenant, page.id)]
        revision = int(await self._commands.script(PUT_PROCEDURE, hashes, arguments))
        if revision == -1:
            raise BadRequest("procedure.name", f"is one too many: a tenant has at most {MAX_PROCEDURES} procedures.")
        if revision == 0:
            raise StaleRevision("Someone else changed the procedure: read it again, then put it.")
        self._cache.pop(tenant, None)
        return replace(page, revision=revision)

    async def get(self, tenant: str, procedure_id: str, revision: int = 0) -> StoredPage:
        """A page: a revision of it, or the one in force. Raises ProcedureNotFound."""
        if revision:
            stored = await self._commands.hash_get(keys.procedure_revisions(tenant, procedure_id), str(revision))
        else:
            stored = await self._commands.hash_get(keys.procedures(tenant), procedure_id)
        if stored is None:
            of = f" of revision {revision}" if revision else ""
            raise ProcedureNotFound(f"There is no procedure {procedure_id}{of}; list the procedures, or its revisions.")
        return _parsed(stored)

    async def all(self, tenant: str) -> list[StoredPage]:
        """A tenant's pages in force, by id."""
        stored = await self._commands.hash(keys.procedures(tenant))
        return [_parsed(stored[each]) for each in sorted(stored)]

    async def revisions(self, tenant: str, procedure_id: str) -> list[StoredPage]:
        """The last revisions of a page, the newest first. Raises ProcedureNotFound."""
        stored = await self._commands.hash(keys.procedure_revisions(tenant, procedure_id))
        if not stored:
            raise ProcedureNotFound(f"There is no procedure {procedure_id}; list the procedures.")
        return sorted(map(_parsed, stored.values()), key=lambda each: -each.revision)

    async def delete(self, tenant: str, procedure_id: str) -> None:
        """Remove a page with its revisions. Raises ProcedureNotFound."""
        [deleted, _] = await self._commands.pipeline(
            [
                ("HDEL", keys.procedures(tenant), procedure_id),
                ("DEL", keys.procedure_revisions(tenant, procedure_id)),
            ]
        )
        if not deleted:
            raise ProcedureNotFound(f"There is no procedure {procedure_id}; list the procedures.")
        self._cache.pop(tenant, None)

    async def in_force(self, tenant: str) -> tuple[StoredPage, ...]:
        """A tenant's pages for a turn: as they were a moment ago; without Redis, as they were last."""
        now = time.monotonic()
        cached = self._cache.get(tenant)
        if cached and now - cached[0] < self._seconds:
            return cached[1]
        try:
            pages = tuple(await self.all(tenant))
        except BackendUnavailable:
            return cached[1] if cached else ()
        if len(self._cache) >= _MAX_CACHED:
            self._cache.clear()
        self._cache[tenant] = (now, pages)
        return pages


def _parsed(stored: str) -> StoredPage:
    revision, _, page = stored.partition(" ")
    return replace(_PAGE.validate_json(page), revision=int(revision))
