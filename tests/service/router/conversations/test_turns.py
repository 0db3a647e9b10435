"""A turn happens once, one at a time, and can be joined, resumed, stopped: over real gRPC, with real Redis."""

import asyncio
import re
import time
from collections.abc import AsyncIterator

import grpc
import pytest

from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1.desk_pb2 import ClaimSessionRequest, ReturnSessionRequest
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import expect_failure
from tests.support.router_harness import AnswerEvents, RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.waiting import wait_until

REFUNDS = "Refunds arrive within 7 business days after we receive the parcel."
ASK = "How long does a refund take?"


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, resume_grace_seconds=1.0) as opened:
        opened.knowledge.hits = [make_hit(REFUNDS)]
        yield opened


@pytest.fixture
async def customer(harness: RouterHarness) -> RouterClient:
    return await harness.client()


class Reading:
    """A stream that is being read."""

    def __init__(self, call: "grpc.aio.UnaryStreamCall[pb.ConverseRequest, pb.ConverseEvent]") -> None:
        self.call = call
        self.events: list[pb.ConverseEvent] = []
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> AnswerEvents:
        async for event in self.call:
            self.events.append(event)
        return AnswerEvents(self.events)

    @property
    def text(self) -> str:
        return AnswerEvents(self.events).text

    async def gone(self) -> None:
        """The client is gone."""
        self.call.cancel()
        await asyncio.wait({self.task})


async def state_of(customer: RouterClient, session: str) -> "pb.Session.State.ValueType":
    got = await customer.chat.GetSession(pb.GetSessionRequest(name=session), metadata=customer.metadata)
    return got.session.state


async def held(customer: RouterClient, session: str) -> int:
    """A person takes over; the number of their claim."""
    request = ClaimSessionRequest(session=session, agent="Mei")
    return (await customer.desk.ClaimSession(request, metadata=customer.metadata)).claim


async def given_back(customer: RouterClient, session: str, to: "ReturnSessionRequest.To.ValueType") -> None:
    request = ReturnSessionRequest(session=session, claim=await held(customer, session), to=to)
    await customer.desk.ReturnSession(request, metadata=customer.metadata)


# Once.


async def test_the_same_request_id_replays_a_finished_turn(harness: RouterHarness, customer: RouterClient) -> None:
    first = await customer.ask(ASK, request_id="r-1")
    again = await customer.ask(ASK, request_id="r-1")
    assert again.started.replayed
    assert not first.started.replayed
    assert (again.text, again.completed, again.session) == (first.text, first.completed, first.session)
    assert again.found == first.found
    assert len(harness.replica.calls) == 1
    assert len(await customer.turns(first.session)) == 1


