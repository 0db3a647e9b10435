"""Keys: none makes a stronger one, some expire, and when each was used is known. Over real gRPC with a real Redis."""

import asyncio
import time
from collections.abc import AsyncIterator

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from kefu.common.auth import (
    EXPIRED_KEY_SECONDS,
    Principal,
    Priority,
    Scope,
    StoredKey,
    last_used_key,
    make_key,
    open_keyring,
    redis_key,
)
from kefu.common.errors import Unauthenticated
from kefu.common.permissions import SCOPES_OF_ROLE, Role
from kefu.common.redis.client import open_redis
from kefu.common.rpc.status import failure_of
from kefu.router.config import Timing
from kefu.router.messages.chat import timestamp
from kefu.router.storage import keys
from kefu.router.v1 import admin_pb2 as pb
from kefu.router.v1 import chat_pb2 as chat
from kefu.router.v1 import desk_pb2 as desk
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import INTERNAL_KEY, expect_failure
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness

A_DAY = 86_400.0


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, timing=Timing(key_check_seconds=0.2)) as opened:
        yield opened


@pytest.fixture
async def root(harness: RouterHarness) -> RouterClient:
    return await harness.client()


def after(seconds: float) -> Timestamp:
    return timestamp(time.time() + seconds)


async def create(who: RouterClient, **fields: object) -> pb.CreateKeyResponse:
    request = pb.CreateKeyRequest(**{"scopes": [pb.SCOPE_CHAT], **fields})  # pyright: ignore[reportArgumentType] - fields
    return await who.admin.CreateKey(request, metadata=who.metadata)


async def list_keys(who: RouterClient) -> dict[str, pb.Key]:
    listed = await who.admin.ListKeys(pb.ListKeysRequest(), metadata=who.metadata)
    return {key.name: key for key in listed.keys}


@pytest.mark.parametrize(
    ("fields", "lacking"),
    [
        ({"scopes": [pb.SCOPE_CHAT, pb.SCOPE_KNOWLEDGE]}, "scopes"),
        ({"scopes": [pb.SCOPE_OPERATOR]}, "scopes"),
        ({"collections": []}, "collections"),
        ({"collections": ["collections/help", "collections/staff"]}, "collections"),
        ({"priority": pb.PRIORITY_INTERACTIVE}, "priority"),
        ({"priority": pb.PRIORITY_URGENT}, "priority"),
        ({"expire_time": None}, "expire_time"),
        ({"expire_time": after(3 * A_DAY)}, "expire_time"),
    ],
)
async def test_a_key_makes_no_stronger_one(
    harness: RouterHarness, root: RouterClient, fields: dict[str, object], lacking: str
) -> None:
    await root.admin.CreateTenant(pb.CreateTenantRequest(tenant_id="acme"), metadata=root.metadata)
    made = await create(
        root,
        tenant="tenants/acme",
        scopes=[pb.SCOPE_CHAT, pb.SCOPE_ADMIN],
        collections=["collections/help", "collections/faq"],
        priority=pb.PRIORITY_BATCH,
        expire_time=after(2 * A_DAY),
    )
    bounded = await harness.client(made.secret)
    as_strong: dict[str, object] = {
        "scopes": [pb.SCOPE_CHAT, pb.SCOPE_ADMIN],
        "collections": ["collections/help"],
        "priority": pb.PRIORITY_BATCH,
        "expire_time": made.key.expire_time,
    }
    assert (await create(bounded, **as_strong)).secret
    refused = await expect_failure(lambda: create(bounded, **(as_strong | fields)))
    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "KEY_TOO_STRONG")
    assert refused.metadata["field"] == lacking
    assert len(await list_keys(bounded)) == 2


