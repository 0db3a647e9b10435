"""WebhookService over real routers, a real Redis and a real HTTP receiver."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest
import structlog.testing

from kefu.common.auth import Scope
from kefu.router.v1 import chat_pb2 as chat
from kefu.router.v1 import webhook_pb2 as pb
from kefu.router.v1 import webhook_pb2_grpc as rpc
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import bearer_metadata, expect_failure
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.waiting import wait_until_async
from tests.support.webhook_receiver import ReceivedWebhook, WebhookReceiver, open_webhook_receiver

EVERY_EVENT = [
    pb.WEBHOOK_EVENT_HANDOFF,
    pb.WEBHOOK_EVENT_TURN,
    pb.WEBHOOK_EVENT_RATING,
    pb.WEBHOOK_EVENT_ESCALATION,
]


class Operator:
    """Someone who rules a tenant's webhooks."""

    def __init__(self, channel: grpc.aio.Channel, key: str) -> None:
        self.stub = rpc.WebhookServiceStub(channel)
        self.metadata = bearer_metadata(key)

    async def create(self, url: str, *events: pb.WebhookEvent.ValueType) -> tuple[str, str]:
        """A webhook's name and secret."""
        request = pb.CreateWebhookRequest(url=url, events=events or EVERY_EVENT)
        made = await self.stub.CreateWebhook(request, metadata=self.metadata)
        return made.webhook.name, made.secret

    async def deliveries(self, webhook: str) -> list[pb.Delivery]:
        request = pb.ListDeliveriesRequest(webhook=webhook)
        return list((await self.stub.ListDeliveries(request, metadata=self.metadata)).deliveries)

    async def delivered(self, webhook: str, count: int) -> list[pb.Delivery]:
        """The deliveries once so many arrived."""

        async def have() -> bool:
            found = await self.deliveries(webhook)
            return sum(one.state == pb.Delivery.STATE_DELIVERED for one in found) >= count

        await wait_until_async(have)
        return await self.deliveries(webhook)


@asynccontextmanager
async def operator_at(harness: RouterHarness, port: int, tenant: str = "acme") -> AsyncIterator[Operator]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Operator(channel, await harness.create_key(tenant, Scope.ADMIN))


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with open_webhook_receiver() as running:
        yield running


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(
        own_redis, routers=2, webhook_private=True, webhook_retry_seconds=0.2, lease_seconds=1.0
    ) as opened:
        opened.knowledge.by_word = {"refund": [make_hit("Refunds take 7 days.")]}
        opened.replica.frames = ["Refunds take 7 days [1]."]
        yield opened


@pytest.fixture
async def operator(harness: RouterHarness) -> AsyncIterator[Operator]:
    async with operator_at(harness, harness.routers[1].port) as opened:
        yield opened


@pytest.fixture
async def customer(harness: RouterHarness) -> RouterClient:
    return await harness.client(await harness.create_key("acme", Scope.CHAT))


async def test_a_turn_a_hand_over_and_a_rating_arrive_once_each_signed(
    operator: Operator, customer: RouterClient, receiver: WebhookReceiver
) -> None:
    webhook, secret = await operator.create(receiver.url)
    answer = await customer.ask("How long does a refund take?")
    request = chat.RateTurnRequest(turn=answer.started.turn, rating=chat.RATING_UP, comment="thanks")
    await customer.chat.RateTurn(request, metadata=customer.metadata)
    handed_over = await customer.ask("Do you sell submarines?")
    await operator.delivered(webhook, 4)
    told = [one.verify(secret) for one in receiver.received]
    assert sorted(one["type"] for one in told) == ["handoff", "rating", "turn", "turn"]
    assert {one["tenant"] for one in told} == {"acme"}
    assert len({one["id"] for one in told}) == 4
    assert all(one.headers["webhook-id"] == one.payload["id"] for one in receiver.received)
    [rating] = [one["data"] for one in told if one["type"] == "rating"]
    assert rating == {"turn": answer.started.turn, "rating": "RATING_UP", "comment": "thanks"}
    [handoff] = [one["data"] for one in told if one["type"] == "handoff"]
    assert handoff["session"] == handed_over.session
    assert handoff["handoff"]["reason"] == "REASON_NOTHING_RELEVANT"
    turns = {one["data"]["turn"]["name"]: one["data"]["turn"] for one in told if one["type"] == "turn"}
    assert turns[answer.started.turn]["text"].startswith("Refunds take 7 days")
    assert "passages" not in turns[answer.started.turn]


