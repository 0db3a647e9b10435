"""Those who watch the desk are told what happens there. Over real gRPC, with two routers and a real Redis."""

import asyncio

from kefu.router.config import Timing
from kefu.router.domain.events import DomainEvent
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import desk_pb2
from kefu.testing.redis_server import RedisServer
from tests.support.desk import Customer, Desk, open_desk
from tests.support.people import claim, escalates, give_back, reply, watch_desk
from tests.support.settings import choose

PERSON = "Let me talk to a person"
State = pb.Session


async def test_the_desk_is_told_then_followed_at_any_router(customer: Customer, mei: Customer, tom: Customer) -> None:
    waiting = (await customer.ask(PERSON)).session
    desk = watch_desk(tom, "Tom")
    first = await desk.until(lambda events: events[-1:] != [] and events[-1].WhichOneof("event") == "caught_up")
    assert [event.conversation.session.name for event in first if event.HasField("conversation")] == [waiting]
    assert [agent.name for agent in first[1].agents.agents] == ["Tom"]

    def last_of(events: list[desk_pb2.DeskEvent], session: str) -> "pb.Session.State.ValueType":
        states = [event.conversation.session.state for event in events if event.conversation.session.name == session]
        return states[-1] if states else State.STATE_UNSPECIFIED

    held = (await claim(mei, waiting)).claim
    await desk.until(lambda events: last_of(events, waiting) == State.STATE_HUMAN)
    await give_back(mei, waiting, held)
    await desk.until(lambda events: last_of(events, waiting) == State.STATE_RETURNED)
    second = (await customer.ask(PERSON)).session
    await desk.until(lambda events: last_of(events, second) == State.STATE_WAITING)
    await customer.chat.DeleteSession(pb.DeleteSessionRequest(name=second), metadata=customer.metadata)
    await desk.until(lambda events: events[-1].deleted == second)
    await desk.gone()


async def test_whoever_watches_is_present_and_is_not_once_the_lease_is_over(
    redis: RedisServer,
) -> None:
    async with open_desk(redis, routers=2, timing=Timing(presence_seconds=1.5)) as desk:
        await comes_and_goes(await desk.customer(), await desk.customer(at=1))


async def comes_and_goes(mei: Customer, tom: Customer) -> None:
    await claim(mei, (await mei.ask(PERSON)).session)
    here, there = watch_desk(mei, "Mei"), watch_desk(tom, "Tom")

    def present(events: list[desk_pb2.DeskEvent]) -> list[tuple[str, int]]:
        told = [event.agents.agents for event in events if event.HasField("agents")]
        return [(agent.name, agent.conversations) for agent in told[-1]] if told else []

    both = [("Mei", 1), ("Tom", 0)]
    await here.until(lambda events: present(events) == both)
    await there.until(lambda events: present(events) == both)
    async with asyncio.timeout(30):
        listed: list[tuple[str, int]] = []
        while listed != both:
            answer = await tom.desk.ListAgents(desk_pb2.ListAgentsRequest(), metadata=tom.metadata)
            listed = [(agent.name, agent.conversations) for agent in answer.agents]
    await there.gone()
    await here.until(lambda events: present(events) == [("Mei", 1)])
    await here.gone()


async def test_a_desk_that_nobody_watches_costs_nothing(desk: Desk, mei: Customer) -> None:
    stream = watch_desk(mei, "Mei")
    await stream.until(lambda events: any(event.HasField("caught_up") for event in events))
    assert [task.get_name() for task in asyncio.all_tasks() if "watched desk" in task.get_name()]
    await stream.gone()
    async with asyncio.timeout(30):
        while [task for task in asyncio.all_tasks() if "watched desk" in task.get_name()]:
            await asyncio.sleep(0.05)


async def test_observers_are_told_what_happens_in_its_order(redis: RedisServer) -> None:
    class Notes:
        def __init__(self) -> None:
            self.told: list[DomainEvent] = []

        def on_event(self, event: DomainEvent) -> None:
            self.told.append(event)

    notes = Notes()
    timing = Timing(escalation_check_seconds=0.1)
    async with open_desk(redis, timing=timing, observers=[notes], escalate_seconds=1) as desk:
        root = await desk.customer()
        handed = await root.ask(PERSON)
        session = handed.session
        await escalates(root, session)
        await choose(root, escalate_seconds=0)  # else a slow machine would lose the claim
        held = (await claim(root, session)).claim
        await reply(root, session, held, "Hello.", "r-1")
        await reply(root, session, held, "Hello.", "r-1")
        await give_back(root, session, held)
        rating = pb.RateTurnRequest(turn=handed.started.turn, rating=pb.RATING_UP)
        await root.chat.RateTurn(rating, metadata=root.metadata)
        await root.chat.DeleteSession(pb.DeleteSessionRequest(name=session), metadata=root.metadata)
        assert [type(one).__name__ for one in notes.told] == [
            *("TurnStored", "HandoffRequested", "Escalated", "StateChanged", "TurnStored", "Replied", "StateChanged"),
            *("Rated", "Erased"),
        ]
        assert {(one.tenant, f"sessions/{one.session_id}") for one in notes.told} == {("default", session)}
