"""WebhookService: proto in, proto out."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import SplitResult, urlsplit

import grpc.aio

from kefu.common.auth import caller
from kefu.common.errors import BadRequest
from kefu.common.outbound.ssrf import AddressNotAllowed
from kefu.common.pagination import decode_token, encode_token, page_size_of
from kefu.common.resource_names import parse_name
from kefu.office.webhooks.payloads import WebhookEvent
from kefu.office.webhooks.signature import make_secret
from kefu.office.webhooks.webhook_store import Delivery, DeliveryState, Webhook, WebhookStore
from kefu.router.api.requests import check_short
from kefu.router.messages.chat import timestamp
from kefu.router.v1 import webhook_pb2 as pb
from kefu.router.v1 import webhook_pb2_grpc as rpc

SERVICE = "kefu.router.v1.WebhookService"
Context = grpc.aio.ServicerContext[Any, Any]
HostResolver = Callable[[str, int], Awaitable[object]]
_MAX_URL_CHARACTERS = 2000
_PORTS = {"https": 443, "http": 80}
_EVENTS = {
    pb.WEBHOOK_EVENT_HANDOFF: WebhookEvent.HANDOFF,
    pb.WEBHOOK_EVENT_TURN: WebhookEvent.TURN,
    pb.WEBHOOK_EVENT_RATING: WebhookEvent.RATING,
    pb.WEBHOOK_EVENT_ESCALATION: WebhookEvent.ESCALATION,
    pb.WEBHOOK_EVENT_GOLDEN: WebhookEvent.GOLDEN,
}
_EVENT_MESSAGES = {event: message for message, event in _EVENTS.items()}
_STATES = {
    DeliveryState.PENDING: pb.Delivery.STATE_PENDING,
    DeliveryState.DELIVERED: pb.Delivery.STATE_DELIVERED,
    DeliveryState.FAILED: pb.Delivery.STATE_FAILED,
}


class WebhookServicer(rpc.WebhookServiceServicer):
    """See the contract.

    `private`: webhooks may use private addresses and plain http. `resolve`: looks up the addresses of a host and port,
    and raises AddressNotAllowed for those that are not public.
    """

    def __init__(self, store: WebhookStore, *, private: bool, resolve: HostResolver) -> None:
        self._store = store
        self._private = private
        self._resolve = resolve

    def register(self, server: grpc.aio.Server) -> None:
        """Add this service to a server."""
        rpc.add_WebhookServiceServicer_to_server(self, server)

    async def CreateWebhook(self, request: pb.CreateWebhookRequest, context: Context) -> pb.CreateWebhookResponse:
        """See the contract."""
        events = [_EVENTS.get(event) for event in dict.fromkeys(request.events)]
        known = [event for event in events if event is not None]
        if not known or len(known) < len(events):
            raise BadRequest("events", "must be at least one of WebhookEvent, and no other.")
        await self._check_url(request.url)
        secret = make_secret()
        webhook = await self._store.create(caller().tenant, request.url, known, secret)
        return pb.CreateWebhookResponse(webhook=_webhook(webhook), secret=secret)

    async def ListWebhooks(self, request: pb.ListWebhooksRequest, context: Context) -> pb.ListWebhooksResponse:
        """See the contract."""
        return pb.ListWebhooksResponse(webhooks=map(_webhook, await self._store.all(caller().tenant)))

    async def DeleteWebhook(self, request: pb.DeleteWebhookRequest, context: Context) -> pb.DeleteWebhookResponse:
        """See the contract."""
        [webhook_id] = parse_name("name", request.name, "webhooks")
        await self._store.delete(caller().tenant, webhook_id)
        return pb.DeleteWebhookResponse()

    async def ListDeliveries(self, request: pb.ListDeliveriesRequest, context: Context) -> pb.ListDeliveriesResponse:
        """See the contract."""
        [webhook_id] = parse_name("webhook", request.webhook, "webhooks")
        size, below = page_size_of(request.page_size), decode_token(request.page_token)
        if below:
            parse_name("page_token", f"deliveries/{below}", "deliveries")
        found = await self._store.deliveries(caller().tenant, webhook_id, below, size + 1)
        return pb.ListDeliveriesResponse(
            deliveries=map(_delivery, found[:size]),
            next_page_token=encode_token(found[size - 1].id) if len(found) > size else "",
        )

    async def Redeliver(self, request: pb.RedeliverRequest, context: Context) -> pb.RedeliverResponse:
        """See the contract."""
        webhook_id, delivery_id = parse_name("name", request.name, "webhooks", "deliveries")
        await self._store.redeliver(caller().tenant, webhook_id, delivery_id)
        return pb.RedeliverResponse()

    async def _check_url(self, url: str) -> None:
        check_short("url", url, _MAX_URL_CHARACTERS)
        parts = _parts(url)
        schemes = ("https", "http") if self._private else ("https",)
        if parts.scheme not in schemes or not parts.hostname or not url.isascii() or not url.isprintable():
            raise BadRequest("url", f"must be an {' or '.join(f'{scheme}://' for scheme in schemes)} address.")
        if parts.username is not None or parts.password is not None or parts.fragment:
            raise BadRequest("url", "must hold no user name, password or fragment: deliveries are signed.")
        if not self._private:
            try:
                await self._resolve(parts.hostname, parts.port or _PORTS[parts.scheme])
            except AddressNotAllowed as error:
                raise BadRequest("url", f"is not taken: {error}.") from None


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        if parts.port == 0:
            raise ValueError(parts)
    except ValueError:
        raise BadRequest("url", "is no address.") from None
    return parts


def _webhook(webhook: Webhook) -> pb.Webhook:
    return pb.Webhook(
        name=f"webhooks/{webhook.id}",
        url=webhook.url,
        events=[_EVENT_MESSAGES[event] for event in webhook.events],
        create_time=timestamp(webhook.create_time),
    )


def _delivery(delivery: Delivery) -> pb.Delivery:
    return pb.Delivery(
        name=f"webhooks/{delivery.webhook_id}/deliveries/{delivery.id}",
        event=_EVENT_MESSAGES[delivery.event],
        state=_STATES[delivery.state],
        attempts=delivery.attempts,
        http_status=delivery.http_status,
        error=delivery.error,
        create_time=timestamp(delivery.create_time),
        next_time=None if delivery.next_time is None else timestamp(delivery.next_time),
    )
