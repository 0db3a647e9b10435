"""Customers who are identified: by tokens of the company's site and by codes, over real gRPC, Redis and SMTP."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from copy import copy
from typing import Any

import grpc
import pytest
from pydantic import SecretStr

from kefu.common.auth import Scope
from kefu.common.customers import Customer, Verification, customer_subject
from kefu.router.v1 import admin_pb2 as admin
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import identity_pb2 as identity
from kefu.router.v1 import identity_pb2_grpc
from kefu.testing.redis_server import RedisServer
from tests.support.agents import watch_session
from tests.support.grpc_calls import INTERNAL_KEY, bearer_metadata, expect_failure, open_channel
from tests.support.identity_tokens import AUDIENCE, ISSUER, OTHER_KEY, identity_token, public_pem
from tests.support.mailbox import Mailbox, open_mailbox
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.table import table
from tests.support.waiting import wait_until_async

A, B = "visitor-5e0e2f0a-0000-4000-8000-00000000000a", "visitor-5e0e2f0a-0000-4000-8000-00000000000b"
SECRET = "a secret of at least thirty-two characters"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with open_mailbox() as opened:
        yield opened


@pytest.fixture
async def harness(own_redis: RedisServer, mailbox: Mailbox) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(
        own_redis,
        smtp_url=SecretStr(f"smtp://127.0.0.1:{mailbox.port}"),
        smtp_from="Example Shop <no-reply@shop.example.com>",
    ) as opened:
        opened.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        opened.replica.frames = ["Refunds arrive within 7 business days [1]."]
        yield opened


class Visitor:
    """A visitor of the pages, as the gateway calls for one; known as a customer from `identify` on."""

    def __init__(self, harness: RouterHarness, client: RouterClient, subject: str, tenant: str = "default") -> None:
        self._harness, self.client, self.subject, self.tenant = harness, client, subject, tenant
        self._customer = ""
        self._set()

    def _set(self) -> None:
        more = [("kefu-customer", self._customer)] if self._customer else []
        self.client.metadata = bearer_metadata(
            INTERNAL_KEY,
            ("kefu-tenant", self.tenant),
            ("kefu-subject", self.subject),
            ("kefu-scopes", "chat"),
            *more,
        )

    async def call(self, method: str, request: Any) -> Any:
        async with open_channel(self._harness.routers[0].port) as channel:
            stub = identity_pb2_grpc.IdentityServiceStub(channel)
            return await getattr(stub, method)(request, metadata=self.client.metadata)

    async def identify(self, token: str) -> Any:
        return self._known(await self.call("IdentifyCustomer", identity.IdentifyCustomerRequest(token=token)))

    async def verify(self, email: str, code: str) -> Any:
        request = identity.VerifyEmailCodeRequest(email=email, code=code)
        return self._known(await self.call("VerifyEmailCode", request))

    def _known(self, found: Any) -> Any:
        """What the gateway does with what it is told: it signs it."""
        method = {1: Verification.TOKEN, 2: Verification.SHARED_SECRET, 3: Verification.EMAIL_CODE}
        told = found.customer
        self._customer = Customer(told.sub, dict(told.claims), method[told.method], time.time()).to_json()
        self.subject = found.subject
        self._set()
        return found

    async def sessions(self) -> list[str]:
        found = await self.client.chat.ListSessions(pb.ListSessionsRequest(), metadata=self.client.metadata)
        return [one.name for one in found.sessions]

    async def session(self, name: str) -> pb.Session:
        found = await self.client.chat.GetSession(pb.GetSessionRequest(name=name), metadata=self.client.metadata)
        return found.session


async def visitor(harness: RouterHarness, subject: str = A, tenant: str = "default") -> Visitor:
    return Visitor(harness, copy(await harness.client(INTERNAL_KEY)), subject, tenant)


async def set_identity(harness: RouterHarness, tenant: str = "default", **settings: Any) -> None:
    root = await harness.client()
    found = await root.admin.GetTenantSettings(
        admin.GetTenantSettingsRequest(tenant=f"tenants/{tenant}"), metadata=root.metadata
    )
    chosen: dict[str, Any] = {"mode": "optional", "issuer": ISSUER, "audience": AUDIENCE, "public_key": public_pem()}
    chosen |= settings
    await root.admin.UpdateTenantSettings(
        admin.UpdateTenantSettingsRequest(
            tenant=f"tenants/{tenant}",
            settings=admin.TenantSettings(identity=admin.IdentitySettings(**chosen)),
            revision=found.revision,
        ),
        metadata=root.metadata,
    )


async def test_a_visitors_watch_ends_when_the_session_goes_to_a_customer(harness: RouterHarness) -> None:
    """Whoever had the token from before, such as the browser's last user, does not read on."""
    await set_identity(harness)
    anya, before = await visitor(harness), await visitor(harness)
    said = await anya.client.ask("How long does a refund take?")
    old = await watch_session(before.client, said.session)
    await anya.identify(identity_token("c-7"))
    mine = await watch_session(anya.client, said.session)
    await anya.client.ask("My number is 4711, where is my order?", said.session)
    await mine.wait_until(lambda events: "4711" in str(events))
    assert (await old.wait_for_failure()).code() == grpc.StatusCode.NOT_FOUND
    assert "4711" not in str(old.events)
    await mine.disconnect()


