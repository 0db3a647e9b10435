"""What happens in a session reaches the pages that watch it, at any router. Over real gRPC, with a real Redis."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest

from kefu.common.auth import Scope
from kefu.common.redis.commands import Command, RedisCommands
from kefu.common.resource_names import new_turn_id
from kefu.common.rpc.status import failure_of
from kefu.router.config import Timing
from kefu.router.desk.desk_store import DeskStore
from kefu.router.domain.turn import Turn
from kefu.router.v1 import admin_pb2 as admin
from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.agents import claim_session, return_session, send_reply, watch_session
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit

REFUNDS = "Refunds arrive within 7 business days after we receive the parcel."
ASK = "How long does a refund take?"
State = pb.Session


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, routers=2) as opened:
        opened.knowledge.hits = [make_hit(REFUNDS)]
        yield opened


@pytest.fixture
async def customer(harness: RouterHarness) -> RouterClient:
    return await harness.client()


@pytest.fixture
async def elsewhere(harness: RouterHarness) -> RouterClient:
    """The same key, at the other router."""
    return await harness.client(at=1)


def told(event: pb.SessionEvent) -> str:
    """An event in a word or two."""
    if event.WhichOneof("event") == "turn_stored":
        turn = event.turn_stored
        return f"{turn.agent}: {turn.text}" if turn.agent else f"? {turn.question}"
    if event.WhichOneof("event") == "state_changed":
        changed = event.state_changed
        return " ".join([State.State.Name(changed.state).removeprefix("STATE_").lower(), changed.agent]).strip()
    return "missed"


async def session_of(customer: RouterClient, name: str) -> pb.Session:
    return (await customer.chat.GetSession(pb.GetSessionRequest(name=name), metadata=customer.metadata)).session


async def test_a_reply_at_one_router_reaches_the_page_at_another(
    customer: RouterClient, elsewhere: RouterClient
) -> None:
    session = (await customer.ask("Let me talk to a person")).session
    page = await watch_session(elsewhere, session)
    held = (await claim_session(customer, session)).claim
    await send_reply(customer, session, held, "Hello, this is Mei. How can I help?")
    await customer.ask("My parcel is late.", session)
    await return_session(customer, session, held)
    events = await page.wait_for_count(4)
    assert [told(event) for event in events] == [
        "human Mei",
        "Mei: Hello, this is Mei. How can I help?",
        "? My parcel is late.",
        "returned",
    ]
    written = events[1].turn_stored
    assert (written.question, written.completed.source) == ("", pb.ANSWER_SOURCE_PERSON)
    assert events[2].turn_stored.completed.finish_reason == pb.FINISH_REASON_HUMAN
    await page.disconnect()


async def test_a_page_that_comes_back_misses_nothing_and_sees_nothing_twice(
    customer: RouterClient, elsewhere: RouterClient
) -> None:
    session = (await customer.ask(ASK)).session
    last = (await session_of(customer, session)).last_event
    assert last == "1"
    held = (await claim_session(customer, session)).claim
    page = await watch_session(elsewhere, session, last)
    first = (await page.wait_for_count(1))[0]
    await page.disconnect()
    for number in range(30):  # more than are read at once
        await send_reply(customer, session, held, f"line {number}")
    again = await watch_session(customer, session, first.id)
    events = await again.wait_for_count(30)
    assert [told(event) for event in events] == [f"Mei: line {number}" for number in range(30)]
    assert [int(event.id) for event in events] == list(range(3, 33))
    await again.disconnect()
    assert (await session_of(customer, session)).last_event == events[-1].id


async def test_from_the_first_event_on_all_of_a_session_is_told(customer: RouterClient) -> None:
    session = (await customer.ask(ASK)).session
    await customer.ask("Let me talk to a person", session)
    page = await watch_session(customer, session, "0")
    assert [told(event) for event in await page.wait_for_count(3)] == [
        f"? {ASK}",
        "? Let me talk to a person",
        "waiting",
    ]
    await page.disconnect()


async def test_a_page_is_told_when_what_it_missed_is_kept_no_longer(
    harness: RouterHarness, customer: RouterClient
) -> None:
    session = (await customer.ask(ASK)).session
    await claim_session(customer, session)
    async with harness.open_store() as store:
        await store.xtrim(f"kefu:1:{{default:{session.removeprefix('sessions/')}}}:events", maxlen=1, approximate=False)  # pyright: ignore
    page = await watch_session(customer, session, "0")
    [missed] = await page.wait_for_count(1)
    assert (told(missed), missed.id) == ("missed", "2")
    held = (await claim_session(customer, session)).claim
    await send_reply(customer, session, held, "Here I am.")
    assert told((await page.wait_for_count(2))[1]) == "Mei: Here I am."
    await page.disconnect()
    kept = await watch_session(customer, session, "1")
    assert told((await kept.wait_for_count(1))[0]) == "human Mei"
    await kept.disconnect()
    # As after a power cut that cost Redis its last two seconds.
    ahead = await watch_session(customer, session, "99")
    assert [told(event) for event in await ahead.wait_for_count(1)] == ["missed"]
    await ahead.disconnect()


async def test_only_who_may_read_a_session_may_watch_it(harness: RouterHarness, customer: RouterClient) -> None:
    session = (await customer.ask(ASK)).session
    other_key = await harness.client(await harness.create_key("default", Scope.CHAT))
    operator = await harness.client(await harness.create_key("default", Scope.CHAT, Scope.OPERATOR))
    stranger = await harness.client(await harness.create_key("acme", Scope.CHAT, Scope.OPERATOR))
    for caller in (other_key, stranger):
        refused = await (await watch_session(caller, session)).wait_for_failure()
        assert failure_of(refused).reason == "SESSION_NOT_FOUND"
    page = await watch_session(operator, session, "0")
    assert told((await page.wait_for_count(1))[0]) == f"? {ASK}"
    await page.disconnect()


@pytest.mark.parametrize("after", ["x", "-1", "1-0", "9" * 16])
async def test_an_id_that_was_never_given_is_refused(customer: RouterClient, after: str) -> None:
    session = (await customer.ask(ASK)).session
    refused = await (await watch_session(customer, session, after)).wait_for_failure()
    assert failure_of(refused).reason == "BAD_REQUEST"


async def test_a_deleted_session_ends_its_watches_and_leaves_no_key(
    harness: RouterHarness, customer: RouterClient, elsewhere: RouterClient
) -> None:
    session = (await customer.ask("Let me talk to a person", user="u-1")).session
    held = (await claim_session(customer, session)).claim
    await send_reply(customer, session, held, "Hello.", "r-1")
    page = await watch_session(elsewhere, session)
    await customer.chat.DeleteSession(pb.DeleteSessionRequest(name=session), metadata=customer.metadata)
    ended = failure_of(await page.wait_for_failure())
    assert (ended.code, ended.reason) == (grpc.StatusCode.NOT_FOUND, "SESSION_NOT_FOUND")
    session_id = session.removeprefix("sessions/")
    async with harness.open_store() as store:
        names: list[bytes] = await store.keys("*")  # pyright: ignore
        assert [name for name in names if session_id in name.decode()] == []
        for name in names:
            if await store.type(name) == b"zset":  # pyright: ignore
                assert session_id.encode() not in await store.zrange(name, 0, -1)  # pyright: ignore


async def test_a_watch_ends_when_its_key_is_revoked(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, timing=Timing(key_check_seconds=0.2)) as harness:
        await watches_until_revoked(harness, await harness.client())


async def watches_until_revoked(harness: RouterHarness, customer: RouterClient) -> None:
    request = admin.CreateKeyRequest(scopes=[admin.SCOPE_CHAT])
    made = await customer.admin.CreateKey(request, metadata=customer.metadata)
    visitor = await harness.client(made.secret)
    session = (await visitor.ask(ASK)).session
    page = await watch_session(visitor, session, "0")
    await page.wait_for_count(1)
    await customer.admin.RevokeKey(admin.RevokeKeyRequest(name=made.key.name), metadata=customer.metadata)
    ended = failure_of(await page.wait_for_failure())
    assert (ended.code, ended.reason) == (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED")


async def test_a_lost_ring_is_made_up_for(
    harness: RouterHarness, customer: RouterClient, elsewhere: RouterClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await harness.start_router(Timing(sweep_seconds=0.2))
    third = await harness.client(at=2)
    session = (await customer.ask(ASK)).session
    page = await watch_session(third, session)

    def silent(tenant: str, session_id: str) -> Command:
        return ("PING",)

    async with harness.open_store() as redis:
        people = DeskStore(RedisCommands(redis), life=3600, retention_seconds=60, publish_change=silent)
        session_id = session.removeprefix("sessions/")
        held = await people.claim("default", session_id, "bootstrap", "Mei", take_over=False)
        turn = Turn(new_turn_id(), "", "en", "", 1.0, text="Can you hear me?", agent="Mei")
        await people.reply(await people.conversation("default", session_id), "default", "bootstrap", held, turn, "")
    assert [told(event) for event in await page.wait_for_count(2)] == ["human Mei", "Mei: Can you hear me?"]
    await page.disconnect()


async def test_hundreds_of_pages_are_woken_by_one_reader_of_redis(
    harness: RouterHarness, customer: RouterClient
) -> None:
    session = (await customer.ask(ASK)).session
    held = (await claim_session(customer, session)).claim

    async def connections() -> tuple[int, int]:
        async with harness.open_store() as store:
            clients: list[dict[str, str]] = await store.client_list()  # pyright: ignore
            return len(clients), sum(client["cmd"] == "xread" for client in clients)

    before, _ = await connections()
    pages = [await watch_session(customer, session) for _ in range(200)]
    during, reading = await connections()
    assert reading <= 2  # one a router
    assert during <= before + 8  # those that open a watch, not those that wait
    await send_reply(customer, session, held, "To all of you.")
    for page in pages:
        assert [told(event) for event in await page.wait_for_count(1)] == ["Mei: To all of you."]
    await asyncio.gather(*(page.disconnect() for page in pages))


async def test_a_router_that_leaves_ends_its_watches_at_once_and_another_one_goes_on(harness: RouterHarness) -> None:
    customer = await harness.client()
    session = (await customer.ask(ASK)).session
    leaving = await harness.spawn_router()
    page = await watch_session(await harness.client(at=leaving), session, "0")
    seen = (await page.wait_for_count(1))[0]
    assert await leaving.terminate() == 0
    ended = failure_of(await page.wait_for_failure())
    # The process may be gone before its reason is read: then the connection's end says UNAVAILABLE too.
    assert ended.code is grpc.StatusCode.UNAVAILABLE
    assert ended.reason in ("BACKEND_UNAVAILABLE", "")
    held = (await claim_session(customer, session)).claim
    await send_reply(customer, session, held, "Still here.")
    again = await watch_session(customer, session, seen.id)
    assert [told(event) for event in await again.wait_for_count(2)] == ["human Mei", "Mei: Still here."]
    await again.disconnect()


async def test_a_watch_outlasts_a_redis_that_is_away_for_a_while(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis) as harness:
        harness.knowledge.hits = [make_hit(REFUNDS)]
        customer = await harness.client()
        session = (await customer.ask(ASK)).session
        page = await watch_session(customer, session)
        own_redis.kill()
        await own_redis.start()
        held = (await claim_session(customer, session)).claim
        await send_reply(customer, session, held, "Back again.")
        assert [told(event) for event in await page.wait_for_count(2)] == ["human Mei", "Mei: Back again."]
        await page.disconnect()


async def test_ten_thousand_messages_are_listed_by_the_page_and_watched_from_the_end(
    harness: RouterHarness, customer: RouterClient
) -> None:
    session = (await customer.ask(ASK)).session
    held = (await claim_session(customer, session)).claim
    async with harness.open_store() as redis:
        people = DeskStore(
            RedisCommands(redis), life=3600, retention_seconds=60
        )  # as the router does, without 10,000 calls
        conversation = await people.conversation("default", session.removeprefix("sessions/"))

        async def some(start: int) -> None:
            for number in range(start, 10_000, 20):
                turn = Turn(new_turn_id(), "", "en", "", 1.0, text=f"message {number}", agent="Mei")
                await people.reply(conversation, "default", "bootstrap", held, turn, "")

        await asyncio.gather(*(some(start) for start in range(20)))
    assert (await session_of(customer, session)).turn_count == 10_001
    page = await watch_session(customer, session, "2")
    assert [told(event) for event in await page.wait_for_count(1)] == ["missed"]
    texts: set[str] = set()
    token, pages = "", 0
    while True:
        request = pb.ListTurnsRequest(session=session, page_size=100, page_token=token)
        listed = await customer.chat.ListTurns(request, metadata=customer.metadata)
        texts |= {turn.text for turn in listed.turns}
        pages += 1
        if not (token := listed.next_page_token):
            break
    assert pages == 101
    assert {f"message {number}" for number in range(10_000)} <= texts
    await send_reply(customer, session, held, "the last")
    assert told((await page.wait_for_count(2))[1]) == "Mei: the last"
    await page.disconnect()
    async with harness.open_store() as store:
        kept = await store.xlen(f"kefu:1:{{default:{session.removeprefix('sessions/')}}}:events")  # pyright: ignore
        assert 1_000 <= int(kept) <= 1_100
