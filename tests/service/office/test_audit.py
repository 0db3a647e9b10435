"""The audit log as administrators see it: acts leave entries, a change of one is named, nothing secret is in it."""

import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from kefu.common.audit.entry import StoredEntry, pseudonym
from kefu.common.audit.log import stream_key
from kefu.common.auth import Scope
from kefu.router.v1 import admin_pb2 as admin
from kefu.router.v1 import audit_pb2 as pb
from kefu.router.v1 import audit_pb2_grpc as rpc
from kefu.router.v1 import chat_pb2 as chat
from kefu.router.v1 import webhook_pb2 as webhooks
from kefu.router.v1 import webhook_pb2_grpc as webhooks_rpc
from kefu.testing.redis_server import RedisServer
from tests.support.agents import claim_session, return_session
from tests.support.gateway_harness import CHAT, open_gateway_harness
from tests.support.grpc_calls import bearer_metadata, expect_failure, open_channel
from tests.support.oidc_issuer import AUDIENCE, open_oidc_issuer
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit

AUDIT = "/kefu.router.v1.AuditService"
ADMIN = "/kefu.router.v1.AdminService"
_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Auditor:
    """An administrator who reads the audit log."""

    def __init__(self, channel: grpc.aio.Channel, key: str) -> None:
        self.stub = rpc.AuditServiceStub(channel)
        self.metadata = bearer_metadata(key)

    async def page(self, **fields: Any) -> pb.ListAuditEntriesResponse:
        return await self.stub.ListAuditEntries(pb.ListAuditEntriesRequest(**fields), metadata=self.metadata)

    async def entries(self, **fields: Any) -> list[pb.AuditEntry]:
        """All entries but those of reading the log, the oldest first."""
        found: list[pb.AuditEntry] = []
        while True:
            page = await self.page(**fields)
            found += page.entries
            if not page.next_page_token:
                return [entry for entry in reversed(found) if entry.action != "audit.read"]
            fields["page_token"] = page.next_page_token

    async def verify(self, **fields: Any) -> pb.VerifyAuditResponse:
        return await self.stub.VerifyAudit(pb.VerifyAuditRequest(**fields), metadata=self.metadata)


async def raw_log(harness: RouterHarness, tenant: str) -> bytes:
    """All that a tenant's log holds in Redis (DUMP would compress it)."""
    async with harness.open_store() as store:
        stored: list[tuple[bytes, dict[bytes, bytes]]] = await store.xrange(stream_key(tenant))  # pyright: ignore
    assert stored
    return b"\n".join(part for _, fields in stored for pair in fields.items() for part in pair)


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, webhook_private=True) as opened:
        opened.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        yield opened


@pytest.fixture
async def channel(harness: RouterHarness) -> AsyncIterator[grpc.aio.Channel]:
    async with open_channel(harness.routers[0].port) as opened:
        yield opened


@pytest.fixture
async def root(harness: RouterHarness) -> RouterClient:
    client = await harness.client()
    await client.admin.CreateTenant(admin.CreateTenantRequest(tenant_id="acme"), metadata=client.metadata)
    return client


async def make_key(
    root: RouterClient, *scopes: "admin.Scope.ValueType", tenant: str = "acme"
) -> admin.CreateKeyResponse:
    request = admin.CreateKeyRequest(tenant=f"tenants/{tenant}", scopes=scopes, display_name="the shop's")
    return await root.admin.CreateKey(request, metadata=root.metadata)