async def test_an_anonymous_conversation_goes_along_and_agents_see_who_it_is(harness: RouterHarness) -> None:
    await set_identity(harness, claims=["name", "email"])
    anya = await visitor(harness)
    said = await anya.client.ask("How long does a refund take?", profile={"name": "A. Nonymous"})
    before = await anya.session(said.session)
    assert not before.HasField("customer")
    assert dict(before.profile) == {"name": "A. Nonymous"}
    found = await anya.identify(identity_token("c-7", name="Anya Garcia", email="anya@example.com"))
    assert found.sessions_moved == 1
    assert found.subject == customer_subject("default", "c-7")
    after = await anya.session(said.session)
    assert (after.customer.sub, dict(after.customer.claims)) == (
        "c-7",
        {"name": "Anya Garcia", "email": "anya@example.com"},
    )
    assert after.customer.method == identity.VerifiedCustomer.METHOD_TOKEN
    assert await anya.sessions() == [said.session]
    again = await anya.client.ask("How long does a refund take?", said.session)
    assert again.text
    # The visitor who wrote it is nobody now: the token of before reads nothing, and writes nothing.
    former = await visitor(harness)
    assert await former.sessions() == []
    assert (await expect_failure(lambda: former.session(said.session))).reason == "SESSION_NOT_FOUND"
    assert (await expect_failure(lambda: former.client.ask("Hello?", said.session))).reason == "SESSION_NOT_FOUND"
    agent = await harness.client(await harness.create_key("default", Scope.DESK))
    seen = await agent.chat.GetSession(pb.GetSessionRequest(name=said.session), metadata=agent.metadata)
    assert seen.session.customer.claims["name"] == "Anya Garcia"


async def test_a_customer_is_the_same_on_each_device_and_nobody_else_is(harness: RouterHarness) -> None:
    await set_identity(harness)
    phone, laptop, other = await visitor(harness, A), await visitor(harness, B), await visitor(harness, B[:-1] + "c")
    for one, sub in ((phone, "c-7"), (laptop, "c-7"), (other, "c-8")):
        await one.identify(identity_token(sub))
    said = await phone.client.ask("How long does a refund take?")
    assert await laptop.sessions() == [said.session]
    assert await other.sessions() == []
    assert (await expect_failure(lambda: other.client.ask("Hello?", said.session))).reason == "SESSION_NOT_FOUND"
    # Signing in with another account takes nothing along.
    moved = await phone.identify(identity_token("c-8"))
    assert moved.sessions_moved == 0
    assert await phone.sessions() == []


async def test_a_token_is_good_for_the_visitor_who_brought_it_first(harness: RouterHarness) -> None:
    await set_identity(harness)
    token = identity_token("c-7")
    anya, thief, again = await visitor(harness, A), await visitor(harness, B), await visitor(harness, A)
    await anya.identify(token)
    stolen = await expect_failure(lambda: thief.identify(token))
    assert (stolen.reason, "somebody else" in stolen.message) == ("IDENTITY_NOT_VERIFIED", True)
    assert (await anya.identify(token)).subject  # as the customer
    assert (await again.identify(token)).subject  # after a reload, as the visitor
    key = await harness.client(await harness.create_key("default", Scope.CHAT))
    assert (await expect_failure(lambda: key.ask("Hi", identity_token=token))).reason == "IDENTITY_NOT_VERIFIED"


