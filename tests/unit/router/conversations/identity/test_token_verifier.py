"""Which tokens of a company's site prove who its customer is, and which prove nothing."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from kefu.common.customers import Verification
from kefu.common.errors import BackendUnavailable, IdentityNotVerified, IdentityOff, SecretNotFound
from kefu.router.conversations.identity.token_verifier import TokenVerifier
from kefu.router.tenants.identity_settings import IdentityMode, IdentitySettings
from tests.support.identity_tokens import (
    AUDIENCE,
    ISSUER,
    OTHER_KEY,
    RSA_KEY,
    identity_token,
    jwks,
    public_pem,
)

SECRET = "a secret of at least thirty-two characters"
BASE = {"mode": IdentityMode.OPTIONAL, "issuer": ISSUER, "audience": AUDIENCE, "claims": ("email", "tier", "vip")}
BY_KEY = IdentitySettings(**BASE, public_key=public_pem())  # pyright: ignore[reportArgumentType]
BY_RSA = IdentitySettings(**BASE, public_key=public_pem(RSA_KEY))  # pyright: ignore[reportArgumentType]
BY_URL = IdentitySettings(**BASE, jwks_url="https://shop.example.com/jwks")  # pyright: ignore[reportArgumentType]
BY_SECRET = IdentitySettings(**BASE, shared_secret="site")  # pyright: ignore[reportArgumentType]


def verifier(published: Any = None) -> TokenVerifier:
    async def read_json(url: str) -> Any:
        if published is None:
            raise OSError("away")
        return published

    async def secret(tenant: str, name: str) -> str:
        if (tenant, name) != ("acme", "site"):
            raise SecretNotFound(name)
        return SECRET

    return TokenVerifier(read_json, secret)


async def refused(settings: IdentitySettings, token: str, published: Any = None) -> str:
    with pytest.raises(IdentityNotVerified) as failure:
        await verifier(published).verify("acme", settings, token)
    return failure.value.message


async def test_a_token_tells_the_customer_and_the_claims_that_are_asked_for() -> None:
    token = identity_token("c-7", email="anya@example.com", tier=3, vip=True, address={"city": "Berlin"}, other="x")
    found = await verifier().verify("acme", BY_KEY, token)
    assert found.customer.sub == "c-7"
    assert found.customer.claims == {"email": "anya@example.com", "tier": "3", "vip": "true"}
    assert found.customer.method is Verification.TOKEN
    assert found.expires == pytest.approx(time.time() + 330, abs=5)


async def test_each_kind_of_key_verifies_its_own_tokens() -> None:
    published = jwks()
    by_rsa = identity_token(key=RSA_KEY, algorithm="RS256")
    assert (await verifier().verify("acme", BY_RSA, by_rsa)).customer.sub == "c-1"
    by_url = identity_token(kid="one")
    assert (await verifier(published).verify("acme", BY_URL, by_url)).customer.method is Verification.TOKEN
    by_secret = identity_token(key=SECRET, algorithm="HS256")
    found = await verifier().verify("acme", BY_SECRET, by_secret)
    assert found.customer.method is Verification.SHARED_SECRET


def _hs256_with(secret: str) -> str:
    """HS256 as an attacker signs it: libraries refuse to take a public key for a secret."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "c-1", "iat": now, "exp": now + 300}
    header = {"alg": "HS256", "typ": "JWT"}
    signed = ".".join(part(json.dumps(each).encode()) for each in (header, claims))
    return f"{signed}.{part(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())}"


