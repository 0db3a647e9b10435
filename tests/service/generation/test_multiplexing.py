"""GenerateMany: many answers over one call, from the router's end of it to the replica's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import grpc
import grpc.aio
import pytest

from kefu.common.auth import Principal, Scope
from kefu.common.rpc.interceptor import principal_metadata
from kefu.common.rpc.status import RpcFailure
from kefu.generation.engine import Channel, Engine, Piece, Started
from kefu.generation.servicer import GenerationServicer
from kefu.generation.v1 import generation_pb2 as pb
from kefu.router.replicas.multiplexing import AnswerFailed, AnswerMultiplexer, MultiplexedAnswer
from tests.support.generation_harness import (
    ANSWER,
    KEY_METADATA,
    ScriptedEngine,
    collect_events,
    make_request,
    serve_generation,
)
from tests.support.grpc_calls import expect_failure
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from kefu.generation.v1.generation_pb2_grpc import GenerationServiceAsyncStub

CUSTOMER = Principal("acme", "chat", frozenset({Scope.CHAT}))


class Counting:
    """A stub that counts the calls of GenerateMany."""

    def __init__(self, stub: "GenerationServiceAsyncStub") -> None:
        self.calls = 0
        self._stub = stub

    def GenerateMany(self, *positional: object, **named: object) -> object:
        self.calls += 1
        return self._stub.GenerateMany(*positional, **named)  # pyright: ignore[reportArgumentType]


@asynccontextmanager
async def opened(
    engine: Engine, call_seconds: float = 60.0, **limits: float
) -> AsyncIterator[tuple[AnswerMultiplexer, GenerationServicer, Counting]]:
    async with serve_generation(engine, **limits) as (stub, servicer, _):  # pyright: ignore[reportArgumentType]
        counting = Counting(stub)
        way = AnswerMultiplexer(counting, KEY_METADATA, call_seconds=call_seconds)  # pyright: ignore[reportArgumentType]
        try:
            yield way, servicer, counting
        finally:
            await way.close()


def begin(
    way: AnswerMultiplexer, request: pb.GenerateRequest | None = None, timeout: float | None = None
) -> MultiplexedAnswer:
    return way.begin(request or make_request(), timeout=timeout, metadata=principal_metadata(CUSTOMER))


async def read(answer: MultiplexedAnswer) -> list[pb.GenerateEvent]:
    events: list[pb.GenerateEvent] = []
    while (event := await answer.read()) is not None:
        events.append(event)
    return events


async def broken(answer: MultiplexedAnswer) -> RpcFailure:
    with pytest.raises(AnswerFailed) as caught:
        await read(answer)
    return caught.value.failure


async def test_every_answer_is_what_a_call_of_its_own_would_have_given_and_all_share_one_call() -> None:
    async with serve_generation(ScriptedEngine(ANSWER), max_requests=100) as (stub, servicer, _):
        alone = await collect_events(stub, make_request(caller="r1", estimated_tokens=2))
        counting = Counting(stub)
        way = AnswerMultiplexer(counting, KEY_METADATA)  # pyright: ignore[reportArgumentType]
        answers = [begin(way, make_request(caller="r1", estimated_tokens=2)) for _ in range(50)]
        for events in await asyncio.gather(*map(read, answers)):
            assert [event.WhichOneof("event") for event in events] == [event.WhichOneof("event") for event in alone]
            assert [event.delta for event in events] == [event.delta for event in alone]
        assert counting.calls == 1
        assert servicer.accounting.accepted_tokens("r1") == 2 * 51
        assert servicer.accounting.owed_tokens == 0
        await way.close()


async def test_an_answer_fails_alone_and_says_what_its_own_call_would_have_said() -> None:
    engine = ScriptedEngine(ANSWER[:2], hold=True)
    async with opened(engine, max_requests=1) as (way, servicer, counting):
        held = begin(way)
        assert (await held.read()) is not None
        refused = await broken(begin(way))
        assert (refused.code, refused.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "REPLICA_FULL")
        wrong = await broken(begin(way, make_request(max_tokens=0)))
        assert (wrong.code, wrong.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "BAD_REQUEST")
        assert "max_tokens" in wrong.message
        assert servicer.accounting.open_requests == 1
        assert counting.calls == 1


async def test_what_an_engine_raises_does_not_reach_the_caller() -> None:
    class Broken(ScriptedEngine):
        def describe(self):
            raise RuntimeError("a secret")

    async with opened(Broken(ANSWER)) as (way, _, _):
        failure = await broken(begin(way))
        assert (failure.code, failure.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
        assert "secret" not in failure.message
        assert failure.metadata["trace_id"]


async def test_a_cancelled_answer_is_ended_in_the_engine_and_the_others_go_on() -> None:
    engine = ScriptedEngine(ANSWER[:2], hold=True)
    async with opened(engine) as (way, servicer, _):
        first, second = begin(way), begin(way)
        await first.read()
        await second.read()
        first.cancel()
        await wait_until(lambda: servicer.accounting.open_requests == 1)
        assert (await second.read()) is not None
        second.cancel()
        await wait_until(lambda: servicer.accounting.open_requests == 0)
        assert servicer.accounting.owed_tokens == 0


async def test_a_time_out_ends_an_answer() -> None:
    async with opened(ScriptedEngine(ANSWER[:2], hold=True)) as (way, servicer, _):
        late = await broken(begin(way, timeout=0.2))
        assert (late.code, late.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
        assert servicer.accounting.open_requests == 0


async def test_a_lost_connection_fails_all_answers_and_the_next_one_gets_a_new_call() -> None:
    engine = ScriptedEngine(ANSWER[:2], hold=True)
    async with opened(engine) as (way, servicer, counting):
        answers = [begin(way) for _ in range(3)]
        for answer in answers:
            await answer.read()
        await way.close()
        for answer in answers:
            assert (await broken(answer)).code is grpc.StatusCode.UNAVAILABLE
        await wait_until(lambda: servicer.accounting.open_requests == 0)
        engine.hold = False
        assert (await begin(way).read()) is not None
        assert counting.calls == 2


async def test_nobody_at_the_address_fails_an_answer_at_once() -> None:
    from kefu.generation.v1.generation_pb2_grpc import GenerationServiceStub

    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        way = AnswerMultiplexer(GenerationServiceStub(channel), KEY_METADATA)  # pyright: ignore[reportArgumentType]
        async with asyncio.timeout(5):
            assert (await broken(begin(way))).code is grpc.StatusCode.UNAVAILABLE
        await way.close()


async def test_a_call_that_took_answers_for_long_enough_is_renewed_and_finishes_what_it_has() -> None:
    engine = ScriptedEngine(ANSWER[:2], hold=True)
    async with opened(engine, call_seconds=0.0) as (way, servicer, counting):
        old = begin(way)
        await old.read()
        new = begin(way)
        await new.read()
        assert counting.calls == 2
        assert (await old.read()) is not None
        assert servicer.accounting.open_requests == 2


async def test_a_draining_replica_ends_the_call_with_its_last_answer() -> None:
    engine = ScriptedEngine(ANSWER[:2], hold=True)
    async with serve_generation(engine) as (stub, servicer, _):
        call = stub.GenerateMany(metadata=KEY_METADATA)
        await call.write(pb.GenerateManyRequest(begin=[pb.BeginAnswer(answer=1, request=make_request())]))
        assert isinstance(await call.read(), pb.GenerateManyResponse)
        servicer.leave()
        await asyncio.sleep(0.1)
        assert not call.done()
        await call.write(pb.GenerateManyRequest(cancel=[1]))
        async with asyncio.timeout(10):
            while (await call.read()) is not grpc.aio.EOF:
                pass
            assert await call.code() is grpc.StatusCode.OK


@pytest.mark.parametrize("numbers", [[0], [7, 7]])
async def test_a_number_that_cannot_be_told_apart_is_refused(numbers: list[int]) -> None:
    engine = ScriptedEngine(ANSWER[:2], hold=True)
    async with serve_generation(engine) as (stub, servicer, _):
        call = stub.GenerateMany(metadata=KEY_METADATA)
        begins = [pb.BeginAnswer(answer=number, request=make_request()) for number in numbers]
        await call.write(pb.GenerateManyRequest(begin=begins, cancel=[12345]))
        refused = await expect_failure(call.read)
        assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "BAD_REQUEST")
        assert servicer.accounting.open_requests == 0


async def test_a_caller_that_reads_nothing_is_cut_and_owes_nothing() -> None:
    flood = [Started(1), *(Piece(Channel.TEXT, "x" * 1_000_000, (n,)) for n in range(8))]
    engine = ScriptedEngine(flood, hold=True)
    async with serve_generation(engine, stall_seconds=0.5) as (stub, servicer, _):
        call = stub.GenerateMany(metadata=KEY_METADATA)
        await call.write(pb.GenerateManyRequest(begin=[pb.BeginAnswer(answer=1, request=make_request())]))
        await wait_until(engine.closed.is_set)  # the answer was begun, and cut: a moment that need not be seen between
        await wait_until(lambda: servicer.accounting.open_requests == 0)
        call.cancel()
