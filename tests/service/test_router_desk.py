"""People take conversations over, reply, and give them back. Over real gRPC, with two routers and a real Redis."""

import asyncio

import grpc
import pytest

from kefu.common.auth import Scope
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import desk_pb2
from kefu.router.v1.desk_pb2 import ReturnSessionRequest
from tests.support.backends import hit
from tests.support.calling import failure
from tests.support.desk import Customer, Desk
from tests.support.people import at_desk, claim, conversations, give_back, reply

REFUNDS = "Refunds arrive within 7 business days after we receive the parcel."
ASK = "How long does a refund take?"
PERSON = "Let me talk to a person"
State = pb.Session


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.knowledge.hits = [hit(REFUNDS)]
    return desk


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
    assert (await at_desk(mei, session)).session.state == State.STATE_WAITING


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
    assert (await at_desk(mei, session)).session.state == State.STATE_HUMAN


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
    assert not (await at_desk(tom, session)).mine
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
    assert (await at_desk(mei, session)).session.agent == "Tom"
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
    found = await at_desk(tom, session)
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
    called = (await at_desk(mei, session)).waiting_since
    held = (await claim(mei, session)).claim
    assert (await at_desk(mei, session)).waiting_since == called  # a claim is no word
    await reply(mei, session, held, "Hello.")
    assert not (await at_desk(mei, session)).HasField("waiting_since")
    await customer.ask("My parcel is late.", session)
    waiting = (await at_desk(mei, session)).waiting_since
    await customer.ask("Very late.", session)
    found = await at_desk(mei, session)
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