async def test_tokens_of_another_tenants_site_prove_nothing(harness: RouterHarness) -> None:
    root = await harness.client()
    await root.admin.CreateTenant(admin.CreateTenantRequest(tenant_id="acme"), metadata=root.metadata)
    await set_identity(harness, "default")
    await set_identity(harness, "acme", public_key=public_pem(OTHER_KEY))
    here, there = await visitor(harness, A), await visitor(harness, A, "acme")
    foreign = identity_token("c-7", key=OTHER_KEY)
    assert (await expect_failure(lambda: here.identify(foreign))).reason == "IDENTITY_NOT_VERIFIED"
    assert (await there.identify(foreign)).subject == customer_subject("acme", "c-7")
    assert customer_subject("acme", "c-7") != customer_subject("default", "c-7")


async def test_where_it_is_required_visitors_are_answered_only_when_they_are_known(harness: RouterHarness) -> None:
    await set_identity(harness, mode="required")
    nobody = await visitor(harness)
    assert (await expect_failure(lambda: nobody.client.ask("Hello?"))).reason == "IDENTITY_REQUIRED"
    assert await nobody.sessions() == []
    await nobody.identify(identity_token())
    assert (await nobody.client.ask("How long does a refund take?")).text
    options = await nobody.call("GetSignIn", identity.GetSignInRequest())
    assert (options.mode, options.tokens, options.email_codes) == ("required", True, False)
    key = await harness.client(await harness.create_key("default", Scope.CHAT))
    assert (await key.ask("How long does a refund take?")).text  # the company's own back end vouches for its customers


async def test_where_it_is_off_nothing_is_verified(harness: RouterHarness) -> None:
    someone = await visitor(harness)
    assert (await someone.call("GetSignIn", identity.GetSignInRequest())).mode == "off"
    assert (await expect_failure(lambda: someone.identify(identity_token()))).reason == "IDENTITY_OFF"
    send = identity.SendEmailCodeRequest(email="a@example.com")
    assert (await expect_failure(lambda: someone.call("SendEmailCode", send))).reason == "IDENTITY_OFF"
    key = await harness.client(await harness.create_key("default", Scope.CHAT))
    assert (await expect_failure(lambda: key.ask("Hi", identity_token=identity_token()))).reason == "IDENTITY_OFF"


async def test_a_key_names_the_customer_of_one_turn_by_a_token(harness: RouterHarness) -> None:
    await set_identity(harness)
    key = await harness.client(await harness.create_key("default", Scope.CHAT))
    said = await key.ask("How long does a refund take?", identity_token=identity_token("c-7"))
    seen = await key.chat.GetSession(pb.GetSessionRequest(name=said.session), metadata=key.metadata)
    assert (seen.session.customer.sub, seen.session.user) == ("c-7", customer_subject("default", "c-7"))
    both = {"identity_token": identity_token("c-7"), "user": "u-1"}
    assert (await expect_failure(lambda: key.ask("Hi", **both))).reason == "BAD_REQUEST"
    other = {"session": said.session, "identity_token": identity_token("c-8")}
    assert (await expect_failure(lambda: key.ask("Hi", **other))).reason == "SESSION_NOT_FOUND"
    async with harness.open_store() as store:
        for name in await store.keys("*"):  # pyright: ignore
            assert b"eyJ" not in (await store.dump(name) or b""), name  # pyright: ignore - no token is kept


async def test_a_customer_is_erased_by_sub_wherever_the_conversations_are(harness: RouterHarness) -> None:
    await set_identity(harness)
    anya, other = await visitor(harness, A), await visitor(harness, B)
    await anya.client.ask("How long does a refund take?", request_id="r-1")
    await anya.identify(identity_token("c-7"))
    await anya.client.ask("How long does a refund take?")
    key = await harness.client(await harness.create_key("default", Scope.CHAT))
    await key.ask("How long does a refund take?", identity_token=identity_token("c-7"))
    await other.identify(identity_token("c-8"))
    await other.client.ask("How long does a refund take?")
    erase = pb.DeleteUserRequest(customer="c-7")
    refused = await expect_failure(lambda: key.chat.DeleteUser(erase, metadata=key.metadata))
    assert refused.reason == "SCOPE_MISSING"
    root = await harness.client()
    assert (await root.chat.DeleteUser(erase, metadata=root.metadata)).sessions_deleted == 3
    assert await anya.sessions() == []
    assert len(await other.sessions()) == 1
    subject = customer_subject("default", "c-7")
    async with harness.open_store() as store:
        left: list[bytes] = await store.keys("*")  # pyright: ignore
    assert not [name for name in left if A.encode() in name or subject.encode() in name]