async def test_each_act_leaves_an_entry_with_who_what_to_whom_from_where_and_how_it_ended(
    harness: RouterHarness, channel: grpc.aio.Channel, root: RouterClient
) -> None:
    lead = await harness.client((await make_key(root, admin.SCOPE_OPERATOR, admin.SCOPE_CHAT)).secret)
    me = lead.key.split("_")[1]
    made = await make_key(lead, admin.SCOPE_CHAT)
    traced = (*lead.metadata, ("traceparent", f"00-{_TRACE}-00f067aa0ba902b7-01"))
    await lead.admin.RevokeKey(admin.RevokeKeyRequest(name=made.key.name), metadata=traced)
    settings = admin.UpdateTenantSettingsRequest(settings=admin.TenantSettings(instructions="Be kind to Mrs Lee."))
    await lead.admin.UpdateTenantSettings(settings, metadata=lead.metadata)
    assert (await expect_failure(lambda: update(lead, settings))).reason == "STALE_REVISION"
    hook = webhooks.CreateWebhookRequest(
        url="http://127.0.0.1:1/hooks/s3cret-path", events=[webhooks.WEBHOOK_EVENT_TURN, webhooks.WEBHOOK_EVENT_HANDOFF]
    )
    hooks = webhooks_rpc.WebhookServiceStub(channel)
    created = (await hooks.CreateWebhook(hook, metadata=lead.metadata)).webhook.name
    await hooks.DeleteWebhook(webhooks.DeleteWebhookRequest(name=created), metadata=lead.metadata)
    session = (await lead.ask("Let me talk to a person", user="lee@example.com")).session
    claim = (await claim_session(lead, session)).claim
    await return_session(lead, session, claim)
    await lead.chat.DeleteUser(chat.DeleteUserRequest(user="lee@example.com"), metadata=lead.metadata)

    entries = await Auditor(channel, lead.key).entries()
    assert [(entry.action, entry.target, entry.outcome) for entry in entries] == [
        ("key.create", f"tenants/acme/keys/{me}", "OK"),
        ("key.create", made.key.name, "OK"),
        ("key.revoke", made.key.name, "OK"),
        ("settings.update", "tenants/acme/settings", "OK"),
        ("settings.update", "tenants/acme/settings", "STALE_REVISION"),
        ("webhook.create", created, "OK"),
        ("webhook.delete", created, "OK"),
        ("desk.claim", session, "OK"),
        ("desk.return", session, "OK"),
        ("user.erase", f"users/{pseudonym('lee@example.com')}", "OK"),
    ]
    assert [entry.sequence for entry in entries] == list(range(1, 11))
    assert entries[0].actor == "tenants/default/keys/bootstrap"
    assert {entry.actor for entry in entries[1:]} == {f"tenants/acme/keys/{me}"}
    assert {"chat", "operator"} <= set(entries[1].scopes)
    assert {(entry.address, entry.address_from) for entry in entries} == {("127.0.0.1", "peer")}
    assert entries[2].trace == _TRACE
    assert dict(entries[0].details)["scopes"] == "chat operator"
    assert dict(entries[3].details) == {"revision": "1", "fields": "instructions"}
    assert dict(entries[5].details) == {"events": "turn handoff", "host": "127.0.0.1"}
    assert dict(entries[9].details) == {"sessions": "1"}
    # Neither secrets nor what anybody wrote: not in the entries, nor anywhere in the stream.
    everything = await raw_log(harness, "acme")
    for secret in (lead.key, made.secret, "s3cret-path", "lee@example.com", "Mrs Lee", "talk to a person"):
        assert secret.rpartition("_")[2].encode() not in everything


async def update(who: RouterClient, request: admin.UpdateTenantSettingsRequest) -> object:
    return await who.admin.UpdateTenantSettings(request, metadata=who.metadata)


async def test_an_entry_that_is_changed_in_redis_is_named_by_the_check(
    harness: RouterHarness, channel: grpc.aio.Channel, root: RouterClient
) -> None:
    for _ in range(3):
        await make_key(root, admin.SCOPE_CHAT)
    auditor = Auditor(channel, root.key)
    before = await auditor.verify(tenant="tenants/acme")
    assert (before.entries, before.removed, before.broken_sequence, before.problem) == (3, 0, 0, "")
    assert (await auditor.verify(tenant="tenants/acme", known_hash=before.last_hash)).known_hash_found
    assert not (await auditor.verify(tenant="tenants/acme", known_hash="0" * 64)).known_hash_found
    async with harness.open_store() as store:
        stored: list[tuple[bytes, dict[bytes, bytes]]] = await store.xrange(stream_key("acme"))  # pyright: ignore
        await store.delete(stream_key("acme"))
        for number, (entry_id, fields) in enumerate(stored):
            if number == 1:
                fields = {**fields, b"entry": fields[b"entry"].replace(b"keys/bootstrap", b"keys/somebody1")}
            await store.xadd(stream_key("acme"), fields, id=entry_id)  # pyright: ignore
    after = await auditor.verify(tenant="tenants/acme")
    assert (after.broken_sequence, after.entries, after.last_sequence) == (2, 1, 1)
    assert after.problem == "The entry was changed: its hash is another one."
    assert (await auditor.verify()).broken_sequence == 0  # the log of the tenant default is another one


async def test_lines_of_json_have_the_hash_that_follows_from_them(
    channel: grpc.aio.Channel, root: RouterClient
) -> None:
    await make_key(root, admin.SCOPE_CHAT)
    entries = await Auditor(channel, root.key).entries()
    assert [entry.action for entry in entries] == ["tenant.create"]
    for entry in entries:
        values = json.loads(entry.json)
        digest = values.pop("hash")
        text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        assert digest == entry.hash == hashlib.sha256(text.encode()).hexdigest()
        assert (values["actor"], values["tenant"], values["sequence"]) == (entry.actor, "default", entry.sequence)
        assert StoredEntry(text, digest).line() == entry.json