async def test_support_people_cannot_make_themselves_masters_of_the_installation(harness: RouterHarness) -> None:
    for role in (Role.AGENT, Role.LEAD):
        person = await harness.client(await harness.create_key("default", *SCOPES_OF_ROLE[role]))
        for call in (
            lambda person=person: create(person),
            lambda person=person: person.admin.CreateTenant(
                pb.CreateTenantRequest(tenant_id="other"), metadata=person.metadata
            ),
        ):
            assert (await expect_failure(call)).reason == "SCOPE_MISSING"
    lead = await harness.client(await harness.create_key("default", *SCOPES_OF_ROLE[Role.LEAD]))
    assert await lead.admin.GetTenantSettings(pb.GetTenantSettingsRequest(), metadata=lead.metadata)
    request = pb.GetTenantSettingsRequest(tenant="tenants/acme")
    await create_tenant_of(harness, "acme")
    elsewhere = await expect_failure(lambda: lead.admin.GetTenantSettings(request, metadata=lead.metadata))
    assert elsewhere.reason == "TENANT_NOT_FOUND", "only admins of the tenant default reach others"


async def create_tenant_of(harness: RouterHarness, tenant: str) -> None:
    root = await harness.client()
    await root.admin.CreateTenant(pb.CreateTenantRequest(tenant_id=tenant), metadata=root.metadata)


async def test_a_key_of_an_earlier_release_keeps_all_that_operator_gave(
    harness: RouterHarness, root: RouterClient
) -> None:
    await create_tenant_of(harness, "acme")
    old = await harness.client(await harness.create_key("acme", Scope.OPERATOR, Scope.CHAT))
    session = (await old.ask("I want to talk to a person.")).session
    claim = desk.ClaimSessionRequest(session=session, agent="Mei")
    assert (await old.desk.ClaimSession(claim, metadata=old.metadata)).claim
    assert await old.admin.GetTenantSettings(pb.GetTenantSettingsRequest(), metadata=old.metadata)
    made = await create(old, scopes=[pb.SCOPE_OPERATOR, pb.SCOPE_DESK])
    assert list(made.key.scopes) == [pb.SCOPE_DESK, pb.SCOPE_OPERATOR]
    assert (await list_keys(old))[made.key.name].scopes == made.key.scopes


async def test_a_scope_of_a_later_release_gives_nothing_and_takes_nothing(harness: RouterHarness) -> None:
    secret = await harness.create_key("acme", Scope.CHAT)
    async with harness.open_store() as store:
        await store.hset(redis_key(secret.split("_")[1]), "scopes", "chat telepathy")  # pyright: ignore
    customer = await harness.client(secret)
    assert await customer.chat.ListSessions(chat.ListSessionsRequest(), metadata=customer.metadata)
    refused = await expect_failure(lambda: create(customer))
    assert refused.reason == "SCOPE_MISSING"


@pytest.mark.parametrize("expire_time", [Timestamp(seconds=1), after(-1), Timestamp(seconds=2**60)])
async def test_a_key_ends_in_the_future(root: RouterClient, expire_time: Timestamp) -> None:
    refused = await expect_failure(lambda: create(root, expire_time=expire_time))
    assert (refused.reason, refused.message.partition(":")[0]) == ("BAD_REQUEST", "expire_time")


