"""A customer's deadline in each stage of a turn: what can be said in time is said, and nothing goes on after it."""

import asyncio
import time
from collections.abc import AsyncIterator

import grpc
import grpc.aio
import pytest

from kefu.common.rpc.status import failure_of
from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.router_harness import AnswerEvents, RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit

ASK = "How long does a refund take?"
PASSAGE = "Refunds arrive within 7 business days."


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, max_concurrent_turns=2, search_seconds=5.0) as opened:
        opened.knowledge.hits = [make_hit(PASSAGE)]
        yield opened


async def ask_within(customer: RouterClient, seconds: float, **fields: object) -> AnswerEvents:
    request = pb.ConverseRequest(session="sessions/-", text=ASK, **fields)  # pyright: ignore[reportArgumentType] - fields
    return AnswerEvents(
        [event async for event in customer.chat.Converse(request, metadata=customer.metadata, timeout=seconds)]
    )


async def code_within(customer: RouterClient, seconds: float) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask_within(customer, seconds)
    return caught.value.code()


async def test_a_deadline_that_passes_in_the_line_asks_nobody(harness: RouterHarness) -> None:
    customer = await harness.client()
    harness.replica.frames = ["Refunds ", asyncio.Event()]
    running = [asyncio.ensure_future(customer.ask(ASK)) for _ in range(2)]
    async with asyncio.timeout(10):
        while len(harness.replica.calls) < 2:
            await asyncio.sleep(0.01)
    code = await code_within(customer, 0.5)
    assert code in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    # Its place went to nobody, and it is not answered later.
    harness.replica.frames = ["Refunds arrive within 7 business days [1]."]
    assert (await customer.ask(ASK)).completed.source == pb.ANSWER_SOURCE_GENERATED
    assert len(harness.replica.calls) == 3


async def test_a_search_that_would_pass_the_deadline_is_given_up_before_it(harness: RouterHarness) -> None:
    harness.knowledge.delay = 10
    began = time.monotonic()
    answer = await ask_within(await harness.client(), 2.0)
    assert answer.handoff.reason == pb.Handoff.REASON_SEARCH_UNAVAILABLE
    assert time.monotonic() - began < 2.0
    assert not harness.replica.calls


async def test_without_a_first_token_in_time_the_customer_gets_an_excerpt(harness: RouterHarness) -> None:
    harness.replica.frames = [asyncio.Event()]
    answer = await ask_within(await harness.client(), 1.5)
    assert answer.completed.source == pb.ANSWER_SOURCE_EXTRACTIVE
    assert PASSAGE.removesuffix(".") in answer.text
    await asyncio.wait_for(harness.replica.calls[0].ended.wait(), 10)
    assert harness.replica.calls[0].cancelled


@pytest.mark.parametrize("resumable", [False, True])
async def test_a_deadline_in_mid_answer_keeps_what_was_said(harness: RouterHarness, resumable: bool) -> None:
    customer, listener = await harness.client(), await harness.client()
    said, rest = asyncio.Event(), asyncio.Event()
    harness.replica.frames = ["Refunds arrive ", rest, "within 7 business days [1]."]
    request = pb.ConverseRequest(session="sessions/-", text=ASK, resumable=resumable)
    call = customer.chat.Converse(request, metadata=customer.metadata, timeout=2.5)
    events: list[pb.ConverseEvent] = []

    async def read() -> None:
        async for event in call:
            events.append(event)
            if event.WhichOneof("event") == "text_delta":
                said.set()

    reading = asyncio.ensure_future(read())
    await asyncio.wait_for(said.wait(), 10)
    turn = events[0].turn_started.turn
    listening = asyncio.ensure_future(listener.resume(turn))
    await asyncio.wait({reading})
    error = reading.exception()
    assert isinstance(error, grpc.aio.AioRpcError)
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    if resumable:  # the answer outlives its first reader
        rest.set()
        assert (await asyncio.wait_for(listening, 10)).text == "Refunds arrive within 7 business days [1]."
        return
    await asyncio.wait({listening}, timeout=30)
    heard = listening.exception()
    assert isinstance(heard, grpc.aio.AioRpcError)
    assert (heard.code(), failure_of(heard).reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
    await asyncio.wait_for(harness.replica.calls[0].ended.wait(), 10)
    [stored] = await customer.turns(events[0].turn_started.session)
    assert (stored.state, stored.text) == (pb.Turn.STATE_FAILED, "Refunds arrive")
