"""
Sends deliveries: each webhook by one router at a time, each delivery until it is answered with 2xx or given up.

Addresses are checked as they are connected to, so that a name may not lead into the installation's own network later.
Redirects are not followed, proxies not used, answers not read.
"""

import asyncio
import math
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Literal

import httpcore
import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import BackendUnavailable, WebhookNotFound
from kefu.common.redis.client import REDIS_FAILURES
from kefu.common.ssrf import Address, AddressNotAllowed, PinnedBackend, is_public
from kefu.router import metrics
from kefu.router.webhooks.queue import LOOK_SECONDS, Due, WebhookQueue
from kefu.router.webhooks.signature import signed_headers
from kefu.router.webhooks.store import Delivery, DeliveryState, Webhook, WebhookStore

TRY_SECONDS = 10.0
"""An address that has not answered by then has failed."""
LONGEST_PAUSE_SECONDS = 3 * 3600.0
_GROWTH = 3.0
_AT_ONCE_AN_ADDRESS = 4
_WEBHOOKS_AT_ONCE = 16
_LOOK_FOR_SECONDS = 1.0
"""How often a router asks whether a webhook is due that another one took note of."""
_BRIEF_LOOK_SECONDS = 30.0
"""Then others get their turn."""
_AFTER_FAILURE_SECONDS = 5
_MOST_ERROR = 200
_log = structlog.stdlib.get_logger()
_AGENT = f"kefu/{version('kefu')}"


@dataclass(frozen=True)
class Tried:
    """What became of a try. `error` is empty when it was answered with 2xx."""

    http_status: int
    error: str


