"""
Webhooks and their deliveries in Redis.

A webhook is looked at by one router at a time, which holds a lease on it and renews it; one that dies is followed by
another when that runs out. All webhooks stand in one sorted set by when they are next to be looked at, which is moved
to now when something is to be sent: a delivery whose note got lost is found at the next look, within a minute.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kefu.common.errors import BadRequest, DeliveryNotFound, WebhookNotFound
from kefu.common.names import new_turn_id
from kefu.router import keys
from kefu.router.redis_commands import Command, RedisCommands, ScriptCall, pairs_of
from kefu.router.webhook_events import WebhookEvent

MOST_WEBHOOKS = 20
MOST_PENDING = 10_000
"""Deliveries that may wait for one address; what happens beyond is not told to it."""
KEPT_SECONDS = 7 * 86_400
LOOK_SECONDS = 60
"""A webhook with nothing to send is looked at this often."""
_AT_ONCE = 500

CREATE = """
-- KEYS: webhooks. ARGV: webhook id, webhook JSON, most webhooks
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
"""
"""Add a webhook; 0 when there are too many."""

ENQUEUE = """
-- KEYS: erased, webhooks, delivery, the webhook's deliveries, its pending ones, told of the session
-- ARGV: webhook id, delivery id, event, body, now s, given up at s, kept s, most pending, oldest id to keep
if redis.call('EXISTS', KEYS[1]) == 1 or redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then return 0 end
if redis.call('ZCARD', KEYS[5]) >= tonumber(ARGV[8]) then return -1 end
redis.call('HSET', KEYS[3], 'webhook', ARGV[1], 'event', ARGV[3], 'body', ARGV[4], 'state', 'pending', 'attempts', 0,
           'http_status', 0, 'error', '', 'create_time', ARGV[5], 'next_time', ARGV[5], 'give_up', ARGV[6])
redis.call('ZADD', KEYS[4], 0, ARGV[2])
redis.call('ZREMRANGEBYLEX', KEYS[4], '-', '(' .. ARGV[9])
redis.call('ZADD', KEYS[5], ARGV[5], ARGV[2])
redis.call('SADD', KEYS[6], ARGV[1] .. '/' .. ARGV[2])
for at = 3, 6 do redis.call('EXPIRE', KEYS[at], ARGV[7]) end
return 1
"""
"""Keep a delivery to be sent: 1, or 0 when its session or webhook is gone, -1 when too many wait."""

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

AGAIN = """
-- KEYS: delivery, pending. ARGV: delivery id, webhook id, now s, given up at s, kept s
if redis.call('HGET', KEYS[1], 'webhook') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'state', 'pending', 'next_time', ARGV[3], 'give_up', ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[5])
return 1
"""
"""Send a delivery again; 0 when the webhook has none of this id."""

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


class DeliveryState(StrEnum):
    """See the contract."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True)
