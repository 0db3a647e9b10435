"""Webhook store: webhooks and their deliveries in Redis. `queue` says which are due and which router sends them."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kefu.common.errors import BadRequest, DeliveryNotFound, WebhookNotFound
from kefu.common.redis.commands import Command, RedisCommands, ScriptCall, hash_items
from kefu.common.resource_names import new_turn_id
from kefu.office.webhooks.payloads import WebhookEvent
from kefu.office.webhooks.queue import schedule_now
from kefu.router.config import WEBHOOK_DELIVERIES_SECONDS
from kefu.router.storage import keys

MAX_WEBHOOKS = 20
MAX_PENDING = 10_000
"""Deliveries that may wait for one webhook. Beyond it, the webhook loses events."""
MAX_PENDING_OF_TURNS = 8_000
"""Deliveries that may wait when one of a turn or a rating comes: the rest is for handoffs and escalations, for which
somebody has to come."""
_BATCH_SIZE = 500

CREATE = """
-- KEYS: webhooks. ARGV: webhook id, webhook JSON, most webhooks
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
"""
"""Add a webhook. Returns 0 when there are too many."""

ENQUEUE = """
-- KEYS: erased, webhooks, delivery, the webhook's deliveries, its pending ones, deliveries of the session
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
"""Queue a delivery. Returns 1, 0 when its session or webhook is gone, -1 when too many wait."""

REDELIVER = """
-- KEYS: delivery, pending. ARGV: delivery id, webhook id, now s, given up at s, kept s
if redis.call('HGET', KEYS[1], 'webhook') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'state', 'pending', 'next_time', ARGV[3], 'give_up', ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[5])
return 1
"""
"""Queue a delivery again. Returns 0 when the webhook has none with this id."""


class DeliveryState(StrEnum):
    """The state of a delivery; see the contract."""

    PENDING = "pending"
    """It is still to be sent."""
    DELIVERED = "delivered"
    """The receiver answered with 2xx."""
    FAILED = "failed"
    """It was given up."""


