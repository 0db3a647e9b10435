"""
Delivery queue: which webhooks are due, and which router serves each.

One router at a time serves a webhook, with a lease that it renews. When a router dies, another one follows once the
lease has run out. One sorted set holds all webhooks by when each is due next. A new delivery moves its webhook to now.
If that move is lost, the delivery is found at the next check, within a minute.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from kefu.common.redis.commands import Command, RedisCommands
from kefu.router.storage import keys

IDLE_CHECK_SECONDS = 60
"""A webhook with nothing to send is checked this often."""

PENDING = """
-- KEYS: pending. ARGV: now s, most
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2]), first[2] or ''}
"""
"""The deliveries that are due now, and the time at which the first of all is due."""

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
"""Record the outcome of an attempt."""

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
"""Claim webhooks that are due and that no router serves."""

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
-- KEYS: due, owners. ARGV: router, webhook, seconds until the next check, or -1: it was deleted
local held = redis.call('HGET', KEYS[2], ARGV[2])
if not held or string.match(held, ' (.*)$') ~= ARGV[1] then return end
redis.call('HDEL', KEYS[2], ARGV[2])
local now, due = tonumber(redis.call('TIME')[1]), redis.call('ZSCORE', KEYS[1], ARGV[2])
if ARGV[3] == '-1' then
  redis.call('ZREM', KEYS[1], ARGV[2])
elseif due and tonumber(due) > now then  -- else a delivery came meanwhile
  redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[2])
end
"""
"""Release a webhook: it is due again at the time given, or as soon as a delivery comes."""


@dataclass(frozen=True)
class DueWebhook:
    """A webhook that this router serves."""

    tenant: str
    webhook_id: str

    def __str__(self) -> str:
        return f"{self.tenant} {self.webhook_id}"


def schedule_now(tenant: str, webhook_id: str) -> Command:
    """The command that makes a webhook due now."""
    # Earlier than now: what is due goes by Redis's clock, which may be behind this one.
    return ("ZADD", keys.WEBHOOKS_DUE, "LT", int(time.time()) - IDLE_CHECK_SECONDS, str(DueWebhook(tenant, webhook_id)))


class WebhookQueue:
    """The delivery queue in Redis. `router` names this router; `lease` of a claimed webhook is in seconds."""

    def __init__(self, commands: RedisCommands, *, router: str, lease: float) -> None:
        self._commands = commands
        self._router = router
        self._lease = max(1, round(lease))

    async def claim(self, most: int) -> list[DueWebhook]:
        """Claim at most `most` due webhooks, until `release`."""
        names = (keys.WEBHOOKS_DUE, keys.WEBHOOK_OWNERS)
        claimed = await self._commands.script(CLAIM, names, (self._router, self._lease, most))
        return [DueWebhook(*str(webhook).split(" ")) for webhook in claimed]

    async def renew(self, claimed: Sequence[DueWebhook]) -> None:
        """Renew the leases of claimed webhooks."""
        await self._commands.script(RENEW, (keys.WEBHOOK_OWNERS,), (self._router, self._lease, *map(str, claimed)))

    async def release(self, due: DueWebhook, seconds: int | None) -> None:
        """Release a claimed webhook, which is due again in `seconds`. None: the webhook was deleted."""
        names = (keys.WEBHOOKS_DUE, keys.WEBHOOK_OWNERS)
        await self._commands.script(RELEASE, names, (self._router, str(due), -1 if seconds is None else seconds))

    async def pending(self, due: DueWebhook, most: int) -> tuple[list[str], float | None]:
        """Ids of deliveries that are due now, most overdue first, and the time at which the first of all is due."""
        index = keys.pending_deliveries(due.tenant, due.webhook_id)
        ids, first = await self._commands.script(PENDING, (index,), (time.time(), most))
        return [str(one) for one in ids], float(first) if first else None

    async def record(
        self, due: DueWebhook, delivery_id: str, state: str, http_status: int, error: str, next_time: float | None
    ) -> None:
        """Record the outcome of an attempt. Without `next_time` it was the last one."""
        names = (keys.delivery(due.tenant, delivery_id), keys.pending_deliveries(due.tenant, due.webhook_id))
        arguments = (delivery_id, state, http_status, error, "" if next_time is None else next_time)
        await self._commands.script(RECORD, names, arguments)
