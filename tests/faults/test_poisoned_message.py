"""A message that kills its router is not tried for ever: three real routers are killed over it, a fourth refuses it."""

from collections.abc import AsyncIterator

import grpc
import pytest
from prometheus_client import REGISTRY

from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import expect_failure
from tests.support.router_harness import RouterClient, RouterHarness, RouterProcess, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.waiting import wait_until, wait_until_async

ASK = "How long does a refund take?"
TEXT = "Refunds arrive within 7 business days [1]."
LEASE_SECONDS = 1.0


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, lease_seconds=LEASE_SECONDS) as opened:
        opened.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        yield opened


async def begin(customer: RouterClient, *, request_id: str = "", turn: str = "") -> str:
    """Send a message, or resume its turn, and return the turn's name once a router answers it."""
    if turn:
        call = customer.chat.ResumeTurn(pb.ResumeTurnRequest(turn=turn), metadata=customer.metadata)
    else:
        call = customer.converse(ASK, request_id=request_id, resumable=True)
    event = await call.read()
    assert isinstance(event, pb.ConverseEvent)
    return event.turn_started.turn


async def spawned(harness: RouterHarness) -> tuple[RouterProcess, RouterClient]:
    router = await harness.spawn_router()
    return router, await harness.client(at=router)


async def until_nobody_runs(harness: RouterHarness, turn: str) -> None:
    """Wait until the lease of the dead router has run out."""
    _, session, _, turn_id = turn.split("/")
    async with harness.open_store() as store:

        async def free() -> bool:
            return not await store.exists(f"kefu:1:{{default:{session}}}:alive:{turn_id}")  # pyright: ignore

        await wait_until_async(free)


async def killed_over_it(harness: RouterHarness, *, request_id: str = "", turn: str = "") -> str:
    router, customer = await spawned(harness)
    turn = await begin(customer, request_id=request_id, turn=turn)
    await router.kill()
    await until_nobody_runs(harness, turn)
    return turn


@pytest.mark.parametrize("request_id", ["r-1", ""])
async def test_a_message_over_which_three_routers_have_died_is_refused_and_its_session_goes_on(
    harness: RouterHarness, request_id: str
) -> None:
    harness.replica.frames = ["Refunds arrive ", 600.0]
    turn = await killed_over_it(harness, request_id=request_id)
    for _ in range(2):
        assert await killed_over_it(harness, request_id=request_id, turn="" if request_id else turn) == turn
    harness.replica.frames = [TEXT]
    before = REGISTRY.get_sample_value("kefu_poisoned_messages_total") or 0.0
    customer = await harness.client()
    for _ in range(2):
        resumed = await expect_failure(lambda: customer.resume(turn))
        assert (resumed.code, resumed.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "POISONED_MESSAGE")
        assert "in other words" in resumed.message
    if request_id:
        sent_again = await expect_failure(lambda: customer.ask(ASK, request_id=request_id))
        assert sent_again.reason == "POISONED_MESSAGE"
    refused = REGISTRY.get_sample_value("kefu_poisoned_messages_total") or 0.0
    assert refused - before == (3 if request_id else 2)
    session = turn.partition("/turns/")[0]
    [stored] = await customer.turns(session)
    assert stored.state == pb.Turn.STATE_FAILED
    assert (await customer.ask("And how do I return it?", session, request_id="r-2")).text == TEXT


async def test_a_message_that_two_routers_died_over_and_a_third_one_answers_is_answered(harness: RouterHarness) -> None:
    harness.replica.frames = ["Refunds arrive ", 600.0]
    turn = await killed_over_it(harness, request_id="r-1")
    await killed_over_it(harness, request_id="r-1")
    harness.replica.frames = harness.replica.continued = [TEXT]
    customer = await harness.client()
    assert (await customer.ask(ASK, request_id="r-1")).completed.finish_reason == pb.FINISH_REASON_STOP
    async with harness.open_store() as store:
        assert not [name async for name in store.scan_iter("*:attempts:*")], "what has ended leaves no count"  # pyright: ignore
    [stored] = await customer.turns(turn.partition("/turns/")[0])
    assert stored.state == pb.Turn.STATE_FINISHED


async def test_a_message_that_was_handed_on_or_refused_in_order_is_not_taken_for_poisoned(
    harness: RouterHarness,
) -> None:
    turn = ""
    harness.replica.frames = ["Refunds arrive ", 600.0]
    for _ in range(3):  # a rolling update
        router, customer = await spawned(harness)
        turn = await begin(customer, request_id="r-1")
        assert await router.terminate() == 0
    customer, session = await harness.client(), turn.partition("/turns/")[0]
    await begin(customer, turn=turn)
    for _ in range(4):  # the session is busy
        busy = await expect_failure(
            lambda: customer.ask("Hello?", session, request_id="r-2", on_busy=pb.ON_BUSY_REJECT)
        )
        assert busy.reason == "SESSION_BUSY"
    await customer.chat.StopTurn(pb.StopTurnRequest(turn=turn), metadata=customer.metadata)
    await wait_until(lambda: all(call.cancelled for call in harness.replica.calls))
    harness.replica.frames = [TEXT]
    again = await customer.ask("Hello?", session, request_id="r-2")
    assert again.completed.finish_reason == pb.FINISH_REASON_STOP