@dataclass(frozen=True)
class Webhook:
    """An address that receives events. `create_time` in seconds since the epoch."""

    id: str
    url: str
    events: tuple[WebhookEvent, ...]
    secret: str
    create_time: float

    def __repr__(self) -> str:
        """The id alone: the secret must not be printed, nor the address, which may hold one."""
        return f"Webhook({self.id})"


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one webhook. Times are in seconds since the epoch."""

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


class WebhookStore:
    """Webhooks and deliveries of all tenants. `retry_seconds`: how long a delivery is attempted."""

    def __init__(self, commands: RedisCommands, *, retry_seconds: float) -> None:
        self._commands = commands
        self._retry_seconds = retry_seconds

    async def create(self, tenant: str, url: str, events: Sequence[WebhookEvent], secret: str) -> Webhook:
        """Add a webhook, or raise BadRequest when the tenant has too many."""
        webhook = Webhook(new_turn_id(), url, tuple(events), secret, time.time())
        stored = {"url": url, "events": list(webhook.events), "secret": secret, "create_time": webhook.create_time}
        arguments = (webhook.id, json.dumps(stored), MAX_WEBHOOKS)
        if not await self._commands.script(CREATE, (keys.webhooks(tenant),), arguments):
            raise BadRequest("url", f"is one too many: a tenant has at most {MAX_WEBHOOKS} webhooks.")
        await self._commands.pipeline([schedule_now(tenant, webhook.id)])
        return webhook

    async def all(self, tenant: str) -> list[Webhook]:
        """A tenant's webhooks, oldest first."""
        [found] = await self._commands.pipeline([self.list_command(tenant)])
        return self.parse_list(found)

    @staticmethod
    def list_command(tenant: str) -> Command:
        """The command that reads a tenant's webhooks; `parse_list` takes its reply."""
        return ("HGETALL", keys.webhooks(tenant))

    @staticmethod
    def parse_list(reply: dict[str, str] | list[str]) -> list[Webhook]:
        """Webhooks from the reply to `list_command`, oldest first."""
        return [_webhook(webhook_id, value) for webhook_id, value in sorted(hash_items(reply))]

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
        # The webhook first: a delivery without its webhook is not queued.
        await self._commands.pipeline([("HDEL", keys.webhooks(tenant), webhook_id)])
        ids = await self._commands.sorted_all(index)
        for at in range(0, len(ids), _BATCH_SIZE):
            await self._commands.delete(*(keys.delivery(tenant, one) for one in ids[at : at + _BATCH_SIZE]))
        await self._commands.delete(index, keys.pending_deliveries(tenant, webhook_id))

    def enqueue(
        self, tenant: str, webhook: Webhook, session_id: str, delivery_id: str, event: WebhookEvent, body: str
    ) -> list[Command]:
        """Commands that queue a delivery. The first command's reply is that of `ENQUEUE`."""
        now = time.time()
        script = ScriptCall(
            ENQUEUE,
            (
                keys.erasure_marker(tenant, session_id),
                keys.webhooks(tenant),
                keys.delivery(tenant, delivery_id),
                keys.deliveries(tenant, webhook.id),
                keys.pending_deliveries(tenant, webhook.id),
                keys.session_deliveries(tenant, session_id),
            ),
            (
                *(webhook.id, delivery_id, event, body),
                *(now, now + self._retry_seconds, WEBHOOK_DELIVERIES_SECONDS, _max_pending(event)),
                _id_at(now - WEBHOOK_DELIVERIES_SECONDS),
            ),
        )
        return [script, schedule_now(tenant, webhook.id)]

    async def redeliver(self, tenant: str, webhook_id: str, delivery_id: str) -> None:
        """Queue a delivery again, due at once. Raises WebhookNotFound, DeliveryNotFound."""
        await self.get(tenant, webhook_id)
        now = time.time()
        names = (keys.delivery(tenant, delivery_id), keys.pending_deliveries(tenant, webhook_id))
        arguments = (delivery_id, webhook_id, now, now + self._retry_seconds, WEBHOOK_DELIVERIES_SECONDS)
        if not await self._commands.script(REDELIVER, names, arguments):
            raise DeliveryNotFound("There is no such delivery; list the webhook's deliveries.")
        await self._commands.pipeline([schedule_now(tenant, webhook_id)])

    async def deliveries(self, tenant: str, webhook_id: str, below: str, count: int) -> list[Delivery]:
        """A webhook's deliveries, latest first, below an id (empty: from the latest)."""
        await self.get(tenant, webhook_id)
        top = f"({below}" if below else "+"
        index = keys.deliveries(tenant, webhook_id)
        [ids] = await self._commands.pipeline([("ZREVRANGEBYLEX", index, top, "-", "LIMIT", 0, count)])
        found = [await self.delivery(tenant, str(one)) for one in ids]
        return [delivery for delivery in found if delivery is not None]

    async def delivery(self, tenant: str, delivery_id: str) -> Delivery | None:
        """One delivery. None: it is no longer kept."""
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


def _webhook(webhook_id: str, stored: str) -> Webhook:
    fields = json.loads(stored)
    events = tuple(WebhookEvent(event) for event in fields["events"])
    return Webhook(webhook_id, str(fields["url"]), events, str(fields["secret"]), float(fields["create_time"]))


def _max_pending(event: WebhookEvent) -> int:
    calls_people = event in (WebhookEvent.HANDOFF, WebhookEvent.ESCALATION)
    return MAX_PENDING if calls_people else MAX_PENDING_OF_TURNS


def _id_at(seconds: float) -> str:
    """A bound below every id made since a time: a UUIDv7 begins with its milliseconds."""
    digits = f"{max(0, int(seconds * 1000)):012x}"
    return f"{digits[:8]}-{digits[8:]}"
