"""How many answers a tenant may have at once, over all routers: leases in Redis, never a counter."""

import time

from kefu.router import keys, scripts
from kefu.router.redis_commands import RedisCommands


class TenantQuota:
    """Leases live for `lease` seconds unless they are renewed; one whose router died is free again after that."""

    def __init__(self, commands: RedisCommands, *, lease: float) -> None:
        self._commands = commands
        self._lease = lease

    async def take(self, tenant: str, turn_id: str, limit: int) -> bool:
        """Take or renew a lease; False when the tenant has `limit` turns running."""
        arguments = (turn_id, round(time.time() * 1000), round(self._lease * 1000), limit)
        return bool(await self._commands.script(scripts.ADMIT, [keys.running_turns(tenant)], arguments))

    async def give_back(self, tenant: str, turn_id: str) -> None:
        """Free a lease."""
        await self._commands.sorted_remove(keys.running_turns(tenant), turn_id)