async def test_a_key_works_until_it_expires_and_is_then_told_so(harness: RouterHarness, root: RouterClient) -> None:
    made = await create(root, expire_time=after(2.0))
    customer = await harness.client(made.secret)
    request = chat.ListSessionsRequest()
    assert await customer.chat.ListSessions(request, metadata=customer.metadata)
    async with asyncio.timeout(20):
        while True:
            try:
                await customer.chat.ListSessions(request, metadata=customer.metadata)
            except grpc.aio.AioRpcError as error:
                failure = failure_of(error)
                break
            assert time.time() < made.key.expire_time.ToMicroseconds() / 1e6 + 0.1
            await asyncio.sleep(0.05)
    assert time.time() >= made.key.expire_time.ToMicroseconds() / 1e6
    assert (failure.code, failure.reason) == (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED")
    assert failure.message.startswith("This key expired on ")
    assert made.key.name in await list_keys(root), "it is listed for a while"


async def test_a_watch_ends_when_its_key_expires(harness: RouterHarness, root: RouterClient) -> None:
    made = await create(root, expire_time=after(2.0))
    customer = await harness.client(made.secret)
    session = (await customer.ask("Hello!")).session
    watch = customer.chat.WatchSession(chat.WatchSessionRequest(session=session), metadata=customer.metadata)

    async def read_to_its_end() -> None:
        async for _ in watch:
            pass

    async with asyncio.timeout(20):
        ended = await expect_failure(read_to_its_end)
    assert (ended.code, ended.message[:20]) == (grpc.StatusCode.UNAUTHENTICATED, "This key expired on ")


async def test_an_expired_key_is_refused_from_every_cache_also_while_redis_is_down(own_redis: RedisServer) -> None:
    key, ends = make_key(), time.time() + 2.0
    stored = StoredKey(key.id, key.sha256, "acme", frozenset({Scope.CHAT}), None, "", 1.0, expire_time=ends)
    async with (
        open_redis(own_redis.url, timeout_seconds=0.5) as store,
        open_keyring(INTERNAL_KEY, store=store, stale_seconds=600.0) as keyring,
    ):
        await store.hset(redis_key(key.id), mapping=stored.to_hash())  # pyright: ignore
        expected = Principal("acme", key.id, frozenset({Scope.CHAT}), None, Priority.INTERACTIVE, ends)
        assert await keyring.principal(f"Bearer {key.secret}") == expected
        own_redis.kill()
        keyring.forget()
        assert await keyring.principal(f"Bearer {key.secret}") == expected, "it is known, and Redis is away"
        await asyncio.sleep(max(0.0, ends - time.time()))
        with pytest.raises(Unauthenticated, match="This key expired on "):
            await keyring.principal(f"Bearer {key.secret}")


async def test_redis_forgets_an_expired_key_a_month_later_and_the_list_does_too(
    harness: RouterHarness, root: RouterClient
) -> None:
    for_ever, ending = await create(root), await create(root, expire_time=after(A_DAY))
    ids = [made.key.name.rpartition("/")[2] for made in (for_ever, ending)]
    async with harness.open_store() as store:
        assert await store.ttl(redis_key(ids[0])) == -1
        life = await store.ttl(redis_key(ids[1]))
        assert A_DAY + EXPIRED_KEY_SECONDS - 60 < life <= A_DAY + EXPIRED_KEY_SECONDS + 1
        assert set(await list_keys(root)) == {for_ever.key.name, ending.key.name}
        await store.hset(last_used_key("default"), mapping=dict.fromkeys(ids, "1"))  # pyright: ignore
        await store.zadd(keys.tenant_keys("default"), {ids[1]: time.time() - 1})  # pyright: ignore
        assert set(await list_keys(root)) == {for_ever.key.name}
        assert await store.zrange(keys.tenant_keys("default"), 0, -1) == [ids[0].encode()]  # pyright: ignore
        assert set(await store.hgetall(last_used_key("default"))) == {ids[0].encode()}  # pyright: ignore


async def test_when_a_key_was_used_is_listed_and_written_once_an_hour(
    harness: RouterHarness, root: RouterClient
) -> None:
    used, unused = await create(root), await create(root)
    customer = await harness.client(used.secret)
    began = time.time()
    await customer.chat.ListSessions(chat.ListSessionsRequest(), metadata=customer.metadata)
    async with asyncio.timeout(20):
        while not (listed := (await list_keys(root))[used.key.name]).HasField("last_used_time"):
            await asyncio.sleep(0.05)
    assert began - 1 <= listed.last_used_time.seconds <= time.time() + 1
    assert not (await list_keys(root))[unused.key.name].HasField("last_used_time")
    name, key_id = last_used_key("default"), used.key.name.rpartition("/")[2]
    async with harness.open_store() as store:
        await store.hset(name, key_id, "1")  # pyright: ignore
        other = await harness.client(unused.secret)
        for who in (customer, other):  # what the second writes comes after what the first might
            await who.chat.ListSessions(chat.ListSessionsRequest(), metadata=who.metadata)
        async with asyncio.timeout(20):
            while not (await list_keys(root))[unused.key.name].HasField("last_used_time"):
                await asyncio.sleep(0.05)
        assert await store.hget(name, key_id) == b"1"  # pyright: ignore
        await root.admin.RevokeKey(pb.RevokeKeyRequest(name=used.key.name), metadata=root.metadata)
        assert set(await store.hgetall(name)) == {unused.key.name.rpartition("/")[2].encode()}  # pyright: ignore
