"""
Webhook sender: one router at a time serves a webhook, and each delivery is sent until a 2xx answer, or given up.

Addresses are checked as they are connected to, so that a host name cannot lead into the installation's own network
later. The sender follows no redirects, uses no proxies, and reads no bodies.
"""

import asyncio
import math
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import BackendUnavailable, StorageFull, WebhookNotFound
from kefu.common.outbound.guarded_http import CallFailed, GuardedHttp, open_guarded_http
from kefu.common.outbound.ssrf import Address, is_public
from kefu.common.redis.client import REDIS_FAILURES
from kefu.office.webhooks.queue import IDLE_CHECK_SECONDS, DueWebhook, WebhookQueue
from kefu.office.webhooks.signature import signed_headers
from kefu.office.webhooks.webhook_store import Delivery, DeliveryState, Webhook, WebhookStore
from kefu.router import metrics

ATTEMPT_TIMEOUT_SECONDS = 10.0
"""A receiver that has not answered within this time has failed."""
LONGEST_PAUSE_SECONDS = 3 * 3600.0
_BACKOFF_FACTOR = 3.0
_MAX_DELIVERIES_AT_ONCE = 4
"""Deliveries of one webhook that are sent at once."""
_MAX_WEBHOOKS = 16
"""Webhooks that a router serves at once."""
_CLAIM_INTERVAL_SECONDS = 1.0
"""How often a router looks for due webhooks with deliveries from other routers."""
_MAX_SERVE_SECONDS = 30.0
"""A webhook is released after this long, so that others are served too."""
_FAILURE_PAUSE_SECONDS = 5
_MAX_ERROR_CHARACTERS = 200
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class DeliveryAttempt:
    """The outcome of one attempt. `error` is empty after a 2xx answer. `http_status` is 0 without an answer."""

    http_status: int
    error: str


