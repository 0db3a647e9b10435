"""Tenants, keys and settings, over real gRPC with a real Redis."""

from collections.abc import AsyncIterator
from functools import partial

import grpc
import pytest

from kefu.common.auth import Scope, redis_key
from kefu.common.permissions import SCOPES_OF_ROLE, Role
from kefu.router.v1 import admin_pb2 as pb
from kefu.router.v1 import chat_pb2 as chat
from kefu.router.v1 import experiment_pb2 as experiments
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import bearer_metadata, expect_failure
from tests.support.identity_tokens import AUDIENCE, ISSUER, public_pem
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.table import table


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis) as opened:
        opened.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        yield opened


@pytest.fixture
async def root(harness: RouterHarness) -> RouterClient:
    return await harness.client()


async def create_tenant(who: RouterClient, tenant_id: str) -> pb.Tenant:
    request = pb.CreateTenantRequest(tenant_id=tenant_id)
    return (await who.admin.CreateTenant(request, metadata=who.metadata)).tenant


async def create_key(who: RouterClient, *scopes: "pb.Scope.ValueType", tenant: str = "") -> pb.CreateKeyResponse:
    request = pb.CreateKeyRequest(tenant=tenant, scopes=scopes, collections=["collections/help"])
    return await who.admin.CreateKey(request, metadata=who.metadata)


async def test_a_key_works_from_when_it_is_made_until_it_is_revoked(harness: RouterHarness, root: RouterClient) -> None:
    tenant = await create_tenant(root, "acme")
    assert (tenant.name, tenant.display_name) == ("tenants/acme", "acme")
    made = await create_key(root, pb.SCOPE_CHAT, tenant="tenants/acme")
    assert made.key.name.startswith("tenants/acme/keys/")
    assert list(made.key.scopes) == [pb.SCOPE_CHAT]
    customer = await harness.client(made.secret)
    assert (await customer.ask("Hello!")).text
    listed = await root.admin.ListKeys(pb.ListKeysRequest(tenant="tenants/acme"), metadata=root.metadata)
    [key] = listed.keys
    key.ClearField("last_used_time")
    assert key == made.key
    await root.admin.RevokeKey(pb.RevokeKeyRequest(name=made.key.name), metadata=root.metadata)
    assert (await expect_failure(lambda: customer.ask("Hello!"))).reason == "UNAUTHENTICATED"
    assert (await expect_failure(lambda: revoke(root, made.key.name))).reason == "KEY_NOT_FOUND"
    async with harness.open_store() as store:
        for key in await store.keys("*"):  # pyright: ignore
            dumped = await store.dump(key)  # pyright: ignore
            assert dumped is not None
            assert made.secret.rpartition("_")[2].encode() not in dumped


async def revoke(who: RouterClient, name: str) -> object:
    return await who.admin.RevokeKey(pb.RevokeKeyRequest(name=name), metadata=who.metadata)


@pytest.mark.parametrize("scopes", [[], [pb.SCOPE_INTERNAL], [pb.SCOPE_CHAT, pb.SCOPE_UNSPECIFIED]])
async def test_a_key_without_a_scope_or_with_the_services_own_is_refused(
    root: RouterClient, scopes: "list[pb.Scope.ValueType]"
) -> None:
    assert (await expect_failure(lambda: create_key(root, *scopes))).reason == "BAD_REQUEST"


async def test_an_operator_of_a_tenant_rules_that_one_alone(harness: RouterHarness, root: RouterClient) -> None:
    for tenant in ("acme", "umbrella"):
        await create_tenant(root, tenant)
    operator = await harness.client(await harness.create_key("acme", Scope.OPERATOR, Scope.CHAT))
    tenants = await operator.admin.ListTenants(pb.ListTenantsRequest(), metadata=operator.metadata)
    assert [tenant.name for tenant in tenants.tenants] == ["tenants/acme"]
    assert (await create_key(operator, pb.SCOPE_CHAT)).key.name.startswith("tenants/acme/")
    theirs = await create_key(root, pb.SCOPE_CHAT, tenant="tenants/umbrella")
    for reason, call in (
        ("TENANT_NOT_FOUND", lambda: create_key(operator, pb.SCOPE_CHAT, tenant="tenants/umbrella")),
        ("TENANT_NOT_FOUND", lambda: create_key(operator, pb.SCOPE_CHAT, tenant="tenants/nobody")),
        ("TENANT_NOT_FOUND", lambda: create_tenant(operator, "mine")),
        ("TENANT_NOT_FOUND", lambda: settings(operator, "tenants/umbrella")),
        ("KEY_NOT_FOUND", lambda: revoke(operator, theirs.key.name)),
        ("KEY_NOT_FOUND", lambda: revoke(operator, theirs.key.name.replace("umbrella", "acme"))),
    ):
        read = await expect_failure(call)
        assert (read.code, read.reason) == (grpc.StatusCode.NOT_FOUND, reason)