async def test_a_refusal_is_recorded_in_the_callers_own_log_and_once_a_minute(
    harness: RouterHarness, channel: grpc.aio.Channel, root: RouterClient
) -> None:
    customer = await harness.client((await make_key(root, admin.SCOPE_CHAT)).secret)
    lead = await harness.client((await make_key(root, admin.SCOPE_OPERATOR)).secret)
    for _ in range(5):
        assert (await expect_failure(lambda: make_key(customer, admin.SCOPE_OPERATOR))).reason == "SCOPE_MISSING"
        assert (
            await expect_failure(lambda: make_key(lead, admin.SCOPE_CHAT, tenant="default"))
        ).reason == "TENANT_NOT_FOUND"
    refused = await Auditor(channel, root.key).entries(tenant="tenants/acme", failed=True)
    assert [(entry.actor.rpartition("/")[2], entry.action, entry.target, entry.outcome) for entry in refused] == [
        (customer.key.split("_")[1], "key.create", "", "SCOPE_MISSING"),
        (lead.key.split("_")[1], "key.create", "tenants/default/keys", "TENANT_NOT_FOUND"),
    ]
    assert await Auditor(channel, root.key).entries(failed=True) == []  # nobody writes into another tenant's log


async def test_what_customers_may_call_leaves_no_entry_when_it_fails(
    harness: RouterHarness, channel: grpc.aio.Channel, root: RouterClient
) -> None:
    customer = await harness.client(await harness.create_key("acme", Scope.CHAT))
    request = chat.DeleteSessionRequest(name="sessions/nothing")
    await expect_failure(lambda: erase(customer, request))
    assert await Auditor(channel, root.key).entries(tenant="tenants/acme") == []
    request = chat.DeleteSessionRequest(name=(await customer.ask("Hello!")).session)
    await erase(customer, request)
    [entry] = await Auditor(channel, root.key).entries(tenant="tenants/acme")
    assert (entry.action, entry.target, entry.outcome) == ("session.erase", request.name, "OK")


async def erase(who: RouterClient, request: chat.DeleteSessionRequest) -> object:
    return await who.chat.DeleteSession(request, metadata=who.metadata)


async def test_an_export_and_an_erasure_are_recorded_without_anything_of_the_person(
    harness: RouterHarness, channel: grpc.aio.Channel, root: RouterClient
) -> None:
    user, visitor = "lee@example.com", "visitor-1f0c8a52-2a35-4c0e-9d3b-6f0a4f1f2b11"
    await root.ask("Where is my parcel QH-4711?", user=user)
    request = chat.ExportUserRequest(user=user, all_keys=True)
    size = 0
    async for part in root.chat.ExportUser(request, metadata=root.metadata):
        size += len(part.data)
    await root.chat.DeleteUser(chat.DeleteUserRequest(user=user), metadata=root.metadata)
    await root.chat.DeleteUser(chat.DeleteUserRequest(visitor=visitor), metadata=root.metadata)
    entries = await Auditor(channel, root.key).entries()
    assert [(entry.action, entry.target, dict(entry.details)) for entry in entries[1:]] == [
        ("user.export", f"users/{pseudonym(user)}", {"all_keys": "yes", "bytes": str(size)}),
        ("user.erase", f"users/{pseudonym(user)}", {"sessions": "1"}),
        ("user.erase", f"visitors/{pseudonym(visitor)}", {"sessions": "0"}),
    ]
    everything = await raw_log(harness, "default")
    for text in (user, visitor, "QH-4711"):
        assert text.encode() not in everything


async def test_only_a_tenants_own_administrators_and_the_installations_read_its_log(
    harness: RouterHarness, channel: grpc.aio.Channel, root: RouterClient
) -> None:
    lead = Auditor(channel, (await make_key(root, admin.SCOPE_OPERATOR)).secret)
    customer = Auditor(channel, await harness.create_key("acme", Scope.CHAT, Scope.KNOWLEDGE))
    assert [entry.action for entry in await lead.entries()] == ["key.create"]
    for call in (lead.entries, lead.verify):
        assert (await expect_failure(lambda call=call: call(tenant="tenants/default"))).reason == "TENANT_NOT_FOUND"
    for call in (customer.entries, customer.verify):
        assert (await expect_failure(call)).reason == "SCOPE_MISSING"
    assert (await expect_failure(lambda: lead.verify(known_hash="abc"))).reason == "BAD_REQUEST"
    assert (await expect_failure(lambda: lead.page(page_token="eA=="))).reason == "BAD_REQUEST"
    reads = [
        entry
        for entry in (await Auditor(channel, root.key).page(tenant="tenants/acme")).entries
        if entry.action == "audit.read"
    ]
    assert [(entry.actor, entry.target) for entry in reads if entry.outcome == "OK"] == [
        (f"tenants/acme/keys/{lead.metadata[0][1].split('_')[1]}", "tenants/acme/audit")
    ]


