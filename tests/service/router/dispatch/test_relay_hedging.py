"""A second replica for a first token that is late: over real gRPC, with scripted replicas."""

import asyncio
import time

import pytest

from kefu.common.errors import EngineDead
from kefu.router.dispatch.hedging import Hedging
from kefu.router.dispatch.relay import RelayPolicy
from tests.support.relay_harness import make_measured_hedging, make_replica, make_request, open_relay_harness

TEXT = "退款需𠮷7个𪚥日。👩‍👧 Gelöscht 😀!"  # characters of one to four bytes, and some that are joined


async def test_a_late_first_token_comes_from_a_second_replica_and_the_first_is_cancelled() -> None:
    async with open_relay_harness(
        make_replica(asyncio.Event(), "slow"), make_replica("quick"), hedging=make_measured_hedging()
    ) as harness:
        asked = time.monotonic()  # not when the first replica began: a busy machine lets that one begin late
        assert (await harness.ask()).text == "quick"
        slow = harness.replicas[0].calls[0]
        assert harness.replicas[1].calls[0].began - asked >= 0.04
        await asyncio.wait_for(slow.ended.wait(), 10)  # within a second, on a machine that has nothing else to do
        assert slow.cancelled
        # Here everything was given back before the answer's end was told.
        assert [replica.load.in_flight for replica in harness.pool.replicas] == [0, 0]
        await harness.wait_until_idle()


async def test_the_second_replica_is_cancelled_when_the_first_writes_after_all() -> None:
    async with open_relay_harness(
        make_replica(0.8, "first"), make_replica(asyncio.Event()), hedging=make_measured_hedging()
    ) as harness:
        assert (await harness.ask()).text == "first"
        await asyncio.wait_for(harness.replicas[1].calls[0].ended.wait(), 10)
        assert harness.replicas[1].calls[0].cancelled
        await harness.wait_until_idle()


async def test_the_second_replica_answers_when_the_first_fails_meanwhile() -> None:
    late, patience = (
        make_replica(0.8, EngineDead("dead")),
        RelayPolicy(first_token_seconds=5.0, idle_seconds=1.0, max_attempts=3),
    )
    async with open_relay_harness(
        late, make_replica(1.2, "second"), patience=patience, hedging=make_measured_hedging()
    ) as harness:
        assert (await harness.ask()).text == "second"
        assert [len(replica.calls) for replica in harness.replicas] == [1, 1]
        await harness.wait_until_idle()


async def test_a_hedged_answer_that_breaks_off_is_continued() -> None:
    async with open_relay_harness(
        make_replica(asyncio.Event()), make_replica(*TEXT[:5], EngineDead("x")), hedging=make_measured_hedging()
    ) as harness:
        harness.replicas[0].continued = list(TEXT)
        assert (await harness.ask()).text == TEXT
        await harness.wait_until_idle()


async def test_cancelling_a_hedged_answer_cancels_both() -> None:
    async with open_relay_harness(
        make_replica(asyncio.Event()), make_replica(asyncio.Event()), hedging=make_measured_hedging()
    ) as harness:
        reading = asyncio.create_task(harness.ask())
        async with asyncio.timeout(10):
            while not all(replica.calls for replica in harness.replicas):
                await asyncio.sleep(0.01)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        for replica in harness.replicas:
            await asyncio.wait_for(replica.calls[0].ended.wait(), 10)
        await harness.wait_until_idle()


@pytest.mark.parametrize("why", ["off", "no samples", "thinking", "budget"])
async def test_no_second_replica_is_asked_when(why: str) -> None:
    hedging = {
        "off": make_measured_hedging(share=0.0),
        "no samples": Hedging(share=1.0),
        "budget": make_measured_hedging(share=0.01),
    }.get(why, make_measured_hedging())
    if why == "budget":
        while hedging.is_allowed:
            hedging.record_hedge()
    thinking = 100 if why == "thinking" else None
    async with open_relay_harness(make_replica(0.4, "first"), make_replica("second"), hedging=hedging) as harness:
        assert (await harness.ask(make_request(reasoning_tokens=thinking))).text == "first"
        assert not harness.replicas[1].calls


async def test_the_only_replica_is_not_asked_twice_at_once() -> None:
    async with open_relay_harness(make_replica(0.4, "first"), hedging=make_measured_hedging()) as harness:
        assert (await harness.ask()).text == "first"
        assert len(harness.replicas[0].calls) == 1
