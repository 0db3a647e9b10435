"""Conversations at the desk that nobody attends to. Over real gRPC, with two routers and a real Redis."""

import asyncio
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from kefu.router.config import Timing
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import desk_pb2
from kefu.testing.redis_server import RedisServer
from tests.support.calling import failure
from tests.support.desk import Customer, Desk, open_desk
from tests.support.people import at_desk, claim, escalates, give_back, reply, watch, watch_desk
from tests.support.settings import choose
from tests.support.waiting import eventually

OFTEN = Timing(escalation_check_seconds=0.1)
pytestmark = pytest.mark.slow
PERSON = "Let me talk to a person"
State = pb.Session
NEVER, ALWAYS = ["Mon-Sun closed"], ["Mon-Sun 00:00-24:00"]


async def becomes(person: Customer, session: str, state: "pb.Session.State.ValueType") -> desk_pb2.Conversation:
    """The conversation, once it is in a state."""
    async with asyncio.timeout(30):
        while True:
            found = await at_desk(person, session)
            if found.session.state == state:
                return found
            await asyncio.sleep(0.05)


async def test_a_customer_who_waits_too_long_is_escalated_until_somebody_comes(
    customer: Customer, mei: Customer, desk: Desk
) -> None:
    root = await desk.customer()
    session = (await customer.ask(PERSON)).session
    watching = watch_desk(mei, "Mei")
    await choose(root, escalate_seconds=1)
    found = await escalates(mei, session)
    assert found.session.state == State.STATE_WAITING
    await watching.until(lambda events: events[-1].conversation.escalated)
    await watching.gone()
    await choose(root, escalate_seconds=0)
    assert not (await claim(mei, session)).conversation.escalated


async def test_how_many_have_waited_for_too_long_is_told_to_prometheus(redis: RedisServer) -> None:
    async with open_desk(redis, timing=OFTEN, escalate_seconds=1) as desk:
        root, customer = await desk.customer(), await desk.customer(await desk.key("default"))

        async def overdue(wanted: float) -> None:
            async def told() -> bool:
                return REGISTRY.get_sample_value("kefu_desk_overdue_conversations", {"tenant": "default"}) == wanted

            await eventually(told)

        session = (await customer.ask(PERSON)).session
        await overdue(1)
        await choose(root, escalate_seconds=0)
        await claim(root, session)
        await overdue(0)


async def test_outside_business_hours_no_time_passes(customer: Customer, mei: Customer, desk: Desk) -> None:
    root = await desk.customer()
    await choose(root, escalate_seconds=1, business_hours=NEVER)
    session = (await customer.ask(PERSON)).session
    await asyncio.sleep(2.5)
    assert not (await at_desk(mei, session)).escalated
    await choose(root, escalate_seconds=1, business_hours=ALWAYS)
    await escalates(mei, session)


async def test_a_claim_that_is_not_used_lapses_and_the_page_is_told(
    customer: Customer, mei: Customer, tom: Customer, desk: Desk
) -> None:
    root = await desk.customer()
    session = (await customer.ask(PERSON)).session
    held = (await claim(mei, session)).claim
    page = await watch(customer, session)
    await choose(root, escalate_seconds=1)
    found = await becomes(mei, session, State.STATE_WAITING)
    assert (found.escalated, found.session.agent) == (True, "")
    [event] = await page.count(1)
    assert event.state_changed.state == State.STATE_WAITING
    await page.gone()
    assert (await failure(lambda: reply(mei, session, held, "Sorry, I was away."))).reason == "CLAIM_LOST"
    await choose(root, escalate_seconds=0)
    assert (await claim(tom, session, "Tom")).claim > held


async def test_a_claim_lapses_quietly_when_the_customer_does_not_wait(
    customer: Customer, mei: Customer, desk: Desk
) -> None:
    root = await desk.customer()
    session = (await customer.ask(PERSON)).session
    await reply(mei, session, (await claim(mei, session)).claim, "Hello?")
    await choose(root, escalate_seconds=1)
    found = await becomes(mei, session, State.STATE_WAITING)
    assert not found.escalated
    assert not found.HasField("waiting_since")


async def test_the_installation_says_how_long_unless_the_tenant_does(redis: RedisServer) -> None:
    async with open_desk(redis, timing=OFTEN, escalate_seconds=1) as desk:
        root = await desk.customer()
        session = (await root.ask(PERSON)).session
        await escalates(root, session)


async def test_what_has_left_the_desk_leaves_its_list(redis: RedisServer) -> None:
    async with open_desk(redis, timing=replace(OFTEN, desk_retention_seconds=0.0), escalate_seconds=0) as desk:
        mei = await desk.customer()
        sessions = [(await mei.ask(PERSON)).session for _ in range(2)]
        await give_back(mei, sessions[0], (await claim(mei, sessions[0])).claim)
        kept = sessions[1].removeprefix("sessions/").encode()
        async with desk.store() as store, asyncio.timeout(30):
            while await store.zrange("kefu:1:{default:desk}:open", 0, -1) != [kept]:  # pyright: ignore
                await asyncio.sleep(0.05)
