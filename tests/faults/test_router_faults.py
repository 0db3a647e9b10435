"""What breaks behind a router: replicas, retrieval, Redis. Over real gRPC; processes are really killed."""

import asyncio
import time
from collections.abc import AsyncIterator

import grpc
import pytest

from kefu.common.errors import EngineDead, ReplicaFull
from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.ports import free_port
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import expect_failure
from tests.support.router_harness import AnswerEvents, RouterHarness, open_router_harness
from tests.support.scripted_services import ScriptedKnowledge, ScriptedReplica, make_hit, serve_knowledge, serve_replica

ASK = "How long does a refund take?"
TEXT = "Refunds arrive within 7 business days [1]."


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, replicas=2, first_token_seconds=1.0, between_token_seconds=1.0) as opened:
        opened.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        for replica in opened.replicas:
            replica.frames = [TEXT]
        yield opened


@pytest.mark.parametrize("error", [EngineDead("dead"), ReplicaFull("full"), RuntimeError("boom")])
async def test_before_the_first_token_a_failure_is_invisible(harness: RouterHarness, error: Exception) -> None:
    customer = await harness.client()
    first = await customer.ask(ASK)
    broken = the_one_that_answered(harness)
    broken.frames = [error]
    # The session's last replica is asked first, since its prefix cache is warm.
    answer = await customer.ask(ASK, first.session)
    assert (answer.text, answer.completed.source) == (TEXT, pb.ANSWER_SOURCE_GENERATED)
    assert [len(replica.calls) for replica in harness.replicas if replica is broken] == [2]
    assert sum(len(replica.calls) for replica in harness.replicas) == 3


def the_one_that_answered(harness: RouterHarness) -> ScriptedReplica:
    [answered] = [replica for replica in harness.replicas if replica.calls]
    return answered


async def test_a_replica_that_hangs_before_its_first_token_is_given_up_for_another(harness: RouterHarness) -> None:
    customer = await harness.client()
    first = await customer.ask(ASK)
    hanging = the_one_that_answered(harness)
    hanging.frames = [asyncio.Event()]
    assert (await customer.ask(ASK, first.session)).text == TEXT
    assert hanging.calls[1].cancelled


async def test_after_the_first_token_another_replica_goes_on_without_a_gap_or_a_repeat(harness: RouterHarness) -> None:
    customer = await harness.client()
    harness.replicas[0].frames = harness.replicas[1].frames = [
        "Refunds arrive ",
        "within 7 ",
        EngineDead("dead"),
        "business",
    ]
    for replica in harness.replicas:
        replica.continued = ["Refunds arrive ", "within 7 ", "business days [1]."]
    answer = await customer.ask(ASK)
    assert answer.text == TEXT
    assert answer.cited_spans == [("Refunds arrive within 7 business days", 1)]
    first, second = sorted(
        (call for replica in harness.replicas for call in replica.calls), key=lambda call: call.began
    )
    sent = second.request.continuation
    assert sent.text == "Refunds arrive within 7 "
    assert [chr(token) for token in sent.token_ids] == list(sent.text)
    assert sent.fingerprint == "weights"
    assert not first.request.HasField("continuation")


async def test_when_no_replica_can_go_on_with_what_was_shown_a_person_is_called(harness: RouterHarness) -> None:
    for replica in harness.replicas:
        replica.frames = ["Refunds arrive within 7 business days ", EngineDead("dead")]
    answer = await (await harness.client()).ask(ASK)
    assert answer.handoff.reason == pb.Handoff.REASON_MODEL_UNAVAILABLE


async def test_replicas_that_cannot_be_reached_are_passed_over(own_redis: RedisServer) -> None:
    replica, knowledge = ScriptedReplica(), ScriptedKnowledge()  # pyright: ignore[reportAbstractUsage]
    knowledge.hits, replica.frames = [make_hit("Refunds arrive within 7 business days.")], [TEXT]
    async with serve_replica(replica) as address, serve_knowledge(knowledge) as retrieval:
        nobody = f"127.0.0.1:{free_port()}"
        async with open_router_harness(own_redis, generation=f"{nobody},{address}", retrieval=retrieval) as harness:
            customer = await harness.client()
            for _ in range(5):
                assert (await customer.ask(ASK)).text == TEXT