async def test_the_same_request_id_with_another_text_is_refused(customer: RouterClient) -> None:
    await customer.ask(ASK, request_id="r-1")
    read = await expect_failure(lambda: customer.ask("Something else?", request_id="r-1"))
    assert (read.code, read.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED")


async def test_the_same_request_id_in_another_session_is_refused(customer: RouterClient) -> None:
    await customer.ask(ASK, request_id="r-1")
    other = await customer.ask(ASK)
    read = await expect_failure(lambda: customer.ask(ASK, other.session, request_id="r-1"))
    assert read.reason == "REQUEST_ID_REUSED"


async def test_a_retry_may_name_the_session_that_the_first_try_opened(
    harness: RouterHarness, customer: RouterClient
) -> None:
    first = await customer.ask(ASK, request_id="r-1")
    assert (await customer.ask(ASK, first.session, request_id="r-1")).started.replayed
    assert len(harness.replica.calls) == 1


async def test_a_request_id_belongs_to_its_key(harness: RouterHarness, customer: RouterClient) -> None:
    first = await customer.ask(ASK, request_id="r-1")
    other = await (await harness.client(await harness.create_key("default"))).ask("Another question?", request_id="r-1")
    assert other.session != first.session


@pytest.mark.parametrize("routers", [1, 2])
async def test_twenty_sends_of_one_request_id_make_one_engine_call_and_twenty_equal_answers(
    own_redis: RedisServer, routers: int
) -> None:
    async with open_router_harness(own_redis, routers=routers) as harness:
        harness.knowledge.hits = [make_hit(REFUNDS)]
        harness.replica.frames = ["Refunds take ", 0.3, "7 days", 0.2, " [1]."]
        customers = [await harness.client(at=at) for at in range(routers)]
        answers = await asyncio.gather(*(customers[i % routers].ask(ASK, request_id="r-1") for i in range(20)))
        assert len(harness.replica.calls) == 1
        assert {answer.text for answer in answers} == {"Refunds take 7 days [1]."}
        assert len({answer.started.turn for answer in answers}) == 1
        assert len({answer.completed.SerializeToString(deterministic=True) for answer in answers}) == 1
        assert sum(not answer.started.replayed for answer in answers) == 1


async def test_a_failed_turn_runs_again_as_the_same_turn(harness: RouterHarness, customer: RouterClient) -> None:
    harness.replica.frames = ["Refunds ", asyncio.Event()]
    lost = Reading(customer.converse(ASK, request_id="r-1"))
    await wait_until(lambda: lost.text != "")
    await lost.gone()
    await harness.replica.calls[0].ended.wait()
    harness.replica.frames = ["7 days [1]."]
    again = await customer.ask(ASK, request_id="r-1")
    assert again.started.turn == lost.events[0].turn_started.turn
    assert again.text == "7 days [1]."
    [turn] = await customer.turns(again.session)
    assert (turn.state, turn.text) == (pb.Turn.STATE_FINISHED, "7 days [1].")


# One at a time.


async def busy_session(harness: RouterHarness, customer: RouterClient) -> tuple[Reading, asyncio.Event]:
    """A session that is answering until the event is set."""
    release = asyncio.Event()
    harness.replica.frames = ["Refunds take ", release, "7 days [1]."]
    reading = Reading(customer.converse(ASK))
    await wait_until(lambda: reading.text != "")
    return reading, release


async def test_a_second_message_is_refused_while_the_first_is_answered(
    harness: RouterHarness, customer: RouterClient
) -> None:
    reading, release = await busy_session(harness, customer)
    session = reading.events[0].turn_started.session
    read = await expect_failure(lambda: customer.ask("And now?", session))
    assert (read.code, read.reason) == (grpc.StatusCode.ABORTED, "SESSION_BUSY")
    release.set()
    assert (await reading.task).text == "Refunds take 7 days [1]."
    assert len(await customer.turns(session)) == 1
    assert (await customer.ask(ASK, session)).text


async def test_a_queued_message_is_answered_after_the_first(harness: RouterHarness, customer: RouterClient) -> None:
    reading, release = await busy_session(harness, customer)
    session = reading.events[0].turn_started.session
    queued = [
        Reading(customer.converse(f"Question number {n}, please?", session, on_busy=pb.ON_BUSY_QUEUE)) for n in range(2)
    ]
    await asyncio.sleep(0.3)
    assert queued[0].events == queued[1].events == []
    release.set()
    for later in queued:
        assert (await later.task).completed.finish_reason == pb.FINISH_REASON_STOP
    turns = await customer.turns(session)
    assert turns[0].question == ASK
    assert {turn.question for turn in turns[1:]} == {"Question number 0, please?", "Question number 1, please?"}


@pytest.mark.parametrize("at", [0, 1])
async def test_a_superseding_message_stops_the_first_and_both_are_answered_as_one(
    own_redis: RedisServer, at: int
) -> None:
    async with open_router_harness(own_redis, routers=2) as harness:
        harness.knowledge.hits = [make_hit(REFUNDS)]
        reading, _ = await busy_session(harness, await harness.client())
        session = reading.events[0].turn_started.session
        harness.replica.frames = ["7 days [1]."]
        second = await harness.client(at=at)  # at the same router, or at another one
        answer = await second.ask("I sent it back yesterday.", session, on_busy=pb.ON_BUSY_SUPERSEDE)
        first = await reading.task
        assert first.completed.finish_reason == pb.FINISH_REASON_STOPPED
        assert harness.replica.calls[0].cancelled
        assert answer.text == "7 days [1]."
        prompt = harness.replica.calls[1].request.chat.messages
        assert f"{ASK}\nI sent it back yesterday." in prompt[-1].content
        assert len(prompt) == 6  # instructions, two examples, the question: the stopped answer is no history
        assert harness.knowledge.requests[-1].query == f"{ASK}\nI sent it back yesterday."


async def test_a_message_for_a_person_is_stored_and_not_answered(
    harness: RouterHarness, customer: RouterClient
) -> None:
    first = await customer.ask(ASK)
    await held(customer, first.session)
    answer = await customer.ask("Are you there, colleague of mine?", first.session)
    assert answer.kinds == ["turn_started", "turn_completed"]
    assert answer.completed.finish_reason == pb.FINISH_REASON_HUMAN
    assert [turn.question for turn in await customer.turns(first.session)][1] == "Are you there, colleague of mine?"
    assert len(harness.replica.calls) == 1
    await given_back(customer, first.session, ReturnSessionRequest.TO_BOT)
    assert (await customer.ask(ASK, first.session, on_busy=pb.ON_BUSY_QUEUE)).text


async def test_a_closed_session_takes_no_message(harness: RouterHarness, customer: RouterClient) -> None:
    first = await customer.ask(ASK)
    await given_back(customer, first.session, ReturnSessionRequest.TO_CLOSED)
    read = await expect_failure(lambda: customer.ask(ASK, first.session))
    assert (read.code, read.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "SESSION_CLOSED")


async def test_the_lock_of_a_router_that_died_is_free_after_its_lease(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, lease_seconds=1.0) as harness:
        customer = await harness.client()
        harness.knowledge.hits = [make_hit(REFUNDS)]
        first = await customer.ask(ASK)
        async with harness.open_store() as store:
            prefix = f"kefu:1:{{default:{first.session.removeprefix('sessions/')}}}:"
            await store.set(f"{prefix}lock", "dead:99", px=1000)
        assert (await expect_failure(lambda: customer.ask(ASK, first.session))).reason == "SESSION_BUSY"
        assert (await customer.ask(ASK, first.session, on_busy=pb.ON_BUSY_QUEUE)).text


# Lost, resumed, stopped.


@pytest.mark.alone
async def test_a_client_that_is_gone_frees_the_replica_within_a_second(
    harness: RouterHarness, customer: RouterClient
) -> None:
    reading, _ = await busy_session(harness, customer)
    began = time.monotonic()
    await reading.gone()
    await asyncio.wait_for(harness.replica.calls[0].ended.wait(), 10)
    assert harness.replica.calls[0].cancelled
    assert time.monotonic() - began < 2  # a second, and room for a busy machine
    session = reading.events[0].turn_started.session
    await until_state(customer, session, pb.Turn.STATE_FAILED)
    [turn] = await customer.turns(session)
    assert turn.text == "Refunds take"


async def until_state(customer: RouterClient, session: str, state: "pb.Turn.State.ValueType") -> None:
    async with asyncio.timeout(10):
        while (await customer.turns(session))[-1].state != state:
            await asyncio.sleep(0.02)


async def test_a_reader_who_joined_keeps_the_turn_alive(harness: RouterHarness, customer: RouterClient) -> None:
    release = asyncio.Event()
    harness.replica.frames = ["Refunds take ", release, "7 days [1]."]
    first = Reading(customer.converse(ASK, request_id="r-1"))
    await wait_until(lambda: first.text != "")
    second = Reading(customer.converse(ASK, request_id="r-1"))
    await wait_until(lambda: second.text != "")
    await first.gone()
    await asyncio.sleep(0.3)
    release.set()
    answer = await second.task
    assert answer.text == "Refunds take 7 days [1]."
    assert answer.started.replayed


async def test_a_resumable_turn_goes_on_and_is_resumed_from_an_offset(
    harness: RouterHarness, customer: RouterClient
) -> None:
    release = asyncio.Event()
    harness.replica.frames = ["退款将在", release, "7天内到账[1]。"]
    reading = Reading(customer.converse("退款要多久？", resumable=True))
    await wait_until(lambda: reading.text != "")
    await reading.gone()
    await asyncio.sleep(0.3)
    assert not harness.replica.calls[0].ended.is_set()
    turn = reading.events[0].turn_started.turn
    resumed = asyncio.create_task(customer.resume(turn, 7))  # inside the third character: from its first byte
    await asyncio.sleep(0.2)
    release.set()
    answer = await resumed
    assert answer.kinds == ["turn_started", "passages_found", "text_delta", "turn_completed"]
    assert answer.started.replayed
    delta = next(event.text_delta for event in answer.events if event.WhichOneof("event") == "text_delta")
    assert delta.offset == 6
    assert answer.text == "将在7天内到账[1]。"
    assert answer.completed.finish_reason == pb.FINISH_REASON_STOP
    stored = await customer.resume(turn, 6)
    assert (stored.text, stored.completed) == (answer.text, answer.completed)


async def test_a_resumable_turn_that_nobody_takes_up_is_stored_as_interrupted(
    harness: RouterHarness, customer: RouterClient
) -> None:
    release = asyncio.Event()
    harness.replica.frames = ["Refunds take ", release]
    reading = Reading(customer.converse(ASK, resumable=True))
    await wait_until(lambda: reading.text != "")
    await reading.gone()
    await asyncio.wait_for(harness.replica.calls[0].ended.wait(), 10)
    session = reading.events[0].turn_started.session
    await until_state(customer, session, pb.Turn.STATE_FINISHED)
    [turn] = await customer.turns(session)
    assert (turn.completed.finish_reason, turn.text) == (pb.FINISH_REASON_INTERRUPTED, "Refunds take")
    assert (await customer.resume(turn.name)).completed.finish_reason == pb.FINISH_REASON_INTERRUPTED


async def test_an_offset_beyond_the_text_is_out_of_range(customer: RouterClient) -> None:
    answer = await customer.ask(ASK)
    end = len(answer.text.encode())
    assert (await customer.resume(answer.started.turn, end)).text == ""
    read = await expect_failure(lambda: customer.resume(answer.started.turn, end + 1))
    assert (read.code, read.reason) == (grpc.StatusCode.OUT_OF_RANGE, "OFFSET_OUT_OF_RANGE")


async def test_a_turn_on_another_router_is_resumed_once_it_has_ended(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, routers=2) as harness:
        harness.knowledge.hits = [make_hit(REFUNDS)]
        reading, release = await busy_session(harness, await harness.client())
        there = await harness.client(at=1)
        resumed = asyncio.create_task(there.resume(reading.events[0].turn_started.turn, 3))
        await asyncio.sleep(0.2)
        release.set()
        assert (await resumed).text == (await reading.task).text[3:]


@pytest.mark.alone
@pytest.mark.parametrize("at", [0, 1])
async def test_a_stop_ends_the_answer_within_a_second_on_whichever_router_it_runs(
    own_redis: RedisServer, at: int
) -> None:
    async with open_router_harness(own_redis, routers=2) as harness:
        harness.knowledge.hits = [make_hit(REFUNDS)]
        customer = await harness.client()
        reading, _ = await busy_session(harness, customer)
        turn = reading.events[0].turn_started.turn
        began = time.monotonic()
        await (await harness.client(at=at)).chat.StopTurn(pb.StopTurnRequest(turn=turn), metadata=customer.metadata)
        await asyncio.wait_for(harness.replica.calls[0].ended.wait(), 10)
        assert time.monotonic() - began < 2  # a second, and room for a busy machine
        answer = await reading.task
        assert answer.completed.finish_reason == pb.FINISH_REASON_STOPPED
        assert answer.text == "Refunds take"
        [stored] = await customer.turns(answer.session)
        assert (stored.text, stored.completed) == (answer.text, answer.completed)
        await customer.chat.StopTurn(pb.StopTurnRequest(turn=turn), metadata=customer.metadata)


async def test_deleting_a_session_stops_its_answer_and_leaves_nothing(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, routers=2) as harness:
        harness.knowledge.hits = [make_hit(REFUNDS)]
        customer, elsewhere = await harness.client(), await harness.client(at=1)
        done = await customer.ask(ASK, user="u-1", request_id="r-1")
        harness.replica.frames = ["Refunds take ", asyncio.Event()]
        reading = Reading(customer.converse(ASK, done.session, request_id="r-2"))
        await wait_until(lambda: reading.text != "")
        await elsewhere.chat.DeleteSession(pb.DeleteSessionRequest(name=done.session), metadata=customer.metadata)
        assert (await reading.task).completed.finish_reason == pb.FINISH_REASON_STOPPED
        assert harness.replica.calls[-1].cancelled
        async with harness.open_store() as store:
            # All but what is the installation's: who attends to desks, and the bell, which forgets within a minute.
            keys: list[bytes] = await store.keys("kefu:1:{*")  # pyright: ignore
            left = [key.decode() for key in keys]
        # And numbers, which outlive sessions, as does the audit log; that this one was erased is known for an hour by a
        # hash, and that this key had such a user, too. How many messages the user has written is forgotten in a minute.
        kept = ":(?:hour|cited):[0-9]{10}$|:(?:erased|subjects|triage-messages):[0-9a-f]{64}$|:audit(?::chain)?$"
        assert [key for key in left if not re.search(kept, key)] == []
        read = await expect_failure(lambda: customer.turns(done.session))
        assert read.reason == "SESSION_NOT_FOUND"


async def test_a_client_that_stops_reading_is_cut_and_holds_nobody_up(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, slow_reader_seconds=0.5, max_answer_bytes=20_000_000) as harness:
        harness.knowledge.hits = [make_hit(REFUNDS)]
        harness.replica.frames = ["款" * 30_000] * 30
        # Without probing: else the window of a fast connection grows until it holds the whole answer.
        customer = await harness.client(options=(("grpc.http2.bdp_probe", 0),))
        call = customer.converse(ASK, request_id="r-1", resumable=True)
        started = await call.read()
        assert isinstance(started, pb.ConverseEvent)
        await wait_until(lambda: len(harness.replica.calls) == 1)
        # The replica is read to its end, although this client reads nothing more.
        await asyncio.wait_for(harness.replica.calls[0].ended.wait(), 30)
        assert not harness.replica.calls[0].cancelled
        await asyncio.sleep(1.0)
        answer = AnswerEvents([started])

        async def read_on() -> None:
            while isinstance(event := await call.read(), pb.ConverseEvent):
                answer.events.append(event)

        read = await expect_failure(read_on)
        assert (read.code, read.reason) == (grpc.StatusCode.UNAVAILABLE, "BACKEND_UNAVAILABLE")
        rest = await customer.resume(answer.started.turn, len(answer.text.encode()))
        assert answer.text + rest.text == "款" * 30_000 * 30
