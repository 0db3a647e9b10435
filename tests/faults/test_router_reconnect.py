"""An answer outlives the connection it is read on, and the router that gives it: two real routers over a real Redis."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import grpc.aio
import pytest

from kefu.common.errors import CannotContinue
from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import expect_failure
from tests.support.router_harness import AnswerEvents, RouterClient, RouterHarness, RouterProcess, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.waiting import wait_until

ASK = "How long does a refund take?"
TEXT = "Refunds arrive within 7 business days [1]."
WORDS = [*"abcdefghijklmnopqrst"]


class Reading:
    """A stream that is being read by a client that may lose it."""

    def __init__(self, call: "grpc.aio.UnaryStreamCall[pb.ConverseRequest, pb.ConverseEvent]") -> None:
        self.call = call
        self.answer = AnswerEvents([])
        self.error: grpc.aio.AioRpcError | None = None
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for event in self.call:
                self.answer.events.append(event)
        except grpc.aio.AioRpcError as error:
            self.error = error

    @property
    def held(self) -> bytes:
        return self.answer.text_after(b"")

    @property
    def turn(self) -> str:
        return self.answer.started.turn

    async def lose(self) -> None:
        self.call.cancel()
        await asyncio.wait({self.task})


async def saved(harness: RouterHarness, turn: str) -> bytes:
    """What Redis has of a running turn's text."""
    _, session, _, turn_id = turn.split("/")
    async with harness.open_store() as store:
        return await store.hget(f"kefu:1:{{default:{session}}}:draft:{turn_id}", "text") or b""  # pyright: ignore


async def until_saved(harness: RouterHarness, reading: Reading) -> None:
    async with asyncio.timeout(10):
        while not (reading.held and await saved(harness, reading.turn) == reading.held):
            await asyncio.sleep(0.02)


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, routers=2, lease_seconds=1.5, resume_grace_seconds=1.0) as opened:
        opened.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        yield opened


async def begun(harness: RouterHarness, at: int | RouterProcess = 0, request_id: str = "") -> Reading:
    """An answer that stands still after its first words, which Redis has."""
    harness.replica.frames = ["Refunds arrive ", asyncio.Event(), "within 7 business days [1]."]
    customer = await harness.client(at=at)
    reading = Reading(customer.converse(ASK, resumable=True, request_id=request_id))
    await wait_until(lambda: bool(reading.answer.events) and bool(reading.held))
    await until_saved(harness, reading)
    return reading


@asynccontextmanager
async def killed_in_mid_answer(harness: RouterHarness, request_id: str = "") -> AsyncIterator[Reading]:
    """An answer whose router was killed; its client holds the first words."""
    process = await harness.spawn_router()
    reading = await begun(harness, process, request_id)
    await process.kill()
    await asyncio.wait({reading.task})
    assert reading.error is not None
    assert reading.error.code() is grpc.StatusCode.UNAVAILABLE
    harness.replica.frames = ["Refunds arrive ", "within 7 business days [1]."]
    yield reading


async def resumed(customer: RouterClient, reading: Reading) -> AnswerEvents:
    """As a client does that was told UNAVAILABLE: again, from what it holds."""
    return await customer.resume(reading.turn, len(reading.held))


async def stored(customer: RouterClient, turn: str) -> pb.Turn:
    session = turn.partition("/turns/")[0]
    return next(one for one in await customer.turns(session) if one.name == turn)


# The client's connection is lost.


async def test_the_other_router_gives_every_byte_that_is_left_exactly_once(harness: RouterHarness) -> None:
    harness.replica.frames = [step for word in WORDS for step in (f"{word} ", 0.08)]
    here, there = await harness.client(), await harness.client(at=1)
    reading = Reading(here.converse(ASK, resumable=True))
    await wait_until(lambda: len(reading.answer.events) > 5)
    await reading.lose()
    rest = await resumed(there, reading)
    deltas = [event.text_delta for event in rest.events if event.WhichOneof("event") == "text_delta"]
    assert deltas[0].offset == len(reading.held)
    assert reading.held + rest.text.encode() == " ".join(WORDS).encode()
    assert len(deltas) > 1, "it was followed as it came"
    assert rest.completed.finish_reason == pb.FINISH_REASON_STOP
    assert (await stored(there, reading.turn)).text == " ".join(WORDS)
    assert len(harness.replica.calls) == 1


