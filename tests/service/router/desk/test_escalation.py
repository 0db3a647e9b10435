"""Conversations at the desk that nobody attends to. Over real gRPC, with two routers and a real Redis."""

import asyncio
import time
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from kefu.router.config import Timing
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import desk_pb2
from kefu.testing.redis_server import RedisServer
from tests.support.agents import (
    claim_session,
    find_conversation,
    return_session,
    send_reply,
    wait_until_escalated,
    watch_desk,
    watch_session,
)
from tests.support.grpc_calls import expect_failure
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.tenant_fixtures import replace_settings
from tests.support.waiting import wait_until_async

OFTEN = Timing(escalation_check_seconds=0.1)
PERSON = "Let me talk to a person"
State = pb.Session
NEVER, ALWAYS = ["Mon-Sun closed"], ["Mon-Sun 00:00-24:00"]


async def becomes(client: RouterClient, session: str, state: "pb.Session.State.ValueType") -> desk_pb2.Conversation:
    """The conversation, once it is in a state."""
    async with asyncio.timeout(30):
        while True:
            found = await find_conversation(client, session)
            if found.session.state == state:
                return found
            await asyncio.sleep(0.05)


async def test_a_customer_who_waits_too_long_is_escalated_until_somebody_comes(
    customer: RouterClient, agent: RouterClient, harness: RouterHarness
) -> None:
    root = await harness.client()
    session = (await customer.ask(PERSON)).session
    watching = watch_desk(agent, "Mei")
    await replace_settings(root, escalate_seconds=1)
    found = await wait_until_escalated(agent, session)
    assert found.session.state == State.STATE_WAITING
    await watching.wait_until(lambda events: events[-1].conversation.escalated)
    await watching.disconnect()
    await replace_settings(root, escalate_seconds=0)
    assert not (await claim_session(agent, session)).conversation.escalated


async def test_how_many_have_waited_for_too_long_is_told_to_prometheus(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, timing=OFTEN, escalate_seconds=1) as harness:
        root, customer = await harness.client(), await harness.client(await harness.create_key("default"))

        async def overdue(wanted: float) -> None:
            async def told() -> bool:
                return REGISTRY.get_sample_value("kefu_desk_overdue_conversations", {"tenant": "default"}) == wanted

            await wait_until_async(told)

        session = (await customer.ask(PERSON)).session
        await overdue(1)
        await replace_settings(root, escalate_seconds=0)
        await claim_session(root, session)
        await overdue(0)


async def test_outside_business_hours_no_time_passes(
    customer: RouterClient, agent: RouterClient, harness: RouterHarness
) -> None:
    root = await harness.client()
    await replace_settings(root, escalate_seconds=1, business_hours=NEVER)
    session = (await customer.ask(PERSON)).session
    await asyncio.sleep(2.5)
    assert not (await find_conversation(agent, session)).escalated
    await replace_settings(root, escalate_seconds=1, business_hours=ALWAYS)
    await wait_until_escalated(agent, session)


async def test_a_claim_that_is_not_used_lapses_and_the_page_is_told(
    customer: RouterClient, agent: RouterClient, second_agent: RouterClient, harness: RouterHarness
) -> None:
    root = await harness.client()
    session = (await customer.ask(PERSON)).session
    held = (await claim_session(agent, session)).claim
    page = await watch_session(customer, session)
    await replace_settings(root, escalate_seconds=1, claim_seconds=1)
    found = await becomes(agent, session, State.STATE_WAITING)
    assert (found.escalated, found.session.agent) == (True, "")
    [event] = await page.wait_for_count(1)
    assert event.state_changed.state == State.STATE_WAITING
    await page.disconnect()
    assert (await expect_failure(lambda: send_reply(agent, session, held, "Sorry, I was away."))).reason == "CLAIM_LOST"
    await replace_settings(root, escalate_seconds=0)
    assert (await claim_session(second_agent, session, "Tom")).claim > held


async def test_an_agent_is_told_when_a_claim_lapses_and_has_longer_than_a_customer_waits(
    customer: RouterClient, agent: RouterClient, harness: RouterHarness
) -> None:
    root = await harness.client()
    session = (await customer.ask(PERSON)).session
    assert not (await find_conversation(agent, session)).HasField("claim_expire_time")
    began = time.time()
    held = await claim_session(agent, session)
    for escalate, claim, seconds in ((200, None, 600), (None, 100, 100), (None, 0, 0)):
        await replace_settings(root, escalate_seconds=escalate, claim_seconds=claim)

        async def told(seconds: int = seconds) -> bool:
            found = await find_conversation(agent, session)
            left = found.claim_expire_time.ToMicroseconds() / 1e6 - began
            return abs(left - seconds) < 10 if seconds else not found.HasField("claim_expire_time")

        await wait_until_async(told)
    await replace_settings(root, claim_seconds=100)
    await send_reply(agent, session, held.claim, "One moment.")
    sent = time.time()
    found = await find_conversation(agent, session)
    assert found.claim_expire_time.ToMicroseconds() / 1e6 - sent == pytest.approx(100, abs=5)
    await replace_settings(root, escalate_seconds=0)


async def test_a_claim_lapses_quietly_when_the_customer_does_not_wait(
    customer: RouterClient, agent: RouterClient, harness: RouterHarness
) -> None:
    root = await harness.client()
    session = (await customer.ask(PERSON)).session
    await send_reply(agent, session, (await claim_session(agent, session)).claim, "Hello?")
    await replace_settings(root, escalate_seconds=0, claim_seconds=1)
    found = await becomes(agent, session, State.STATE_WAITING)
    assert not found.escalated
    assert not found.HasField("waiting_since")


async def test_the_installation_says_how_long_unless_the_tenant_does(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, timing=OFTEN, escalate_seconds=1) as harness:
        root = await harness.client()
        session = (await root.ask(PERSON)).session
        await wait_until_escalated(root, session)


async def test_what_has_left_the_desk_leaves_its_list(own_redis: RedisServer) -> None:
    async with open_router_harness(
        own_redis, timing=replace(OFTEN, desk_retention_seconds=0.0), escalate_seconds=0
    ) as harness:
        agent = await harness.client()
        sessions = [(await agent.ask(PERSON)).session for _ in range(2)]
        await return_session(agent, sessions[0], (await claim_session(agent, sessions[0])).claim)
        kept = sessions[1].removeprefix("sessions/").encode()
        async with harness.open_store() as store, asyncio.timeout(30):
            while await store.zrange("kefu:1:{default:desk}:open", 0, -1) != [kept]:  # pyright: ignore
                await asyncio.sleep(0.05)
