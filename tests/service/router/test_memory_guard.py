"""A router in front of a Redis that fills up: nothing new begins, what runs goes on, and nobody gets INTERNAL."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from kefu.common.rpc.status import RpcFailure
from kefu.router.config import Timing
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import desk_pb2
from kefu.testing.redis_server import RedisServer
from tests.support.agents import claim_session, send_reply
from tests.support.grpc_calls import expect_failure
from tests.support.redis_memory import fill_redis
from tests.support.router_harness import AnswerEvents, RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit

ASK = "How long does a refund take?"


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis) as opened:
        opened.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        yield opened


@pytest.fixture
async def customer(harness: RouterHarness) -> RouterClient:
    return await harness.client()


async def refusal_of(customer: RouterClient, session: str, share: float, redis: RedisServer) -> RpcFailure:
    """The refusal of a message, once the guard has noticed."""
    async with asyncio.timeout(30):
        while True:
            await fill_redis(redis, share)  # what is asked meanwhile is stored, so that the share drifts
            await asyncio.sleep(1.1)
            try:
                await customer.ask(ASK, session)
            except grpc.aio.AioRpcError:
                break
    return await expect_failure(lambda: customer.ask(ASK, session))


async def test_from_the_limit_on_no_session_begins_and_running_ones_go_on(
    own_redis: RedisServer, customer: RouterClient
) -> None:
    session = (await customer.ask(ASK)).session
    refused = await refusal_of(customer, "sessions/-", 0.88, own_redis)
    assert (refused.code, refused.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "STORAGE_FULL")
    assert refused.metadata["what"] == "session"
    assert refused.retry_after == 30
    assert "no session is taken now" in refused.message
    assert (await customer.ask(ASK, session)).text
    claim = (await claim_session(customer, session)).claim
    await send_reply(customer, session, claim, "A person is here.")
    assert len(await customer.turns(session)) >= 3
    await customer.chat.DeleteSession(pb.DeleteSessionRequest(name=session), metadata=customer.metadata)


async def test_near_the_end_running_sessions_get_no_message_either_and_agents_still_write(
    own_redis: RedisServer, customer: RouterClient
) -> None:
    session = (await customer.ask("Let me talk to a human")).session
    refused = await refusal_of(customer, session, 0.97, own_redis)
    assert (refused.reason, refused.metadata["what"]) == ("STORAGE_FULL", "message")
    claim = (await claim_session(customer, session)).claim
    await send_reply(customer, session, claim, "A person is here.")
    listed = await customer.desk.ListConversations(desk_pb2.ListConversationsRequest(), metadata=customer.metadata)
    assert len(listed.conversations) >= 1


async def test_a_refused_message_leaves_nothing_and_one_that_came_before_is_answered_again(
    own_redis: RedisServer, harness: RouterHarness, customer: RouterClient
) -> None:
    first = await customer.ask(ASK, request_id="before")
    await refusal_of(customer, "sessions/-", 0.88, own_redis)
    async with harness.open_store() as opened:
        store: Any = opened  # redis-py's own types are of no use to a strict checker
        before = set(await store.keys())
        refused = await expect_failure(lambda: customer.ask(ASK, request_id="after"))
        assert refused.reason == "STORAGE_FULL"
        assert set(await store.keys()) - before == set()
    again = await customer.ask(ASK, request_id="before")
    assert (again.session, again.text) == (first.session, first.text)


async def test_a_write_that_redis_refuses_is_answered_with_its_own_reason(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, redis_memory_limit=0) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        customer = await harness.client()
        session = (await customer.ask(ASK)).session
        await fill_redis(own_redis, 2.0)
        for where in (session, "sessions/-"):
            refused = await expect_failure(lambda where=where: customer.ask(ASK, where, request_id=f"r {where}"))
            assert (refused.code, refused.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "STORAGE_FULL")
            assert "was not kept" in refused.message
        await fill_redis(own_redis, 0.5)
        assert (await customer.ask(ASK, session, request_id=f"r {session}")).text


async def test_an_answer_that_runs_while_redis_fills_up_is_told_and_stored_once_there_is_room(
    own_redis: RedisServer,
) -> None:
    timing = Timing(store_wait_seconds=0.1)
    async with open_router_harness(own_redis, timing=timing, redis_memory_limit=0) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        release = asyncio.Event()
        harness.replica.frames = ["Refunds take ", release, "7 days [1]."]
        customer = await harness.client()
        call = customer.converse(ASK)
        events: list[pb.ConverseEvent] = []
        async for event in call:
            events.append(event)
            if event.WhichOneof("event") == "text_delta" and not release.is_set():
                await fill_redis(own_redis, 2.0)
                release.set()
        answer = AnswerEvents(events)
        assert (answer.text, answer.kinds[-1]) == ("Refunds take 7 days [1].", "turn_completed")
        await fill_redis(own_redis, 0.5)
        [turn] = await customer.turns(answer.session)
        assert (turn.state, turn.text) == (pb.Turn.STATE_FINISHED, answer.text)
        assert (await customer.ask(ASK, answer.session)).text, "the session is free again"


async def test_a_session_takes_so_many_messages_and_then_asks_for_another_session(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, session_turns=3) as harness:
        customer = await harness.client()
        session = (await customer.ask("Hello")).session
        for _ in range(2):
            await customer.ask("Hello", session)
        refused = await expect_failure(lambda: customer.ask("Hello", session))
        assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "SESSION_CLOSED")
        assert "3 messages" in refused.message
        assert len(await customer.turns(session)) == 3
        assert (await customer.ask("Hello")).text, "another one is taken"


async def test_a_turn_is_stored_without_what_is_empty(harness: RouterHarness, customer: RouterClient) -> None:
    session = (await customer.ask("Hello")).session.removeprefix("sessions/")
    async with harness.open_store() as opened:
        store: Any = opened
        [stored] = await store.hvals(f"kefu:1:{{default:{session}}}:turns")
    fields = json.loads(stored.partition(b" ")[2])
    assert fields["question"] == "Hello"
    assert "handoff" not in fields
    assert "passages" not in fields
    assert len(stored) < 700