async def test_a_tenant_exists_once(root: RouterClient) -> None:
    await create_tenant(root, "acme")
    for tenant in ("acme", "default"):
        read = await expect_failure(lambda tenant=tenant: create_tenant(root, tenant))
        assert (read.code, read.reason) == (grpc.StatusCode.ALREADY_EXISTS, "TENANT_EXISTS")
    assert (await expect_failure(lambda: create_tenant(root, "Acme!"))).reason == "BAD_REQUEST"
    assert (
        await expect_failure(lambda: create_key(root, pb.SCOPE_CHAT, tenant="tenants/none"))
    ).reason == "TENANT_NOT_FOUND"


async def test_tenants_and_keys_are_listed_by_page(root: RouterClient) -> None:
    for tenant in ("b", "c", "a"):
        await create_tenant(root, tenant)
    names: list[str] = []
    token = ""
    while True:
        request = pb.ListTenantsRequest(page_size=3, page_token=token)
        page = await root.admin.ListTenants(request, metadata=root.metadata)
        names += [tenant.name.removeprefix("tenants/") for tenant in page.tenants]
        token = page.next_page_token
        if not token:
            break
    assert names == ["a", "b", "c", "default"]
    made = sorted([(await create_key(root, pb.SCOPE_CHAT)).key.name for _ in range(3)])
    first = await root.admin.ListKeys(pb.ListKeysRequest(page_size=2), metadata=root.metadata)
    rest = await root.admin.ListKeys(
        pb.ListKeysRequest(page_size=2, page_token=first.next_page_token), metadata=root.metadata
    )
    assert [key.name for key in [*first.keys, *rest.keys]] == made


async def settings(who: RouterClient, tenant: str = "") -> pb.GetTenantSettingsResponse:
    return await who.admin.GetTenantSettings(pb.GetTenantSettingsRequest(tenant=tenant), metadata=who.metadata)


async def update(who: RouterClient, made: pb.TenantSettings, revision: int) -> int:
    request = pb.UpdateTenantSettingsRequest(settings=made, revision=revision)
    return (await who.admin.UpdateTenantSettings(request, metadata=who.metadata)).revision


async def test_settings_work_at_once_and_every_revision_is_kept_with_its_author(
    harness: RouterHarness, root: RouterClient
) -> None:
    assert (await settings(root)).revision == 0
    texts = {"en": pb.TenantSettings.Texts(greeting="Welcome to Songlu!")}
    first = pb.TenantSettings(min_relevance=0.999, texts=texts, time_zone="Asia/Shanghai", on_busy="queue")
    assert await update(root, first, 0) == 1
    got = await settings(root)
    assert (got.settings, got.revision) == (first, 1)
    assert (await root.ask("Hi")).text == "Welcome to Songlu!"
    assert (await root.ask("你好")).text.startswith("您好")
    assert (await root.ask("How long does a refund take?")).handoff.reason == chat.Handoff.REASON_NOTHING_RELEVANT
    read = await expect_failure(lambda: update(root, pb.TenantSettings(), 0))
    assert (read.code, read.reason) == (grpc.StatusCode.ABORTED, "STALE_REVISION")
    assert await update(root, pb.TenantSettings(instructions="Be brief.", max_answer_tokens=9), 1) == 2
    await root.ask("How long does a refund take?")
    asked = harness.replica.calls[-1].request
    assert asked.max_tokens == 9
    assert asked.chat.messages[0].content.startswith("Be brief.")
    page = await root.admin.ListSettingsRevisions(pb.ListSettingsRevisionsRequest(page_size=1), metadata=root.metadata)
    [latest] = page.revisions
    assert (latest.revision, latest.author) == (2, "tenants/default/keys/bootstrap")
    rest = await root.admin.ListSettingsRevisions(
        pb.ListSettingsRevisionsRequest(page_token=page.next_page_token), metadata=root.metadata
    )
    assert [(revision.revision, revision.settings) for revision in rest.revisions] == [(1, first)]
    assert rest.next_page_token == ""


