"""What a router does when replicas fail, hang, refuse or are late: over real gRPC, with scripted replicas."""

import asyncio
import dataclasses
import time
from collections.abc import Iterator

import pytest
from prometheus_client import REGISTRY

from kefu.common.errors import DeadlineExceeded, EngineDead, Internal, ReplicaFull
from kefu.router.dispatch.relay import NoReplica, RelayPolicy
from kefu.router.dispatch.retry_budget import RetryBudget
from kefu.router.domain.generation import PartialAnswer
from kefu.router.replicas.circuit_breaker import BreakerState
from tests.support.relay_harness import (
    CUSTOMER,
    ReceivedFrames,
    make_measured_hedging,
    make_replica,
    make_request,
    open_relay_harness,
)
from tests.support.scripted_services import Step, serve_replica

TEXT = "退款需𠮷7个𪚥日。👩‍👧 Gelöscht 😀!"  # characters of one to four bytes, and some that are joined


class Once(list[Step]):
    """Steps that are played the first time; after that, `then`. Whoever shares it, shares the count."""

    def __init__(self, steps: list[Step], then: list[Step]) -> None:
        super().__init__(steps)
        self._then = then
        self._played = False

    def __iter__(self) -> Iterator[Step]:
        steps, self._played = (self._then if self._played else list(super().__iter__())), True
        return iter(steps)


# Before the first token.


@pytest.mark.parametrize("error", [EngineDead("dead"), ReplicaFull("full"), RuntimeError("boom")])
async def test_a_failure_before_the_first_token_is_retried_elsewhere(error: Exception) -> None:
    async with open_relay_harness(make_replica(error), make_replica("Hello")) as harness:
        assert (await harness.ask()).text == "Hello"
        assert [len(replica.calls) for replica in harness.replicas] == [1, 1]
        await harness.wait_until_idle()


async def test_a_replica_that_hangs_before_its_first_token_is_cancelled_and_another_answers() -> None:
    patience = RelayPolicy(first_token_seconds=0.3, idle_seconds=5.0, max_attempts=3)
    async with open_relay_harness(make_replica(asyncio.Event()), make_replica("Hello"), patience=patience) as harness:
        assert (await harness.ask()).text == "Hello"
        await asyncio.wait_for(harness.replicas[0].calls[0].ended.wait(), 10)
        assert harness.replicas[0].calls[0].cancelled
        await harness.wait_until_idle()


async def test_a_queue_is_no_silence_a_replica_that_works_for_others_is_waited_for() -> None:
    # Before and within the answer: 0.9 s without a word, three times as long as either time-out.
    patience = RelayPolicy(first_token_seconds=0.3, idle_seconds=0.3, max_attempts=3)
    busy = make_replica(0.9, "Hel", 0.9, "lo")
    async with open_relay_harness(busy, make_replica("other"), patience=patience) as harness:
        busy.works = 50
        assert (await harness.ask()).text == "Hello"
        assert [len(replica.calls) for replica in harness.replicas] == [1, 0]
        assert harness.pool.replicas[0].breaker.state is BreakerState.CLOSED
        await harness.wait_until_idle()


async def test_a_replica_that_stops_working_is_silent_from_then_on() -> None:
    patience = RelayPolicy(first_token_seconds=0.4, idle_seconds=5.0, max_attempts=3)
    hung = make_replica(asyncio.Event())
    async with open_relay_harness(hung, make_replica("Hello"), patience=patience) as harness:
        hung.works = 50
        asyncio.get_running_loop().call_later(0.8, setattr, hung, "works", 0)
        began = time.monotonic()
        assert (await harness.ask()).text == "Hello"
        assert 0.8 < time.monotonic() - began < 4


async def test_a_queue_is_waited_for_no_longer_than_the_customer_waits() -> None:
    patience = RelayPolicy(first_token_seconds=0.3, idle_seconds=0.3, max_attempts=3)
    busy = make_replica("H", asyncio.Event())
    async with open_relay_harness(busy, patience=patience) as harness:
        busy.works = 50
        with pytest.raises(DeadlineExceeded):
            await harness.ask(make_request(deadline=time.monotonic() + 1))
        busy.frames = [asyncio.Event()]
        with pytest.raises(NoReplica):
            await harness.ask(first_by=time.monotonic() + 1)
        await harness.wait_until_idle()


async def test_the_only_replica_is_tried_again_after_a_pause() -> None:
    async with open_relay_harness(make_replica()) as harness:
        harness.replicas[0].frames = Once([EngineDead("dead")], ["Hello"])
        assert (await harness.ask()).text == "Hello"
        first, second = harness.replicas[0].calls
        assert second.began - first.began >= 0.025  # half of the first step of the backoff, at least