class WebhookSender:
    """See `open_webhook_sender`."""

    def __init__(
        self,
        store: WebhookStore,
        queue: WebhookQueue,
        pool: httpcore.AsyncConnectionPool,
        *,
        lease: float,
        first_pause: float,
    ) -> None:
        self._store = store
        self._queue = queue
        self._pool = pool
        self._lease = lease
        self._first_pause = first_pause
        self._woken = asyncio.Event()
        self._held: dict[Due, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """Something is to be sent: do not wait for the next look."""
        self._woken.set()

    async def run(self) -> None:
        """Look for what is to be sent, until cancelled."""
        renewing = asyncio.create_task(self._renew(), name="webhook leases")
        try:
            while True:
                self._woken.clear()
                await self._claim()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_FOR_SECONDS):
                        await self._woken.wait()
        finally:
            await cancel_and_wait(renewing)
            for task in list(self._held.values()):
                await cancel_and_wait(task)

    async def _claim(self) -> None:
        free = _WEBHOOKS_AT_ONCE - len(self._held)
        if free <= 0:
            return
        try:
            claimed = await self._queue.claim(free)
        except REDIS_FAILURES as error:
            _log.warning("webhooks.not_claimed", cause=str(error))
            return
        for due in claimed:
            self._held[due] = asyncio.create_task(self._look(due), name=f"webhook {due.webhook_id}")

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._lease / 4)
            if self._held:
                try:
                    await self._queue.renew(list(self._held))
                except REDIS_FAILURES as error:
                    _log.warning("webhooks.not_renewed", cause=str(error))

    async def _look(self, due: Due) -> None:
        """Send what is due to one address, then let go of it. Cancelled, it is let go of by `leave`."""
        following: int | None = _AFTER_FAILURE_SECONDS
        try:
            following = await self._send_due(due)
        except Exception:
            _log.exception("webhook.look_failed", webhook=due.webhook_id)
        with suppress(BackendUnavailable):  # else the lease runs out by itself
            await self._queue.release(due, following)
        del self._held[due]
        self.wake()

    async def leave(self) -> None:
        """After `run`: others may look at once at what this router was looking at."""
        with suppress(BackendUnavailable):
            for due in self._held:
                await self._queue.release(due, 0)

    async def _send_due(self, due: Due) -> int | None:
        """Returns the seconds until the next look; None: the webhook is gone."""
        until = time.monotonic() + _BRIEF_LOOK_SECONDS
        while True:
            try:
                webhook = await self._store.get(due.tenant, due.webhook_id)
            except WebhookNotFound:
                return None
            ids, first = await self._queue.pending(due, _AT_ONCE_AN_ADDRESS)
            if not ids:
                return LOOK_SECONDS if first is None else max(1, min(LOOK_SECONDS, math.ceil(first - time.time())))
            async with asyncio.TaskGroup() as group:
                for delivery_id in ids:
                    group.create_task(self._send(due, webhook, delivery_id))
            if time.monotonic() > until:
                return 0

    async def _send(self, due: Due, webhook: Webhook, delivery_id: str) -> None:
        delivery = await self._store.delivery(due.tenant, delivery_id)
        if delivery is None:  # erased with its session
            await self._queue.record(due, delivery_id, DeliveryState.FAILED, 0, "", None)
            return
        tried = await self._try(webhook, delivery)
        state, following = self._outcome(delivery, tried)
        metrics.WEBHOOK_TRIES.labels(state).inc()
        if state is not DeliveryState.DELIVERED:
            _log.warning(
                "webhook.not_delivered",
                webhook=webhook.id,
                delivery=delivery.id,
                attempts=delivery.attempts + 1,
                status=tried.http_status,
                given_up=state is DeliveryState.FAILED,
            )
        await self._queue.record(due, delivery_id, state, tried.http_status, tried.error, following)

    def _outcome(self, delivery: Delivery, tried: Tried) -> tuple[DeliveryState, float | None]:
        if not tried.error:
            return DeliveryState.DELIVERED, None
        following = time.time() + pause_after(delivery.attempts + 1, self._first_pause)
        if following >= delivery.give_up:
            return DeliveryState.FAILED, None
        return DeliveryState.PENDING, following

    async def _try(self, webhook: Webhook, delivery: Delivery) -> Tried:
        body = delivery.body.encode()
        headers = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            "user-agent": _AGENT,
            **signed_headers(webhook.secret, delivery.id, int(time.time()), body),
        }
        try:
            async with (
                asyncio.timeout(TRY_SECONDS),
                self._pool.stream("POST", webhook.url, headers=list(headers.items()), content=body) as answer,
            ):
                status = answer.status
        except TimeoutError:
            return Tried(0, f"It did not answer within {TRY_SECONDS:.0f} s.")
        except AddressNotAllowed as error:
            return Tried(0, _sentence(str(error)))
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
            return Tried(0, _sentence(f"It could not be reached ({type(error).__name__}: {error})"))
        if 200 <= status < 300:
            return Tried(status, "")
        return Tried(status, f"It answered with status {status}{_WHY.get(status // 100, '')}.")


_WHY: dict[int, Literal["; redirects are not followed"]] = {3: "; redirects are not followed"}


def pause_after(attempts: int, first: float) -> float:
    """Seconds until the next try: growing, and spread, since a receiver that comes back is met by all at once."""
    return min(LONGEST_PAUSE_SECONDS, first * _GROWTH ** min(attempts - 1, 20)) * random.uniform(0.9, 1.1)  # noqa: S311


@asynccontextmanager
async def open_webhook_sender(
    store: WebhookStore,
    queue: WebhookQueue,
    *,
    lease: float,
    first_pause: float,
    permitted: Callable[[Address], bool] = is_public,
) -> AsyncIterator[WebhookSender]:
    """A sender that sends while the block runs. `lease` and the pause before the first repetition in seconds."""
    backend = PinnedBackend(permitted)
    async with httpcore.AsyncConnectionPool(network_backend=backend, max_keepalive_connections=0) as pool:
        sender = WebhookSender(store, queue, pool, lease=lease, first_pause=first_pause)
        running = asyncio.create_task(sender.run(), name="webhooks")
        try:
            yield sender
        finally:
            await cancel_and_wait(running)
            await sender.leave()


def _sentence(text: str) -> str:
    short = text[:_MOST_ERROR].rstrip(".")
    return f"{short[:1].upper()}{short[1:]}."
