"""What a router does with its replicas as a customer's deadline nears: over real gRPC, with scripted replicas."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from kefu.common.errors import DeadlineExceeded, EngineDead
from kefu.generation.v1 import generation_pb2 as gen
from kefu.router.dispatch.relay import NoReplica, RelayPolicy
from tests.support.relay_harness import (
    ReceivedFrames,
    make_measured_hedging,
    make_replica,
    make_request,
    open_relay_harness,
)
from tests.support.scripted_services import Context, ScriptedReplica


class Watchful(ScriptedReplica):
    """Notes how much time it was given."""

    seconds: float | None = None

    async def GenerateMany(
        self, request_iterator: AsyncIterator[gen.GenerateManyRequest], context: Context
    ) -> AsyncIterator[gen.GenerateManyResponse]:
        async def noted() -> AsyncIterator[gen.GenerateManyRequest]:
            async for request in request_iterator:
                for begin in request.begin:
                    given = begin.HasField("timeout")
                    self.seconds = begin.timeout.ToNanoseconds() / 1e9 if given else None
                yield request

        async for response in super().GenerateMany(noted(), context):
            yield response


async def test_a_replica_is_told_the_deadline() -> None:
    replica = Watchful()
    async with open_relay_harness(replica) as harness:
        await harness.ask(make_request(deadline=time.monotonic() + 20))
        assert replica.seconds is not None
        assert 15 < replica.seconds < 21
        await harness.ask()
        assert replica.seconds is None


async def test_a_first_token_is_awaited_until_just_before_the_deadline() -> None:
    async with open_relay_harness(make_replica(asyncio.Event()), make_replica(asyncio.Event())) as harness:
        began = time.monotonic()
        with pytest.raises(NoReplica) as caught:
            await harness.ask(first_by=began + 0.6)
        assert not caught.value.started
        assert time.monotonic() - began >= 0.4
        await asyncio.wait_for(harness.replicas[0].calls[0].ended.wait(), 10)
        await harness.wait_until_idle()


async def test_a_deadline_in_mid_answer_ends_it_as_such() -> None:
    patience = RelayPolicy(first_token_seconds=5.0, idle_seconds=5.0, max_attempts=3)
    async with open_relay_harness(
        make_replica("Hello", asyncio.Event()), make_replica("Hello"), patience=patience
    ) as harness:
        written = ReceivedFrames()
        with pytest.raises(DeadlineExceeded):
            await harness.ask_into(written, make_request(deadline=time.monotonic() + 1.5))
        assert written.text == "Hello"
        assert not harness.replicas[1].calls
        await asyncio.wait_for(harness.replicas[0].calls[0].ended.wait(), 10)
        await harness.wait_until_idle()


async def test_a_resumable_answer_outlives_the_deadline_for_its_first_token() -> None:
    patience = RelayPolicy(first_token_seconds=5.0, idle_seconds=5.0, max_attempts=1)
    async with open_relay_harness(make_replica("Hel", 1.5, "lo"), patience=patience) as harness:
        assert (await harness.ask(first_by=time.monotonic() + 1.2)).text == "Hello"


async def test_nobody_is_asked_when_the_time_is_too_short_for_a_first_token() -> None:
    hedging = make_measured_hedging(share=0.0, seconds=2.0)
    async with open_relay_harness(make_replica("Hello"), hedging=hedging) as harness:
        with pytest.raises(NoReplica):
            await harness.ask(first_by=time.monotonic() + 1.5)
        assert not harness.replicas[0].calls
        assert (await harness.ask(first_by=time.monotonic() + 5)).text == "Hello"


async def test_there_is_no_second_attempt_when_the_time_is_too_short_for_it() -> None:
    hedging = make_measured_hedging(share=0.0, seconds=2.0)
    async with open_relay_harness(
        make_replica(0.8, EngineDead("dead")), make_replica("Hello"), hedging=hedging
    ) as harness:
        with pytest.raises(NoReplica):
            await harness.ask(first_by=time.monotonic() + 2.7)
        assert [len(replica.calls) for replica in harness.replicas] == [1, 0]


async def test_an_answer_that_cannot_be_continued_in_time_is_given_up_before_the_deadline() -> None:
    hedging = make_measured_hedging(share=0.0, seconds=2.0)
    async with open_relay_harness(
        make_replica("Hel", 0.8, EngineDead("dead")), make_replica("Hello"), hedging=hedging
    ) as harness:
        deadline = time.monotonic() + 2.7
        with pytest.raises(NoReplica) as caught:
            await harness.ask(make_request(deadline=deadline))
        assert caught.value.started
        assert time.monotonic() < deadline
