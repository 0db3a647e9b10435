"""What many running turns cost Redis, and what they are told through it."""

import asyncio

import pytest

from kefu.common.redis.commands import RedisCommands
from kefu.router.domain.turn import Turn, TurnState
from kefu.router.storage.turns import TurnKey, TurnStore
from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.router_harness import AnswerEvents, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.waiting import wait_until, wait_until_async

ASK = "How long does a refund take?"
TURNS = 300


async def stat(harness: RouterHarness) -> tuple[int, int]:
    """Scripts run, and reads from sockets: a pipeline is one, or a few."""
    async with harness.open_store() as store:
        commands = await store.info("commandstats")  # pyright: ignore
        stats = await store.info("stats")  # pyright: ignore
    scripts: int = commands["cmdstat_evalsha"]["calls"]
    return scripts, int(stats["total_reads_processed"])


@pytest.mark.alone
async def test_three_hundred_running_turns_are_renewed_in_few_commands(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, max_concurrent_turns=TURNS, lease_seconds=4.0) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        release = asyncio.Event()
        harness.replica.frames = ["Refunds arrive ", release, "within 7 business days [1]."]
        customer = await harness.client()
        asking = [asyncio.create_task(customer.ask(ASK)) for _ in range(TURNS)]
        async with asyncio.timeout(60):
            while sum(bool(call.frames) for call in harness.replica.calls) < TURNS:
                await asyncio.sleep(0.1)
        await asyncio.sleep(1.3)  # what was said is written
        before = await stat(harness)
        await asyncio.sleep(3.0)
        after = await stat(harness)
        release.set()
        answers = await asyncio.gather(*asking)
        assert all(answer.completed.finish_reason == pb.FINISH_REASON_STOP for answer in answers)
        scripts, reads = (late - early for late, early in zip(after, before, strict=True))
        # Every second, for a lease of four: three or four times in three seconds. One script a turn, few writes.
        assert 2 * TURNS <= scripts <= 4 * TURNS + 20
        assert reads <= 150


@pytest.mark.parametrize("resumable", [True, False])
async def test_only_what_may_be_resumed_is_written_while_it_is_said(own_redis: RedisServer, resumable: bool) -> None:
    async with open_router_harness(own_redis, lease_seconds=0.8) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        release = asyncio.Event()
        harness.replica.frames = ["Refunds arrive ", release, "within 7 business days [1]."]
        asking = asyncio.create_task((await harness.client()).ask(ASK, resumable=resumable))
        fields: dict[bytes, bytes] = {}
        async with harness.open_store() as store:

            async def written() -> bool:
                async for draft in store.scan_iter("*:draft:*"):  # pyright: ignore
                    fields.update(await store.hgetall(draft))  # pyright: ignore
                return fields.get(b"text") == b"Refunds arrive"

            if resumable:
                await wait_until_async(written)
            else:
                await wait_until(lambda: bool(harness.replica.calls and harness.replica.calls[0].frames))
                await asyncio.sleep(1.0)  # five times as long as between two renewals
                assert not await written()
        release.set()
        assert (await asking).completed.finish_reason == pb.FINISH_REASON_STOP
        assert fields.get(b"text", b"") == (b"Refunds arrive" if resumable else b"")
        assert b"ask" in fields


async def test_turns_outlive_many_leases(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, lease_seconds=0.4) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        harness.replica.frames = ["Refunds arrive ", 2.0, "within 7 business days [1]."]
        customer = await harness.client()
        answers = await asyncio.gather(*(customer.ask(ASK) for _ in range(5)))
        assert {answer.text for answer in answers} == {"Refunds arrive within 7 business days [1]."}


async def test_a_router_that_was_away_does_not_write_over_a_turn_that_is_anothers_now(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis) as harness, harness.open_store() as store:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        harness.replica.frames = ["Refunds arrive within 7 business days [1]."]
        customer = await harness.client()
        first = await customer.ask(ASK)
        await customer.ask("And for textiles?", first.session)
        session, turn = first.session.removeprefix("sessions/"), first.started.turn.rpartition("/")[2]
        away = TurnStore(RedisCommands(store), life=60.0, lease=1.0, owner="router-away", most_turns=100)
        late = Turn(turn, ASK, "en", "2026-01-01", 1.0, text="What it would have said.")
        key = TurnKey("default", session, turn)
        assert await away.finish(key, "bootstrap", "", late, TurnState.FINISHED, fence=1) == "lost"
        stored, _ = await customer.turns(first.session)
        assert stored.text == first.text


@pytest.mark.parametrize("heard", [True, False])
async def test_a_stop_is_heard_on_the_channel_or_else_at_the_renewal(own_redis: RedisServer, heard: bool) -> None:
    async with open_router_harness(own_redis, routers=2, lease_seconds=8.0) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        harness.replica.frames = ["Refunds arrive ", asyncio.Event()]
        customer, elsewhere = await harness.client(), await harness.client(at=1)
        answer = AnswerEvents([])

        async def read() -> None:
            async for event in customer.converse(ASK):
                answer.events.append(event)

        reading = asyncio.create_task(read())
        async with asyncio.timeout(10):
            while not (harness.replica.calls and harness.replica.calls[0].frames and answer.events):
                await asyncio.sleep(0.01)
        turn = answer.started.turn
        if heard:
            await elsewhere.chat.StopTurn(pb.StopTurnRequest(turn=turn), metadata=customer.metadata)
            seconds = 1.8  # less than the two seconds between renewals
        else:
            _, session, _, turn_id = turn.split("/")
            async with harness.open_store() as store:  # the message was lost, what stands in Redis was not
                await store.hset(f"kefu:1:{{default:{session}}}:stop", turn_id, "stop")  # pyright: ignore
            seconds = 6.0
        await asyncio.wait_for(reading, seconds)
        assert answer.completed.finish_reason == pb.FINISH_REASON_STOPPED