async def test_entries_are_found_by_time_actor_action_and_target_page_by_page(
    channel: grpc.aio.Channel, root: RouterClient
) -> None:
    made = [await make_key(root, admin.SCOPE_CHAT) for _ in range(5)]
    await root.admin.RevokeKey(admin.RevokeKeyRequest(name=made[2].key.name), metadata=root.metadata)
    auditor = Auditor(channel, root.key)
    acme = {"tenant": "tenants/acme"}
    assert len(await auditor.entries(**acme, action="key")) == 6
    assert len(await auditor.entries(**acme, action="key.create")) == 5
    assert await auditor.entries(**acme, action="key.cre") == []
    assert [entry.action for entry in await auditor.entries(**acme, target=made[2].key.name)] == [
        "key.create",
        "key.revoke",
    ]
    assert len(await auditor.entries(**acme, actor="bootstrap")) == 6
    assert await auditor.entries(**acme, actor="nobody") == []
    page = await auditor.page(**acme, action="key", page_size=4)
    assert [entry.sequence for entry in page.entries] == [6, 5, 4, 3]
    page = await auditor.page(**acme, action="key", page_size=4, page_token=page.next_page_token)
    assert ([entry.sequence for entry in page.entries], page.next_page_token) == ([2, 1], "")
    third = (await auditor.entries(**acme))[2].time.ToMilliseconds()
    at = Timestamp()
    at.FromMilliseconds(third + 60_000)
    assert await auditor.entries(**acme, start_time=at) == []
    assert len(await auditor.entries(**acme, end_time=at)) == 6
    at.FromMilliseconds(third - 60_000)
    assert len(await auditor.entries(**acme, start_time=at)) == 6
    assert await auditor.entries(**acme, end_time=at) == []


async def test_through_the_gateway_an_entry_has_the_clients_address_and_the_operators_name(
    harness: RouterHarness, channel: grpc.aio.Channel
) -> None:
    async with open_oidc_issuer() as issuer:
        config: dict[str, Any] = {
            "oidc_issuer": issuer.url,
            "oidc_audience": AUDIENCE,
            "oidc_tenant": "default",
            "oidc_roles": {"kefu-operator": ["chat", "operator"]},
            "trusted_proxies": "127.0.0.1",
        }
        async with open_gateway_harness(harness, **config) as gateway:
            gateway.http.headers["x-forwarded-for"] = "203.0.113.7"
            assert (await gateway.call(f"{ADMIN}/CreateTenant", tenant_id="acme")).status_code == 200
            assert (await gateway.call(f"{ADMIN}/CreateTenant", issuer.token(), tenant_id="beta")).status_code == 200
            visitor = await gateway.create_visitor()
            session = (await gateway.ask("Hello!", visitor)).session
            assert (await gateway.call(f"{CHAT}/DeleteSession", visitor, name=session)).status_code == 200
            # A visitor cannot read it, and what the gateway signs is nothing that a client could send.
            assert (await gateway.call(f"{AUDIT}/ListAuditEntries", visitor)).status_code == 403
            listed = (await gateway.call(f"{AUDIT}/ListAuditEntries")).json()["entries"]
    by_key, by_operator, erased = reversed([entry for entry in listed if entry["action"] != "audit.read"])
    assert (by_key["address"], by_key["addressFrom"]) == ("203.0.113.7", "gateway")
    assert by_key["actor"] == "tenants/default/keys/bootstrap"
    assert (by_operator["address"], by_operator["actorName"]) == ("203.0.113.7", "Ann")
    assert by_operator["actor"].startswith("tenants/default/users/user-")
    assert "address" not in erased
    assert erased["actor"].startswith("tenants/default/visitors/")
    everything = await raw_log(harness, "default")
    assert b"visitor-" not in everything


async def test_a_caller_cannot_say_for_itself_where_it_is(channel: grpc.aio.Channel, root: RouterClient) -> None:
    forged = (*root.metadata, ("kefu-origin", "WyIxLjEuMS4xIiwgIiJd.0000"), ("x-forwarded-for", "1.1.1.1"))
    await root.admin.CreateTenant(admin.CreateTenantRequest(tenant_id="beta"), metadata=forged)
    entries = await Auditor(channel, root.key).entries()
    assert [(entry.address, entry.address_from) for entry in entries] == [("127.0.0.1", "peer")] * 2
