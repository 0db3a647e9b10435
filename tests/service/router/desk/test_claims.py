"""People take conversations over, reply, and give them back. Over real gRPC, with two routers and a real Redis."""

import asyncio

import grpc
import pytest

from kefu.common.auth import Scope
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import desk_pb2
from kefu.router.v1.desk_pb2 import ReturnSessionRequest
from tests.support.agents import (
    claim_session,
    find_conversation,
    list_conversations,
    return_session,
    send_reply,
    watch_session,
)
from tests.support.grpc_calls import expect_failure
from tests.support.router_harness import RouterClient, RouterHarness
from tests.support.scripted_services import make_hit
from tests.support.waiting import wait_until

REFUNDS = "Refunds arrive within 7 business days after we receive the parcel."
ASK = "How long does a refund take?"
PERSON = "Let me talk to a person"
State = pb.Session


@pytest.fixture
def harness(harness: RouterHarness) -> RouterHarness:
    harness.knowledge.hits = [make_hit(REFUNDS)]
    return harness


# Who waits.


async def test_a_conversation_comes_to_the_desk_with_what_was_tried(
    customer: RouterClient, agent: RouterClient
) -> None:
    first = await customer.ask(ASK)
    assert await list_conversations(agent) == []
    handed = await customer.ask(PERSON, first.session)
    [found] = await list_conversations(agent)
    assert found.session.state == State.STATE_WAITING
    assert (found.session.name, found.handoff_turn) == (first.session, handed.started.turn)
    assert found.handoff == handed.handoff
    assert (found.language, found.last_message) == ("en", PERSON)
    assert found.waiting_since == found.session.update_time
    assert not found.mine
    assert not found.escalated


async def test_who_waits_longest_comes_first_and_the_given_back_are_listed_latest_first(
    customer: RouterClient, agent: RouterClient
) -> None:
    sessions = [(await customer.ask(PERSON)).session for _ in range(5)]
    assert [found.session.name for found in await list_conversations(agent)] == sessions
    held = (await claim_session(agent, sessions[0])).claim
    await send_reply(agent, sessions[0], held, "Hello.")  # this one waits no longer
    assert [found.session.name for found in await list_conversations(agent)] == [*sessions[1:], sessions[0]]
    assert [found.session.name for found in await list_conversations(agent, State.STATE_HUMAN)] == sessions[:1]
    for session in sessions[1:4]:
        await return_session(agent, session, (await claim_session(agent, session)).claim)
    await return_session(agent, sessions[0], held, ReturnSessionRequest.TO_CLOSED)
    past = [State.STATE_RETURNED, State.STATE_CLOSED]
    expected = [sessions[0], *reversed(sessions[1:4])]
    assert [found.session.name for found in await list_conversations(agent, *past)] == expected
    assert [found.session.name for found in await list_conversations(agent, past[0])] == expected[1:]
    everything = [found.session.name for found in await list_conversations(agent, State.STATE_WAITING, *past)]
    assert everything == [sessions[4], *expected]


async def test_a_session_that_came_back_to_the_desk_is_listed_once(customer: RouterClient, agent: RouterClient) -> None:
    session = (await customer.ask(PERSON)).session
    await return_session(agent, session, (await claim_session(agent, session)).claim)
    await customer.ask(PERSON, session)
    assert (await find_conversation(agent, session)).session.state == State.STATE_WAITING


async def test_no_one_sees_another_tenants_desk(
    harness: RouterHarness, customer: RouterClient, agent: RouterClient
) -> None:
    session = (await customer.ask(PERSON)).session
    held = (await claim_session(agent, session)).claim
    stranger = await harness.client(await harness.create_key("acme", Scope.OPERATOR, Scope.CHAT))
    assert await list_conversations(stranger) == []
    refused = [
        await expect_failure(lambda: claim_session(stranger, session, take_over=True)),
        await expect_failure(lambda: send_reply(stranger, session, held, "Boo.")),
        await expect_failure(lambda: return_session(stranger, session, held)),
    ]
    assert {(read.code, read.reason) for read in refused} == {(grpc.StatusCode.NOT_FOUND, "SESSION_NOT_FOUND")}
    assert (await find_conversation(agent, session)).session.state == State.STATE_HUMAN