class Webhook:
    """An address that is told of events. `create_time` in seconds since the epoch."""

    id: str
    url: str
    events: tuple[WebhookEvent, ...]
    secret: str
    create_time: float

    def __repr__(self) -> str:
        """Without the secret, and without the address, which may hold one."""
        return f"Webhook({self.id})"


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one address. Times in seconds since the epoch."""

    id: str
    webhook_id: str
    event: WebhookEvent
    body: str
    state: DeliveryState
    attempts: int
    http_status: int
    error: str
    create_time: float
    next_time: float | None
    give_up: float


@dataclass(frozen=True)
class Due:
    """A webhook that this router looks at."""

    tenant: str
    webhook_id: str

    def __str__(self) -> str:
        return f"{self.tenant} {self.webhook_id}"


class WebhookStore:
    """`router` names this router. `retry_seconds`: a delivery is tried for so long. `lease`, in seconds, of a look."""

    def __init__(self, commands: RedisCommands, *, router: str, retry_seconds: float, lease: float) -> None:
        self._commands = commands
        self._router = router
        self._retry_seconds = retry_seconds
        self._lease = max(1, round(lease))

    async def create(self, tenant: str, url: str, events: Sequence[WebhookEvent], secret: str) -> Webhook:
        """Add a webhook, or raise BadRequest when the tenant has too many."""
        made = Webhook(new_turn_id(), url, tuple(events), secret, time.time())
        stored = {"url": url, "events": list(made.events), "secret": secret, "create_time": made.create_time}
        arguments = (made.id, json.dumps(stored), MOST_WEBHOOKS)
        if not await self._commands.script(CREATE, (keys.webhooks(tenant),), arguments):
            raise BadRequest("url", f"is one too many: a tenant has at most {MOST_WEBHOOKS} webhooks.")
        await self._commands.together([self._note(tenant, made.id)])
        return made

    async def all(self, tenant: str) -> list[Webhook]:
        """A tenant's webhooks, oldest first."""
        [found] = await self._commands.together([self.reading(tenant)])
        return self.read(found)

    @staticmethod
    def reading(tenant: str) -> Command:
        """The command that reads a tenant's webhooks; see `read`."""
        return ("HGETALL", keys.webhooks(tenant))

    @staticmethod
    def read(reply: dict[str, str] | list[str]) -> list[Webhook]:
        """What `reading` found, oldest first."""
        return [_webhook(webhook_id, value) for webhook_id, value in sorted(pairs_of(reply))]

    async def get(self, tenant: str, webhook_id: str) -> Webhook:
        """One webhook, or WebhookNotFound."""
        stored = await self._commands.hash_get(keys.webhooks(tenant), webhook_id)
        if stored is None:
            raise WebhookNotFound("There is no such webhook; list the webhooks.")
        return _webhook(webhook_id, stored)

    async def delete(self, tenant: str, webhook_id: str) -> None:
        """Remove a webhook with its deliveries, or raise WebhookNotFound."""
        await self.get(tenant, webhook_id)
        index = keys.deliveries(tenant, webhook_id)
        # The webhook first: nothing is added to what has none.
        await self._commands.together([("HDEL", keys.webhooks(tenant), webhook_id)])
        ids = await self._commands.sorted_all(index)
        for at in range(0, len(ids), _AT_ONCE):
            await self._commands.delete(*(keys.delivery(tenant, one) for one in ids[at : at + _AT_ONCE]))
        await self._commands.delete(index, keys.pending(tenant, webhook_id))

    def enqueue(
        self, tenant: str, webhook: Webhook, session_id: str, delivery_id: str, event: WebhookEvent, body: str
    ) -> list[Command]:
        """What keeps a delivery to be sent; the first command's reply is that of `ENQUEUE`."""
        now = time.time()
        script = ScriptCall(
            ENQUEUE,
            (
                keys.erased(tenant, session_id),
                keys.webhooks(tenant),
                keys.delivery(tenant, delivery_id),
                keys.deliveries(tenant, webhook.id),
                keys.pending(tenant, webhook.id),
                keys.told_of(tenant, session_id),
            ),
            (
                *(webhook.id, delivery_id, event, body),
                *(now, now + self._retry_seconds, KEPT_SECONDS, MOST_PENDING),
                _id_at(now - KEPT_SECONDS),
            ),
        )
        return [script, self._note(tenant, webhook.id)]

    async def again(self, tenant: str, webhook_id: str, delivery_id: str) -> None:
        """Send a delivery again, at once; WebhookNotFound, DeliveryNotFound."""
        await self.get(tenant, webhook_id)
        now = time.time()
        names = (keys.delivery(tenant, delivery_id), keys.pending(tenant, webhook_id))
        arguments = (delivery_id, webhook_id, now, now + self._retry_seconds, KEPT_SECONDS)
        if not await self._commands.script(AGAIN, names, arguments):
            raise DeliveryNotFound("There is no such delivery; list the webhook's deliveries.")
        await self._commands.together([self._note(tenant, webhook_id)])

    async def deliveries(self, tenant: str, webhook_id: str, below: str, count: int) -> list[Delivery]:
        """A webhook's deliveries, the latest first, from those below an id on (empty: from the latest)."""
        await self.get(tenant, webhook_id)
        top = f"({below}" if below else "+"
        index = keys.deliveries(tenant, webhook_id)
        [ids] = await self._commands.together([("ZREVRANGEBYLEX", index, top, "-", "LIMIT", 0, count)])
        found = [await self.delivery(tenant, str(one)) for one in ids]
        return [delivery for delivery in found if delivery is not None]

    async def delivery(self, tenant: str, delivery_id: str) -> Delivery | None:
        """One delivery; None: it has gone."""
        fields = await self._commands.hash(keys.delivery(tenant, delivery_id))
        if not fields:
            return None
        return Delivery(
            id=delivery_id,
            webhook_id=fields["webhook"],
            event=WebhookEvent(fields["event"]),
            body=fields["body"],
            state=DeliveryState(fields["state"]),
            attempts=int(fields["attempts"]),
            http_status=int(fields["http_status"]),
            error=fields["error"],
            create_time=float(fields["create_time"]),
            next_time=float(fields["next_time"]) if fields["next_time"] else None,
            give_up=float(fields["give_up"]),
        )

    # What the router that looks at a webhook does.

    async def claim(self, most: int) -> list[Due]:
        """Webhooks to look at from now on, until `release`."""
        names = (keys.WEBHOOKS_DUE, keys.WEBHOOK_OWNERS)
        claimed = await self._commands.script(CLAIM, names, (self._router, self._lease, most))
        return [Due(*str(webhook).split(" ")) for webhook in claimed]

    async def renew(self, held: Sequence[Due]) -> None:
        """Keep looking at webhooks."""
        await self._commands.script(RENEW, (keys.WEBHOOK_OWNERS,), (self._router, self._lease, *map(str, held)))

    async def release(self, due: Due, seconds: int | None) -> None:
        """Look no more; the next look is in so many seconds. None: the webhook was deleted."""
        names = (keys.WEBHOOKS_DUE, keys.WEBHOOK_OWNERS)
        await self._commands.script(RELEASE, names, (self._router, str(due), -1 if seconds is None else seconds))

    async def pending(self, due: Due, most: int) -> tuple[list[str], float | None]:
        """Ids of deliveries to be sent now, the most overdue first, and when the first of all is to be sent."""
        index = keys.pending(due.tenant, due.webhook_id)
        ids, first = await self._commands.script(PENDING, (index,), (time.time(), most))
        return [str(one) for one in ids], float(first) if first else None

    async def record(
        self, due: Due, delivery_id: str, state: DeliveryState, http_status: int, error: str, next_time: float | None
    ) -> None:
        """Write down how a try went; without `next_time` it was the last one."""
        names = (keys.delivery(due.tenant, delivery_id), keys.pending(due.tenant, due.webhook_id))
        arguments = (delivery_id, state, http_status, error, "" if next_time is None else next_time)
        await self._commands.script(RECORD, names, arguments)

    @staticmethod
    def _note(tenant: str, webhook_id: str) -> Command:
        """Have a webhook looked at now."""
        # Earlier than now: Redis's clock, which is asked what is due, may be behind ours.
        return ("ZADD", keys.WEBHOOKS_DUE, "LT", int(time.time()) - LOOK_SECONDS, str(Due(tenant, webhook_id)))


def _webhook(webhook_id: str, stored: str) -> Webhook:
    fields = json.loads(stored)
    events = tuple(WebhookEvent(event) for event in fields["events"])
    return Webhook(webhook_id, str(fields["url"]), events, str(fields["secret"]), float(fields["create_time"]))


def _id_at(seconds: float) -> str:
    """Below every id made since that time: a UUIDv7 begins with its milliseconds."""
    digits = f"{max(0, int(seconds * 1000)):012x}"
    return f"{digits[:8]}-{digits[8:]}"
