"""Those who watch the desk are told what happens there. Over real gRPC, with two routers and a real Redis."""

import asyncio

from kefu.router.config import Timing
from kefu.router.domain.events import DomainEvent
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import desk_pb2
from kefu.testing.redis_server import RedisServer
from tests.support.agents import claim_session, return_session, send_reply, wait_until_escalated, watch_desk
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.tenant_fixtures import replace_settings

PERSON = "Let me talk to a person"
State = pb.Session


async def test_the_desk_is_told_then_followed_at_any_router(
    customer: RouterClient, agent: RouterClient, second_agent: RouterClient
) -> None:
    waiting = (await customer.ask(PERSON)).session
    stream = watch_desk(second_agent, "Tom")
    first = await stream.wait_until(lambda events: events[-1:] != [] and events[-1].WhichOneof("event") == "caught_up")
    assert [event.conversation.session.name for event in first if event.HasField("conversation")] == [waiting]
    assert [one.name for one in first[1].agents.agents] == ["Tom"]

    def last_of(events: list[desk_pb2.DeskEvent], session: str) -> "pb.Session.State.ValueType":
        states = [event.conversation.session.state for event in events if event.conversation.session.name == session]
        return states[-1] if states else State.STATE_UNSPECIFIED

    held = (await claim_session(agent, waiting)).claim
    await stream.wait_until(lambda events: last_of(events, waiting) == State.STATE_HUMAN)
    await return_session(agent, waiting, held)
    await stream.wait_until(lambda events: last_of(events, waiting) == State.STATE_RETURNED)
    second = (await customer.ask(PERSON)).session
    await stream.wait_until(lambda events: last_of(events, second) == State.STATE_WAITING)
    await customer.chat.DeleteSession(pb.DeleteSessionRequest(name=second), metadata=customer.metadata)
    await stream.wait_until(lambda events: events[-1].deleted == second)
    await stream.disconnect()


async def test_whoever_watches_is_present_and_is_not_once_the_lease_is_over(
    own_redis: RedisServer,
) -> None:
    async with open_router_harness(own_redis, routers=2, timing=Timing(presence_seconds=1.5)) as harness:
        await comes_and_goes(await harness.client(), await harness.client(at=1))


async def comes_and_goes(agent: RouterClient, second_agent: RouterClient) -> None:
    await claim_session(agent, (await agent.ask(PERSON)).session)
    here, there = watch_desk(agent, "Mei"), watch_desk(second_agent, "Tom")

    def present(events: list[desk_pb2.DeskEvent]) -> list[tuple[str, int]]:
        told = [event.agents.agents for event in events if event.HasField("agents")]
        return [(one.name, one.conversations) for one in told[-1]] if told else []

    both = [("Mei", 1), ("Tom", 0)]
    await here.wait_until(lambda events: present(events) == both)
    await there.wait_until(lambda events: present(events) == both)
    async with asyncio.timeout(30):
        listed: list[tuple[str, int]] = []
        while listed != both:
            answer = await second_agent.desk.ListAgents(desk_pb2.ListAgentsRequest(), metadata=second_agent.metadata)
            listed = [(one.name, one.conversations) for one in answer.agents]
    await there.disconnect()
    await here.wait_until(lambda events: present(events) == [("Mei", 1)])
    await here.disconnect()


async def test_a_desk_that_nobody_watches_costs_nothing(harness: RouterHarness, agent: RouterClient) -> None:
    stream = watch_desk(agent, "Mei")
    await stream.wait_until(lambda events: any(event.HasField("caught_up") for event in events))
    assert [task.get_name() for task in asyncio.all_tasks() if "watched desk" in task.get_name()]
    await stream.disconnect()
    async with asyncio.timeout(30):
        while [task for task in asyncio.all_tasks() if "watched desk" in task.get_name()]:
            await asyncio.sleep(0.05)


async def test_observers_are_told_what_happens_in_its_order(own_redis: RedisServer) -> None:
    class Notes:
        def __init__(self) -> None:
            self.told: list[DomainEvent] = []

        def on_event(self, event: DomainEvent) -> None:
            self.told.append(event)

    notes = Notes()
    timing = Timing(escalation_check_seconds=0.1)
    async with open_router_harness(own_redis, timing=timing, observers=[notes], escalate_seconds=1) as harness:
        root = await harness.client()
        handed = await root.ask(PERSON)
        session = handed.session
        await wait_until_escalated(root, session)
        await replace_settings(root, escalate_seconds=0)  # else a slow machine would lose the claim
        held = (await claim_session(root, session)).claim
        await send_reply(root, session, held, "Hello.", "r-1")
        await send_reply(root, session, held, "Hello.", "r-1")
        await return_session(root, session, held)
        rating = pb.RateTurnRequest(turn=handed.started.turn, rating=pb.RATING_UP)
        await root.chat.RateTurn(rating, metadata=root.metadata)
        await root.chat.DeleteSession(pb.DeleteSessionRequest(name=session), metadata=root.metadata)
        assert [type(one).__name__ for one in notes.told] == [
            *("TurnStored", "HandoffRequested", "Escalated", "StateChanged", "TurnStored", "Replied", "StateChanged"),
            *("Rated", "Erased"),
        ]
        assert {(one.tenant, f"sessions/{one.session_id}") for one in notes.told} == {("default", session)}