async def test_one_replica_in_a_storm_of_errors_costs_no_answer() -> None:
    patience = RelayPolicy(first_token_seconds=10.0, idle_seconds=1.0, max_attempts=3)
    async with open_relay_harness(make_replica(Internal("boom")), make_replica("Hello"), patience=patience) as harness:
        answers = await asyncio.gather(*(harness.ask(preferred=number % 2) for number in range(40)))
        assert {answer.text for answer in answers} == {"Hello"}
        await harness.wait_until_idle()


async def test_what_is_full_is_asked_again_after_the_time_it_names() -> None:
    full = ReplicaFull("full", retry_after=0.4)
    async with open_relay_harness(make_replica(), make_replica(full)) as harness:
        harness.replicas[0].frames = Once([full], ["Hello"])
        began = time.monotonic()
        assert (await harness.ask()).text == "Hello"
        assert time.monotonic() - began >= 0.35


async def test_when_all_are_full_for_longer_than_the_customer_waits_it_is_known_at_once() -> None:
    full = ReplicaFull("full", retry_after=10)
    patience = RelayPolicy(first_token_seconds=20.0, idle_seconds=1.0, max_attempts=5)
    async with open_relay_harness(make_replica(full), make_replica(full), patience=patience) as harness:
        deadline = time.monotonic() + 8
        with pytest.raises(NoReplica) as caught:
            await harness.ask(first_by=deadline)
        assert not caught.value.started
        assert time.monotonic() < deadline - 1
        assert sum(len(replica.calls) for replica in harness.replicas) == 2
        await harness.wait_until_idle()


async def test_once_the_retry_budget_is_used_up_failures_are_not_sent_again() -> None:
    budget = RetryBudget(share=0.0, reserve=3.0)
    async with open_relay_harness(
        make_replica(EngineDead("dead")), make_replica(EngineDead("dead")), retries=budget
    ) as harness:
        for _ in range(10):
            with pytest.raises(NoReplica):
                await harness.ask()
        assert sum(len(replica.calls) for replica in harness.replicas) == 10 + 3


# After the first token.


async def test_an_answer_broken_off_after_any_number_of_tokens_is_whole() -> None:
    async with open_relay_harness(make_replica(*TEXT), make_replica(*TEXT)) as harness:
        whole = await harness.ask()
        assert (whole.text, whole.token_ids) == (TEXT, [ord(character) for character in TEXT])
        for sent in range(len(TEXT) + 1):
            frames = Once([*TEXT[:sent], EngineDead("dead")], list(TEXT))
            for replica in harness.replicas:
                replica.frames, replica.calls = frames, []
            written = await harness.ask()
            assert (written.text, written.token_ids) == (whole.text, whole.token_ids), sent
            assert written.end is not None
            assert written.end.usage.completion_tokens == len(TEXT)
            calls = [call for replica in harness.replicas for call in replica.calls]
            assert sorted(call.request.continuation.text for call in calls) == ["", TEXT[:sent]], sent
        await harness.wait_until_idle()


async def test_no_budget_stands_in_the_way_of_a_continuation() -> None:
    async with open_relay_harness(
        make_replica(*TEXT), make_replica(*TEXT), retries=RetryBudget(share=0, reserve=0)
    ) as harness:
        for replica in harness.replicas:
            replica.frames = Once([*TEXT[:5], EngineDead("dead")], list(TEXT))
        assert (await harness.ask()).text == TEXT


async def test_a_replica_that_hangs_in_mid_answer_is_cancelled_and_another_goes_on() -> None:
    patience = RelayPolicy(first_token_seconds=5.0, idle_seconds=0.3, max_attempts=3)
    async with open_relay_harness(
        make_replica(*TEXT[:4], asyncio.Event()), make_replica(*TEXT), patience=patience
    ) as harness:
        assert (await harness.ask()).text == TEXT
        await asyncio.wait_for(harness.replicas[0].calls[0].ended.wait(), 10)
        assert harness.replicas[0].calls[0].cancelled
        await harness.wait_until_idle()


async def test_a_long_answer_has_no_time_out_over_all() -> None:
    patience = RelayPolicy(first_token_seconds=0.5, idle_seconds=0.5, max_attempts=1)
    steps: list[Step] = [step for character in TEXT[:10] for step in (0.1, character)]
    async with open_relay_harness(make_replica(*steps), patience=patience) as harness:
        assert (await harness.ask()).text == TEXT[:10]