async def test_a_running_answer_is_waited_for_before_its_session_goes_along(harness: RouterHarness) -> None:
    await set_identity(harness)
    anya = await visitor(harness)
    gate = asyncio.Event()
    harness.replica.frames = [gate, "Refunds arrive within 7 business days [1]."]
    asking = asyncio.create_task(anya.client.ask("How long does a refund take?", resumable=True))
    listed = await visitor(harness)
    await wait_until_async(lambda: _has_sessions(listed))
    identifying = asyncio.create_task(anya.identify(identity_token("c-7")))
    await asyncio.sleep(0.5)
    assert not identifying.done()
    gate.set()
    assert (await asking).text
    assert (await identifying).sessions_moved == 1
    assert len(await anya.sessions()) == 1


async def _has_sessions(who: Visitor) -> bool:
    return bool(await who.sessions())


async def test_a_code_by_mail_proves_an_address(harness: RouterHarness, mailbox: Mailbox) -> None:
    await set_identity(harness, issuer="", audience="", public_key="", email_codes=True)
    li = await visitor(harness)
    said = await li.client.ask("How long does a refund take?")
    await li.call("SendEmailCode", identity.SendEmailCodeRequest(email=" Li@Example.com ", language="zh"))
    [message] = mailbox.messages
    assert message["To"] == "li@example.com"
    assert message["From"] == "Example Shop <no-reply@shop.example.com>"
    assert "验证码" in str(message["Subject"])
    found = await li.verify("li@example.com", mailbox.code())
    assert (found.customer.sub, dict(found.customer.claims)) == ("mailto:li@example.com", {"email": "li@example.com"})
    assert found.customer.method == identity.VerifiedCustomer.METHOD_EMAIL_CODE
    assert await li.sessions() == [said.session]
    used = await expect_failure(lambda: li.verify("li@example.com", mailbox.code()))
    assert used.reason == "IDENTITY_NOT_VERIFIED"


async def test_a_code_is_good_for_three_tries_and_one_visitor(harness: RouterHarness, mailbox: Mailbox) -> None:
    await set_identity(harness, issuer="", audience="", public_key="", email_codes=True)
    li, thief = await visitor(harness, A), await visitor(harness, B)
    send = identity.SendEmailCodeRequest(email="li@example.com")
    await li.call("SendEmailCode", send)
    code = mailbox.code()
    assert (await expect_failure(lambda: thief.verify("li@example.com", code))).reason == "IDENTITY_NOT_VERIFIED"
    assert (await expect_failure(lambda: li.verify("other@example.com", code))).reason == "IDENTITY_NOT_VERIFIED"
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(3):
        failure = await expect_failure(lambda: li.verify("li@example.com", wrong))
        assert failure.reason == "IDENTITY_NOT_VERIFIED"
    assert (await expect_failure(lambda: li.verify("li@example.com", code))).reason == "IDENTITY_NOT_VERIFIED"
    await li.call("SendEmailCode", send)
    first = mailbox.code()
    await li.call("SendEmailCode", send)  # replaces the one before
    second = mailbox.code()
    if first != second:
        assert (await expect_failure(lambda: li.verify("li@example.com", first))).reason == "IDENTITY_NOT_VERIFIED"
    assert (await li.verify("li@example.com", second)).subject


async def test_codes_are_limited_by_address_and_by_visitor(harness: RouterHarness, mailbox: Mailbox) -> None:
    await set_identity(harness, issuer="", audience="", public_key="", email_codes=True)
    li = await visitor(harness, A)
    for number in range(5):
        await li.call("SendEmailCode", identity.SendEmailCodeRequest(email=f"li{number}@example.com"))
    again = identity.SendEmailCodeRequest(email="li9@example.com")
    failure = await expect_failure(lambda: li.call("SendEmailCode", again))
    assert failure.reason == "EMAIL_CODE_LIMIT"
    assert 3000 < (failure.retry_after or 0) <= 3600
    for number in range(5):
        other = await visitor(harness, f"{B[:-2]}{number:02d}")
        await other.call("SendEmailCode", identity.SendEmailCodeRequest(email="victim@example.com"))
    last = await visitor(harness, B)
    victim = identity.SendEmailCodeRequest(email="Victim+another@example.com")  # the same mailbox
    assert (await expect_failure(lambda: last.call("SendEmailCode", victim))).reason == "EMAIL_CODE_LIMIT"
    assert len(mailbox.messages) == 10


