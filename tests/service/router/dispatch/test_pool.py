"""The pool of replicas over real gRPC: what is counted, which replica is left alone, and what is shown of it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field

import pytest
from prometheus_client import REGISTRY

from kefu.common.auth import Principal, Scope
from kefu.common.errors import CannotContinue, EngineDead, PromptTooLong, ReplicaFull, ServiceError
from kefu.generation.v1 import generation_pb2 as gen
from kefu.router.domain.generation import Frame, GenerationEnd, GenerationEvent, GenerationRequest, Message, Role
from kefu.router.replicas.circuit_breaker import PAUSE_SECONDS, BreakerState
from kefu.router.replicas.engine_load import EngineLoad
from kefu.router.replicas.pool import ReplicaPool, open_pool
from kefu.router.replicas.replica import Replica
from tests.support.grpc_calls import INTERNAL_KEY
from tests.support.scripted_services import Context, ScriptedReplica, serve_replica
from tests.support.waiting import wait_until

CUSTOMER = Principal("default", "someone", frozenset({Scope.CHAT}))
ORDER = GenerationRequest((Message(Role.USER, "How long?"),), estimated_tokens=300, max_tokens=50)
PATIENCE = 0.4


@dataclass
class Clock:
    """The breakers' time, which passes when a test says so (and a little with each look, so that failures differ)."""

    now: float = 100.0

    def __call__(self) -> float:
        self.now += 1e-6
        return self.now


@dataclass
class Pair:
    """Two replicas, scripted, and a pool that knows both."""

    pool: ReplicaPool
    scripted: dict[str, ScriptedReplica]
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        for replica in self.replicas:
            replica.breaker.clock = self.clock

    @property
    def replicas(self) -> list[Replica]:
        return self.pool.replicas

    def script_of(self, replica: Replica) -> ScriptedReplica:
        return self.scripted[replica.address]

    async def until_known(self) -> None:
        async with asyncio.timeout(10):
            while any(replica.load.is_stale or replica.load.owed_tokens for replica in self.replicas):
                await asyncio.sleep(0.02)


@asynccontextmanager
async def open_pair() -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        scripted = {
            await stack.enter_async_context(serve_replica(replica)): replica
            for replica in (ScriptedReplica(), ScriptedReplica())
        }
        pool = await stack.enter_async_context(
            open_pool(",".join(scripted), INTERNAL_KEY, "pair", first_token_seconds=PATIENCE)
        )
        pair = Pair(pool, scripted)
        await pair.until_known()
        yield pair


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    async with open_pair() as opened:
        yield opened


async def events(replica: Replica) -> list[GenerationEvent]:
    async with aclosing(replica.generate(ORDER, CUSTOMER)) as stream:
        return [event async for event in stream]


async def fail(replica: Replica, times: int = 3) -> None:
    for _ in range(times):
        with pytest.raises(ServiceError):
            await events(replica)


def shown(name: str, replica: Replica) -> float | None:
    return REGISTRY.get_sample_value(name, {"replica": replica.address})