async def test_a_connection_that_breaks_in_mid_answer_goes_unnoticed() -> None:
    async with open_relay_harness(make_replica(*TEXT)) as harness:
        dying = make_replica(*TEXT[:6], asyncio.Event())
        written = ReceivedFrames()
        async with serve_replica(dying) as address:
            await harness.pool.set_addresses([*harness.addresses, address])
            harness.addresses.append(address)
            await harness.wait_until_known()
            reading = asyncio.create_task(harness.ask_into(written, preferred=1))
            async with asyncio.timeout(10):
                while len(written.frames) < 6:
                    await asyncio.sleep(0.01)
        await asyncio.wait_for(reading, 10)
        assert written.text == TEXT


async def test_every_replica_gone_for_a_moment_is_waited_for_in_mid_answer() -> None:
    patience = RelayPolicy(first_token_seconds=5.0, idle_seconds=5.0, max_attempts=2)
    async with open_relay_harness(make_replica(), patience=patience) as harness:
        harness.replicas[0].frames = [*TEXT[:6], EngineDead("dead")]
        harness.replicas[0].continued = [EngineDead("dead")]
        written = ReceivedFrames()
        reading = asyncio.create_task(harness.ask_into(written))
        await asyncio.sleep(0.8)
        harness.replicas[0].continued = list(TEXT)
        await asyncio.wait_for(reading, 10)
        assert written.text == TEXT


async def test_token_ids_of_other_weights_are_not_mixed() -> None:
    other = make_replica(*TEXT)
    other.fingerprint = "other weights"
    other.continued = [*TEXT[:9], EngineDead("dead")]
    async with open_relay_harness(make_replica(*TEXT[:4], EngineDead("dead")), other) as harness:
        harness.replicas[0].continued = list(TEXT)
        assert (await harness.ask()).text == TEXT
        last = harness.replicas[0].calls[1].request.continuation
        assert (last.text, list(last.token_ids), last.fingerprint) == (TEXT[:9], [], "other weights")


async def test_an_answer_that_another_router_began_is_gone_on_with_whatever_the_budget_says() -> None:
    async with open_relay_harness(
        make_replica(EngineDead("dead")), make_replica(*TEXT), retries=RetryBudget(share=0, reserve=0)
    ) as harness:
        sent = PartialAnswer(tuple(ord(character) for character in TEXT[:5]), TEXT[:5], "weights")
        written = await harness.ask(dataclasses.replace(make_request(), continuation=sent))
        assert written.text == TEXT[5:]
        assert written.end is not None
        assert written.end.usage.completion_tokens == len(TEXT)


async def test_an_answer_that_kills_whoever_writes_it_does_not_kill_them_for_ever() -> None:
    frames: list[Step] = [step for character in TEXT for step in (character, EngineDead("dead"))]
    async with open_relay_harness(make_replica(*frames), make_replica(*frames)) as harness:
        for replica in harness.replicas:
            replica.continued = None
        written = ReceivedFrames()
        with pytest.raises(NoReplica) as caught:
            await harness.ask_into(written)
        assert caught.value.started
        assert TEXT.startswith(written.text)
        assert sum(len(replica.calls) for replica in harness.replicas) <= 9
        await harness.wait_until_idle()


async def test_leaving_an_answer_half_read_gives_everything_back() -> None:
    async with open_relay_harness(make_replica("Hel", asyncio.Event())) as harness:
        frames = harness.relays.relay(CUSTOMER).frames(make_request())
        assert await anext(frames)
        await frames.aclose()
        await asyncio.wait_for(harness.replicas[0].calls[0].ended.wait(), 10)
        assert harness.replicas[0].calls[0].cancelled
        await harness.wait_until_idle()


# What is counted.


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_retries_continuations_and_second_requests_are_counted() -> None:
    names: list[tuple[str, dict[str, str]]] = [
        ("kefu_retries_total", {"cause": "dead"}),
        ("kefu_continuations_total", {"cause": "silent"}),
        ("kefu_hedges_total", {}),
        ("kefu_hedges_won_total", {}),
        ("kefu_first_token_seconds_count", {"path": "retried"}),
        ("kefu_first_token_seconds_count", {"path": "hedged"}),
        ("kefu_between_tokens_seconds_count", {}),
    ]
    before = [counted(name, **labels) for name, labels in names]
    patience = RelayPolicy(first_token_seconds=2.0, idle_seconds=0.3, max_attempts=3)
    async with open_relay_harness(
        make_replica(EngineDead("dead")), make_replica("one", "two"), patience=patience
    ) as harness:
        await harness.ask()
    async with open_relay_harness(
        make_replica("one", asyncio.Event()), make_replica("one", "two"), patience=patience
    ) as harness:
        await harness.ask()
    async with open_relay_harness(
        make_replica(asyncio.Event()), make_replica("quick"), hedging=make_measured_hedging()
    ) as harness:
        await harness.ask()
    after = [counted(name, **labels) for name, labels in names]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 1, 1, 1, 1, 2]
