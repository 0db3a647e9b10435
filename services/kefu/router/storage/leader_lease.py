"""A lease in Redis that one of all routers holds, and with it a duty."""

from kefu.common.redis.commands import RedisCommands
from kefu.router.storage.turns import ms

TAKE_LEASE = """
-- KEYS: lease. ARGV: owner, life ms
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
"""Take or renew a lease. Returns 0 while another owner has it."""
LEASE_SECONDS = 15.0


class LeaderLease:
    """A lease. `owner` names this router. It has to be taken again well within `LEASE_SECONDS`."""

    def __init__(self, commands: RedisCommands, key: str, owner: str) -> None:
        self._commands = commands
        self._key = key
        self._owner = owner

    async def take(self) -> bool:
        """Take or renew it. Returns whether it is held now. Raises BackendUnavailable."""
        return bool(await self._commands.script(TAKE_LEASE, [self._key], (self._owner, ms(LEASE_SECONDS))))
