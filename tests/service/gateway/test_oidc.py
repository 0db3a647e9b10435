"""Operators without keys: tokens of an issuer that runs beside the test, good ones and all kinds of bad ones."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from kefu.gateway.config import GatewayConfig
from kefu.testing.redis_server import RedisServer
from tests.support.gateway_harness import CHAT, GatewayHarness, bearer_header, open_gateway_harness, reason_of
from tests.support.grpc_calls import INTERNAL_KEY
from tests.support.oidc_issuer import AUDIENCE, OidcIssuer, open_oidc_issuer
from tests.support.router_harness import RouterHarness, open_router_harness

ADMIN = "/kefu.router.v1.AdminService/ListTenants"


@pytest.fixture
async def issuer() -> AsyncIterator[OidcIssuer]:
    async with open_oidc_issuer() as issuer:
        yield issuer


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis) as harness:
        yield harness


@pytest.fixture
async def gateway(harness: RouterHarness, issuer: OidcIssuer) -> AsyncIterator[GatewayHarness]:
    config: dict[str, Any] = {
        "oidc_issuer": issuer.url,
        "oidc_audience": AUDIENCE,
        "oidc_tenant": "default",
        "oidc_roles": {
            "kefu-operator": ["chat", "knowledge", "operator"],
            "editors": ["knowledge"],
            "support": ["agent"],
            "boss": ["admin"],
        },
        "anonymous_per_minute": 6000.0,
    }
    async with open_gateway_harness(harness, **config) as gateway:
        yield gateway


@pytest.mark.parametrize("key_id", ["rsa", "ec"])
async def test_an_operators_token_opens_what_its_roles_may(
    gateway: GatewayHarness, issuer: OidcIssuer, key_id: str
) -> None:
    token = issuer.token(key_id)
    assert (await gateway.call(ADMIN, token)).status_code == 200
    assert (await gateway.call(f"{CHAT}/ListSessions", token)).status_code == 200
    me = (await gateway.http.get("/api/me", headers=bearer_header(token))).json()
    assert (me["tenant"], me["name"], me["roles"]) == ("default", "Ann", ["admin"])
    assert me["scopes"] == ["admin", "chat", "desk", "knowledge", "operator", "settings"]
    assert me["subject"].startswith("user-")
    assert "ann" not in me["subject"]
    config = (await gateway.http.get("/api/config")).json()
    assert config["oidc"] == {"issuer": issuer.url, "client_id": AUDIENCE, "scope": "openid profile email"}


async def test_an_operator_without_the_role_is_known_and_may_do_nothing(
    gateway: GatewayHarness, issuer: OidcIssuer
) -> None:
    for groups, path in (
        (["guests"], ADMIN),
        (["guests"], f"{CHAT}/ListSessions"),
        (["editors"], ADMIN),
        (None, ADMIN),
    ):
        response = await gateway.call(path, issuer.token(groups=groups))
        assert (response.status_code, reason_of(response.json())) == (403, "SCOPE_MISSING")


async def test_an_agent_works_at_the_desk_and_neither_gives_keys_nor_sends_conversations_elsewhere(
    gateway: GatewayHarness, issuer: OidcIssuer
) -> None:
    agent, boss = issuer.token(groups=["support"]), issuer.token(groups=["boss"])
    me = (await gateway.http.get("/api/me", headers=bearer_header(agent))).json()
    assert (me["scopes"], me["roles"]) == (["desk"], ["agent"])
    assert (await gateway.call("/kefu.router.v1.DeskService/ListConversations", agent)).status_code == 200
    key: dict[str, Any] = {"scopes": ["SCOPE_CHAT", "SCOPE_KNOWLEDGE", "SCOPE_OPERATOR"], "priority": "PRIORITY_URGENT"}
    hook: dict[str, Any] = {"url": "https://example.com/", "events": ["WEBHOOK_EVENT_TURN"]}
    bodies: dict[str, dict[str, Any]] = {
        "/kefu.router.v1.AdminService/CreateKey": key,
        "/kefu.router.v1.AdminService/CreateTenant": {"tenantId": "other"},
        "/kefu.router.v1.AdminService/UpdateTenantSettings": {"settings": {}},
        "/kefu.router.v1.WebhookService/CreateWebhook": hook,
    }
    for path, body in bodies.items():
        response = await gateway.call(path, agent, **body)
        assert (response.status_code, reason_of(response.json())) == (403, "SCOPE_MISSING"), path
    assert (await gateway.call("/kefu.router.v1.AdminService/CreateKey", boss, **key)).status_code == 200


async def test_bad_tokens_are_refused(gateway: GatewayHarness, issuer: OidcIssuer) -> None:
    now = int(time.time())
    good = issuer.token()
    head, body, signature = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    tampered = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "eve"}).encode()).decode().rstrip("=")
    public = issuer.keys["rsa"].public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    none = base64.urlsafe_b64encode(b'{"alg":"none","kid":"rsa"}').decode().rstrip("=")
    confused = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"rsa"}').decode().rstrip("=")
    bad = {
        "tampered": f"{head}.{tampered}.{signature}",
        "unsigned": f"{none}.{body}.",
        "none with a signature": f"{none}.{body}.{signature}",
        "HS256 in name": f"{confused}.{body}.{signature}",
        "HS256 by the public key": _by_shared_secret(claims, pem),
        "expired": issuer.token(exp=now - 3600),
        "not yet valid": issuer.token(nbf=now + 3600),
        "for another audience": issuer.token(aud="another"),
        "of another issuer": issuer.token(iss="https://login.example.com"),
        "without an end": issuer.token(exp=None),
        "without a subject": issuer.token(sub=None),
        "by another key": issuer.token(key=rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        "by a key that is not published": issuer.token("gone", key=issuer.keys["rsa"]),
        "by the shared key that is published": issuer.token("shared", key="secret" * 8, algorithm="HS384"),
        "no token": "a.b.c",
    }
    assert (await gateway.call(ADMIN, good)).status_code == 200
    for what, token in bad.items():
        response = await gateway.call(ADMIN, token)
        assert (response.status_code, reason_of(response.json())) == (401, "UNAUTHENTICATED"), what


async def test_keys_are_remembered_and_unknown_ones_do_not_make_the_issuer_answer_each_time(
    gateway: GatewayHarness, issuer: OidcIssuer
) -> None:
    for _ in range(5):
        assert (await gateway.call(ADMIN, issuer.token())).status_code == 200
    assert issuer.key_requests == 1
    for number in range(5):
        unknown = issuer.token(f"unknown-{number}", key=issuer.keys["rsa"])
        assert (await gateway.call(ADMIN, unknown)).status_code == 401
    assert issuer.key_requests == 1, "not again within ten seconds"
    issuer.unavailable = True
    assert (await gateway.call(ADMIN, issuer.token())).status_code == 200


async def test_an_issuer_that_was_never_reached_is_unavailable(gateway: GatewayHarness, issuer: OidcIssuer) -> None:
    issuer.unavailable = True
    response = await gateway.call(ADMIN, issuer.token())
    assert (response.status_code, reason_of(response.json())) == (503, "BACKEND_UNAVAILABLE")


async def test_the_tenant_and_roles_may_stand_in_claims_of_ones_own(harness: RouterHarness, issuer: OidcIssuer) -> None:
    config: dict[str, Any] = {
        "oidc_issuer": issuer.url,
        "oidc_audience": AUDIENCE,
        "oidc_tenant_claim": "https://example.com/tenant",
        "oidc_roles_claim": "realm_access.roles",
    }
    claims: dict[str, Any] = {"https://example.com/tenant": "shop", "realm_access": {"roles": ["kefu-operator"]}}
    async with open_gateway_harness(harness, **config) as gateway:
        me = await gateway.http.get("/api/me", headers=bearer_header(issuer.token(**claims)))
        assert (me.json()["tenant"], me.json()["roles"]) == ("shop", ["admin"])
        assert (await gateway.call(ADMIN, issuer.token())).status_code == 401


async def test_a_key_that_cannot_be_used_locks_nobody_out(gateway: GatewayHarness, issuer: OidcIssuer) -> None:
    issuer.extra_keys = [
        {"kty": "OKP", "crv": "X25519", "kid": "x", "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
    ]
    assert (await gateway.call(ADMIN, issuer.token())).status_code == 200


async def test_every_signature_of_the_list_is_taken_whether_or_not_the_key_names_it(
    gateway: GatewayHarness, issuer: OidcIssuer
) -> None:
    for algorithm, status in (("PS256", 200), ("RS256", 200), ("RS512", 401)):
        assert (await gateway.call(ADMIN, issuer.token(algorithm=algorithm))).status_code == status, algorithm
    mixed = issuer.token("rsa", key=issuer.keys["ec"], algorithm="ES256")
    assert (await gateway.call(ADMIN, mixed)).status_code == 401


async def test_a_token_that_lives_too_long_is_refused(gateway: GatewayHarness, issuer: OidcIssuer) -> None:
    now = int(time.time())
    assert (await gateway.call(ADMIN, issuer.token(exp=now + 23 * 3600))).status_code == 200
    refused = await gateway.call(ADMIN, issuer.token(exp=253_370_764_800))
    assert refused.status_code == 401
    assert "24 hours" in refused.json()["message"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://someone-else.example"},
        {"jwks_uri": "http://169.254.169.254/latest/meta-data"},
        {"jwks_uri": "file:///etc/passwd"},
    ],
)
async def test_a_discovery_document_that_cannot_be_the_issuers_is_not_followed(
    gateway: GatewayHarness, issuer: OidcIssuer, wrong: dict[str, str]
) -> None:
    issuer.document = wrong
    response = await gateway.call(ADMIN, issuer.token())
    assert (response.status_code, reason_of(response.json())) == (503, "BACKEND_UNAVAILABLE")
    assert issuer.key_requests == 0


@pytest.mark.parametrize("name", ["oidc_issuer", "oidc_jwks_url"])
def test_an_issuer_without_https_is_refused(name: str) -> None:
    config: dict[str, Any] = {"internal_key": INTERNAL_KEY, "oidc_audience": AUDIENCE}
    config |= {"oidc_issuer": "https://login.example.com"} | {name: "http://login.example.com/keys"}
    with pytest.raises(ValueError, match="must begin with https://"):
        GatewayConfig(**config)


def _by_shared_secret(claims: dict[str, object], secret: bytes) -> str:
    """As an attacker makes it, who knows the public key; the library refuses to."""
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT","kid":"rsa"}').rstrip(b"=")
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=")
    signature = hmac.new(secret, head + b"." + body, hashlib.sha256).digest()
    return b".".join((head, body, base64.urlsafe_b64encode(signature).rstrip(b"="))).decode()