async def test_only_what_was_asked_for_is_told_and_nothing_of_other_tenants(
    harness: RouterHarness, operator: Operator, customer: RouterClient, receiver: WebhookReceiver
) -> None:
    webhook, _ = await operator.create(receiver.url, pb.WEBHOOK_EVENT_HANDOFF)
    stranger = await harness.client(await harness.create_key("other", Scope.CHAT))
    await stranger.ask("Do you sell zeppelins?")
    await customer.ask("How long does a refund take?")
    await customer.ask("Do you sell submarines?")
    await operator.delivered(webhook, 1)
    assert [one.payload["type"] for one in receiver.received] == ["handoff"]
    assert "submarines" in receiver.received[0].body.decode()


async def test_a_delivery_that_fails_is_sent_again_with_its_id_until_it_is_taken(
    operator: Operator, customer: RouterClient, receiver: WebhookReceiver
) -> None:
    def fails_twice(_: ReceivedWebhook) -> tuple[int, str]:
        return (500 if len(receiver.received) < 2 else 200, "")

    receiver.answer = fails_twice
    webhook, secret = await operator.create(receiver.url, pb.WEBHOOK_EVENT_TURN)
    await customer.ask("How long does a refund take?")
    [delivery] = await operator.delivered(webhook, 1)
    assert (delivery.attempts, delivery.http_status, delivery.error) == (3, 200, "")
    assert not delivery.HasField("next_time")
    assert len({one.verify(secret)["id"] for one in receiver.received}) == 1
    assert len(receiver.received) == 3


async def test_a_redirect_is_not_followed_and_a_dead_address_says_so(
    operator: Operator, customer: RouterClient, receiver: WebhookReceiver
) -> None:
    receiver.answer = lambda one: (302, f"location: {receiver.url}/elsewhere\r\n")
    webhook, _ = await operator.create(receiver.url, pb.WEBHOOK_EVENT_TURN)
    dead, _ = await operator.create("http://127.0.0.1:1/hook", pb.WEBHOOK_EVENT_TURN)
    await customer.ask("How long does a refund take?")

    async def both_failed() -> bool:
        found = [*await operator.deliveries(webhook), *await operator.deliveries(dead)]
        return len(found) == 2 and all(one.error for one in found)

    await wait_until_async(both_failed)
    [moved] = await operator.deliveries(webhook)
    assert moved.http_status == 302
    assert "redirects are not followed" in moved.error
    [unreachable] = await operator.deliveries(dead)
    assert unreachable.http_status == 0
    assert unreachable.state == pb.Delivery.STATE_PENDING
    assert unreachable.HasField("next_time")
    assert {one.path for one in receiver.received} == {"/hook"}


async def test_an_address_that_does_not_answer_keeps_no_other_waiting(
    operator: Operator, customer: RouterClient, receiver: WebhookReceiver
) -> None:
    async with open_webhook_receiver() as silent:
        silent.answer = lambda _: None
        await operator.create(silent.url, pb.WEBHOOK_EVENT_TURN)
        webhook, _ = await operator.create(receiver.url, pb.WEBHOOK_EVENT_TURN)
        for _ in range(6):
            await customer.ask("How long does a refund take?")
        await operator.delivered(webhook, 6)
        assert len(receiver.received) == 6
        assert 1 <= len(silent.received) <= 4, "at most so many at once"


async def test_what_is_given_up_is_failed_and_can_be_sent_again(
    own_redis: RedisServer, receiver: WebhookReceiver
) -> None:
    async with (
        open_router_harness(
            own_redis, webhook_private=True, webhook_retry_seconds=0.2, webhook_hours=1 / 3600
        ) as harness,
        operator_at(harness, harness.routers[0].port) as operator,
    ):
        receiver.answer = lambda _: (503, "")
        webhook, secret = await operator.create(receiver.url, pb.WEBHOOK_EVENT_TURN)
        customer = await harness.client(await harness.create_key("acme", Scope.CHAT))
        await customer.ask("Do you sell submarines?")

        async def failed() -> bool:
            return [one.state for one in await operator.deliveries(webhook)] == [pb.Delivery.STATE_FAILED]

        await wait_until_async(failed)
        [delivery] = await operator.deliveries(webhook)
        assert delivery.attempts >= 2
        receiver.answer = lambda _: (200, "")
        await operator.stub.Redeliver(pb.RedeliverRequest(name=delivery.name), metadata=operator.metadata)
        [again] = await operator.delivered(webhook, 1)
        assert again.name == delivery.name
        assert len({one.verify(secret)["id"] for one in receiver.received}) == 1
        unknown = pb.RedeliverRequest(name=f"{webhook}/deliveries/none")
        refused = await expect_failure(lambda: operator.stub.Redeliver(unknown, metadata=operator.metadata))
        assert refused.reason == "DELIVERY_NOT_FOUND"


