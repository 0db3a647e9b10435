"""Customers who sign in at the gateway: whose token is taken for whose, what it carries, and how long it lasts.

The router is played here: it knows the tokens of a company's site by heart, and tells for whom it was called.
"""

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc.aio
import httpx
import jwt
import pytest
from pydantic import SecretStr

from kefu.common.auth import Principal, caller, open_keyring
from kefu.common.customers import Customer, Verification, customer_subject, is_visitor
from kefu.common.errors import BackendUnavailable, EmailCodeLimit, IdentityNotVerified, IdentityOff
from kefu.common.permissions import permissions_of
from kefu.common.rpc.server import serving
from kefu.gateway.auth.visitor_tokens import VisitorTokens
from kefu.gateway.config import GatewayConfig
from kefu.gateway.service import gateway
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc, identity_pb2, identity_pb2_grpc
from tests.support.gateway_harness import (
    CHAT,
    VISITOR_SECRET,
    GatewayHarness,
    bearer_header,
    decode_frames,
    encode_frame,
    reason_of,
)
from tests.support.grpc_calls import BOOTSTRAP_KEY, INTERNAL_KEY

Context = grpc.aio.ServicerContext[Any, Any]
IDENTITY = "/kefu.router.v1.IdentityService"
GENEROUS = dict.fromkeys(
    ("identify_per_minute", "email_codes_per_minute", "visitors_per_minute", "anonymous_per_minute"), 6000.0
)
"""For tests that are not about limits."""
ANYA: dict[str, Any] = {"sub": "4711", "claims": {"name": "Anya Garcia", "email": "anya@example.com"}}
BO: dict[str, Any] = {"sub": "4712", "claims": {"name": "Bo Lindqvist"}}


@dataclass
class PlayedRouter(identity_pb2_grpc.IdentityServiceServicer, chat_pb2_grpc.ChatServiceServicer):
    """The two services of a router, with known tokens and codes, and the principals that called them."""

    site_tokens: dict[str, dict[str, Any]] = field(default_factory=lambda: {"anya": ANYA, "bo": BO})
    mode: str = "optional"
    is_away: bool = False
    callers: list[Principal] = field(default_factory=list[Principal])
    brought_by: dict[str, str] = field(default_factory=dict[str, str])
    codes: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    asked_for_settings: int = 0
    asked: list[pb.ConverseRequest] = field(default_factory=list[pb.ConverseRequest])

    def register(self, server: grpc.aio.Server) -> None:
        """Add both services to a server."""
        identity_pb2_grpc.add_IdentityServiceServicer_to_server(self, server)
        chat_pb2_grpc.add_ChatServiceServicer_to_server(self, server)

    def _called(self) -> Principal:
        if self.is_away:
            raise BackendUnavailable("Not now.")
        self.callers.append(caller())
        return caller()

    async def GetIdentity(
        self, request: identity_pb2.GetIdentityRequest, context: Context
    ) -> identity_pb2.GetIdentityResponse:
        """See the contract."""
        return identity_pb2.GetIdentityResponse(tenant="default", subject=caller().subject)

    async def GetSignIn(
        self, request: identity_pb2.GetSignInRequest, context: Context
    ) -> identity_pb2.GetSignInResponse:
        """See the contract."""
        self.asked_for_settings += 1
        self._called()
        return identity_pb2.GetSignInResponse(mode=self.mode, tokens=True, email_codes=True)

    async def IdentifyCustomer(
        self, request: identity_pb2.IdentifyCustomerRequest, context: Context
    ) -> identity_pb2.IdentifyCustomerResponse:
        """See the contract."""
        principal = self._called()
        if self.mode == "off":
            raise IdentityOff("Customers are not identified here.")
        known = self.site_tokens.get(request.token)
        if known is None or self.brought_by.setdefault(request.token, principal.subject) != principal.subject:
            raise IdentityNotVerified("This token proves nothing.")
        return _identified(known, identity_pb2.VerifiedCustomer.METHOD_TOKEN)

    async def SendEmailCode(
        self, request: identity_pb2.SendEmailCodeRequest, context: Context
    ) -> identity_pb2.SendEmailCodeResponse:
        """See the contract."""
        subject = self._called().subject
        if (subject, request.email) in self.codes:
            raise EmailCodeLimit("A code was sent just now.", retry_after=60.0)
        self.codes[subject, request.email] = "123456"
        return identity_pb2.SendEmailCodeResponse()

    async def VerifyEmailCode(
        self, request: identity_pb2.VerifyEmailCodeRequest, context: Context
    ) -> identity_pb2.IdentifyCustomerResponse:
        """See the contract."""
        if self.codes.get((self._called().subject, request.email)) != request.code:
            raise IdentityNotVerified("This code is not the one that was sent.")
        known = {"sub": f"mailto:{request.email}", "claims": {"email": request.email}}
        return _identified(known, identity_pb2.VerifiedCustomer.METHOD_EMAIL_CODE)

    async def Converse(self, request: pb.ConverseRequest, context: Context) -> AsyncIterator[pb.ConverseEvent]:
        """See the contract."""
        self._called()
        self.asked.append(request)
        yield pb.ConverseEvent(turn_started=pb.TurnStarted(session="sessions/one", turn="sessions/one/turns/a"))
        yield pb.ConverseEvent(turn_completed=pb.TurnCompleted(finish_reason=pb.FINISH_REASON_STOP))

    async def GetSession(self, request: pb.GetSessionRequest, context: Context) -> pb.GetSessionResponse:
        """See the contract."""
        return pb.GetSessionResponse(session=_session(self._called()))

    async def ListSessions(self, request: pb.ListSessionsRequest, context: Context) -> pb.ListSessionsResponse:
        """See the contract."""
        return pb.ListSessionsResponse(sessions=[_session(self._called())])


