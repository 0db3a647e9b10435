"""Bounds of a desk: calls for one customer, customers who wait, what a list reads, what webhooks queue."""

import time
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
from structlog.testing import capture_logs

from kefu.common.auth import Scope
from kefu.office.webhooks.webhook_store import MAX_PENDING, MAX_PENDING_OF_TURNS
from kefu.router import metrics
from kefu.router.config import Timing
from kefu.router.domain.events import DomainEvent, HandoffRequested
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import desk_pb2, webhook_pb2, webhook_pb2_grpc
from kefu.testing.redis_server import RedisServer
from tests.support.agents import claim_session, list_conversations, return_session
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.waiting import wait_until, wait_until_async

WAITING, CLAIMED = pb.Session.STATE_WAITING, pb.Session.STATE_HUMAN


class Observed:
    """The handoffs that were published."""

    def __init__(self) -> None:
        self.handoffs: list[HandoffRequested] = []

    def on_event(self, event: DomainEvent) -> None:
        if isinstance(event, HandoffRequested):
            self.handoffs.append(event)


@pytest.fixture
def observed() -> Observed:
    return Observed()


@pytest.fixture
async def harness(own_redis: RedisServer, observed: Observed) -> AsyncIterator[RouterHarness]:
    timing = Timing(escalation_check_seconds=0.05, desk_retention_seconds=0)
    async with open_router_harness(
        own_redis, timing=timing, observers=[observed], desk_conversations=2, webhook_private=True
    ) as opened:
        opened.knowledge.hits = [make_hit("Submarines are long.", title="Submarines", relevance=0.08)]
        yield opened


async def test_a_customer_who_asks_for_a_person_again_and_again_is_stored_and_told_once(
    harness: RouterHarness, customer: RouterClient, observed: Observed
) -> None:
    first = await customer.ask("My order is 8829104. Let me talk to a human")
    for text in ("A human please!", "Do you sell submarines?", "human, order 8829105"):
        again = await customer.ask(text, first.session)
        assert again.handoff.repeated
        assert again.handoff.message
    stored, *repeated = [turn.handoff for turn in await customer.turns(first.session)]
    assert stored.summary
    assert stored.slots
    assert [(one.summary, list(one.passages), list(one.slots)) for one in repeated] == [("", [], [])] * 3
    await wait_until(lambda: len(observed.handoffs) == 1)
    [conversation] = await list_conversations(await harness.client(), WAITING)
    assert conversation.handoff == stored, "the desk shows the first one"
    urgent = await customer.ask("I want to die", first.session)
    assert (urgent.handoff.repeated, urgent.handoff.subject) == (True, "self-harm")
    await wait_until(lambda: [each.handoff.subject for each in observed.handoffs] == ["", "self-harm"])


async def test_a_full_desk_takes_nobody_more_says_so_and_takes_the_next_once_there_is_room(
    harness: RouterHarness, customer: RouterClient
) -> None:
    agent = await harness.client(await harness.create_key("default", Scope.OPERATOR))
    waiting = [await customer.ask("Let me talk to a human") for _ in range(2)]
    counted = metrics.DESK_TURNED_AWAY.labels("default")._value.get()  # pyright: ignore
    third, fourth = await customer.ask("Let me talk to a human"), await customer.ask("转人工")
    for turned_away, told in ((third, "nobody can take over now"), (fourth, "暂时无法为您转接")):
        assert turned_away.kinds == ["turn_started", "text_delta", "turn_completed"]
        assert told in turned_away.text
        assert turned_away.completed.finish_reason == pb.FINISH_REASON_STOP
        assert turned_away.completed.source == pb.ANSWER_SOURCE_CANNED
        session = await customer.chat.GetSession(
            pb.GetSessionRequest(name=turned_away.session), metadata=customer.metadata
        )
        assert session.session.state == pb.Session.STATE_BOT
    assert metrics.DESK_TURNED_AWAY.labels("default")._value.get() - counted == 2  # pyright: ignore
    assert len(await list_conversations(agent, WAITING)) == 2
    assert (await customer.ask("A human!", waiting[0].session)).handoff.repeated, "who waits goes on waiting"
    assert (await customer.ask("孩子误吞了纽扣电池怎么办")).handoff.subject == "emergency"

    for one in await list_conversations(agent, WAITING):
        claim = (await claim_session(agent, one.session.name)).claim
        await return_session(agent, one.session.name, claim, desk_pb2.ReturnSessionRequest.TO_BOT)

    async def is_taken() -> bool:
        answer = await customer.ask("Let me talk to a human")
        return "handoff" in answer.kinds

    await wait_until_async(is_taken)


