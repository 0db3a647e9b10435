"""A burst on slow cards, whose queues are longer than the time-outs: two generation services, the simulated engine."""

import asyncio
import dataclasses
from contextlib import AsyncExitStack

from kefu.router.dispatch.hedging import Hedging
from kefu.router.dispatch.relay import Relay, RelayFactory, RelayPolicy
from kefu.router.dispatch.retry_budget import RetryBudget
from kefu.router.domain.generation import Frame, GenerationRequest, Message, Role
from kefu.router.replicas.circuit_breaker import BreakerState
from kefu.router.replicas.pool import ReplicaPool, open_pool
from tests.support.failing_replicas import FAST_ENGINE, serve_simulated_replica
from tests.support.grpc_calls import INTERNAL_KEY
from tests.support.relay_harness import CUSTOMER
from tests.support.waiting import wait_until

CUSTOMERS = 48
SLOW_CARD = dataclasses.replace(FAST_ENGINE, prefill_tokens_per_second=8000.0, answer_tokens=10)
PATIENCE = RelayPolicy(first_token_seconds=0.8, idle_seconds=0.8, max_attempts=3)


def question(number: int) -> GenerationRequest:
    """A prompt of some 700 tokens that begins as no other does: a twelfth of a second of one card."""
    text = f"{number:04d} " + "How long does a refund take? " * 72
    return GenerationRequest((Message(Role.USER, text),), estimated_tokens=710, max_tokens=20)


async def words(relay: Relay, number: int) -> str:
    return "".join([event.text async for event in relay.frames(question(number)) if isinstance(event, Frame)])


async def test_a_burst_waits_in_the_queues_and_is_not_sent_round_in_circles() -> None:
    async with AsyncExitStack() as stack:
        served = [await stack.enter_async_context(serve_simulated_replica(SLOW_CARD, [])) for _ in range(2)]
        addresses = ",".join(address for address, _ in served)
        pool: ReplicaPool = await stack.enter_async_context(
            open_pool(addresses, INTERNAL_KEY, "test", first_token_seconds=PATIENCE.first_token_seconds)
        )
        await wait_until(lambda: len(pool.replicas) == 2 and not any(one.load.is_stale for one in pool.replicas))
        factory = RelayFactory(pool, PATIENCE, RetryBudget(share=0.2, reserve=100.0), Hedging(share=0.0))
        relays = [factory.relay(CUSTOMER, session=str(number)) for number in range(CUSTOMERS)]
        began = asyncio.get_running_loop().time()
        answers = await asyncio.gather(*(words(relay, number) for number, relay in enumerate(relays)))
        assert all(answers)
        assert asyncio.get_running_loop().time() - began > 2 * PATIENCE.first_token_seconds, "there was no queue"
        assert {(relay.path, relay.continuations) for relay in relays} == {("plain", 0)}
        assert [replica.engine.calls for _, replica in served] == [CUSTOMERS / 2, CUSTOMERS / 2]
        assert {replica.breaker.state for replica in pool.replicas} == {BreakerState.CLOSED}
