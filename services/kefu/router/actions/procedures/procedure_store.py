"""Procedure store: a tenant's procedures in Redis, as pages, with their last revisions."""

import time
from dataclasses import dataclass, replace

import pydantic

from kefu.common.errors import BackendUnavailable, ProcedureNotFound
from kefu.common.redis.commands import RedisCommands
from kefu.router.storage import keys
from kefu.router.storage.revised_entries import parsed_entry, put_entry
from kefu.router.storage.tenant_cache import TenantCache

MAX_PROCEDURES = 100
MAX_REVISIONS = 50


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
        self._cache = TenantCache[tuple[StoredPage, ...]](seconds)

    async def put(self, tenant: str, page: StoredPage, read: int) -> StoredPage:
        """Store a page. Raises StaleRevision when `read`, if not 0, is not the revision in force, or BadRequest."""
        page = replace(page, update_time=time.time())
        entry = (page.id, _PAGE.dump_json(page, exclude={"revision"}).decode())
        hashes = [keys.procedures(tenant), keys.procedure_revisions(tenant, page.id)]
        limits = {"most": MAX_PROCEDURES, "most_revisions": MAX_REVISIONS}
        revision = await put_entry(self._commands, "procedure", hashes, entry, read=read, **limits)
        self._cache.forget(tenant)
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
        self._cache.forget(tenant)

    async def in_force(self, tenant: str) -> tuple[StoredPage, ...]:
        """A tenant's pages for a turn: as they were a moment ago; without Redis, as they were last."""

        async def read() -> tuple[StoredPage, ...]:
            return tuple(await self.all(tenant))

        try:
            return await self._cache.get(tenant, read)
        except BackendUnavailable:
            return ()


def _parsed(stored: str) -> StoredPage:
    revision, page = parsed_entry(stored)
    return replace(_PAGE.validate_json(page), revision=revision)