async def test_a_lead_changes_no_setting_that_decides_who_is_a_customer(
    harness: RouterHarness, root: RouterClient
) -> None:
    lead = await harness.client(await harness.create_key("default", *SCOPES_OF_ROLE[Role.LEAD]))
    own = pb.IdentitySettings(mode="optional", issuer=ISSUER, audience=AUDIENCE, public_key=public_pem())
    for field, wrong in (
        ("identity", pb.TenantSettings(identity=own)),
        ("action_risk", pb.TenantSettings(action_risk="money")),
    ):
        staged = pb.StageSettingsRequest(staged_settings=pb.StagedSettings(settings=wrong))
        stage = partial(lead.admin.StageSettings, staged, metadata=lead.metadata)
        for refused in (partial(update, lead, wrong, 0), stage):
            failure = await expect_failure(refused)
            assert (failure.reason, failure.metadata["field"]) == ("SCOPE_MISSING", f"settings.{field}")
        # What an administrator staged, a lead neither puts in force nor tries on customers.
        name = (await root.admin.StageSettings(staged, metadata=root.metadata)).staged_settings.name
        promote = partial(lead.admin.PromoteStagedSettings, pb.PromoteStagedSettingsRequest(name=name))
        tried = experiments.Experiment(staged_settings=name, share_percent=50)
        begin = experiments.StartExperimentRequest(experiment=tried)
        start = partial(lead.experiments.StartExperiment, begin)
        for call in (promote, start):
            assert (await expect_failure(partial(call, metadata=lead.metadata))).reason == "SCOPE_MISSING"
    assert (await settings(root)).revision == 0

    assert await update(root, pb.TenantSettings(identity=own), 0) == 1
    read = await settings(lead)
    assert (read.trust_revision.revision, read.trust_revision.author) == (1, "tenants/default/keys/bootstrap")
    read.settings.instructions = "Be brief."
    assert await update(lead, read.settings, 1) == 2, "what stays as it is may be sent along"
    assert (await settings(lead)).trust_revision.revision == 1
    page = await lead.admin.ListSettingsRevisions(pb.ListSettingsRevisionsRequest(), metadata=lead.metadata)
    assert [list(one.changed_fields) for one in page.revisions] == [["instructions"], ["identity"]]
    assert (await expect_failure(lambda: update(lead, pb.TenantSettings(), 2))).metadata["field"] == "settings.identity"


@table(
    ("field", "wrong"),
    [
        ("min_relevance", pb.TenantSettings(min_relevance=1.5)),
        ("min_relevance", pb.TenantSettings(min_relevance=float("nan"))),
        ("max_passages", pb.TenantSettings(max_passages=0)),
        ("max_passages", pb.TenantSettings(max_passages=21)),
        ("max_answer_tokens", pb.TenantSettings(max_answer_tokens=5000)),
        ("temperature", pb.TenantSettings(temperature=-1)),
        ("instructions", pb.TenantSettings(instructions="x" * 4001)),
        ("time_zone", pb.TenantSettings(time_zone="Mars/Olympus")),
        ("time_zone", pb.TenantSettings(time_zone="../../etc/passwd")),
        ("on_busy", pb.TenantSettings(on_busy="wait")),
        ("texts", pb.TenantSettings(texts={"fr": pb.TenantSettings.Texts(greeting="Salut")})),
        ("texts.thanks", pb.TenantSettings(texts={"en": pb.TenantSettings.Texts(thanks="x" * 1001)})),
        ("max_concurrent_turns", pb.TenantSettings(max_concurrent_turns=1_000_001)),
        ("questions_per_minute", pb.TenantSettings(questions_per_minute=1_000_001)),
        ("question_burst", pb.TenantSettings(question_burst=1_000_001)),
        ("weight", pb.TenantSettings(weight=0)),
        ("weight", pb.TenantSettings(weight=1001)),
    ],
)
async def test_a_wrong_setting_is_named_and_changes_nothing(
    root: RouterClient, field: str, wrong: pb.TenantSettings
) -> None:
    read = await expect_failure(lambda: update(root, wrong, 0))
    assert read.reason == "BAD_REQUEST"
    assert read.message.startswith(f"settings.{field}: ")
    assert (await settings(root)).revision == 0


