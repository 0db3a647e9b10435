"""Verification of the JWTs (RFC 7519, after RFC 8725) in which a company's site says who its customer is."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from kefu.common.customers import MAX_SUB_CHARACTERS, Customer, Verification
from kefu.common.errors import IdentityNotVerified, IdentityOff, SecretNotFound, Unauthenticated
from kefu.common.outbound.jwks import PublishedKeys
from kefu.router.tenants.identity_settings import IdentitySettings

MAX_TOKEN_CHARACTERS = 8_192
MAX_TOKEN_HOURS = 24.0
"""Longest life of a token, from `iat` to `exp`. It should be minutes."""
_PUBLIC_KEY_ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA")
_MIN_SECRET_CHARACTERS = 32
_LEEWAY_SECONDS = 30.0
_MAX_CLAIM_CHARACTERS = 200
_MAX_ISSUERS = 1_000


@dataclass(frozen=True)
class VerifiedToken:
    """What a token proves."""

    customer: Customer
    digest: str
    """The same for the same token, however its signature is written: of `iss` and `jti`, or of what is signed."""
    expires: float
    """When the token ends, leeway included, in seconds since the epoch."""


class TokenVerifier:
    """Verifies customers' tokens as a tenant's settings say.

    Args:
        read_json: reads the JSON document at an address, behind the SSRF guard. Raises OSError or ValueError.
        secret: the value of a tenant's secret, by tenant and name. Raises SecretNotFound.
        clock: the time in seconds since the epoch.
    """

    def __init__(
        self,
        read_json: Callable[[str], Awaitable[Any]],
        secret: Callable[[str, str], Awaitable[str]],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._read_json = read_json
        self._secret = secret
        self._clock = clock
        self._published: OrderedDict[tuple[str, str, str], PublishedKeys] = OrderedDict()

    async def verify(self, tenant: str, settings: IdentitySettings, token: str) -> VerifiedToken:
        """What a token proves. The kind of key decides which algorithms are taken, never the token.

        Raises IdentityNotVerified, IdentityOff when the tenant takes no tokens, or BackendUnavailable without the
        issuer's keys.
        """
        if not settings.takes_tokens:
            raise IdentityOff("This tenant takes no tokens of customers; see its identity settings.")
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise IdentityNotVerified(f"A token has at most {MAX_TOKEN_CHARACTERS} characters.")
        try:
            header = jwt.get_unverified_header(token)
            key, algorithms, method = await self._key(tenant, settings, header)
            claims = jwt.decode(
                token,
                key,
                algorithms=algorithms,
                audience=settings.audience,
                issuer=settings.issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "sub", "aud", "iss"]},
            )
        except Unauthenticated as error:
            raise IdentityNotVerified(error.message) from None
        except jwt.ExpiredSignatureError:
            raise IdentityNotVerified("This token has expired; ask the site for a new one.") from None
        except jwt.InvalidAudienceError:
            raise IdentityNotVerified("This token is for another audience; see `aud`.") from None
        except jwt.InvalidIssuerError:
            raise IdentityNotVerified("This token is of another issuer; see `iss`.") from None
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise IdentityNotVerified("This is no valid token of this tenant's site.") from None
        if claims["exp"] - claims["iat"] > MAX_TOKEN_HOURS * 3600:
            raise IdentityNotVerified(f"A token may live for {MAX_TOKEN_HOURS:g} hours at most; minutes are enough.")
        sub = str(claims["sub"])
        if not sub.strip() or len(sub) > MAX_SUB_CHARACTERS:
            raise IdentityNotVerified(f"`sub` must have 1 to {MAX_SUB_CHARACTERS} characters.")
        customer = Customer(sub, _kept(claims, settings.claims), method, self._clock())
        signed = f"{claims['iss']}\n{claims['jti']}" if claims.get("jti") else token.rpartition(".")[0]
        return VerifiedToken(
            customer, hashlib.sha256(signed.encode()).hexdigest(), float(claims["exp"]) + _LEEWAY_SECONDS
        )

    async def _key(
        self, tenant: str, settings: IdentitySettings, header: Mapping[str, Any]
    ) -> tuple[Any, list[str], Verification]:
        algorithm = header.get("alg")
        if settings.shared_secret:
            try:
                secret = await self._secret(tenant, settings.shared_secret)
            except SecretNotFound:
                raise IdentityOff(f"There is no secret {settings.shared_secret}, which signs the tokens.") from None
            if len(secret) < _MIN_SECRET_CHARACTERS:
                raise IdentityOff(f"A secret that signs tokens needs at least {_MIN_SECRET_CHARACTERS} characters.")
            return secret, ["HS256"], Verification.SHARED_SECRET
        if algorithm not in _PUBLIC_KEY_ALGORITHMS:
            raise IdentityNotVerified(f"A token must be signed with {', '.join(_PUBLIC_KEY_ALGORITHMS)}.")
        if settings.public_key:
            return settings.public_key, [algorithm], Verification.TOKEN
        key = await self._keys(tenant, settings).key(str(header.get("kid", "")), algorithm)
        return key, [algorithm], Verification.TOKEN

    def _keys(self, tenant: str, settings: IdentitySettings) -> PublishedKeys:
        name = (tenant, settings.issuer, settings.jwks_url)
        if name not in self._published:
            self._published[name] = PublishedKeys(self._read_json, settings.issuer, settings.jwks_url)
            if len(self._published) > _MAX_ISSUERS:
                self._published.popitem(last=False)
        self._published.move_to_end(name)
        return self._published[name]


def _kept(claims: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    """The claims that a tenant asks for, as texts. Lists, objects and long texts are left out."""
    kept: dict[str, str] = {}
    for name in names:
        value = claims.get(name)
        if isinstance(value, bool):
            value = "true" if value else "false"
        if isinstance(value, str | int | float) and len(str(value)) <= _MAX_CLAIM_CHARACTERS:
            kept[name] = str(value)
    return kept