async def test_a_router_starts_before_what_stands_behind_it_and_finds_it_later(own_redis: RedisServer) -> None:
    retrieval, generation = (f"127.0.0.1:{free_port()}" for _ in range(2))
    async with open_router_harness(own_redis, generation=generation, retrieval=retrieval) as harness:
        customer = await harness.client()
        assert (await customer.ask(ASK)).handoff.reason == pb.Handoff.REASON_SEARCH_UNAVAILABLE
        replica, knowledge = ScriptedReplica(), ScriptedKnowledge()  # pyright: ignore[reportAbstractUsage]
        knowledge.hits, replica.frames = [make_hit("Refunds arrive within 7 business days.")], [TEXT]
        async with serve_replica(replica, generation), serve_knowledge(knowledge, retrieval):
            async with asyncio.timeout(20):
                while (await customer.ask(ASK)).completed.source != pb.ANSWER_SOURCE_GENERATED:
                    await asyncio.sleep(0.2)


async def test_redis_killed_in_mid_turn_costs_the_customer_nothing(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        down = asyncio.Event()
        harness.replica.frames = ["Refunds arrive ", down, "within 7 business days [1]."]
        customer = await harness.client()
        reading = asyncio.create_task(customer.ask(ASK, request_id="r-1"))
        while not (harness.replica.calls and harness.replica.calls[0].frames):
            await asyncio.sleep(0.01)
        await own_redis.wait_durable()
        own_redis.kill()
        await asyncio.sleep(0.6)
        down.set()
        answer = await asyncio.wait_for(reading, 15)
        assert answer.text == TEXT
        assert answer.completed.finish_reason == pb.FINISH_REASON_STOP
        # While it is down a new message fails clearly, and soon.
        began = time.monotonic()
        read = await expect_failure(lambda: customer.ask(ASK))
        assert (read.code, read.reason) == (grpc.StatusCode.UNAVAILABLE, "BACKEND_UNAVAILABLE")
        assert time.monotonic() - began < 15
        await own_redis.start()
        # What was answered meanwhile is stored, and the session is free.
        async with asyncio.timeout(20):
            while True:
                [turn] = await customer.turns(answer.session)
                if turn.state == pb.Turn.STATE_FINISHED:
                    break
                await asyncio.sleep(0.1)
        assert turn.text == TEXT
        assert turn.completed == answer.completed
        again = await customer.ask(ASK, request_id="r-1")
        assert again.started.replayed
        assert again.text == TEXT
        assert (await customer.ask(ASK, answer.session)).completed.finish_reason


async def test_redis_restarted_in_mid_turn_goes_unnoticed(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        back = asyncio.Event()
        harness.replica.frames = ["Refunds arrive ", back, "within 7 business days [1]."]
        customer = await harness.client()
        reading = asyncio.create_task(customer.ask(ASK))
        while not (harness.replica.calls and harness.replica.calls[0].frames):
            await asyncio.sleep(0.01)
        await own_redis.wait_durable()
        own_redis.kill()
        await own_redis.start()
        await asyncio.sleep(1.0)
        back.set()
        answer = await asyncio.wait_for(reading, 15)
        assert answer.text == TEXT
        [turn] = await customer.turns(answer.session)
        assert (turn.state, turn.text) == (pb.Turn.STATE_FINISHED, TEXT)


async def test_a_router_that_dies_in_mid_turn_leaves_the_turn_to_be_run_by_another(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, routers=2, lease_seconds=1.5) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        customer, elsewhere = await harness.client(), await harness.client(at=1)
        answer = await customer.ask(ASK, request_id="r-1")
        session, turn = answer.session.removeprefix("sessions/"), answer.started.turn.rpartition("/")[2]
        # As the dead router left it: the turn runs, and its lease is running out.
        async with harness.open_store() as store:
            prefix = f"kefu:1:{{default:{session}}}:"
            stored = (await store.hget(f"{prefix}turns", turn) or b"").decode()  # pyright: ignore
            await store.hset(f"{prefix}turns", turn, stored.replace("finished ", "running ", 1))  # pyright: ignore
            await store.set(f"{prefix}alive:{turn}", "router-dead", px=1500)
            await store.set(f"{prefix}lock", f"{turn}:1", px=1500)
        harness.replica.frames = [TEXT]
        again: AnswerEvents = await elsewhere.ask(ASK, request_id="r-1")
        assert again.started.turn == answer.started.turn
        assert not again.started.replayed
        assert again.text == TEXT
        assert len(harness.replica.calls) == 2
