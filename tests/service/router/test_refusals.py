"""What the router refuses, and how: each error with its own reason, and nobody sees what is someone else's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

import grpc
import pytest

from kefu.common.auth import Scope
from kefu.common.errors import CollectionNotFound
from kefu.router.v1 import admin_pb2 as admin
from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import expect_failure
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.table import table

ASK = "How long does a refund take?"
UNKNOWN = "sessions/00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis) as opened:
        opened.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        yield opened


@pytest.fixture
async def customer(harness: RouterHarness) -> RouterClient:
    return await harness.client()


@table(
    ("field", "request_"),
    [
        ("text", pb.ConverseRequest(session="sessions/-")),
        ("text", pb.ConverseRequest(session="sessions/-", text=" \n\t ")),
        ("text", pb.ConverseRequest(session="sessions/-", text="x" * 4001)),
        ("text", pb.ConverseRequest(session="sessions/-", text="退" * 350_000)),  # 1 MB
        ("session", pb.ConverseRequest(text=ASK)),
        ("session", pb.ConverseRequest(session="sessions/a/turns/b", text=ASK)),
        ("request_id", pb.ConverseRequest(session="sessions/-", text=ASK, request_id="x" * 129)),
        ("user", pb.ConverseRequest(session="sessions/-", text=ASK, user="x" * 129)),
        ("as_of", pb.ConverseRequest(session="sessions/-", text=ASK, as_of="2026-02-30")),
        ("on_busy", pb.ConverseRequest(session="sessions/-", text=ASK, on_busy=9)),  # type: ignore[arg-type]
        ("language", pb.ConverseRequest(session="sessions/-", text=ASK, language="fr")),
        ("max_tokens", pb.ConverseRequest(session="sessions/-", text=ASK, max_tokens=0)),
        ("max_tokens", pb.ConverseRequest(session="sessions/-", text=ASK, max_tokens=4097)),
        ("temperature", pb.ConverseRequest(session="sessions/-", text=ASK, temperature=float("nan"))),
        ("temperature", pb.ConverseRequest(session="sessions/-", text=ASK, temperature=2.5)),
        ("collections", pb.ConverseRequest(session="sessions/-", text=ASK, collections=["help"])),
        ("collections", pb.ConverseRequest(session="sessions/-", text=ASK, collections=["collections/help"] * 17)),
        (
            "reasoning.max_tokens",
            pb.ConverseRequest(session="sessions/-", text=ASK, reasoning=pb.ReasoningOptions(max_tokens=4097)),
        ),
    ],
)
async def test_a_wrong_field_is_named(
    harness: RouterHarness, customer: RouterClient, field: str, request_: pb.ConverseRequest
) -> None:
    async def call() -> None:
        async for _ in customer.chat.Converse(request_, metadata=customer.metadata):
            pass

    read = await expect_failure(call)
    assert (read.code, read.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "BAD_REQUEST")
    assert read.message.startswith(f"{field}: ")
    assert harness.replica.calls == []


async def test_the_longest_text_allowed_is_answered(harness: RouterHarness, customer: RouterClient) -> None:
    assert (await customer.ask("退" * 4000)).completed.finish_reason


async def test_an_unknown_session_or_turn_is_not_found(customer: RouterClient) -> None:
    chat, metadata = customer.chat, customer.metadata
    turn = f"{UNKNOWN}/turns/01890000-0000-7000-8000-000000000000"
    for reason, call in (
        ("SESSION_NOT_FOUND", lambda: customer.ask(ASK, UNKNOWN)),
        ("SESSION_NOT_FOUND", lambda: customer.turns(UNKNOWN)),
        ("SESSION_NOT_FOUND", lambda: once(chat.GetSession(pb.GetSessionRequest(name=UNKNOWN), metadata=metadata))),
        (
            "SESSION_NOT_FOUND",
            lambda: once(chat.DeleteSession(pb.DeleteSessionRequest(name=UNKNOWN), metadata=metadata)),
        ),
        ("TURN_NOT_FOUND", lambda: customer.resume(turn)),
        ("TURN_NOT_FOUND", lambda: once(chat.StopTurn(pb.StopTurnRequest(turn=turn), metadata=metadata))),
        ("TURN_NOT_FOUND", lambda: once(chat.RateTurn(pb.RateTurnRequest(turn=turn), metadata=metadata))),
    ):
        read = await expect_failure(call)
        assert (read.code, read.reason) == (grpc.StatusCode.NOT_FOUND, reason)


async def once(call: Awaitable[object]) -> object:
    return await call


@pytest.mark.parametrize("tenant", ["acme", "default"])
async def test_nobody_elses_key_sees_a_session(harness: RouterHarness, customer: RouterClient, tenant: str) -> None:
    mine = await customer.ask(ASK, user="u-1", request_id="r-1")
    other = await harness.client(await harness.create_key(tenant))
    chat, metadata = other.chat, other.metadata
    turn, name = mine.started.turn, mine.session
    calls: list[tuple[str, Callable[[], Coroutine[object, object, object]]]] = [
        ("SESSION_NOT_FOUND", lambda: other.ask(ASK, name)),
        ("SESSION_NOT_FOUND", lambda: other.turns(name)),
        ("SESSION_NOT_FOUND", lambda: once(chat.GetSession(pb.GetSessionRequest(name=name), metadata=metadata))),
        ("SESSION_NOT_FOUND", lambda: once(chat.DeleteSession(pb.DeleteSessionRequest(name=name), metadata=metadata))),
        ("TURN_NOT_FOUND", lambda: other.resume(turn)),
        ("TURN_NOT_FOUND", lambda: once(chat.StopTurn(pb.StopTurnRequest(turn=turn), metadata=metadata))),
        ("TURN_NOT_FOUND", lambda: once(chat.RateTurn(pb.RateTurnRequest(turn=turn), metadata=metadata))),
    ]
    for reason, call in calls:
        assert (await expect_failure(call)).reason == reason
    assert (await chat.ListSessions(pb.ListSessionsRequest(), metadata=metadata)).sessions == []
    erased = await chat.DeleteUser(pb.DeleteUserRequest(user="u-1"), metadata=metadata)
    assert erased.sessions_deleted == 0
    assert len(await customer.turns(name)) == 1


async def test_a_key_with_the_operator_scope_reads_its_tenants_sessions_and_does_no_more(
    harness: RouterHarness,
) -> None:
    owner = await harness.client(await harness.create_key("acme"))
    lead = await harness.client(await harness.create_key("acme", Scope.CHAT, Scope.OPERATOR))
    stranger = await harness.client(await harness.create_key("other", Scope.CHAT, Scope.OPERATOR))
    mine = await owner.ask(ASK)
    assert [turn.question for turn in await lead.turns(mine.session)] == [ASK]
    assert (await expect_failure(lambda: lead.ask(ASK, mine.session))).reason == "SESSION_NOT_FOUND"
    assert (await expect_failure(lambda: stranger.turns(mine.session))).reason == "SESSION_NOT_FOUND"


async def test_a_collection_that_the_key_may_not_search_is_not_found(harness: RouterHarness) -> None:
    narrow = await harness.client(await harness.create_key("acme", collections=frozenset({"help"})))
    read = await expect_failure(lambda: narrow.ask(ASK, collections=["collections/secret"]))
    assert (read.code, read.reason) == (grpc.StatusCode.NOT_FOUND, "COLLECTION_NOT_FOUND")
    assert harness.knowledge.requests == []


async def test_a_collection_that_does_not_exist_is_not_found(harness: RouterHarness, customer: RouterClient) -> None:
    harness.knowledge.error = CollectionNotFound("No such collection.")
    read = await expect_failure(lambda: customer.ask(ASK, collections=["collections/none"], request_id="r-1"))
    assert (read.code, read.reason) == (grpc.StatusCode.NOT_FOUND, "COLLECTION_NOT_FOUND")
    listed = await customer.chat.ListSessions(pb.ListSessionsRequest(), metadata=customer.metadata)
    assert listed.sessions == []  # nothing is left of it
    harness.knowledge.error = None
    opened = await customer.ask(ASK, request_id="r-1")
    harness.knowledge.error = CollectionNotFound("No such collection.")
    await expect_failure(lambda: customer.ask(ASK, opened.session, collections=["collections/none"]))
    assert len(await customer.turns(opened.session)) == 2  # a conversation that there was stays


async def test_a_key_without_the_scope_is_refused(harness: RouterHarness) -> None:
    support_lead = await harness.client(await harness.create_key("acme", Scope.KNOWLEDGE))
    assert (await expect_failure(lambda: support_lead.ask(ASK))).reason == "SCOPE_MISSING"
    chatter = await harness.client(await harness.create_key("acme", Scope.CHAT))

    async def tenants() -> object:
        return await chatter.admin.ListTenants(admin.ListTenantsRequest(), metadata=chatter.metadata)

    assert (await expect_failure(tenants)).reason == "SCOPE_MISSING"


async def test_more_turns_than_places_are_refused_with_a_time_to_come_back(own_redis: RedisServer) -> None:
    async with open_router_harness(
        own_redis, max_concurrent_turns=1, max_waiting_turns=1, admission_seconds=0.5
    ) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        release = asyncio.Event()
        harness.replica.frames = ["Soon. ", release]
        customer = await harness.client()
        running = asyncio.create_task(customer.ask(ASK))
        while not harness.replica.calls:
            await asyncio.sleep(0.01)
        waiting = asyncio.create_task(expect_failure(lambda: customer.ask(ASK)))
        await asyncio.sleep(0.2)
        for read in (await expect_failure(lambda: customer.ask(ASK)), await waiting):
            assert (read.code, read.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED")
            assert read.retry_after is not None
            assert 0.5 <= read.retry_after <= 30
        release.set()
        assert (await running).text == "Soon."
        assert (await customer.ask(ASK)).text == "Soon."


async def test_a_tenants_quota_holds_over_all_routers_and_for_no_other_tenant(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, routers=2, tenant_concurrent_turns=1) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        release = asyncio.Event()
        harness.replica.frames = ["Soon. ", release]
        key = await harness.create_key("acme")
        here, there = await harness.client(key), await harness.client(key, at=1)
        running = asyncio.create_task(here.ask(ASK))
        while not harness.replica.calls:
            await asyncio.sleep(0.01)
        read = await expect_failure(lambda: there.ask(ASK))
        assert (read.code, read.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TENANT_LIMIT")
        assert read.metadata == {"limit": "max_concurrent_turns", "value": "1"}
        assert read.retry_after is not None
        other = await harness.client(await harness.create_key("umbrella"), at=1)
        answering = asyncio.create_task(other.ask(ASK))
        while len(harness.replica.calls) < 2:
            await asyncio.sleep(0.01)
        release.set()
        assert (await running).text == (await answering).text == "Soon."
        assert (await there.ask(ASK)).text == "Soon."


async def test_a_deadline_that_passes_ends_the_call_and_the_work(
    harness: RouterHarness, customer: RouterClient
) -> None:
    harness.replica.frames = ["Soon. ", asyncio.Event()]
    request = pb.ConverseRequest(session="sessions/-", text=ASK)

    async def call() -> None:
        async for _ in customer.chat.Converse(request, metadata=customer.metadata, timeout=1.5):
            pass

    assert (await expect_failure(call)).code == grpc.StatusCode.DEADLINE_EXCEEDED
    await asyncio.wait_for(harness.replica.calls[0].ended.wait(), 10)
    assert harness.replica.calls[0].cancelled