async def test_a_killed_routers_delivery_is_sent_by_another(own_redis: RedisServer, receiver: WebhookReceiver) -> None:
    async with open_router_harness(
        own_redis, routers=0, webhook_private=True, webhook_retry_seconds=0.2, lease_seconds=1.0
    ) as harness:
        doomed = await harness.spawn_router()
        receiver.answer = lambda _: None  # it hangs in the middle of its first try
        async with operator_at(harness, doomed.port) as operator:
            webhook, secret = await operator.create(receiver.url, pb.WEBHOOK_EVENT_TURN)
        customer = await harness.client(await harness.create_key("acme", Scope.CHAT), at=doomed)
        await customer.ask("Do you sell submarines?")

        async def being_sent() -> bool:
            return bool(receiver.received)

        await wait_until_async(being_sent)
        await doomed.kill()
        receiver.answer = lambda _: (200, "")
        await harness.start_router()
        async with operator_at(harness, harness.routers[0].port) as operator:
            [delivery] = await operator.delivered(webhook, 1)
        assert delivery.state == pb.Delivery.STATE_DELIVERED
        assert len({one.verify(secret)["id"] for one in receiver.received}) == 1


async def test_an_erased_session_is_told_of_no_more(
    operator: Operator, customer: RouterClient, receiver: WebhookReceiver
) -> None:
    receiver.answer = lambda _: (500, "")
    webhook, _ = await operator.create(receiver.url, pb.WEBHOOK_EVENT_TURN)
    answer = await customer.ask("How long does a refund take?", user="u-1")

    async def tried() -> bool:
        return bool(receiver.received)

    await wait_until_async(tried)
    await customer.chat.DeleteUser(chat.DeleteUserRequest(user="u-1"), metadata=customer.metadata)
    assert await operator.deliveries(webhook) == []
    receiver.answer = lambda _: (200, "")
    await customer.ask("How long does a refund take?")
    await operator.delivered(webhook, 1)
    last = receiver.received[-1].payload["data"]["turn"]["name"]
    assert not last.startswith(answer.session)


async def test_a_deleted_webhook_is_told_nothing_and_its_deliveries_are_gone(
    harness: RouterHarness, operator: Operator, customer: RouterClient, receiver: WebhookReceiver
) -> None:
    receiver.answer = lambda _: (500, "")
    webhook, _ = await operator.create(receiver.url, pb.WEBHOOK_EVENT_TURN)
    await customer.ask("How long does a refund take?")

    async def tried() -> bool:
        return bool(receiver.received)

    await wait_until_async(tried)
    await operator.stub.DeleteWebhook(pb.DeleteWebhookRequest(name=webhook), metadata=operator.metadata)
    refused = await expect_failure(lambda: operator.deliveries(webhook))
    assert refused.reason == "WEBHOOK_NOT_FOUND"

    async def nothing_left() -> bool:
        async with harness.open_store() as store:
            keys: list[bytes] = await store.keys("*")  # pyright: ignore
            kept = [key for key in keys if webhook.removeprefix("webhooks/").encode() in key or b":delivery:" in key]
            return not kept and not await store.zcard("kefu:1:{webhooks}:due")  # pyright: ignore

    await wait_until_async(nothing_left)


async def test_deliveries_are_listed_latest_first_in_pages(
    operator: Operator, customer: RouterClient, receiver: WebhookReceiver
) -> None:
    webhook, _ = await operator.create(receiver.url, pb.WEBHOOK_EVENT_TURN)
    for _ in range(3):
        await customer.ask("How long does a refund take?")
    names = [one.name for one in await operator.delivered(webhook, 3)]
    assert names == sorted(names, reverse=True)
    first = await operator.stub.ListDeliveries(
        pb.ListDeliveriesRequest(webhook=webhook, page_size=2), metadata=operator.metadata
    )
    second = await operator.stub.ListDeliveries(
        pb.ListDeliveriesRequest(webhook=webhook, page_size=2, page_token=first.next_page_token),
        metadata=operator.metadata,
    )
    assert [one.name for one in (*first.deliveries, *second.deliveries)] == names
    assert second.next_page_token == ""


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.com/hook", "https://127.0.0.1/hook", "https://[::1]/hook", "https://169.254.169.254/latest"),
        *("https://10.0.0.8:8443/", "https://localhost/hook", "https://user:secret@example.com/", "ftp://example.com"),
        *("https:///hook", "https://example.com:0/", "https://example.com/#part", "", "https://exa mple.com/"),
        "https://no-such-host.invalid/hook",
    ],
)
async def test_addresses_that_are_not_public_or_not_safe_are_refused(own_redis: RedisServer, url: str) -> None:
    async with open_router_harness(own_redis) as harness, operator_at(harness, harness.routers[0].port) as operator:
        refused = await expect_failure(lambda: operator.create(url))
        assert refused.reason == "BAD_REQUEST"
        assert "secret" not in refused.message