async def test_an_answer_that_is_read_at_the_other_router_is_not_given_up(harness: RouterHarness) -> None:
    reading = await begun(harness)
    await reading.lose()
    there = await harness.client(at=1)
    resuming = asyncio.create_task(resumed(there, reading))
    await asyncio.sleep(3.0)  # three times the grace period
    release = next(step for step in harness.replica.frames if isinstance(step, asyncio.Event))
    assert not harness.replica.calls[0].cancelled
    release.set()
    rest = await resuming
    assert rest.text_after(reading.held) == TEXT.encode()
    assert rest.completed.finish_reason == pb.FINISH_REASON_STOP


async def test_an_answer_that_nobody_reads_any_more_at_either_router_is_given_up(harness: RouterHarness) -> None:
    reading = await begun(harness)
    there = await harness.client(at=1)
    request = pb.ResumeTurnRequest(turn=reading.turn, offset=len(reading.held))
    following = there.chat.ResumeTurn(request, metadata=there.metadata)
    assert isinstance(await following.read(), pb.ConverseEvent)
    await reading.lose()
    following.cancel()
    await asyncio.wait_for(harness.replica.calls[0].ended.wait(), 15)
    assert harness.replica.calls[0].cancelled


# The router dies.


async def test_another_router_goes_on_with_the_answer_of_one_that_was_killed(harness: RouterHarness) -> None:
    customer = await harness.client()
    async with killed_in_mid_answer(harness) as reading:
        died = time.monotonic()
        rest = await resumed(customer, reading)
    assert time.monotonic() - died < 10
    assert rest.started.replayed
    assert rest.kinds == ["turn_started", "passages_found", "text_delta", "turn_completed"]
    assert rest.found == reading.answer.found
    assert rest.text_after(reading.held) == TEXT.encode()
    assert rest.completed.text_bytes == len(TEXT.encode())
    assert (await stored(customer, reading.turn)).text == TEXT
    first, second = harness.replica.calls
    assert not first.request.HasField("continuation")
    sent = second.request.continuation
    assert (sent.text, sent.fingerprint) == ("Refunds arrive ", "weights")
    assert "".join(map(chr, sent.token_ids)) == "Refunds arrive "
    assert len(harness.knowledge.requests) == 1, "the passages were kept"


async def test_a_sentence_that_was_held_when_the_router_was_killed_is_checked_and_shown_by_the_other(
    own_redis: RedisServer,
) -> None:
    async with open_router_harness(own_redis, routers=1, lease_seconds=1.5, answer_profile="full") as harness:
        harness.knowledge.hits = [make_hit("A refund takes 7 business days. A refund to a card takes 3 days more.")]
        process = await harness.spawn_router()
        shown, held = "A refund takes 7 business days [1]. ", "A refund to a card "
        harness.replica.frames = [shown, held, asyncio.Event()]
        customer = await harness.client(at=process)
        reading = Reading(customer.converse(ASK, resumable=True))
        await wait_until(lambda: bool(reading.answer.events) and bool(reading.held))
        await until_saved(harness, reading)
        await process.kill()
        await asyncio.wait({reading.task})
        assert reading.held == shown.strip().encode()
        harness.replica.frames = [shown, held, "takes 3 days more [1]."]
        rest = await resumed(await harness.client(), reading)
    assert rest.text_after(reading.held) == f"{shown}{held}takes 3 days more [1].".encode()
    assert rest.completed.source == pb.ANSWER_SOURCE_GENERATED
    assert harness.replica.calls[1].request.HasField("continuation")


async def test_a_router_that_is_stopped_hands_its_answers_on_at_once(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, lease_seconds=10.0) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        process = await harness.spawn_router()
        reading = await begun(harness, process)
        assert await process.terminate() == 0
        await asyncio.wait({reading.task})
        assert reading.error is not None
        harness.replica.frames = ["Refunds arrive ", "within 7 business days [1]."]
        stopped = time.monotonic()
        rest = await resumed(await harness.client(), reading)
        assert time.monotonic() - stopped < 5  # half a lease
        assert rest.text_after(reading.held) == TEXT.encode()
        assert harness.replica.calls[1].request.continuation.text == "Refunds arrive "