def _identified(known: dict[str, Any], method: Any) -> identity_pb2.IdentifyCustomerResponse:
    verified = identity_pb2.VerifiedCustomer(method=method, **known)
    verified.verify_time.GetCurrentTime()
    subject = customer_subject("default", verified.sub)
    return identity_pb2.IdentifyCustomerResponse(customer=verified, subject=subject, sessions_moved=2)


def _session(principal: Principal) -> pb.Session:
    session = pb.Session(name="sessions/one", profile={"name": "The Queen"})
    if principal.customer:
        session.customer.sub = principal.customer.sub
    return session


@asynccontextmanager
async def open_gateway(played: PlayedRouter, **config: Any) -> AsyncIterator[GatewayHarness]:
    """A gateway in front of the played router."""
    permissions = permissions_of("kefu.router.v1.IdentityService", "kefu.router.v1.ChatService")
    async with (
        open_keyring(INTERNAL_KEY, BOOTSTRAP_KEY) as keyring,
        serving("127.0.0.1:0", played.register, keyring=keyring, permissions=permissions) as server,
    ):
        chosen: dict[str, Any] = {
            "listen": "127.0.0.1:0",
            "router": f"127.0.0.1:{server.port}",
            "internal_key": SecretStr(INTERNAL_KEY),
            "visitor_secret": SecretStr(VISITOR_SECRET),
            **config,
        }
        settings = GatewayConfig(**chosen)
        async with gateway(settings) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            yield GatewayHarness(port, http, BOOTSTRAP_KEY)


@pytest.fixture
def played() -> PlayedRouter:
    return PlayedRouter()  # pyright: ignore[reportAbstractUsage] - other methods answer UNIMPLEMENTED


@pytest.fixture
async def opened(played: PlayedRouter) -> AsyncIterator[GatewayHarness]:
    async with open_gateway(played, **GENEROUS) as gateway:
        yield gateway


async def identify(gateway: GatewayHarness, site_token: str, visitor: str = "") -> httpx.Response:
    return await gateway.http.post("/api/identify", json={"token": site_token}, headers=bearer_header(visitor))


async def signed_in(gateway: GatewayHarness, site_token: str) -> str:
    """The customer's token for a token of the site."""
    response = await identify(gateway, site_token, await gateway.create_visitor())
    assert response.status_code == 200, response.text
    return str(response.json()["token"])


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


async def test_a_token_of_the_site_becomes_one_of_the_customer(opened: GatewayHarness, played: PlayedRouter) -> None:
    visitor = await opened.create_visitor()
    response = await identify(opened, "anya", visitor)
    assert response.headers["cache-control"] == "no-store"
    answer = response.json()
    assert answer["customer"] == {"sub": "4711", "name": "Anya Garcia", "email": "anya@example.com", "method": "token"}
    assert (answer["sessions_moved"], answer["expires_in"]) == (2, 3600)
    brought = played.callers[-1]
    assert (brought.subject, brought.customer) == (claims_of(visitor)["sub"], None)

    assert (await opened.call(f"{CHAT}/ListSessions", answer["token"])).status_code == 200
    principal = played.callers[-1]
    assert principal.subject == customer_subject("default", "4711")
    assert is_visitor(principal.subject)
    assert principal.customer is not None
    assert (principal.customer.sub, principal.customer.claims) == ("4711", ANYA["claims"])
    assert principal.customer.method is Verification.TOKEN
    assert abs(principal.customer.verify_time - time.time()) < 60

    me = (await opened.http.get("/api/me", headers=bearer_header(answer["token"]))).json()
    assert (me["subject"], me["scopes"]) == (principal.subject, ["chat"])