async def test_a_mail_server_that_takes_nothing_is_said_so(harness: RouterHarness, mailbox: Mailbox) -> None:
    await set_identity(harness, issuer="", audience="", public_key="", email_codes=True)
    li = await visitor(harness)
    mailbox.refuses = True
    send = identity.SendEmailCodeRequest(email="li@example.com")
    assert (await expect_failure(lambda: li.call("SendEmailCode", send))).reason == "BACKEND_UNAVAILABLE"
    for email in ("li", "li@example.com\r\nBcc: x@example.com", ""):
        bad = identity.SendEmailCodeRequest(email=email)
        assert (await expect_failure(lambda bad=bad: li.call("SendEmailCode", bad))).reason == "BAD_REQUEST"


async def test_secrets_are_stored_encrypted_named_and_never_read(harness: RouterHarness) -> None:
    root = await harness.client()
    put = admin.PutSecretRequest(name="tenants/default/secrets/site", value=SECRET)
    made = (await root.admin.PutSecret(put, metadata=root.metadata)).secret
    assert made.name == "tenants/default/secrets/site"
    listed = await root.admin.ListSecrets(admin.ListSecretsRequest(), metadata=root.metadata)
    assert [each.name for each in listed.secrets] == [made.name]
    async with harness.open_store() as store:
        for name in await store.keys("*"):  # pyright: ignore
            assert SECRET.encode() not in (await store.dump(name) or b""), name  # pyright: ignore
    await set_identity(harness, public_key="", shared_secret="site")
    someone = await visitor(harness)
    found = await someone.identify(identity_token(key=SECRET, algorithm="HS256"))
    assert found.customer.method == identity.VerifiedCustomer.METHOD_SHARED_SECRET
    delete = admin.DeleteSecretRequest(name=made.name)
    await root.admin.DeleteSecret(delete, metadata=root.metadata)
    gone = await expect_failure(lambda: root.admin.DeleteSecret(delete, metadata=root.metadata))
    assert gone.reason == "SECRET_NOT_FOUND"
    token = identity_token(key=SECRET, algorithm="HS256")
    assert (await expect_failure(lambda: someone.identify(token))).reason == "IDENTITY_OFF"
    for wrong in (
        admin.PutSecretRequest(name="tenants/default/secrets/site"),
        admin.PutSecretRequest(name="tenants/default/secrets/site", value="x" * 9_000),
        admin.PutSecretRequest(name="tenants/default/secrets/Not a name", value="x"),
    ):
        refused = await expect_failure(lambda wrong=wrong: root.admin.PutSecret(wrong, metadata=root.metadata))
        assert refused.reason == "BAD_REQUEST"
    lead = await harness.client(await harness.create_key("default", Scope.SETTINGS))
    assert (await expect_failure(lambda: lead.admin.PutSecret(put, metadata=lead.metadata))).reason == "SCOPE_MISSING"


@table(
    ("settings", "field"),
    [
        ({"mode": "maybe"}, "settings.identity.mode"),
        ({"mode": "required", "public_key": "", "issuer": "", "audience": ""}, "settings.identity.mode"),
        ({"audience": ""}, "settings.identity.audience"),
        ({"jwks_url": "https://shop.example.com/jwks"}, "settings.identity.public_key"),
        ({"public_key": "", "jwks_url": "http://10.0.0.1/jwks"}, "settings.identity.jwks_url"),
        ({"public_key": "no key"}, "settings.identity.public_key"),
        ({"claims": ["x"] * 3 + [""]}, "settings.identity.claims"),
    ],
)
async def test_settings_that_do_not_fit_are_refused(
    harness: RouterHarness, settings: dict[str, Any], field: str
) -> None:
    failure = await expect_failure(lambda: set_identity(harness, **settings))
    assert (failure.reason, field in failure.message) == ("BAD_REQUEST", True)


async def test_keys_are_not_read_from_a_private_network_unless_it_is_named(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis) as closed:
        await set_identity(closed, public_key="", jwks_url="http://127.0.0.1:9/jwks")
        someone = await visitor(closed)
        token = identity_token(kid="one")
        assert (await expect_failure(lambda: someone.identify(token))).reason == "BACKEND_UNAVAILABLE"


async def test_a_profile_is_bounded(harness: RouterHarness) -> None:
    someone = await visitor(harness)
    for profile in ({str(number): "x" for number in range(11)}, {"name": "x" * 201}, {"": "x"}, {"n" * 41: "x"}):
        failure = await expect_failure(lambda profile=profile: someone.client.ask("Hi", profile=profile))
        assert failure.reason == "BAD_REQUEST"