async def test_a_page_of_the_desk_reads_the_conversations_of_that_page_alone(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis) as harness:
        customer = await harness.client(await harness.create_key("default"))
        agent = await harness.client(await harness.create_key("default", Scope.OPERATOR))
        sessions = [(await customer.ask("Let me talk to a human")).session for _ in range(30)]

        async def whole_reads() -> int:
            async with harness.open_store() as store:
                return int((await store.info("commandstats"))["cmdstat_hgetall"]["calls"])  # pyright: ignore

        assert [one.session.name for one in await list_conversations(agent, WAITING)] == sessions, "longest wait first"
        before = await whole_reads()
        page = await agent.desk.ListConversations(
            desk_pb2.ListConversationsRequest(page_size=5), metadata=agent.metadata
        )
        assert [one.session.name for one in page.conversations] == sessions[:5]
        assert await whole_reads() - before < 15


async def test_a_webhook_that_takes_nothing_loses_turns_before_it_loses_handoffs(harness: RouterHarness) -> None:
    operator = await harness.client(await harness.create_key("default", Scope.OPERATOR, Scope.CHAT))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{harness.routers[0].port}") as channel:
        made = await webhook_pb2_grpc.WebhookServiceStub(channel).CreateWebhook(
            webhook_pb2.CreateWebhookRequest(
                url="http://127.0.0.1:9/hook",
                events=[webhook_pb2.WEBHOOK_EVENT_TURN, webhook_pb2.WEBHOOK_EVENT_HANDOFF],
            ),
            metadata=operator.metadata,
        )
    webhook = made.webhook.name.rpartition("/")[2]
    pending, later = f"kefu:1:{{tenant:default}}:pending:{webhook}", time.time() + 3600
    lost: Any = metrics.EVENTS_LOST.labels("webhook full")._value  # pyright: ignore[reportPrivateUsage]

    async def kinds_queued(length: int, text: str) -> list[str]:
        """The events that a message adds to a queue of this length."""
        async with harness.open_store() as opened:
            store: Any = opened  # redis-py's own types are of no use to a strict checker
            await store.delete(pending)
            await store.zadd(pending, {f"older {number}": later for number in range(length)})
            before = set(await store.keys("*:delivery:*"))
            counted = lost.get()
            with capture_logs() as lines:
                await operator.ask(text)
                expected = 2 - (length >= MAX_PENDING_OF_TURNS) - (length >= MAX_PENDING)

                async def is_written() -> bool:
                    added = set(await store.keys("*:delivery:*")) - before
                    return len(added) == expected and lost.get() - counted == 2 - expected

                await wait_until_async(is_written)
            assert any(line["event"] == "webhooks.full" for line in lines) == (expected < 2)
            added = set(await store.keys("*:delivery:*")) - before
            return sorted([(await store.hget(key, "event")).decode() for key in added])

    assert await kinds_queued(10, "Let me talk to a human") == ["handoff", "turn"]
    assert await kinds_queued(MAX_PENDING_OF_TURNS, "Let me talk to a human") == ["handoff"]
    assert await kinds_queued(MAX_PENDING, "I want to die") == []
