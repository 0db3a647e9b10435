"""Redis is away: what is in flight goes on, what is new gets what the configuration says, and nothing is corrupted."""

import asyncio
from contextlib import suppress

import grpc
import grpc.aio
import pytest

from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import expect_failure
from tests.support.router_harness import AnswerEvents, open_router_harness
from tests.support.scripted_services import make_hit

ASK = "How long does a refund take?"
TEXT = "Refunds arrive within 7 business days [1]."


async def test_new_messages_are_refused_with_the_time_to_come_back(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis) as harness:
        harness.knowledge.hits, harness.replica.frames = [make_hit("Refunds arrive within 7 business days.")], [TEXT]
        customer = await harness.client()
        before = await customer.ask(ASK)
        await own_redis.wait_durable()
        own_redis.kill()
        for request_id in ("", "r-1"):
            read = await expect_failure(lambda said=request_id: customer.ask(ASK, before.session, request_id=said))
            assert (read.code, read.reason) == (grpc.StatusCode.UNAVAILABLE, "BACKEND_UNAVAILABLE")
            assert read.retry_after
        assert len(harness.replica.calls) == 1
        await own_redis.start()
        assert (await customer.ask(ASK, before.session, request_id="r-1")).text == TEXT
        assert len(await customer.turns(before.session)) == 2


@pytest.mark.parametrize("request_id", ["", "r-1"])
async def test_new_messages_are_answered_without_history_and_kept_nowhere_when_so_configured(
    own_redis: RedisServer, request_id: str
) -> None:
    async with open_router_harness(own_redis, without_redis="answer", tenant_concurrent_turns=5) as harness:
        harness.knowledge.hits, harness.replica.frames = [make_hit("Refunds arrive within 7 business days.")], [TEXT]
        customer = await harness.client(await harness.create_key("default"))
        unseen = await harness.client(await harness.create_key("default"))
        before = await customer.ask(ASK)
        assert not before.started.ephemeral
        await own_redis.wait_durable()
        own_redis.kill()
        opened = await customer.ask("And how long to a card?", request_id=request_id)
        within = await customer.ask("And how long to a card, please?", before.session)
        assert (await expect_failure(lambda: unseen.ask(ASK))).code is grpc.StatusCode.UNAVAILABLE
        assert opened.started.ephemeral
        assert within.started.ephemeral
        assert (opened.text, within.text, within.session) == (TEXT, TEXT, before.session)
        assert len(harness.replica.calls[-1].request.chat.messages) == 6, "nothing that was said before"
        for name in (opened.session, before.session):
            request = pb.GetSessionRequest(name=name)
            read = await expect_failure(
                lambda asked=request: customer.chat.GetSession(asked, metadata=customer.metadata)
            )
            assert read.code is grpc.StatusCode.UNAVAILABLE
        await own_redis.start()
        [turn] = await customer.turns(before.session)
        assert turn.name == before.started.turn
        read = await expect_failure(lambda: customer.turns(opened.session))
        assert read.reason == "SESSION_NOT_FOUND"
        after = await customer.ask(ASK, before.session)
        assert not after.started.ephemeral
        assert len(await customer.turns(before.session)) == 2


async def test_an_ephemeral_answer_can_be_resumed_and_stopped_while_it_runs(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, without_redis="answer") as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        harness.replica.frames = ["Refunds arrive ", asyncio.Event()]
        customer = await harness.client()
        own_redis.kill()
        call = customer.converse(ASK, resumable=True)
        begun = AnswerEvents([])
        while not begun.text_after(b""):
            event = await call.read()
            assert isinstance(event, pb.ConverseEvent)
            begun.events.append(event)
        call.cancel()
        request = pb.ResumeTurnRequest(turn=begun.started.turn, offset=3)
        resuming = aiter(customer.chat.ResumeTurn(request, metadata=customer.metadata))
        rest = AnswerEvents([await anext(resuming)])  # it reads along
        await customer.chat.StopTurn(pb.StopTurnRequest(turn=begun.started.turn), metadata=customer.metadata)
        rest.events += [event async for event in resuming]
        assert (rest.text, rest.started.ephemeral) == ("unds arrive", True)
        assert rest.completed.finish_reason == pb.FINISH_REASON_STOPPED


async def test_a_running_answer_is_whole_at_both_routers_when_redis_was_away_for_a_while(
    own_redis: RedisServer,
) -> None:
    async with open_router_harness(own_redis, routers=2, lease_seconds=1.0) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        harness.replica.frames = ["Refunds arrive ", 4.0, "within 7 business days [1]."]
        customer, there = await harness.client(), await harness.client(at=1)
        asking = asyncio.create_task(customer.ask(ASK, request_id="r-1", resumable=True))
        while not (harness.replica.calls and harness.replica.calls[0].frames):
            await asyncio.sleep(0.01)
        await asyncio.sleep(1.0)
        await own_redis.wait_durable()
        own_redis.kill()
        await asyncio.sleep(1.5)  # longer than the lease
        await own_redis.start()
        again = await there.ask(ASK, request_id="r-1", resumable=True)
        assert again.text == TEXT
        [first] = await asyncio.gather(asking, return_exceptions=True)
        [turn] = await customer.turns(again.session)
        assert turn.text == TEXT
        # Either its own router kept the turn, or the other one took it over and the first reader was told to come back.
        assert isinstance(first, grpc.aio.AioRpcError) or (isinstance(first, AnswerEvents) and first.text == TEXT)


@pytest.mark.parametrize("mode", ["refuse", "answer"])
async def test_a_redis_that_is_there_and_says_nothing_is_not_waited_for_with_every_command(
    own_redis: RedisServer, mode: str
) -> None:
    """As when its container went with its address, or it loads on a full machine: nobody is refused a connection."""
    async with open_router_harness(own_redis, without_redis=mode) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        harness.replica.frames = [TEXT]
        customer = await harness.client(await harness.create_key("default"))
        before = await customer.ask(ASK)
        begun = asyncio.Event()
        harness.replica.frames = ["Refunds arrive ", begun, "within 7 business days [1]."]
        running = asyncio.create_task(customer.ask(f"{ASK} Please."))
        while len(harness.replica.calls) < 2:
            await asyncio.sleep(0.01)
        own_redis.freeze()
        begun.set()
        harness.replica.frames = [TEXT]
        # One wait of 6 s for the key and one for the turn; with 20 s for each command it was a minute.
        async with asyncio.timeout(40):
            assert (await running).text == TEXT, "what is in flight is told to its end"
            if mode == "refuse":
                read = await expect_failure(lambda: customer.ask(ASK, before.session))
                assert (read.code, read.reason) == (grpc.StatusCode.UNAVAILABLE, "BACKEND_UNAVAILABLE")
                assert read.retry_after
            else:
                assert (await customer.ask(ASK, before.session)).started.ephemeral
        own_redis.thaw()
        async with asyncio.timeout(40):
            after = None
            while after is None or after.started.ephemeral:
                with suppress(grpc.aio.AioRpcError):  # for a moment it is still refused
                    after = await customer.ask(ASK, before.session)
                await asyncio.sleep(0.1)
        assert after.text == TEXT