class WebhookSender:
    """Claims due webhooks and sends their deliveries; see `open_webhook_sender`."""

    def __init__(
        self,
        store: WebhookStore,
        queue: WebhookQueue,
        http: GuardedHttp,
        *,
        lease: float,
        first_pause: float,
    ) -> None:
        self._store = store
        self._queue = queue
        self._http = http
        self._lease = lease
        self._first_pause = first_pause
        self._woken = asyncio.Event()
        self._claimed: dict[DueWebhook, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """Look for due webhooks at once: a delivery was queued."""
        self._woken.set()

    async def run(self) -> None:
        """Claim and serve due webhooks, until cancelled."""
        renewing = asyncio.create_task(self._renew(), name="webhook leases")
        try:
            while True:
                self._woken.clear()
                await self._claim()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_CLAIM_INTERVAL_SECONDS):
                        await self._woken.wait()
        finally:
            await cancel_and_wait(renewing)
            for task in list(self._claimed.values()):
                await cancel_and_wait(task)

    async def _claim(self) -> None:
        free = _MAX_WEBHOOKS - len(self._claimed)
        if free <= 0:
            return
        try:
            claimed = await self._queue.claim(free)
        except REDIS_FAILURES as error:
            _log.warning("webhooks.not_claimed", cause=str(error))
            return
        for due in claimed:
            self._claimed[due] = asyncio.create_task(self._serve(due), name=f"webhook {due.webhook_id}")

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._lease / 4)
            if self._claimed:
                try:
                    await self._queue.renew(list(self._claimed))
                except REDIS_FAILURES as error:
                    _log.warning("webhooks.not_renewed", cause=str(error))

    async def _serve(self, due: DueWebhook) -> None:
        """Send the due deliveries of one webhook, then release it. After a cancel, `release_all` releases it."""
        next_check: int | None = _FAILURE_PAUSE_SECONDS
        try:
            next_check = await self._send_due(due)
        except Exception:
            _log.exception("webhook.look_failed", webhook=due.webhook_id)
        with suppress(BackendUnavailable, StorageFull):  # else the lease runs out by itself
            await self._queue.release(due, next_check)
        del self._claimed[due]
        self.wake()

    async def release_all(self) -> None:
        """Release all claimed webhooks, after `run`, so that other routers can serve them at once."""
        with suppress(BackendUnavailable, StorageFull):
            for due in self._claimed:
                await self._queue.release(due, 0)

    async def _send_due(self, due: DueWebhook) -> int | None:
        """Send what is due. Returns the seconds until the next check; None: the webhook was deleted."""
        until = time.monotonic() + _MAX_SERVE_SECONDS
        while True:
            try:
                webhook = await self._store.get(due.tenant, due.webhook_id)
            except WebhookNotFound:
                return None
            ids, first = await self._queue.pending(due, _MAX_DELIVERIES_AT_ONCE)
            if not ids:
                return (
                    IDLE_CHECK_SECONDS
                    if first is None
                    else max(1, min(IDLE_CHECK_SECONDS, math.ceil(first - time.time())))
                )
            async with asyncio.TaskGroup() as group:
                for delivery_id in ids:
                    group.create_task(self._send(due, webhook, delivery_id))
            if time.monotonic() > until:
                return 0

    async def _send(self, due: DueWebhook, webhook: Webhook, delivery_id: str) -> None:
        delivery = await self._store.delivery(due.tenant, delivery_id)
        if delivery is None:  # erased with its session
            await self._queue.record(due, delivery_id, DeliveryState.FAILED, 0, "", None)
            return
        attempt = await self._attempt(webhook, delivery)
        state, next_time = self._outcome(delivery, attempt)
        metrics.WEBHOOK_TRIES.labels(state).inc()
        if state is not DeliveryState.DELIVERED:
            _log.warning(
                "webhook.not_delivered",
                webhook=webhook.id,
                delivery=delivery.id,
                attempts=delivery.attempts + 1,
                status=attempt.http_status,
                given_up=state is DeliveryState.FAILED,
            )
        await self._queue.record(due, delivery_id, state, attempt.http_status, attempt.error, next_time)

    def _outcome(self, delivery: Delivery, attempt: DeliveryAttempt) -> tuple[DeliveryState, float | None]:
        if not attempt.error:
            return DeliveryState.DELIVERED, None
        next_time = time.time() + pause_after(delivery.attempts + 1, self._first_pause)
        if next_time >= delivery.give_up:
            return DeliveryState.FAILED, None
        return DeliveryState.PENDING, next_time

    async def _attempt(self, webhook: Webhook, delivery: Delivery) -> DeliveryAttempt:
        body = delivery.body.encode()
        headers = {
            "content-type": "application/json",
            **signed_headers(webhook.secret, delivery.id, int(time.time()), body),
        }
        try:
            answer = await self._http.call(
                "POST", webhook.url, headers=headers, body=body, seconds=ATTEMPT_TIMEOUT_SECONDS, most_bytes=None
            )
        except CallFailed as error:
            return DeliveryAttempt(0, _sentence(str(error)))
        status = answer.status
        if 200 <= status < 300:
            return DeliveryAttempt(status, "")
        return DeliveryAttempt(status, f"It answered with status {status}{_STATUS_NOTES.get(status // 100, '')}.")


_STATUS_NOTES: dict[int, Literal["; redirects are not followed"]] = {3: "; redirects are not followed"}


def pause_after(attempts: int, first: float) -> float:
    """Seconds until the next attempt. They grow, and are spread, so that not all deliveries meet a receiver at once."""
    return min(LONGEST_PAUSE_SECONDS, first * _BACKOFF_FACTOR ** min(attempts - 1, 20)) * random.uniform(0.9, 1.1)  # noqa: S311


@asynccontextmanager
async def open_webhook_sender(
    store: WebhookStore,
    queue: WebhookQueue,
    *,
    lease: float,
    first_pause: float,
    permitted: Callable[[Address], bool] = is_public,
) -> AsyncIterator[WebhookSender]:
    """A sender that runs while the block does. `lease` and `first_pause` (after a failure) are in seconds."""
    async with open_guarded_http(permitted) as http:
        sender = WebhookSender(store, queue, http, lease=lease, first_pause=first_pause)
        running = asyncio.create_task(sender.run(), name="webhook sender")
        try:
            yield sender
        finally:
            await cancel_and_wait(running)
            await sender.release_all()


def _sentence(text: str) -> str:
    short = text[:_MAX_ERROR_CHARACTERS].rstrip(".")
    return f"{short[:1].upper()}{short[1:]}."