async def test_a_new_visitor_is_made_for_who_brings_none(opened: GatewayHarness, played: PlayedRouter) -> None:
    assert (await identify(opened, "anya")).status_code == 200
    assert played.callers[-1].subject.startswith("visitor-")


async def test_a_token_of_the_site_is_nobody_elses(opened: GatewayHarness) -> None:
    mine, other = await opened.create_visitor(), await opened.create_visitor()
    assert [(await identify(opened, "anya", each)).status_code for each in (mine, mine)] == [200, 200]
    stolen = await identify(opened, "anya", other)
    assert (stolen.status_code, reason_of(stolen.json())) == (401, "IDENTITY_NOT_VERIFIED")


async def test_one_customers_conversations_never_become_anothers(opened: GatewayHarness, played: PlayedRouter) -> None:
    """Whoever signs in with a customer's token would move that customer's conversations along."""
    anya = await signed_in(opened, "anya")
    calls = len(played.callers)
    for path, body in (
        ("/api/identify", {"token": "bo"}),
        ("/api/email-code", {"email": "anya@example.com"}),
        ("/api/email-code/verify", {"email": "anya@example.com", "code": "123456"}),
    ):
        response = await opened.http.post(path, json=body, headers=bearer_header(anya))
        assert (response.status_code, reason_of(response.json())) == (400, "BAD_REQUEST"), path
    assert len(played.callers) == calls, "the router was not even asked"
    key = await opened.http.post("/api/identify", json={"token": "anya"}, headers=bearer_header(BOOTSTRAP_KEY))
    assert (key.status_code, reason_of(key.json())) == (403, "SCOPE_MISSING")


