"""Listing, rating, erasing: what is kept of conversations. Over real gRPC, with a real Redis."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc.aio
import pytest

from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import expect_failure
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.shared_redis import SharedRedis
from tests.support.waiting import wait_until_async

ASK = "How long does a refund take?"


@pytest.fixture
async def harness(redis: SharedRedis) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(redis) as opened:
        opened.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        yield opened


@pytest.fixture
async def customer(harness: RouterHarness) -> RouterClient:
    return await harness.client()


async def test_a_session_says_what_it_is(customer: RouterClient) -> None:
    answer = await customer.ask(f"{ASK} {'Really. ' * 20}", user="u-1")
    await customer.ask(ASK, answer.session)
    got = await customer.chat.GetSession(pb.GetSessionRequest(name=answer.session), metadata=customer.metadata)
    session = got.session
    assert (session.name, session.user, session.turn_count) == (answer.session, "u-1", 2)
    assert (session.state, session.running_turn) == (pb.Session.STATE_BOT, "")
    assert session.title.startswith(ASK)
    assert len(session.title) == 80
    life = session.expire_time.ToSeconds() - session.update_time.ToSeconds()
    assert life == 7 * 86_400


async def test_sessions_are_listed_latest_first_by_page_and_by_user(customer: RouterClient) -> None:
    opened = [(await customer.ask("Hello!", user="u-even" if n % 2 == 0 else "u-odd")).session for n in range(5)]
    await customer.ask("Hello!", opened[0])  # now the latest
    expected = [opened[0], *reversed(opened[1:])]
    listed: list[str] = []
    token = ""
    while True:
        page = await customer.chat.ListSessions(
            pb.ListSessionsRequest(page_size=2, page_token=token), metadata=customer.metadata
        )
        assert len(page.sessions) <= 2
        listed += [session.name for session in page.sessions]
        token = page.next_page_token
        if not token:
            break
    assert listed == expected
    odd = await customer.chat.ListSessions(pb.ListSessionsRequest(user="u-odd"), metadata=customer.metadata)
    assert [session.name for session in odd.sessions] == [opened[3], opened[1]]


async def test_turns_are_listed_oldest_first_by_page(customer: RouterClient) -> None:
    first = await customer.ask("Hello!")
    for text in ("Thanks!", "Bye"):
        await customer.ask(text, first.session)
    page = await customer.chat.ListTurns(
        pb.ListTurnsRequest(session=first.session, page_size=2), metadata=customer.metadata
    )
    rest = await customer.chat.ListTurns(
        pb.ListTurnsRequest(session=first.session, page_size=2, page_token=page.next_page_token),
        metadata=customer.metadata,
    )
    assert [turn.question for turn in [*page.turns, *rest.turns]] == ["Hello!", "Thanks!", "Bye"]
    assert rest.next_page_token == ""


async def test_turns_are_listed_latest_first_and_what_comes_meanwhile_moves_no_page(customer: RouterClient) -> None:
    first = await customer.ask("Hello!")
    for text in ("Thanks!", "Bye"):
        await customer.ask(text, first.session)
    request = pb.ListTurnsRequest(session=first.session, page_size=2, latest_first=True)
    page = await customer.chat.ListTurns(request, metadata=customer.metadata)
    await customer.ask("Hello again!", first.session)
    request.page_token = page.next_page_token
    rest = await customer.chat.ListTurns(request, metadata=customer.metadata)
    assert [turn.question for turn in [*page.turns, *rest.turns]] == ["Bye", "Thanks!", "Hello!"]
    assert rest.next_page_token == ""


@pytest.mark.parametrize("token", ["x", "!!!!", "LTE=", "KG5vdA=="])
async def test_a_page_token_of_someones_own_making_is_refused(customer: RouterClient, token: str) -> None:
    first = await customer.ask("Hello!")

    async def turns() -> object:
        request = pb.ListTurnsRequest(session=first.session, page_token=token)
        return await customer.chat.ListTurns(request, metadata=customer.metadata)

    async def sessions() -> object:
        return await customer.chat.ListSessions(pb.ListSessionsRequest(page_token=token), metadata=customer.metadata)

    assert (await expect_failure(turns)).reason == "BAD_REQUEST"
    assert (await expect_failure(sessions)).reason == "BAD_REQUEST"


async def test_a_later_rating_replaces_the_one_before(customer: RouterClient) -> None:
    answer = await customer.ask(ASK)
    for rating, comment in ((pb.RATING_UP, ""), (pb.RATING_DOWN, "太慢了"), (pb.RATING_UNSPECIFIED, "")):
        request = pb.RateTurnRequest(turn=answer.started.turn, rating=rating, comment=comment)
        await customer.chat.RateTurn(request, metadata=customer.metadata)
        [turn] = await customer.turns(answer.session)
        assert (turn.rating, turn.rating_comment) == (rating, comment)


async def test_everything_of_a_user_is_erased_and_nothing_of_others(
    harness: RouterHarness, customer: RouterClient
) -> None:
    for n in range(3):
        await customer.ask(ASK, user="u-1", request_id=f"r-{n}")
    other = await customer.ask(ASK, user="u-2")
    erased = await customer.chat.DeleteUser(pb.DeleteUserRequest(user="u-1"), metadata=customer.metadata)
    assert erased.sessions_deleted == 3
    listed = await customer.chat.ListSessions(pb.ListSessionsRequest(), metadata=customer.metadata)
    assert [session.name for session in listed.sessions] == [other.session]
    again = await customer.chat.DeleteUser(pb.DeleteUserRequest(user="u-1"), metadata=customer.metadata)
    assert again.sessions_deleted == 0
    async with harness.open_store() as store:
        keys: list[bytes] = await store.keys(f"*{harness.tenant}*")  # pyright: ignore
    assert not [key for key in keys if b":request:" in key]


async def test_an_erased_users_words_are_nowhere_while_an_answer_runs_another_waits_and_a_third_was_refused(
    own_redis: RedisServer,
) -> None:
    async with open_router_harness(own_redis, tenant_concurrent_turns=9, tenant_questions_per_minute=600) as harness:
        harness.knowledge.hits = [make_hit("Refunds of zebras arrive within 7 business days.")]
        customer = await harness.client()
        first = await customer.ask("Where is my quokka?", user="u-quokka", request_id="r-quokka-1")
        rating = pb.RateTurnRequest(turn=first.started.turn, rating=pb.RATING_DOWN, comment="no quokka")
        await customer.chat.RateTurn(rating, metadata=customer.metadata)
        await customer.ask("Call me on 13812345678 about the quokka! 转人工", first.session, request_id="r-quokka-2")

        goes_on = asyncio.Event()
        harness.replica.frames = ["The quokka ", goes_on, "sleeps."]
        running = customer.converse("Is the quokka well?", first.session, request_id="r-quokka-3", resumable=True)
        async for event in running:
            if event.WhichOneof("event") == "text_delta":
                break
        waiting = customer.converse("And the other quokka?", first.session, on_busy=pb.ON_BUSY_QUEUE)
        refused = customer.ask("One more quokka?", first.session, request_id="r-quokka-4")
        waits = asyncio.ensure_future(waiting.read())
        assert (await expect_failure(lambda: refused)).reason == "SESSION_BUSY"
        assert [key for key, found in (await everything(harness)).items() if b"quokka" in found]

        await customer.chat.DeleteUser(pb.DeleteUserRequest(user="u-quokka"), metadata=customer.metadata)
        goes_on.set()
        with pytest.raises(grpc.aio.AioRpcError):
            await waits
        running.cancel()
        session = first.session.removeprefix("sessions/").encode()

        async def is_gone() -> bool:
            return not any(session in key for key in await everything(harness))

        await wait_until_async(is_gone)
        left = await everything(harness)
        for word in (b"quokka", b"13812345678", b"zebra", b"u-quokka"):
            assert not [key for key, found in left.items() if word in found or word in key]
        async with harness.open_store() as store:
            for key in left:
                if b":request:" in key:  # the refused message's, and its SHA-256 alone
                    assert 0 < await store.ttl(key) <= 3600


async def everything(harness: RouterHarness) -> dict[bytes, bytes]:
    """All that Redis holds: each key, and its value as Redis would print it."""
    reads: dict[bytes, Callable[[Any, bytes], Any]] = {
        b"string": lambda store, key: store.get(key),
        b"hash": lambda store, key: store.hgetall(key),
        b"list": lambda store, key: store.lrange(key, 0, -1),
        b"zset": lambda store, key: store.zrange(key, 0, -1),
        b"set": lambda store, key: store.smembers(key),
        b"stream": lambda store, key: store.xrange(key),
    }
    found: dict[bytes, bytes] = {}
    async with harness.open_store() as store:
        for key in await store.keys("*"):  # pyright: ignore
            kind: bytes = await store.type(key)  # pyright: ignore
            if kind != b"none":
                found[key] = repr(await reads[kind](store, key)).encode().replace(b"\\x", b"")  # pyright: ignore
    return found


async def test_every_key_of_a_conversation_has_a_life(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        customer = await harness.client()
        answer = await customer.ask(ASK, user="u-1", request_id="r-1")
        request = pb.RateTurnRequest(turn=answer.started.turn, rating=pb.RATING_UP)
        await customer.chat.RateTurn(request, metadata=customer.metadata)
        async with harness.open_store() as store:
            keys: list[bytes] = await store.keys("kefu:1:*")  # pyright: ignore
            lives = {key.decode(): int(await store.ttl(key)) for key in keys}
        assert lives
        numbers = {key: life for key, life in lives.items() if ":hour:" in key or ":cited:" in key}
        assert all(0 < life <= 400 * 86_400 for life in numbers.values()), numbers
        others = {key: life for key, life in lives.items() if key not in numbers}
        assert {key: life for key, life in others.items() if not 0 < life <= 7 * 86_400 + 3600} == {}