async def test_where_redis_is_behind_what_the_client_holds_the_first_delta_replaces(harness: RouterHarness) -> None:
    customer = await harness.client()
    async with killed_in_mid_answer(harness) as reading:
        _, session, _, turn_id = reading.turn.split("/")
        async with harness.open_store() as store:  # as if the router had died before it wrote the second word
            draft = f"kefu:1:{{default:{session}}}:draft:{turn_id}"
            ids = "".join(f"{ord(letter)}," for letter in "Refunds ")
            await store.hset(draft, mapping={"text": "Refunds", "raw": "Refunds ", "ids": ids})  # pyright: ignore
        harness.replica.continued = ["Refunds ", "take 7 business days [1]."]
        rest = await resumed(customer, reading)
    expected = "Refunds take 7 business days [1]."
    assert reading.held == b"Refunds arrive"
    first = next(event.text_delta for event in rest.events if event.WhichOneof("event") == "text_delta")
    assert first.offset == len("Refunds")
    assert rest.text_after(reading.held) == expected.encode()
    assert (await stored(customer, reading.turn)).text == expected
    # Whoever still holds the old words is told so later, too.
    for at in (0, 1):
        later = await resumed(await harness.client(at=at), reading)
        assert later.text_after(reading.held) == expected.encode()


async def test_an_answer_that_cannot_be_continued_is_begun_anew_and_replaces(harness: RouterHarness) -> None:
    customer = await harness.client()
    async with killed_in_mid_answer(harness) as reading:
        harness.replica.frames = ["It takes 7 business days [1]."]
        harness.replica.continued = [CannotContinue("start over")]
        rest = await resumed(customer, reading)
    assert rest.text_after(reading.held) == b"It takes 7 business days [1]."
    assert next(e.text_delta.offset for e in rest.events if e.WhichOneof("event") == "text_delta") == 0
    assert (await stored(customer, reading.turn)).text == "It takes 7 business days [1]."


async def test_a_request_id_sent_again_to_both_routers_after_its_router_was_killed_goes_on_once(
    harness: RouterHarness,
) -> None:
    customers = [await harness.client(at=at) for at in (0, 1)]
    async with killed_in_mid_answer(harness, "r-1") as reading:
        asking = [customers[n % 2].ask(ASK, request_id="r-1", resumable=True) for n in range(10)]
        answers = await asyncio.gather(*asking)
    assert {answer.text for answer in answers} == {TEXT}
    assert {answer.started.turn for answer in answers} == {reading.turn}
    assert len(harness.replica.calls) == 2, "the first one, and one that goes on"
    after = await asyncio.gather(*(customer.ask(ASK, request_id="r-1") for customer in customers))
    assert {answer.text for answer in after} == {TEXT}
    assert len(harness.replica.calls) == 2


async def test_a_request_id_sent_to_both_routers_at_once_is_answered_once_and_followed(harness: RouterHarness) -> None:
    harness.replica.frames = [step for word in WORDS for step in (f"{word} ", 0.05)]
    customers = [await harness.client(at=at) for at in (0, 1)]
    answers = await asyncio.gather(*(customers[n % 2].ask(ASK, request_id="r-1") for n in range(10)))
    assert {answer.text for answer in answers} == {" ".join(WORDS)}
    assert len(harness.replica.calls) == 1


async def test_a_turn_whose_router_was_killed_cannot_be_taken_up_by_a_stranger(harness: RouterHarness) -> None:
    stranger = await harness.client(await harness.create_key("default"))
    async with killed_in_mid_answer(harness) as reading:
        read = await expect_failure(lambda: resumed(stranger, reading))
    assert (read.code, read.reason) == (grpc.StatusCode.NOT_FOUND, "TURN_NOT_FOUND")


async def test_locks_and_places_of_a_killed_router_are_free_within_ten_seconds(own_redis: RedisServer) -> None:
    async with open_router_harness(
        own_redis, tenant_concurrent_turns=1
    ) as harness:  # the lease is what it is by default
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        customer = await harness.client()
        async with killed_in_mid_answer(harness) as reading:
            died = time.monotonic()
            session = reading.answer.session

            async def refused() -> bool:
                try:
                    await customer.ask(ASK, session)
                except grpc.aio.AioRpcError:
                    return True
                return False

            assert await refused()
            while await refused():
                assert time.monotonic() - died < 12  # ten, and room for a busy machine
                await asyncio.sleep(0.25)