@pytest.mark.parametrize(
    ("make", "settings"),
    [
        pytest.param(lambda: jwt.encode({"sub": "c-1"}, "", "none"), BY_KEY, id="no signature"),
        pytest.param(lambda: _hs256_with(public_pem()), BY_KEY, id="HS256 with the public key as secret"),
        pytest.param(lambda: _hs256_with(public_pem(RSA_KEY)), BY_RSA, id="HS256 with the public RSA key"),
        pytest.param(lambda: identity_token(key=SECRET, algorithm="HS256"), BY_KEY, id="HS256 where a key is wanted"),
        pytest.param(identity_token, BY_SECRET, id="ES256 where the secret is wanted"),
        pytest.param(lambda: identity_token(key=OTHER_KEY), BY_KEY, id="another's key"),
        pytest.param(lambda: identity_token(key=RSA_KEY, algorithm="RS256"), BY_KEY, id="a key of another kind"),
        pytest.param(lambda: identity_token(key=SECRET + "!", algorithm="HS256"), BY_SECRET, id="another secret"),
        pytest.param(lambda: identity_token(kid="two"), BY_URL, id="a key that is not published"),
        pytest.param(identity_token, BY_URL, id="no key named"),
        pytest.param(lambda: identity_token(aud="kefu-other"), BY_KEY, id="another audience"),
        pytest.param(lambda: identity_token(aud=None), BY_KEY, id="no audience"),
        pytest.param(lambda: identity_token(iss="https://evil.example.com"), BY_KEY, id="another issuer"),
        pytest.param(lambda: identity_token(iat=1, exp=100), BY_KEY, id="expired"),
        pytest.param(lambda: identity_token(exp=None), BY_KEY, id="for ever"),
        pytest.param(lambda: identity_token(exp=int(time.time()) + 90_000), BY_KEY, id="for too long"),
        pytest.param(lambda: identity_token(nbf=int(time.time()) + 3600), BY_KEY, id="not yet"),
        pytest.param(lambda: identity_token(iat=int(time.time()) + 3600), BY_KEY, id="of the future"),
        pytest.param(lambda: identity_token(""), BY_KEY, id="nobody"),
        pytest.param(lambda: identity_token(" "), BY_KEY, id="blank"),
        pytest.param(lambda: identity_token("x" * 301), BY_KEY, id="a long name"),
        pytest.param(lambda: identity_token(sub=None), BY_KEY, id="no name"),  # pyright: ignore[reportArgumentType]
        pytest.param(lambda: identity_token() + "x", BY_KEY, id="changed signature"),
        pytest.param(lambda: "a.b.c", BY_KEY, id="no token"),
        pytest.param(lambda: "", BY_KEY, id="nothing"),
        pytest.param(lambda: "👩‍🚀" * 100, BY_KEY, id="emoji"),
        pytest.param(lambda: "a" * 9_000, BY_KEY, id="long"),
        pytest.param(lambda: base64.b64encode(b"[" * 6_000).decode() + ".a.b", BY_KEY, id="deep"),
    ],
)
async def test_everything_else_proves_nothing(make: Callable[[], str], settings: IdentitySettings) -> None:
    assert await refused(settings, make(), jwks())


async def test_a_token_that_expired_within_the_leeway_is_taken() -> None:
    now = int(time.time())
    assert await verifier().verify("acme", BY_KEY, identity_token(iat=now - 60, exp=now - 5))


async def test_the_same_token_has_the_same_digest_however_its_signature_is_written() -> None:
    token = identity_token(jti=None)
    signed, _, signature = token.rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    r, s = decode_dss_signature(encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:])))
    other = r.to_bytes(32) + (order - s).to_bytes(32)  # as valid as the first
    twin = f"{signed}.{base64.urlsafe_b64encode(other).rstrip(b'=').decode()}"
    assert twin != token
    first, second = [await verifier().verify("acme", BY_KEY, each) for each in (token, twin)]
    assert first.digest == second.digest
    assert first.digest != (await verifier().verify("acme", BY_KEY, identity_token(jti=None, x=1))).digest


async def test_without_the_issuers_keys_nobody_is_judged() -> None:
    with pytest.raises(BackendUnavailable):
        await verifier(None).verify("acme", BY_URL, identity_token(kid="one"))


@pytest.mark.parametrize("settings", [IdentitySettings(), IdentitySettings(IdentityMode.OPTIONAL, email_codes=True)])
async def test_where_no_tokens_are_taken_it_says_so(settings: IdentitySettings) -> None:
    with pytest.raises(IdentityOff):
        await verifier().verify("acme", settings, identity_token())


async def test_another_tenants_secret_is_no_secret_here() -> None:
    with pytest.raises(IdentityOff):
        await verifier().verify("other", BY_SECRET, identity_token(key=SECRET, algorithm="HS256"))


async def test_a_short_secret_signs_nothing() -> None:
    async def secret(tenant: str, name: str) -> str:
        return "too short"

    with pytest.raises(IdentityOff, match="32 characters"):
        await TokenVerifier(secret, secret).verify("acme", BY_SECRET, identity_token(key=SECRET, algorithm="HS256"))  # pyright: ignore[reportArgumentType] - never called