async def test_a_customers_key_has_no_desk(customer: RouterClient) -> None:
    read = await expect_failure(lambda: list_conversations(customer))
    assert (read.code, read.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")


# Claims.


async def test_of_two_claims_at_once_exactly_one_wins(
    customer: RouterClient, agent: RouterClient, second_agent: RouterClient
) -> None:
    for _ in range(5):
        session = (await customer.ask(PERSON)).session
        outcomes = await asyncio.gather(
            claim_session(agent, session, "Mei"), claim_session(second_agent, session, "Tom"), return_exceptions=True
        )
        won = [outcome for outcome in outcomes if isinstance(outcome, desk_pb2.ClaimSessionResponse)]
        assert len(won) == 1
        winner = won[0].conversation.session.agent
        loser = (second_agent, "Tom") if winner == "Mei" else (agent, "Mei")
        read = await expect_failure(lambda loser=loser, session=session: claim_session(loser[0], session, loser[1]))
        assert (read.code, read.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ALREADY_CLAIMED")
        assert read.metadata["agent"] == winner


async def test_claiming_what_one_holds_keeps_its_number(
    customer: RouterClient, agent: RouterClient, second_agent: RouterClient
) -> None:
    session = (await customer.ask(PERSON)).session
    first = await claim_session(agent, session)
    again = await claim_session(agent, session)
    assert first.claim == again.claim
    assert again.conversation.mine
    assert not (await find_conversation(second_agent, session)).mine
    # Another person with the same key is somebody else.
    assert (await expect_failure(lambda: claim_session(agent, session, "Ann"))).reason == "ALREADY_CLAIMED"


async def test_who_lost_a_conversation_writes_nothing_more(
    customer: RouterClient, agent: RouterClient, second_agent: RouterClient
) -> None:
    session = (await customer.ask(PERSON)).session
    old = (await claim_session(agent, session, "Mei")).claim
    new = (await claim_session(second_agent, session, "Tom", take_over=True)).claim
    assert new > old
    before = await customer.turns(session)
    for attempt in (
        lambda: send_reply(agent, session, old, "I was here first."),
        lambda: send_reply(agent, session, new, "With his number."),
        lambda: send_reply(second_agent, session, old, "With an old number."),
        lambda: return_session(agent, session, old),
    ):
        read = await expect_failure(attempt)
        assert (read.code, read.reason) == (grpc.StatusCode.ABORTED, "CLAIM_LOST")
    assert await customer.turns(session) == before
    assert (await find_conversation(agent, session)).session.agent == "Tom"
    await send_reply(second_agent, session, new, "Hello, Tom here.")
    await return_session(second_agent, session, new)
    assert (
        await expect_failure(lambda: send_reply(second_agent, session, new, "One more thing."))
    ).reason == "CLAIM_LOST"


async def test_a_claim_stops_a_running_answer(
    harness: RouterHarness, customer: RouterClient, second_agent: RouterClient
) -> None:
    harness.replica.frames = ["Refunds arrive within 7 business days [1]. ", asyncio.Event()]
    session, text = "", ""
    claimed = False
    async for event in customer.converse(ASK):
        if event.WhichOneof("event") == "turn_started":
            session = event.turn_started.session
        elif event.WhichOneof("event") == "text_delta":
            text += event.text_delta.text
            if not claimed:
                claimed = True
                await claim_session(second_agent, session, "Tom")
        elif event.WhichOneof("event") == "turn_completed":
            assert event.turn_completed.finish_reason == pb.FINISH_REASON_STOPPED
    assert claimed
    found = await find_conversation(second_agent, session)
    assert found.session.agent == "Tom"
    assert found.HasField("waiting_since")  # the customer has no answer yet
    assert not found.HasField("handoff")  # nobody called him


async def test_a_closed_session_and_one_that_is_not_there_are_not_claimed(
    customer: RouterClient, agent: RouterClient
) -> None:
    session = (await customer.ask(PERSON)).session
    await return_session(agent, session, (await claim_session(agent, session)).claim, ReturnSessionRequest.TO_CLOSED)
    assert (await expect_failure(lambda: claim_session(agent, session))).reason == "SESSION_CLOSED"
    assert (await expect_failure(lambda: customer.ask(ASK, session))).reason == "SESSION_CLOSED"
    nowhere = "sessions/3f0c1c5e-0000-4000-8000-000000000000"
    assert (await expect_failure(lambda: claim_session(agent, nowhere))).reason == "SESSION_NOT_FOUND"


# What is said.


async def test_a_reply_is_written_once_however_often_it_is_sent(customer: RouterClient, agent: RouterClient) -> None:
    session = (await customer.ask(PERSON)).session
    held = (await claim_session(agent, session)).claim
    sent = await asyncio.gather(*(send_reply(agent, session, held, "Hello, I am Mei.", "r-1") for _ in range(5)))
    assert len({turn.name for turn in sent}) == 1
    assert [turn.text for turn in await customer.turns(session)][1:] == ["Hello, I am Mei."]
    await return_session(agent, session, held)
    # Also when the answer to the first was lost, and the claim is over.
    assert (await send_reply(agent, session, held, "Hello, I am Mei.", "r-1")).name == sent[0].name
    read = await expect_failure(lambda: send_reply(agent, session, held, "Something else", "r-1"))
    assert read.reason == "REQUEST_ID_REUSED"


async def test_the_wait_begins_with_a_message_and_ends_with_a_reply(
    customer: RouterClient, agent: RouterClient
) -> None:
    session = (await customer.ask(PERSON)).session
    called = (await find_conversation(agent, session)).waiting_since
    held = (await claim_session(agent, session)).claim
    assert (await find_conversation(agent, session)).waiting_since == called  # a claim is no word
    await send_reply(agent, session, held, "Hello.")
    assert not (await find_conversation(agent, session)).HasField("waiting_since")
    await customer.ask("My parcel is late.", session)
    waiting = (await find_conversation(agent, session)).waiting_since
    await customer.ask("Very late.", session)
    found = await find_conversation(agent, session)
    assert found.waiting_since == waiting
    assert waiting.ToNanoseconds() > called.ToNanoseconds()
    assert found.last_message == "Very late."


@pytest.mark.parametrize("text", ["", " \n", "x" * 4001])
async def test_a_reply_has_a_text_of_sensible_length(customer: RouterClient, agent: RouterClient, text: str) -> None:
    session = (await customer.ask(PERSON)).session
    held = (await claim_session(agent, session)).claim
    assert (await expect_failure(lambda: send_reply(agent, session, held, text))).reason == "BAD_REQUEST"


async def test_the_model_reads_what_a_person_said_as_an_answer(
    harness: RouterHarness, customer: RouterClient, agent: RouterClient
) -> None:
    session = (await customer.ask(PERSON)).session
    held = (await claim_session(agent, session)).claim
    await customer.ask("My order is 8829104.", session)
    await send_reply(agent, session, held, "Thank you, it left on Monday.")
    await send_reply(agent, session, held, "Anything else?")
    await return_session(agent, session, held)
    answer = await customer.ask(ASK, session)
    assert answer.completed.finish_reason == pb.FINISH_REASON_STOP
    messages = [message.content for message in harness.replica.calls[-1].request.chat.messages]
    assert messages[-3] == f"{PERSON}\nMy order is 8829104."
    assert messages[-2] == "Thank you, it left on Monday.\nAnything else?"


async def test_given_to_a_colleague_it_waits_again(
    customer: RouterClient, agent: RouterClient, second_agent: RouterClient
) -> None:
    session = (await customer.ask(PERSON)).session
    held = (await claim_session(agent, session)).claim
    await send_reply(agent, session, held, "My colleague knows more.")
    found = await return_session(agent, session, held, ReturnSessionRequest.TO_COLLEAGUE)
    assert (found.session.state, found.session.agent) == (State.STATE_WAITING, "")
    assert found.HasField("waiting_since")
    assert (await claim_session(second_agent, session, "Tom")).claim > held


# What is still open when Kefu answers again.


async def test_returning_a_conversation_has_kefu_answer_what_the_agent_did_not(
    harness: RouterHarness, customer: RouterClient, agent: RouterClient
) -> None:
    session = (await customer.ask(PERSON)).session
    first = (await claim_session(agent, session)).claim
    page = await watch_session(customer, session)
    await customer.ask(ASK, session)
    await return_session(agent, session, first, ReturnSessionRequest.TO_COLLEAGUE)
    second = (await claim_session(agent, session, "Tom")).claim
    await return_session(agent, session, second)
    await page.wait_until(lambda events: any(event.turn_stored.text for event in events))
    asked, answered = await customer.turns(session)
    assert (asked.question, answered.question) == (PERSON, ASK)
    assert answered.completed.finish_reason == pb.FINISH_REASON_STOP
    assert answered.text.startswith("Refunds")
    found = await find_conversation(agent, session)
    assert (found.session.state, found.HasField("waiting_since")) == (State.STATE_RETURNED, False)
    assert harness.knowledge.requests[-1].query == ASK


async def test_several_messages_without_a_reply_are_answered_as_one(
    harness: RouterHarness, customer: RouterClient, agent: RouterClient
) -> None:
    session = (await customer.ask(PERSON)).session
    claim = (await claim_session(agent, session)).claim
    await customer.ask("Thanks for the shoes.", session)
    await send_reply(agent, session, claim, "You are welcome.")
    for text in ("One more thing.", "I sent them back.", ASK):
        await customer.ask(text, session)
    page = await watch_session(customer, session)
    await return_session(agent, session, claim)
    await page.wait_until(lambda events: any(event.turn_stored.text for event in events))
    question = harness.replica.calls[-1].request.chat.messages[-1].content
    assert "One more thing.\nI sent them back.\n" + ASK in question
    assert "shoes" not in question
    assert [turn.text != "" for turn in await customer.turns(session)] == [True, False, True, False, False, True]
    # The next message stands alone.
    await customer.ask("And for furniture?", session)
    assert "I sent them back" not in harness.replica.calls[-1].request.chat.messages[-1].content


async def test_a_held_message_is_searched_with_the_rights_of_its_asker(
    harness: RouterHarness, agent: RouterClient
) -> None:
    customer = await harness.client(await harness.create_key("default", Scope.CHAT, collections=frozenset({"shop"})))
    session = (await customer.ask(PERSON)).session
    claim = (await claim_session(agent, session)).claim
    await customer.ask(ASK, session)
    page = await watch_session(customer, session)
    await return_session(agent, session, claim)
    await page.wait_until(lambda events: any(event.turn_stored.text for event in events))
    assert harness.knowledge.callers[-1].collections == frozenset({"shop"})


async def test_a_conversation_that_kefu_could_not_answer_waits_for_an_agent_again(
    harness: RouterHarness, customer: RouterClient, agent: RouterClient
) -> None:
    session = (await customer.ask(PERSON)).session
    claim = (await claim_session(agent, session)).claim
    await customer.ask(ASK, session)
    harness.replica.frames = ["Refunds arrive", asyncio.Event()]  # it hangs
    await return_session(agent, session, claim)
    await wait_until(lambda: bool(harness.replica.calls))
    answering = (await customer.turns(session))[-1]
    assert answering.state == pb.Turn.STATE_RUNNING
    await customer.chat.StopTurn(pb.StopTurnRequest(turn=answering.name), metadata=customer.metadata)
    async with asyncio.timeout(30):
        while (await find_conversation(agent, session)).session.state != State.STATE_WAITING:
            await asyncio.sleep(0.05)


async def test_nothing_is_asked_again_when_every_message_had_a_reply(
    harness: RouterHarness, customer: RouterClient, agent: RouterClient
) -> None:
    session = (await customer.ask(PERSON)).session
    claim = (await claim_session(agent, session)).claim
    await customer.ask(ASK, session)
    await send_reply(agent, session, claim, "Seven days.")
    await return_session(agent, session, claim)
    last = await customer.ask("And for furniture?", session)
    assert [turn.name for turn in await customer.turns(session)][-1] == last.started.turn
    assert len(harness.knowledge.requests) == 1
