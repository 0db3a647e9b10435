"""Action store: a tenant's actions in Redis."""

import time
from dataclasses import replace

import pydantic

from kefu.common.errors import ActionNotFound, BackendUnavailable, BadRequest, StaleRevision
from kefu.common.redis.commands import RedisCommands
from kefu.router.actions.action import Action
from kefu.router.actions.action_checks import MAX_ACTIONS
from kefu.router.actions.matching import ActionSet
from kefu.router.storage import keys

PUT_ACTION = """
-- KEYS: actions. ARGV: id, revision that was read (0: any), most actions, action JSON
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return -1 end
local revision = stored and tonumber(string.match(stored, '^%d+')) or 0
if ARGV[2] ~= '0' and tonumber(ARGV[2]) ~= revision then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d %s', revision + 1, ARGV[4]))
return revision + 1
"""
"""Store an action. Returns its revision; 0 when another one was read, -1 when there are too many."""
_ACTION = pydantic.TypeAdapter(Action)
_MAX_CACHED = 10_000


class ActionStore:
    """Stores actions. `seconds`: how long those of a tenant are cached for turns."""

    def __init__(self, commands: RedisCommands, *, seconds: float) -> None:
        self._commands = commands
        self._seconds = seconds
        self._cache: dict[str, tuple[float, ActionSet]] = {}

    async def put(self, tenant: str, action: Action, read: int) -> Action:
        """Store an action. Raises StaleRevision when `read`, if not 0, is not the revision in force, or BadRequest."""
        action = replace(action, update_time=time.time())
        arguments = (action.id, read, MAX_ACTIONS, _ACTION.dump_json(action, exclude={"revision"}).decode())
        revision = int(await self._commands.script(PUT_ACTION, [keys.actions(tenant)], arguments))
        if revision == -1:
            raise BadRequest("action.name", f"is one too many: a tenant has at most {MAX_ACTIONS} actions.")
        if revision == 0:
            raise StaleRevision("Someone else changed the action: read it again, then put it.")
        self._cache.pop(tenant, None)
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
        self._cache.pop(tenant, None)

    async def in_force(self, tenant: str) -> ActionSet:
        """A tenant's actions for a turn: as they were a moment ago; without Redis, as they were last."""
        now = time.monotonic()
        cached = self._cache.get(tenant)
        if cached and now - cached[0] < self._seconds:
            return cached[1]
        try:
            actions = ActionSet.of(await self.all(tenant))
        except BackendUnavailable:
            return cached[1] if cached else ActionSet.of(())
        if len(self._cache) >= _MAX_CACHED:
            self._cache.clear()
        self._cache[tenant] = (now, actions)
        return actions


def _parsed(stored: str) -> Action:
    revision, _, action = stored.partition(" ")
    return replace(_ACTION.validate_json(action), revision=int(revision))