async def test_a_name_that_leads_into_the_own_network_later_is_not_connected_to(
    own_redis: RedisServer, receiver: WebhookReceiver
) -> None:
    async with (
        open_router_harness(own_redis, resolve=_public, webhook_retry_seconds=0.2) as harness,
        operator_at(harness, harness.routers[0].port) as operator,
    ):
        url = receiver.url.replace("http:", "https:").replace("127.0.0.1", "localhost")
        webhook, _ = await operator.create(url, pb.WEBHOOK_EVENT_TURN)
        customer = await harness.client(await harness.create_key("acme", Scope.CHAT))
        await customer.ask("Do you sell submarines?")

        async def failed() -> bool:
            return any(one.error for one in await operator.deliveries(webhook))

        await wait_until_async(failed)
        [delivery] = await operator.deliveries(webhook)
        assert "private network" in delivery.error
        assert receiver.received == []


async def _public(*_: object) -> list[str]:
    return ["93.184.216.34"]


async def test_a_tenant_has_at_most_twenty_and_sees_no_one_elses(harness: RouterHarness, operator: Operator) -> None:
    made = [await operator.create(f"http://127.0.0.1:1/{number}") for number in range(20)]
    refused = await expect_failure(lambda: operator.create("http://127.0.0.1:1/20"))
    assert refused.reason == "BAD_REQUEST"
    listed = await operator.stub.ListWebhooks(pb.ListWebhooksRequest(), metadata=operator.metadata)
    assert [one.name for one in listed.webhooks] == [name for name, _ in made]
    async with operator_at(harness, harness.routers[0].port, "other") as other:
        assert not (await other.stub.ListWebhooks(pb.ListWebhooksRequest(), metadata=other.metadata)).webhooks
        refused = await expect_failure(lambda: other.deliveries(made[0][0]))
        assert refused.reason == "WEBHOOK_NOT_FOUND"


async def test_secrets_and_addresses_are_in_no_log(
    operator: Operator, customer: RouterClient, receiver: WebhookReceiver
) -> None:
    receiver.answer = lambda _: (500, "")
    with structlog.testing.capture_logs() as logs:
        webhook, secret = await operator.create(f"{receiver.url}?token=t0ken", pb.WEBHOOK_EVENT_TURN)
        await customer.ask("How long does a refund take?")

        async def logged() -> bool:
            return any(line["event"] == "webhook.not_delivered" for line in logs)

        await wait_until_async(logged)
    assert webhook.removeprefix("webhooks/") in str(logs)
    assert secret not in str(logs)
    assert "t0ken" not in str(logs)


async def test_routers_that_end_leave_their_webhooks_to_others_at_once(
    own_redis: RedisServer, receiver: WebhookReceiver
) -> None:
    receiver.answer = lambda _: None
    async with open_router_harness(own_redis, routers=0, webhook_private=True) as harness:
        leaving = await harness.spawn_router()
        async with operator_at(harness, leaving.port) as operator:
            webhook, _ = await operator.create(receiver.url, pb.WEBHOOK_EVENT_TURN)
        customer = await harness.client(await harness.create_key("acme", Scope.CHAT), at=leaving)
        await customer.ask("Do you sell submarines?")

        async def being_sent() -> bool:
            return bool(receiver.received)

        await wait_until_async(being_sent)
        assert await leaving.terminate() == 0
        async with harness.open_store() as store:
            assert await store.hlen("kefu:1:{webhooks}:owners") == 0  # pyright: ignore
        receiver.answer = lambda _: (200, "")
        await harness.start_router()
        async with operator_at(harness, harness.routers[0].port) as operator:
            await operator.delivered(webhook, 1)