class SlowToSay(ScriptedReplica):
    """It reports its load at once, and says what it runs when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.may_say = asyncio.Event(), asyncio.Event()

    async def DescribeModel(self, request: gen.DescribeModelRequest, context: Context) -> gen.DescribeModelResponse:
        self.asked.set()
        await self.may_say.wait()
        return await super().DescribeModel(request, context)


async def test_a_replica_is_counted_on_once_it_has_said_which_model_it_runs() -> None:
    """Else answers of its first moments name no model, and are made as if it were one that nobody knows."""
    script = SlowToSay()
    async with serve_replica(script) as address, open_pool(address, INTERNAL_KEY, "one") as pool:
        await asyncio.wait_for(script.asked.wait(), 10)
        [replica] = pool.replicas
        assert replica.load.is_stale
        script.may_say.set()
        await wait_until(lambda: not replica.load.is_stale)
        assert replica.model == "scripted"


async def test_a_replica_that_fails_is_left_alone_then_tried_by_one_request_and_taken_back(pair: Pair) -> None:
    sick, well = pair.replicas
    script = pair.script_of(sick)
    script.frames = [RuntimeError("boom")]
    await fail(sick)
    assert sick.breaker.state is BreakerState.OPEN
    assert shown("kefu_replica_breaker_state", sick) == 2
    assert shown("kefu_replica_breaker_opened_total", sick) == 1
    assert {pair.pool.choose(preferred=sick.address, session="s") for _ in range(20)} == {well}

    hold = asyncio.Event()
    script.frames = [hold, "well again"]
    pair.clock.now += PAUSE_SECONDS[0]
    assert pair.pool.choose(preferred=sick.address) is sick  # its prefix cache is still warm: this one may try it
    probe = sick.generate(ORDER, CUSTOMER)
    async with aclosing(probe):
        await anext(probe)  # accepted, and nothing written yet
        assert {pair.pool.choose(preferred=sick.address) for _ in range(20)} == {well}
        hold.set()
        assert isinstance(await anext(probe), Frame)
        assert sick.breaker.state is BreakerState.CLOSED
        assert pair.pool.choose(preferred=sick.address) is sick


@pytest.mark.parametrize("error", [PromptTooLong(900, 800), CannotContinue("no"), ReplicaFull("full")])
async def test_what_is_not_the_replicas_fault_opens_no_breaker(pair: Pair, error: ServiceError) -> None:
    replica = pair.replicas[0]
    pair.script_of(replica).frames = [error]
    await fail(replica, 10)
    assert replica.breaker.state is BreakerState.CLOSED


async def test_failures_after_the_first_token_open_no_breaker(pair: Pair) -> None:
    replica = pair.replicas[0]
    pair.script_of(replica).frames = ["a word, then ", EngineDead("dead")]
    await fail(replica, 10)
    assert replica.breaker.state is BreakerState.CLOSED


async def test_giving_up_a_replica_that_had_its_time_counts_against_it_and_a_customer_who_left_does_not(
    pair: Pair,
) -> None:
    replica = pair.replicas[0]
    pair.script_of(replica).frames = [asyncio.Event()]

    async def give_up(after: float) -> None:
        async with aclosing(replica.generate(ORDER, CUSTOMER)) as stream:
            await anext(stream)  # accepted, and nothing written yet
            pair.clock.now += after

    for _ in range(10):
        await give_up(0.1 * PATIENCE)
    assert replica.breaker.state is BreakerState.CLOSED
    for _ in range(3):
        await give_up(PATIENCE)
    assert replica.breaker.state is BreakerState.OPEN
    assert replica.load.in_flight == 0


async def test_when_all_breakers_are_open_the_replica_that_failed_least_recently_is_asked(pair: Pair) -> None:
    first, second = pair.replicas
    for replica in (first, second):
        pair.script_of(replica).frames = [RuntimeError("boom")]
        await fail(replica)
    assert pair.pool.choose(preferred=second.address) is first
    await fail(first, 1)
    assert pair.pool.choose() is second
    assert pair.pool.choose(exclude=frozenset({second.address})) is first


async def test_another_process_at_the_same_address_starts_with_a_closed_breaker(pair: Pair) -> None:
    replica = pair.replicas[0]
    pair.script_of(replica).frames = [RuntimeError("boom")]
    await fail(replica)
    assert replica.breaker.state is not BreakerState.CLOSED
    script = pair.script_of(replica)
    script.boot_id, script.accepted = "another", 0

    def breaker_state() -> BreakerState:
        return replica.breaker.state

    async with asyncio.timeout(10):
        while breaker_state() is not BreakerState.CLOSED:
            await asyncio.sleep(0.02)


async def test_work_counts_from_the_moment_a_replica_is_asked_until_its_stream_ends_by_any_road(pair: Pair) -> None:
    replica = pair.replicas[0]
    script = pair.script_of(replica)

    def owed() -> tuple[int, int]:
        return replica.load.owed_tokens, replica.load.in_flight

    async def settled() -> None:
        async with asyncio.timeout(10):
            while owed() != (0, 0):
                await asyncio.sleep(0.02)

    # Asked, and closed before anything was read.
    stream = replica.generate(ORDER, CUSTOMER)
    assert owed() == (300, 1)
    assert shown("kefu_replica_open_streams", replica) == 1
    await stream.aclose()
    assert replica.load.in_flight == 0
    await settled()

    # Done.
    assert isinstance((await events(replica))[-1], GenerationEnd)
    await settled()

    # Failed.
    script.frames = ["a word", RuntimeError("boom")]
    await fail(replica, 1)
    await settled()

    # Cancelled while it waits.
    script.frames = [asyncio.Event()]
    before = len(script.calls)
    waiting = asyncio.create_task(events(replica))
    while len(script.calls) == before:
        await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert replica.load.in_flight == 0
    await asyncio.wait_for(script.calls[-1].ended.wait(), 10)
    assert script.calls[-1].cancelled
    await settled()

    # Closed in mid-answer.
    script.frames = ["a word", asyncio.Event()]
    stream = replica.generate(ORDER, CUSTOMER)
    while not isinstance(await anext(stream), Frame):
        pass
    await stream.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    await settled()
    assert shown("kefu_replica_load_tokens", replica) == 0


async def test_many_choices_in_one_step_do_not_all_fall_on_the_same_replica(pair: Pair) -> None:
    hold = asyncio.Event()
    for script in pair.scripted.values():
        script.frames = [hold]
    streams: list[asyncio.Task[list[GenerationEvent]]] = []
    for _ in range(40):
        replica = pair.pool.choose()
        assert replica is not None
        stream = replica.generate(ORDER, CUSTOMER)  # nothing is awaited in between
        streams.append(asyncio.create_task(_drained(stream)))
    assert [replica.load.in_flight for replica in pair.replicas] == [20, 20]
    hold.set()
    await asyncio.gather(*streams)


async def _drained(stream: AsyncGenerator[GenerationEvent, None]) -> list[GenerationEvent]:
    return [event async for event in stream]


async def test_a_replica_that_is_no_longer_named_gets_nothing_new_and_finishes_what_it_has(pair: Pair) -> None:
    leaving, stays = pair.replicas
    hold = asyncio.Event()
    pair.script_of(leaving).frames = ["a word, ", hold, "and the rest"]
    stream = leaving.generate(ORDER, CUSTOMER)
    async with aclosing(stream):
        while not isinstance(await anext(stream), Frame):
            pass
        await pair.pool.set_addresses([stays.address])
        assert {pair.pool.choose(preferred=leaving.address, session=str(n)) for n in range(20)} == {stays}
        for name in ("load_tokens", "open_streams", "breaker_state", "breaker_opened_total"):
            assert shown(f"kefu_replica_{name}", leaving) is None
        hold.set()
        rest = [event async for event in stream]
    assert isinstance(rest[-1], GenerationEnd)


async def test_room_is_in_the_engines_of_those_that_take_more_and_what_the_others_still_write_is_known(
    pair: Pair,
) -> None:
    leaving, staying = pair.replicas
    pair.script_of(leaving).frames = [asyncio.Event()]
    async with aclosing(leaving.generate(ORDER, CUSTOMER)) as stream:
        await anext(stream)
        leaving.engine_load, staying.engine_load = EngineLoad(1, 0, max_running=8), EngineLoad(2, 1, max_running=4)
        assert pair.pool.engine_load == EngineLoad(3, 1, max_running=12, sent=1)
        leaving.load.draining = True
        assert pair.pool.engine_load == EngineLoad(2, 1, max_running=4, unreported=1)
        leaving.load.draining = False
        await pair.pool.set_addresses([staying.address])
        staying.engine_load = EngineLoad(2, 1, max_running=4)
        assert pair.pool.engine_load == EngineLoad(2, 1, max_running=4, unreported=1)


async def test_each_new_process_of_a_replica_reads_the_common_prompts_once() -> None:
    script = ScriptedReplica()
    asked = [GenerationRequest((Message(Role.USER, text),), 0, max_tokens=1) for text in ("first", "second")]
    async with (
        serve_replica(script) as address,
        open_pool(address, INTERNAL_KEY, "warm", warm_up=asked) as pool,
    ):
        await wait_until(lambda: len(script.calls) == 2)
        await asyncio.sleep(0.3)  # a few reports more
        assert [call.request.chat.messages[0].content for call in script.calls] == ["first", "second"]
        assert [(call.request.max_tokens, call.request.estimated_tokens) for call in script.calls] == [(1, 0)] * 2
        assert pool.replicas[0].load.in_flight == 0
        script.boot_id = "started again"
        await wait_until(lambda: len(script.calls) == 4)


async def test_a_replica_that_fails_to_warm_up_is_used_all_the_same() -> None:
    script = ScriptedReplica()
    script.frames = [RuntimeError("boom")]
    asked = [GenerationRequest((Message(Role.USER, "first"),), 0, max_tokens=1)]
    async with (
        serve_replica(script) as address,
        open_pool(address, INTERNAL_KEY, "warm", warm_up=asked) as pool,
    ):
        await wait_until(lambda: len(script.calls) == 1 and script.calls[0].ended.is_set())
        script.frames = ["well"]
        assert pool.replicas[0].breaker.state is BreakerState.CLOSED
        assert isinstance((await events(pool.replicas[0]))[-1], GenerationEnd)
