"""A second replica for a first token that is late: over real gRPC, with scripted replicas."""

import asyncio

import pytest

from kefu.common.errors import EngineDead
from kefu.router.dispatch.hedging import Hedging
from kefu.router.dispatch.relay import RelayPolicy
from tests.support.bench import measured, open_bench, order, scripted

TEXT = "退款需𠮷7个𪚥日。👩‍👧 Gelöscht 😀!"  # characters of one to four bytes, and some that are joined


async def test_a_late_first_token_comes_from_a_second_replica_and_the_first_is_cancelled() -> None:
    async with open_bench(scripted(asyncio.Event(), "slow"), scripted("quick"), hedging=measured()) as bench:
        assert (await bench.ask()).text == "quick"
        slow = bench.replicas[0].calls[0]
        assert bench.replicas[1].calls[0].began - slow.began >= 0.04
        await asyncio.wait_for(slow.ended.wait(), 10)  # within a second, on a machine that has nothing else to do
        assert slow.cancelled
        # Here everything was given back before the answer's end was told.
        assert [replica.load.in_flight for replica in bench.pool.replicas] == [0, 0]
        await bench.until_settled()


async def test_the_second_replica_is_cancelled_when_the_first_writes_after_all() -> None:
    async with open_bench(scripted(0.8, "first"), scripted(asyncio.Event()), hedging=measured()) as bench:
        assert (await bench.ask()).text == "first"
        await asyncio.wait_for(bench.replicas[1].calls[0].ended.wait(), 10)
        assert bench.replicas[1].calls[0].cancelled
        await bench.until_settled()


async def test_the_second_replica_answers_when_the_first_fails_meanwhile() -> None:
    late, patience = (
        scripted(0.8, EngineDead("dead")),
        RelayPolicy(first_token_seconds=5.0, idle_seconds=1.0, max_attempts=3),
    )
    async with open_bench(late, scripted(1.2, "second"), patience=patience, hedging=measured()) as bench:
        assert (await bench.ask()).text == "second"
        assert [len(replica.calls) for replica in bench.replicas] == [1, 1]
        await bench.until_settled()


async def test_a_hedged_answer_that_breaks_off_is_continued() -> None:
    async with open_bench(scripted(asyncio.Event()), scripted(*TEXT[:5], EngineDead("x")), hedging=measured()) as bench:
        bench.replicas[0].continued = list(TEXT)
        assert (await bench.ask()).text == TEXT
        await bench.until_settled()


async def test_cancelling_a_hedged_answer_cancels_both() -> None:
    async with open_bench(scripted(asyncio.Event()), scripted(asyncio.Event()), hedging=measured()) as bench:
        reading = asyncio.create_task(bench.ask())
        async with asyncio.timeout(10):
            while not all(replica.calls for replica in bench.replicas):
                await asyncio.sleep(0.01)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        for replica in bench.replicas:
            await asyncio.wait_for(replica.calls[0].ended.wait(), 10)
        await bench.until_settled()


@pytest.mark.parametrize("why", ["off", "no samples", "thinking", "budget"])
async def test_no_second_replica_is_asked_when(why: str) -> None:
    hedging = {"off": measured(share=0.0), "no samples": Hedging(share=1.0), "budget": measured(share=0.01)}.get(
        why, measured()
    )
    if why == "budget":
        while hedging.is_allowed:
            hedging.record_hedge()
    thinking = 100 if why == "thinking" else None
    async with open_bench(scripted(0.4, "first"), scripted("second"), hedging=hedging) as bench:
        assert (await bench.ask(order(reasoning_tokens=thinking))).text == "first"
        assert not bench.replicas[1].calls


async def test_the_only_replica_is_not_asked_twice_at_once() -> None:
    async with open_bench(scripted(0.4, "first"), hedging=measured()) as bench:
        assert (await bench.ask()).text == "first"
        assert len(bench.replicas[0].calls) == 1
