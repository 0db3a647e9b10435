"""Action store: a tenant's actions in Redis."""

import time
from dataclasses import replace

import pydantic

from kefu.common.errors import ActionNotFound, BackendUnavailable
from kefu.common.redis.commands import RedisCommands
from kefu.router.actions.action import Action
from kefu.router.actions.action_checks import MAX_ACTIONS
from kefu.router.actions.asked_action import ActionSet
from kefu.router.storage import keys
from kefu.router.storage.revised_entries import parsed_entry, put_entry
from kefu.router.storage.tenant_cache import TenantCache

_ACTION = pydantic.TypeAdapter(Action)


class ActionStore:
    """Stores actions. `seconds`: how long those of a tenant are cached for turns."""

    def __init__(self, commands: RedisCommands, *, seconds: float) -> None:
        self._commands = commands
        self._cache = TenantCache[ActionSet](seconds)

    async def put(self, tenant: str, action: Action, read: int) -> Action:
        """Store an action. Raises StaleRevision when `read`, if not 0, is not the revision in force, or BadRequest."""
        action = replace(action, update_time=time.time())
        entry = (action.id, _ACTION.dump_json(action, exclude={"revision"}).decode())
        hashes = [keys.actions(tenant)]
        revision = await put_entry(self._commands, "action", hashes, entry, read=read, most=MAX_ACTIONS)
        self._cache.forget(tenant)
        return replace(action, revision=revision)

    async def get(self, tenant: str, action_id: str) -> Action:
        """An action. Raises ActionNotFound."""
        stored = await self._commands.hash_get(keys.actions(tenant), action_id)
        if stored is None:
            raise ActionNotFound(f"There is no action {action_id}; list the actions.")
        return _parsed(stored)

    async def all(self, tenant: str) -> list[Action]:
        """A tenant's actions, by id."""
        stored = await self._commands.hash(keys.actions(tenant))
        return [_parsed(stored[each]) for each in sorted(stored)]

    async def delete(self, tenant: str, action_id: str) -> None:
        """Remove an action. Raises ActionNotFound."""
        [deleted] = await self._commands.pipeline([("HDEL", keys.actions(tenant), action_id)])
        if not deleted:
            raise ActionNotFound(f"There is no action {action_id}; list the actions.")
        self._cache.forget(tenant)

    async def in_force(self, tenant: str) -> ActionSet:
        """A tenant's actions for a turn: as they were a moment ago; without Redis, as they were last."""

        async def read() -> ActionSet:
            return ActionSet.of(await self.all(tenant))

        try:
            return await self._cache.get(tenant, read)
        except BackendUnavailable:
            return ActionSet.of(())


def _parsed(stored: str) -> Action:
    revision, action = parsed_entry(stored)
    return replace(_ACTION.validate_json(action), revision=revision)
