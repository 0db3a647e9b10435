"""Desk index: the conversations that may be at a tenant's desk. It may name too many, never too few."""

from kefu.common.errors import BackendUnavailable, StorageFull
from kefu.common.redis.commands import Command, RedisCommands
from kefu.router.storage import keys

_MAX_CHARACTERS = 200
_MINUTE_MS = 60_000

TAKE_FOR_LOAD = """
-- KEYS: agents, handed over. ARGV: most for each agent, life of the count in ms
local time = redis.call('TIME')
local present = redis.call('ZCOUNT', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000), '+inf')
local taken = tonumber(redis.call('GET', KEYS[2]) or 0)
if taken >= present * tonumber(ARGV[1]) then return 0 end
if redis.call('INCR', KEYS[2]) == 1 then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end
return 1
"""
"""Count one more customer who is handed over for load. Returns 0 when as many were as the agents present may get."""


def add_to_desk(tenant: str, session_id: str, now: float, life_ms: int) -> list[Command]:
    """Commands that add a session to the index. They go before the change that brings it to the desk."""
    return [
        ("SADD", keys.DESK_TENANTS, tenant),
        ("ZADD", keys.desk_open(tenant), "GT", now, session_id),
        ("PEXPIRE", keys.desk_open(tenant), life_ms),
    ]


class DeskRoom:
    """Whether one more conversation may come to a tenant's desk.

    `most` of them may be there, by the index: those that left it in the last minute count as well. Routers look before
    they add, so a few more may come at once. 0: there is always room.
    """

    def __init__(self, commands: RedisCommands, most: int) -> None:
        self._commands = commands
        self._most = most

    async def is_left(self, tenant: str) -> bool:
        """Whether there is room. True while Redis does not answer: the desk is not the problem then."""
        if not self._most:
            return True
        try:
            [count] = await self._commands.pipeline([("ZCARD", keys.desk_open(tenant))])
        except BackendUnavailable:
            return True
        return int(count) < self._most

    async def takes_for_load(self, tenant: str, per_agent: int) -> bool:
        """Whether a customer may be handed over since more is asked than can be answered.

        `per_agent` of them a minute may be, for each agent who is present; this one is counted. False while Redis does
        not answer, or is full.
        """
        if not per_agent:
            return False
        names = [keys.desk_agents(tenant), keys.desk_for_load(tenant)]
        try:
            return bool(await self._commands.script(TAKE_FOR_LOAD, names, (per_agent, _MINUTE_MS)))
        except (BackendUnavailable, StorageFull):
            return False


def preview(text: str) -> str:
    """A message as lists show it: on one line, at most 200 characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _MAX_CHARACTERS else flat[: _MAX_CHARACTERS - 1] + "…"
