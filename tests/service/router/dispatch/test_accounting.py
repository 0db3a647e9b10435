"""After every way in which an answer can end, nobody owes anything: neither as the router sees it nor in the replicas.

A router and two generation services with the simulated engine, over real gRPC and a real Redis.
"""

import asyncio
import dataclasses
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

import grpc.aio
import pytest

from kefu.common.errors import EngineDead, PromptTooLong
from kefu.generation.engine import GenerationRequest, Message, Piece
from kefu.generation.engines.simulated import SimulatedSettings, open_simulated
from kefu.router.answering.writing import generator
from kefu.router.dispatch.hedging import Hedging
from kefu.router.replicas.pool import ReplicaPool
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.wings import foundation
from kefu.testing.redis_server import RedisServer
from tests.support.failing_replicas import FAST_ENGINE, FailingReplicas, PlannedFailure, serve_simulated_replica
from tests.support.router_harness import AnswerEvents, RouterClient, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.waiting import wait_until

ASK = "How long does a refund take?"
PASSAGE = "Refunds arrive within 7 business days."
Open = Callable[..., AbstractAsyncContextManager[FailingReplicas]]


@pytest.fixture
def opened(own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a shop; its router's own pool is looked into."""
    pools: list[ReplicaPool] = []
    open_pool = foundation.open_pool

    @asynccontextmanager
    async def seen(*arguments: object, **named: object) -> AsyncIterator[ReplicaPool]:
        async with open_pool(*arguments, **named) as pool:  # pyright: ignore[reportArgumentType] - handed on
            pools.append(pool)
            yield pool

    monkeypatch.setattr(foundation, "open_pool", seen)

    @asynccontextmanager
    async def failing(settings: SimulatedSettings = FAST_ENGINE, **config: Any) -> AsyncIterator[FailingReplicas]:
        troubles: list[PlannedFailure] = []
        async with AsyncExitStack() as stack:
            replicas = [await stack.enter_async_context(serve_simulated_replica(settings, troubles)) for _ in range(2)]
            addresses = ",".join(address for address, _ in replicas)
            harness = await stack.enter_async_context(
                open_router_harness(own_redis, replicas=0, generation=addresses, **config)
            )
            harness.knowledge.hits = [make_hit(PASSAGE)]
            made = FailingReplicas(harness, pools[-1], [replica for _, replica in replicas], troubles)
            await wait_until(lambda: not any(replica.load.is_stale for replica in made.pool.replicas))
            yield made

    return failing


async def uninterrupted() -> str:
    """What the engine writes when nothing happens."""
    request = GenerationRequest(messages=(Message("user", "?"),))
    async with open_simulated("", dataclasses.replace(FAST_ENGINE, step_seconds=0.001)) as engine:
        pieces = [event.text async for event in engine.generate(request) if isinstance(event, Piece)]
    return "".join(pieces).rstrip()


async def done(failing: FailingReplicas) -> None:
    answer = await (await failing.customer()).ask(ASK)
    assert answer.completed.source == pb.ANSWER_SOURCE_GENERATED
    assert answer.text == await uninterrupted()


async def error_before_the_first_token(failing: FailingReplicas) -> None:
    failing.failures.append((0, EngineDead("dead")))
    await done(failing)
    assert failing.calls == 2


async def error_after_the_first_token(failing: FailingReplicas) -> None:
    failing.failures.append((7, EngineDead("dead")))
    await done(failing)
    assert failing.calls == 2


async def errors_of_all(failing: FailingReplicas) -> None:
    failing.failures += [(0, EngineDead("dead"))] * 10
    answer = await (await failing.customer()).ask(ASK)
    assert answer.completed.source == pb.ANSWER_SOURCE_EXTRACTIVE
    failing.failures.clear()


async def errors_of_all_in_mid_answer(failing: FailingReplicas) -> None:
    failing.failures += [(3, EngineDead("dead"))] + [(0, EngineDead("dead"))] * 100
    answer = await (await failing.customer()).ask(ASK)
    assert answer.handoff.reason == pb.Handoff.REASON_MODEL_UNAVAILABLE
    failing.failures.clear()


async def prompt_too_long(failing: FailingReplicas) -> None:
    failing.failures.append((0, PromptTooLong(2000, 1000)))
    await done(failing)
    assert failing.calls == 2


async def silence_before_the_first_token(failing: FailingReplicas) -> None:
    failing.failures.append((0, None))
    await done(failing)
    assert failing.calls == 2


async def silence_in_mid_answer(failing: FailingReplicas) -> None:
    failing.failures.append((7, None))
    await done(failing)
    assert failing.calls == 2


async def cancelled_in_mid_answer(failing: FailingReplicas) -> None:
    call = (await failing.customer()).converse(ASK)
    reading = asyncio.ensure_future(events_of(call))
    await failing.wait_until_writing()
    call.cancel()
    await asyncio.wait({reading})


async def client_gone(failing: FailingReplicas) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{failing.router.routers[0].port}") as channel:
        customer = RouterClient(channel, (await failing.customer()).key)
        reading = asyncio.ensure_future(events_of(customer.converse(ASK)))
        await failing.wait_until_writing()
    await asyncio.wait({reading})


async def client_gone_for_good_from_a_resumable_answer(failing: FailingReplicas) -> None:
    call = (await failing.customer()).converse(ASK, resumable=True)
    reading = asyncio.ensure_future(events_of(call))
    await failing.wait_until_writing()
    call.cancel()
    await asyncio.wait({reading})


async def stopped(failing: FailingReplicas) -> None:
    customer = await failing.customer()
    call = customer.converse(ASK)
    events = aiter(call)
    started = await anext(events)
    await failing.wait_until_writing()
    await customer.chat.StopTurn(pb.StopTurnRequest(turn=started.turn_started.turn), metadata=customer.metadata)
    *_, last = await events_of(events)
    assert last.turn_completed.finish_reason == pb.FINISH_REASON_STOPPED


async def session_deleted(failing: FailingReplicas) -> None:
    customer = await failing.customer()
    call = customer.converse(ASK)
    events = aiter(call)
    started = await anext(events)
    await failing.wait_until_writing()
    name = started.turn_started.session
    await customer.chat.DeleteSession(pb.DeleteSessionRequest(name=name), metadata=customer.metadata)
    await events_of(events)


async def deadline_in_mid_answer(failing: FailingReplicas) -> None:
    failing.failures.append((7, None))
    customer = await failing.customer()
    request = pb.ConverseRequest(session="sessions/-", text=ASK)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await events_of(customer.chat.Converse(request, metadata=customer.metadata, timeout=1.5))
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert failing.calls == 1


async def deadline_before_the_first_token(failing: FailingReplicas) -> None:
    failing.failures += [(0, None)] * 3
    customer = await failing.customer()
    request = pb.ConverseRequest(session="sessions/-", text=ASK)
    try:
        *_, last = await events_of(customer.chat.Converse(request, metadata=customer.metadata, timeout=1.5))
        assert last.turn_completed.source == pb.ANSWER_SOURCE_EXTRACTIVE
    except grpc.aio.AioRpcError as error:  # a busy machine may take longer than the tenth that is left for it
        if error.code() is not grpc.StatusCode.DEADLINE_EXCEEDED:
            raise
    failing.failures.clear()


async def replica_killed(failing: FailingReplicas) -> None:
    reading = asyncio.ensure_future(done(failing))
    await failing.wait_until_writing()
    await next(replica for replica in failing.replicas if replica.engine.calls).kill()
    await reading
    assert failing.calls == 2


async def replica_no_longer_listed(failing: FailingReplicas) -> None:
    reading = asyncio.ensure_future(done(failing))
    await failing.wait_until_writing()
    await failing.pool.set_addresses([])
    await reading
    assert failing.calls == 1


async def events_of(
    events: AsyncIterable[pb.ConverseEvent],
) -> list[pb.ConverseEvent]:
    return [event async for event in events]


@pytest.mark.parametrize(
    "end",
    [
        done,
        error_before_the_first_token,
        error_after_the_first_token,
        errors_of_all,
        errors_of_all_in_mid_answer,
        prompt_too_long,
        silence_before_the_first_token,
        silence_in_mid_answer,
        cancelled_in_mid_answer,
        client_gone,
        client_gone_for_good_from_a_resumable_answer,
        stopped,
        session_deleted,
        deadline_in_mid_answer,
        deadline_before_the_first_token,
        replica_killed,
        replica_no_longer_listed,
    ],
    ids=lambda end: end.__name__,
)
async def test_nothing_is_owed_after(end: Callable[[FailingReplicas], Awaitable[None]], opened: Open) -> None:
    patience = {"first_token_seconds": 1.5, "between_token_seconds": 1.5, "resume_grace_seconds": 0.3}
    async with opened(**patience) as failing:
        await end(failing)
        await failing.check_nothing_owed()


@pytest.mark.parametrize("how", ["cancel", "stop"])
@pytest.mark.parametrize("stage", ["queued", "prefilling"])
async def test_nothing_is_owed_when_it_ends_before_it_was_written(stage: str, how: str, opened: Open) -> None:
    """Queued behind another answer in each engine, or while the engine still reads the prompt."""
    slow = 50.0 if stage == "prefilling" else 1e6
    settings = SimulatedSettings(slow, 0.05, 0.0, 100_000, 200, 4096, 1)
    async with opened(settings) as failing:
        customer = await failing.customer()
        before: list[asyncio.Future[AnswerEvents]] = []
        if stage == "queued":
            before = [asyncio.ensure_future(customer.ask(ASK)) for _ in range(2)]
            await wait_until(lambda: all(replica.engine.pieces for replica in failing.replicas))
        call = customer.converse(ASK)
        events = aiter(call)
        started = await anext(events)
        reading = asyncio.ensure_future(events_of(events))
        await wait_until(lambda: failing.calls == len(before) + 1)
        await asyncio.sleep(0.2)
        if how == "cancel":
            call.cancel()
        else:
            stop = pb.StopTurnRequest(turn=started.turn_started.turn)
            await customer.chat.StopTurn(stop, metadata=customer.metadata)
        await asyncio.wait({reading})
        # Within a second nobody works on it any more, nor is it counted.
        await wait_until(lambda: sum(replica.open_work[0] for replica in failing.replicas) == len(before), 3)
        await wait_until(lambda: sum(streams for streams, _ in failing.owed()) == len(before), 3)
        for task in before:
            task.cancel()
        await asyncio.gather(*before, return_exceptions=True)
        await failing.check_nothing_owed()


async def test_nothing_is_owed_after_a_second_replica_wrote_first(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def eager(**_: object) -> Hedging:
        return Hedging(share=1.0, min_samples=1)

    monkeypatch.setattr(generator, "Hedging", eager)
    async with opened() as failing:
        await done(failing)
        failing.failures.append((0, None))
        await done(failing)
        assert failing.calls == 3
        await failing.check_nothing_owed()
        # And when the first one wrote after all.
        for _ in range(3):
            await done(failing)
        await failing.check_nothing_owed()


async def test_nothing_is_owed_after_many_answers_that_end_in_all_ways_at_once(opened: Open) -> None:
    ends = [done, cancelled_in_mid_answer, client_gone, stopped, session_deleted]
    async with opened(between_token_seconds=1.5) as failing:
        failing.failures += [(after, EngineDead("dead") if after % 2 else None) for after in range(8)]
        await asyncio.gather(*(end(failing) for end in ends * 4))
        await failing.check_nothing_owed()
