"""People take conversations over, reply, and give them back. Over real gRPC, with two routers and a real Redis."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest
from prometheus_client import REGISTRY

from kefu.common.auth import Scope
from kefu.router.happenings import Happening, Happenings
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import desk_pb2
from kefu.router.v1.desk_pb2 import ReturnSessionRequest
from tests.support.backends import hit
from tests.support.calling import failure
from tests.support.desk import Customer, Desk, open_desk
from tests.support.people import claim, conversations, give_back, reply, watch, watch_desk
from tests.support.redis_server import RedisServer
from tests.support.settings import choose
from tests.support.waiting import eventually

REFUNDS = "Refunds arrive within 7 business days after we receive the parcel."
ASK = "How long does a refund take?"
PERSON = "Let me talk to a person"
State = pb.Session
NEVER, ALWAYS = ["Mon-Sun closed"], ["Mon-Sun 00:00-24:00"]


@pytest.fixture
async def desk(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr("kefu.router.attending._EVERY_SECONDS", 0.1)
    async with open_desk(redis, routers=2, escalate_seconds=0) as opened:
        opened.knowledge.hits = [hit(REFUNDS)]
        yield opened


@pytest.fixture
async def customer(desk: Desk) -> Customer:
    return await desk.customer(await desk.key("default"))


@pytest.fixture
async def mei(desk: Desk) -> Customer:
    return await desk.customer(await desk.key("default", Scope.OPERATOR, Scope.CHAT))


@pytest.fixture
async def tom(desk: Desk) -> Customer:
    """At the other router."""
    return await desk.customer(await desk.key("default", Scope.OPERATOR, Scope.CHAT), at=1)


async def one(person: Customer, session: str) -> desk_pb2.Conversation:
    states = (State.STATE_WAITING, State.STATE_HUMAN, State.STATE_RETURNED, State.STATE_CLOSED)
    [found] = [found for found in await conversations(person, *states) if found.session.name == session]
    return found


async def becomes(person: Customer, session: str, state: "pb.Session.State.ValueType") -> desk_pb2.Conversation:
    """The conversation, once it is in a state."""
    async with asyncio.timeout(30):
        while True:
            found = await one(person, session)
            if found.session.state == state:
                return found
            await asyncio.sleep(0.05)


async def escalates(person: Customer, session: str) -> desk_pb2.Conversation:
    async with asyncio.timeout(30):
        while not (found := await one(person, session)).escalated:
            await asyncio.sleep(0.05)
    return found


# Who waits.


async def test_a_conversation_comes_to_the_desk_with_what_was_tried(customer: Customer, mei: Customer) -> None:
    first = await customer.ask(ASK)
    assert await conversations(mei) == []
    handed = await customer.ask(PERSON, first.session)
    [found] = await conversations(mei)
    assert found.session.state == State.STATE_WAITING
    assert (found.session.name, found.handoff_turn) == (first.session, handed.started.turn)
    assert found.handoff == handed.handoff
    assert (found.language, found.last_message) == ("en", PERSON)
    assert found.waiting_since == found.session.update_time
    assert not found.mine
    assert not found.escalated


async def test_who_waits_longest_comes_first_and_the_given_back_are_listed_latest_first(
    customer: Customer, mei: Customer
) -> None:
    sessions = [(await customer.ask(PERSON)).session for _ in range(5)]
    assert [found.session.name for found in await conversations(mei)] == sessions
    held = (await claim(mei, sessions[0])).claim
    await reply(mei, sessions[0], held, "Hello.")  # this one waits no longer
    assert [found.session.name for found in await conversations(mei)] == [*sessions[1:], sessions[0]]
    assert [found.session.name for found in await conversations(mei, State.STATE_HUMAN)] == sessions[:1]
    for session in sessions[1:4]:
        await give_back(mei, session, (await claim(mei, session)).claim)
    await give_back(mei, sessions[0], held, ReturnSessionRequest.TO_CLOSED)
    past = [State.STATE_RETURNED, State.STATE_CLOSED]
    expected = [sessions[0], *reversed(sessions[1:4])]
    assert [found.session.name for found in await conversations(mei, *past)] == expected
    assert [found.session.name for found in await conversations(mei, past[0])] == expected[1:]
    everything = [found.session.name for found in await conversations(mei, State.STATE_WAITING, *past)]
    assert everything == [sessions[4], *expected]


async def test_a_session_that_came_back_to_the_desk_is_listed_once(customer: Customer, mei: Customer) -> None:
    session = (await customer.ask(PERSON)).session
    await give_back(mei, session, (await claim(mei, session)).claim)
    await customer.ask(PERSON, session)
    assert (await one(mei, session)).session.state == State.STATE_WAITING


async def test_no_one_sees_another_tenants_desk(desk: Desk, customer: Customer, mei: Customer) -> None:
    session = (await customer.ask(PERSON)).session
    held = (await claim(mei, session)).claim
    stranger = await desk.customer(await desk.key("acme", Scope.OPERATOR, Scope.CHAT))
    assert await conversations(stranger) == []
    refused = [
        await failure(lambda: claim(stranger, session, take_over=True)),
        await failure(lambda: reply(stranger, session, held, "Boo.")),
        await failure(lambda: give_back(stranger, session, held)),
    ]
    assert {(read.code, read.reason) for read in refused} == {(grpc.StatusCode.NOT_FOUND, "SESSION_NOT_FOUND")}
    assert (await one(mei, session)).session.state == State.STATE_HUMAN


async def test_a_customers_key_has_no_desk(customer: Customer) -> None:
    read = await failure(lambda: conversations(customer))
    assert (read.code, read.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")


# Claims.


async def test_of_two_claims_at_once_exactly_one_wins(customer: Customer, mei: Customer, tom: Customer) -> None:
    for _ in range(5):
        session = (await customer.ask(PERSON)).session
        outcomes = await asyncio.gather(claim(mei, session, "Mei"), claim(tom, session, "Tom"), return_exceptions=True)
        won = [outcome for outcome in outcomes if isinstance(outcome, desk_pb2.ClaimSessionResponse)]
        assert len(won) == 1
        winner = won[0].conversation.session.agent
        loser = (tom, "Tom") if winner == "Mei" else (mei, "Mei")
        read = await failure(lambda loser=loser, session=session: claim(loser[0], session, loser[1]))
        assert (read.code, read.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ALREADY_CLAIMED")
        assert read.metadata["agent"] == winner


async def test_claiming_what_one_holds_keeps_its_number(customer: Customer, mei: Customer, tom: Customer) -> None:
    session = (await customer.ask(PERSON)).session
    first = await claim(mei, session)
    again = await claim(mei, session)
    assert first.claim == again.claim
    assert again.conversation.mine
    assert not (await one(tom, session)).mine
    # Another person with the same key is somebody else.
    assert (await failure(lambda: claim(mei, session, "Ann"))).reason == "ALREADY_CLAIMED"


async def test_who_lost_a_conversation_writes_nothing_more(customer: Customer, mei: Customer, tom: Customer) -> None:
    session = (await customer.ask(PERSON)).session
    old = (await claim(mei, session, "Mei")).claim
    new = (await claim(tom, session, "Tom", take_over=True)).claim
    assert new > old
    before = await customer.turns(session)
    for attempt in (
        lambda: reply(mei, session, old, "I was here first."),
        lambda: reply(mei, session, new, "With his number."),
        lambda: reply(tom, session, old, "With an old number."),
        lambda: give_back(mei, session, old),
    ):
        read = await failure(attempt)
        assert (read.code, read.reason) == (grpc.StatusCode.ABORTED, "CLAIM_LOST")
    assert await customer.turns(session) == before
    assert (await one(mei, session)).session.agent == "Tom"
    await reply(tom, session, new, "Hello, Tom here.")
    await give_back(tom, session, new)
    assert (await failure(lambda: reply(tom, session, new, "One more thing."))).reason == "CLAIM_LOST"


async def test_a_claim_stops_a_running_answer(desk: Desk, customer: Customer, tom: Customer) -> None:
    desk.replica.frames = ["Refunds arrive within 7 business days [1]. ", asyncio.Event()]
    session, text = "", ""
    claimed = False
    async for event in customer.converse(ASK):
        if event.WhichOneof("event") == "turn_started":
            session = event.turn_started.session
        elif event.WhichOneof("event") == "text_delta":
            text += event.text_delta.text
            if not claimed:
                claimed = True
                await claim(tom, session, "Tom")
        elif event.WhichOneof("event") == "turn_completed":
            assert event.turn_completed.finish_reason == pb.FINISH_REASON_STOPPED
    assert claimed
    found = await one(tom, session)
    assert found.session.agent == "Tom"
    assert found.HasField("waiting_since")  # the customer has no answer yet
    assert not found.HasField("handoff")  # nobody called him


async def test_a_closed_session_and_one_that_is_not_there_are_not_claimed(customer: Customer, mei: Customer) -> None:
    session = (await customer.ask(PERSON)).session
    await give_back(mei, session, (await claim(mei, session)).claim, ReturnSessionRequest.TO_CLOSED)
    assert (await failure(lambda: claim(mei, session))).reason == "SESSION_CLOSED"
    assert (await failure(lambda: customer.ask(ASK, session))).reason == "SESSION_CLOSED"
    nowhere = "sessions/3f0c1c5e-0000-4000-8000-000000000000"
    assert (await failure(lambda: claim(mei, nowhere))).reason == "SESSION_NOT_FOUND"


# What is said.


async def test_a_reply_is_written_once_however_often_it_is_sent(customer: Customer, mei: Customer) -> None:
    session = (await customer.ask(PERSON)).session
    held = (await claim(mei, session)).claim
    sent = await asyncio.gather(*(reply(mei, session, held, "Hello, I am Mei.", "r-1") for _ in range(5)))
    assert len({turn.name for turn in sent}) == 1
    assert [turn.text for turn in await customer.turns(session)][1:] == ["Hello, I am Mei."]
    await give_back(mei, session, held)
    # Also when the answer to the first was lost, and the claim is over.
    assert (await reply(mei, session, held, "Hello, I am Mei.", "r-1")).name == sent[0].name
    read = await failure(lambda: reply(mei, session, held, "Something else", "r-1"))
    assert read.reason == "REQUEST_ID_REUSED"


async def test_the_wait_begins_with_a_message_and_ends_with_a_reply(customer: Customer, mei: Customer) -> None:
    session = (await customer.ask(PERSON)).session
    called = (await one(mei, session)).waiting_since
    held = (await claim(mei, session)).claim
    assert (await one(mei, session)).waiting_since == called  # a claim is no word
    await reply(mei, session, held, "Hello.")
    assert not (await one(mei, session)).HasField("waiting_since")
    await customer.ask("My parcel is late.", session)
    waiting = (await one(mei, session)).waiting_since
    await customer.ask("Very late.", session)
    found = await one(mei, session)
    assert found.waiting_since == waiting
    assert waiting.ToNanoseconds() > called.ToNanoseconds()
    assert found.last_message == "Very late."


@pytest.mark.parametrize("text", ["", " \n", "x" * 4001])
async def test_a_reply_has_a_text_of_sensible_length(customer: Customer, mei: Customer, text: str) -> None:
    session = (await customer.ask(PERSON)).session
    held = (await claim(mei, session)).claim
    assert (await failure(lambda: reply(mei, session, held, text))).reason == "BAD_REQUEST"


async def test_the_model_reads_what_a_person_said_as_an_answer(desk: Desk, customer: Customer, mei: Customer) -> None:
    session = (await customer.ask(PERSON)).session
    held = (await claim(mei, session)).claim
    await customer.ask("My order is 8829104.", session)
    await reply(mei, session, held, "Thank you, it left on Monday.")
    await reply(mei, session, held, "Anything else?")
    await customer.ask("No.", session)  # nobody answers this
    await give_back(mei, session, held)
    answer = await customer.ask(ASK, session)
    assert answer.completed.finish_reason == pb.FINISH_REASON_STOP
    messages = [message.content for message in desk.replica.calls[-1].request.chat.messages]
    assert messages[-3] == f"{PERSON}\nMy order is 8829104."
    assert messages[-2] == "Thank you, it left on Monday.\nAnything else?"


async def test_given_to_a_colleague_it_waits_again(customer: Customer, mei: Customer, tom: Customer) -> None:
    session = (await customer.ask(PERSON)).session
    held = (await claim(mei, session)).claim
    await reply(mei, session, held, "My colleague knows more.")
    found = await give_back(mei, session, held, ReturnSessionRequest.TO_COLLEAGUE)
    assert (found.session.state, found.session.agent) == (State.STATE_WAITING, "")
    assert found.HasField("waiting_since")
    assert (await claim(tom, session, "Tom")).claim > held


# Those who watch the desk.


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
    desk: Desk, customer: Customer, mei: Customer, tom: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("desk", "desk_watching"):
        monkeypatch.setattr(f"kefu.router.{module}.PRESENCE_SECONDS", 1.5)
    monkeypatch.setattr("kefu.router.desk_watching._RENEW_SECONDS", 0.3)
    await claim(mei, (await customer.ask(PERSON)).session)
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
    assert [task.get_name() for task in asyncio.all_tasks() if "keep the desk" in task.get_name()]
    await stream.gone()
    async with asyncio.timeout(30):
        while [task for task in asyncio.all_tasks() if "keep the desk" in task.get_name()]:
            await asyncio.sleep(0.05)


# Those who want to know.


async def test_observers_are_told_what_happens_in_its_order(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Notes:
        def __init__(self) -> None:
            self.told: list[Happening] = []

        def happened(self, happening: Happening) -> None:
            self.told.append(happening)

    notes = Notes()

    def noted(_: object) -> Happenings:
        return Happenings([notes])

    monkeypatch.setattr("kefu.router.service.Happenings", noted)
    monkeypatch.setattr("kefu.router.attending._EVERY_SECONDS", 0.1)
    async with open_desk(redis, escalate_seconds=1) as desk:
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
            *("TurnStored", "HandedOver", "Escalated", "StateChanged", "TurnStored", "Replied", "StateChanged"),
            *("Rated", "Erased"),
        ]
        assert {(one.tenant, f"sessions/{one.session_id}") for one in notes.told} == {("default", session)}


# Nobody attends to it.


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


async def test_how_many_have_waited_for_too_long_is_told_to_prometheus(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kefu.router.attending._EVERY_SECONDS", 0.1)
    async with open_desk(redis, escalate_seconds=1) as desk:
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
    assert not (await one(mei, session)).escalated
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


async def test_the_installation_says_how_long_unless_the_tenant_does(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kefu.router.attending._EVERY_SECONDS", 0.1)
    async with open_desk(redis, escalate_seconds=1) as desk:
        root = await desk.customer()
        session = (await root.ask(PERSON)).session
        await escalates(root, session)


async def test_what_has_left_the_desk_leaves_its_list(
    customer: Customer, mei: Customer, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kefu.router.desk_store._STAYS_SECONDS", 0.0)
    sessions = [(await customer.ask(PERSON)).session for _ in range(2)]
    await give_back(mei, sessions[0], (await claim(mei, sessions[0])).claim)
    kept = sessions[1].removeprefix("sessions/").encode()
    async with desk.store() as store, asyncio.timeout(30):
        while await store.zrange("kefu:1:{default:desk}:open", 0, -1) != [kept]:  # pyright: ignore
            await asyncio.sleep(0.05)
