"""
What is due to be sent, and which router sends it.

A webhook is looked at by one router at a time, which holds a lease on it and renews it; one that dies is followed by
another when that runs out. All webhooks stand in one sorted set by when they are next to be looked at, which is moved
to now when something is to be sent: a delivery whose note got lost is found at the next look, within a minute.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from kefu.common.redis.commands import Command, RedisCommands
from kefu.router.storage import keys

IDLE_CHECK_SECONDS = 60
"""A webhook with nothing to send is looked at this often."""

PENDING = """
-- KEYS: pending. ARGV: now s, most
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2]), first[2] or ''}
"""
"""What is to be sent now, and when the first of all is."""

RECORD = """
-- KEYS: delivery, pending. ARGV: delivery id, state, HTTP status, error, next time s or ""
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('ZREM', KEYS[2], ARGV[1])
  return 0
end
redis.call('HINCRBY', KEYS[1], 'attempts', 1)
redis.call('HSET', KEYS[1], 'state', ARGV[2], 'http_status', ARGV[3], 'error', ARGV[4], 'next_time', ARGV[5])
if ARGV[5] == '' then redis.call('ZREM', KEYS[2], ARGV[1]) else redis.call('ZADD', KEYS[2], ARGV[5], ARGV[1]) end
return 1
"""
"""Write down how a try went."""

CLAIM = """
-- KEYS: due, owners. ARGV: router, lease s, most
local now = tonumber(redis.call('TIME')[1])
local claimed = {}
for _, webhook in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  if #claimed >= tonumber(ARGV[3]) then break end
  local held = redis.call('HGET', KEYS[2], webhook)
  if not held or tonumber(string.match(held, '^(%d+) ')) < now then
    redis.call('HSET', KEYS[2], webhook, (now + ARGV[2]) .. ' ' .. ARGV[1])
    redis.call('ZADD', KEYS[1], now + ARGV[2], webhook)
    claimed[#claimed + 1] = webhook
  end
end
return claimed
"""
"""Take webhooks that are due and that no router looks at."""

RENEW = """
-- KEYS: owners. ARGV: router, lease s, then webhooks
local now = tonumber(redis.call('TIME')[1])
for at = 3, #ARGV do
  local held = redis.call('HGET', KEYS[1], ARGV[at])
  if held and string.match(held, ' (.*)$') == ARGV[1] then
    redis.call('HSET', KEYS[1], ARGV[at], (now + ARGV[2]) .. ' ' .. ARGV[1])
  end
end
"""
"""Renew the leases that this router still has."""

RELEASE = """
-- KEYS: due, owners. ARGV: router, webhook, seconds until the next look, or -1: it was deleted
local held = redis.call('HGET', KEYS[2], ARGV[2])
if not held or string.match(held, ' (.*)$') ~= ARGV[1] then return end
redis.call('HDEL', KEYS[2], ARGV[2])
local now, due = tonumber(redis.call('TIME')[1]), redis.call('ZSCORE', KEYS[1], ARGV[2])
if ARGV[3] == '-1' then
  redis.call('ZREM', KEYS[1], ARGV[2])
elseif due and tonumber(due) > now then  -- else something came meanwhile
  redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[2])
end
"""
"""Let another router look at a webhook, at the time given or as soon as something is to be sent."""


@dataclass(frozen=True)
class DueWebhook:
    """A webhook that this router looks at."""

    tenant: str
    webhook_id: str

    def __str__(self) -> str:
        return f"{self.tenant} {self.webhook_id}"


def schedule_now(tenant: str, webhook_id: str) -> Command:
    """Have a webhook looked at now."""
    # Earlier than now: Redis's clock, which is asked what is due, may be behind ours.
    return ("ZADD", keys.WEBHOOKS_DUE, "LT", int(time.time()) - IDLE_CHECK_SECONDS, str(DueWebhook(tenant, webhook_id)))


class WebhookQueue:
    """`router` names this router; `lease`, in seconds, of a look."""

    def __init__(self, commands: RedisCommands, *, router: str, lease: float) -> None:
        self._commands = commands
        self._router = router
        self._lease = max(1, round(lease))

    async def claim(self, most: int) -> list[DueWebhook]:
        """Webhooks to look at from now on, until `release`."""
        names = (keys.WEBHOOKS_DUE, keys.WEBHOOK_OWNERS)
        claimed = await self._commands.script(CLAIM, names, (self._router, self._lease, most))
        return [DueWebhook(*str(webhook).split(" ")) for webhook in claimed]

    async def renew(self, held: Sequence[DueWebhook]) -> None:
        """Keep looking at webhooks."""
        await self._commands.script(RENEW, (keys.WEBHOOK_OWNERS,), (self._router, self._lease, *map(str, held)))

    async def release(self, due: DueWebhook, seconds: int | None) -> None:
        """Look no more; the next look is in so many seconds. None: the webhook was deleted."""
        names = (keys.WEBHOOKS_DUE, keys.WEBHOOK_OWNERS)
        await self._commands.script(RELEASE, names, (self._router, str(due), -1 if seconds is None else seconds))

    async def pending(self, due: DueWebhook, most: int) -> tuple[list[str], float | None]:
        """Ids of deliveries to be sent now, the most overdue first, and when the first of all is to be sent."""
        index = keys.pending_deliveries(due.tenant, due.webhook_id)
        ids, first = await self._commands.script(PENDING, (index,), (time.time(), most))
        return [str(one) for one in ids], float(first) if first else None

    async def record(
        self, due: DueWebhook, delivery_id: str, state: str, http_status: int, error: str, next_time: float | None
    ) -> None:
        """Write down how a try went; without `next_time` it was the last one."""
        names = (keys.delivery(due.tenant, delivery_id), keys.pending_deliveries(due.tenant, due.webhook_id))
        arguments = (delivery_id, state, http_status, error, "" if next_time is None else next_time)
        await self._commands.script(RECORD, names, arguments)