async def test_a_key_has_the_priority_it_was_made_with_and_only_the_installations_operators_give_the_highest(
    harness: RouterHarness, root: RouterClient
) -> None:
    await create_tenant(root, "acme")
    operator = await harness.client(await harness.create_key("acme", Scope.OPERATOR, Scope.CHAT))

    async def create(who: RouterClient, priority: "pb.Priority.ValueType") -> pb.Key:
        request = pb.CreateKeyRequest(tenant="tenants/acme", scopes=[pb.SCOPE_CHAT], priority=priority)
        return (await who.admin.CreateKey(request, metadata=who.metadata)).key

    made = [await create(operator, priority) for priority in (pb.PRIORITY_UNSPECIFIED, pb.PRIORITY_BATCH)]
    made.append(await create(root, pb.PRIORITY_URGENT))
    assert [key.priority for key in made] == [pb.PRIORITY_INTERACTIVE, pb.PRIORITY_BATCH, pb.PRIORITY_URGENT]
    listed = await operator.admin.ListKeys(pb.ListKeysRequest(), metadata=operator.metadata)
    assert {key.name: key.priority for key in listed.keys} == {key.name: key.priority for key in made}
    read = await expect_failure(lambda: create(operator, 9))  # pyright: ignore[reportArgumentType] - 9
    assert (read.reason, read.message.partition(":")[0]) == ("BAD_REQUEST", "priority")
    read = await expect_failure(lambda: create(operator, pb.PRIORITY_URGENT))
    assert (read.reason, read.metadata["field"]) == ("KEY_TOO_STRONG", "priority")


async def test_a_key_of_an_earlier_release_is_interactive(harness: RouterHarness, root: RouterClient) -> None:
    made = await create_key(root, pb.SCOPE_CHAT)
    key_id = made.key.name.rpartition("/")[2]
    async with harness.open_store() as store:
        assert await store.hdel(redis_key(key_id), "priority") == 1  # pyright: ignore
    listed = await root.admin.ListKeys(pb.ListKeysRequest(), metadata=root.metadata)
    assert [key.priority for key in listed.keys if key.name == made.key.name] == [pb.PRIORITY_INTERACTIVE]
    assert (await (await harness.client(made.secret)).ask("Hello!")).text


async def test_a_tenants_own_operator_cannot_raise_its_share(harness: RouterHarness, root: RouterClient) -> None:
    await create_tenant(root, "acme")
    given = pb.TenantSettings(weight=3, questions_per_minute=60, question_burst=5, max_concurrent_turns=7)
    request = pb.UpdateTenantSettingsRequest(tenant="tenants/acme", settings=given)
    await root.admin.UpdateTenantSettings(request, metadata=root.metadata)
    operator = await harness.client(await harness.create_key("acme", Scope.OPERATOR))
    assert (await settings(operator)).settings == given
    for field, value in (
        ("weight", 4),
        ("questions_per_minute", 0),
        ("question_burst", 9),
        ("max_concurrent_turns", 0),
    ):
        wished = pb.TenantSettings()
        wished.CopyFrom(given)
        setattr(wished, field, value)
        read = await expect_failure(lambda wished=wished: update(operator, wished, 1))
        assert (read.reason, read.message.partition(":")[0]) == ("BAD_REQUEST", f"settings.{field}")
    wished = pb.TenantSettings(max_passages=2)
    wished.MergeFrom(given)
    assert await update(operator, wished, 1) == 2


async def test_a_bootstrap_key_cannot_be_revoked_here(root: RouterClient) -> None:
    assert (await expect_failure(lambda: revoke(root, "tenants/default/keys/bootstrap"))).reason == "KEY_NOT_FOUND"
    assert root.metadata == bearer_metadata(root.key)