def forged_tokens(customer: dict[str, Any], visitor: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Tokens that the gateway did not sign, or whose two halves do not belong together."""
    yield "no signature", jwt.encode(customer, "", algorithm="none")
    yield "another secret", jwt.encode(customer, "another secret, just as long as the other", algorithm="HS256")
    yield "another algorithm", jwt.encode(customer, VISITOR_SECRET + VISITOR_SECRET, algorithm="HS512")
    for why, claims in (
        ("a customer's subject with nothing verified", {**visitor, "sub": customer["sub"]}),
        ("a visitor's subject with something verified", {**visitor, "customer": customer["customer"]}),
        ("nothing verified", {name: value for name, value in customer.items() if name != "customer"}),
        ("half of it verified", {**customer, "customer": {"sub": "4711"}}),
        ("a method that is none", {**customer, "customer": {**customer["customer"], "method": "guess"}}),
        ("no object", {**customer, "customer": "4711"}),
        ("null", {**customer, "customer": None}),
        ("a key's subject", {**customer, "sub": "bootstrap"}),
        ("another tenant", {**customer, "tenant": "shop"}),
    ):
        yield why, jwt.encode(claims, VISITOR_SECRET, algorithm="HS256")


async def test_a_customers_token_is_neither_made_nor_stripped(opened: GatewayHarness) -> None:
    customer = claims_of(await signed_in(opened, "anya"))
    visitor = claims_of(await opened.create_visitor())
    for why, token in forged_tokens(customer, visitor):
        assert (await opened.call(f"{CHAT}/ListSessions", token)).status_code == 401, why
        assert (await opened.http.post("/api/visitor", headers=bearer_header(token))).status_code == 401, why
        assert (await identify(opened, "anya", token)).status_code == 401, why


async def test_a_customer_signs_in_again_after_some_hours(played: PlayedRouter) -> None:
    now = time.time()
    clock = [now]
    made = VisitorTokens([VISITOR_SECRET], "default", customer_hours=2.0, clock=lambda: clock[0])
    subject = customer_subject("default", "4711")

    def issue(hours_ago: float, minutes_since: float = 0.0) -> str:
        clock[0] = now - minutes_since * 60
        return made.issue_to_customer(subject, Customer("4711", {}, Verification.TOKEN, now - hours_ago * 3600))

    async with open_gateway(played, customer_hours=2.0) as gateway:

        async def refresh(token: str) -> httpx.Response:
            return await gateway.http.post("/api/visitor", headers=bearer_header(token))

        fresh = (await refresh(issue(hours_ago=0.5))).json()
        assert claims_of(fresh["token"])["customer"]["sub"] == "4711"
        assert claims_of(fresh["token"])["customer"]["verify_time"] == pytest.approx(now - 1800)
        assert fresh["expires_in"] == 3600

        last = (await refresh(issue(hours_ago=1.5))).json()
        assert last["expires_in"] == pytest.approx(1800, abs=5), "no token outlives the identity"

        expired = issue(hours_ago=1.9, minutes_since=100)
        assert (await gateway.call(f"{CHAT}/ListSessions", expired)).status_code == 401
        assert (await refresh(expired)).status_code == 200, "it may be exchanged until then"

        old = issue(hours_ago=2.1, minutes_since=30)
        assert (await gateway.call(f"{CHAT}/ListSessions", old)).status_code == 401
        refused = await refresh(old)
        assert (refused.status_code, reason_of(refused.json())) == (401, "UNAUTHENTICATED")
        assert "token" not in refused.json(), "it is never a visitor's again"


async def test_claims_that_no_header_would_hold_are_refused(opened: GatewayHarness, played: PlayedRouter) -> None:
    played.site_tokens["large"] = {"sub": "1", "claims": {f"claim{n}": "ü" * 200 for n in range(10)}}
    played.site_tokens["fits"] = {"sub": "1", "claims": {f"claim{n}": "u" * 400 for n in range(10)}}
    refused = await identify(opened, "large", await opened.create_visitor())
    assert (refused.status_code, reason_of(refused.json())) == (400, "BAD_REQUEST")
    token = await signed_in(opened, "fits")
    assert len(token) < 8000
    assert (await opened.call(f"{CHAT}/ListSessions", token)).status_code == 200
    assert played.callers[-1].customer is not None
    assert played.callers[-1].customer.claims == played.site_tokens["fits"]["claims"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"anya"', b"{}", b'{"token": 7}', b'{"token": ""}', b'{"token": null}', b"\xff\xfe"],
)
async def test_what_cannot_be_read_is_told_so(opened: GatewayHarness, played: PlayedRouter, body: bytes) -> None:
    for path in ("/api/identify", "/api/email-code", "/api/email-code/verify"):
        response = await opened.http.post(path, content=body, headers=bearer_header(await opened.create_visitor()))
        assert (response.status_code, reason_of(response.json())) == (400, "BAD_REQUEST"), path
    assert played.callers == []


async def test_a_refusal_repeats_no_token(opened: GatewayHarness) -> None:
    response = await opened.http.post("/api/identify", content=json.dumps({"token": ["a secret token"]}))
    assert response.status_code == 400
    assert "secret" not in response.text
    large = await opened.http.post("/api/identify", content=json.dumps({"token": "x" * 20_000}))
    assert (large.status_code, reason_of(large.json())) == (413, "REQUEST_TOO_LARGE")


async def test_a_code_by_mail_is_the_visitors_who_asked_for_it(opened: GatewayHarness) -> None:
    mine, other = await opened.create_visitor(), await opened.create_visitor()
    where = {"email": "anya@example.com", "language": "en"}

    async def verify(visitor: str, code: str) -> httpx.Response:
        body = {"email": "anya@example.com", "code": code}
        return await opened.http.post("/api/email-code/verify", json=body, headers=bearer_header(visitor))

    sent = await opened.http.post("/api/email-code", json=where, headers=bearer_header(mine))
    assert (sent.status_code, sent.json()) == (200, {})
    for visitor, code in ((other, "123456"), (mine, "654321")):
        refused = await verify(visitor, code)
        assert (refused.status_code, reason_of(refused.json())) == (401, "IDENTITY_NOT_VERIFIED")
    answer = (await verify(mine, "123456")).json()
    assert answer["customer"] == {
        "sub": "mailto:anya@example.com",
        "email": "anya@example.com",
        "method": "email_code",
    }
    assert claims_of(answer["token"])["sub"].startswith("customer-")
    again = await opened.http.post("/api/email-code", json=where, headers=bearer_header(mine))
    assert (again.status_code, reason_of(again.json())) == (429, "EMAIL_CODE_LIMIT")
    assert int(again.headers["retry-after"]) >= 60
    assert (await opened.http.post("/api/email-code", json=where)).status_code == 401, "a code is for somebody"


async def test_addresses_are_limited(played: PlayedRouter) -> None:
    async with open_gateway(played, identify_per_minute=6.0, email_codes_per_minute=3.0) as gateway:
        visitor = await gateway.create_visitor()
        tried = [await identify(gateway, "guess", visitor) for _ in range(4)]
        assert [each.status_code for each in tried] == [401, 401, 429, 429]
        assert reason_of(tried[-1].json()) == "ADDRESS_LIMIT"
        verify = {"email": "anya@example.com", "code": "123456"}
        guessed = await gateway.http.post("/api/email-code/verify", json=verify, headers=bearer_header(visitor))
        assert guessed.status_code == 429, "tokens and codes are guessed from one bucket"
        mails = [
            await gateway.http.post(
                "/api/email-code", json={"email": f"{n}@example.com"}, headers=bearer_header(visitor)
            )
            for n in range(2)
        ]
        assert [each.status_code for each in mails] == [200, 429]


async def test_the_pages_are_told_how_customers_sign_in(opened: GatewayHarness, played: PlayedRouter) -> None:
    async def sign_in() -> Any:
        return (await opened.http.get("/api/config")).json()["sign_in"]

    assert await sign_in() == {"mode": "optional", "tokens": True, "email_codes": True}
    assert played.callers[-1].tenant == "default"
    played.mode = "required"
    played.is_away = True
    assert (await sign_in())["mode"] == "optional", "remembered for some seconds, and while no router answers"
    assert played.asked_for_settings == 1


async def test_without_a_router_the_pages_are_told_nothing_of_it(played: PlayedRouter) -> None:
    played.is_away = True
    async with open_gateway(played) as gateway:
        config = await gateway.http.get("/api/config")
        assert (config.status_code, config.json()["sign_in"]) == (200, None)
    async with open_gateway(played, visitor_secret=None) as gateway:
        assert (await gateway.http.get("/api/config")).json()["sign_in"] is None
        assert (await identify(gateway, "anya")).status_code == 404


async def test_where_nobody_is_identified_that_is_told(opened: GatewayHarness, played: PlayedRouter) -> None:
    played.mode = "off"
    refused = await identify(opened, "anya", await opened.create_visitor())
    assert (refused.status_code, reason_of(refused.json())) == (400, "IDENTITY_OFF")


async def test_neither_visitors_nor_customers_call_the_identity_service_themselves(opened: GatewayHarness) -> None:
    for token in (await opened.create_visitor(), await signed_in(opened, "anya")):
        for method in ("GetSignIn", "IdentifyCustomer", "SendEmailCode", "VerifyEmailCode"):
            response = await opened.call(f"{IDENTITY}/{method}", token, email="bo@example.com")
            assert (response.status_code, reason_of(response.json())) == (403, "SCOPE_MISSING"), method
        erase = await opened.call(f"{CHAT}/DeleteUser", token, customer="4712")
        assert (erase.status_code, reason_of(erase.json())) == (403, "SCOPE_MISSING")
        export = await opened.http.post(
            f"{CHAT}/ExportUser",
            content=encode_frame({"customer": "4712"}),
            headers={**bearer_header(token), "content-type": "application/connect+json"},
        )
        assert decode_frames(export.content)[1]["error"]["code"] == "permission_denied"


async def test_what_a_page_claims_is_for_agents_alone(opened: GatewayHarness, played: PlayedRouter) -> None:
    token = await signed_in(opened, "anya")
    claimed: dict[str, Any] = {"profile": {"name": "The Queen"}, "identityToken": "bo", "user": "4712"}
    assert (await opened.converse("Hello", token, **claimed)).status_code == 200
    asked = played.asked[-1]
    assert (dict(asked.profile), asked.identity_token, asked.user) == ({"name": "The Queen"}, "", "")
    session = (await opened.call(f"{CHAT}/GetSession", token, name="sessions/one")).json()["session"]
    assert session == {"name": "sessions/one", "customer": {"sub": "4711"}}
    listed = (await opened.call(f"{CHAT}/ListSessions", token)).json()["sessions"]
    assert listed == [session]


async def test_a_customer_is_limited_as_one_on_all_devices(played: PlayedRouter) -> None:
    played.site_tokens["anya on the phone"] = ANYA
    async with open_gateway(played, visitor_questions_per_minute=4.0) as gateway:
        devices = [await signed_in(gateway, "anya"), await signed_in(gateway, "anya on the phone")]
        asked = [await gateway.converse("Hello", devices[n % 2]) for n in range(3)]
        assert [b"resource_exhausted" in each.content for each in asked] == [False, False, True]
        other = await gateway.converse("Hello", await signed_in(gateway, "bo"))
        assert b"resource_exhausted" not in other.content
