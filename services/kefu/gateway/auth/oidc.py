"""Operators' tokens of an OpenID Connect issuer, verified by the keys that the issuer publishes."""

import asyncio
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import structlog

from kefu.common.errors import BackendUnavailable, Unauthenticated
from kefu.common.permissions import Scope
from kefu.common.resource_names import check_id
from kefu.gateway.config import GatewayConfig, comma_separated, is_secure_url

_REFRESH_SECONDS = 600.0
_MIN_FETCH_INTERVAL_SECONDS = 10.0
_FETCH_TIMEOUT_SECONDS = 5.0
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class Operator:
    """The operator that a token names."""

    tenant: str
    subject: str
    """A hash of issuer and `sub`, so that no mail address stands in a Redis key."""
    scopes: frozenset[Scope]
    name: str
    """A name for people, at most 100 characters; empty when the token has none."""
    expires: float
    """When the token ends, leeway included, in seconds since the epoch."""


class IssuerKeys:
    """The public keys of an issuer, cached for ten minutes.

    They are fetched again when a token names an unknown key, though at most once in ten seconds, whatever tokens come.
    Without `jwks_url`, the issuer's /.well-known/openid-configuration names it. That document has to name the issuer as
    well (OpenID Connect Discovery 1.0, 4.3), and an address with https. A key that cannot be used is left out.
    """

    def __init__(self, client: httpx.AsyncClient, issuer: str, jwks_url: str = "") -> None:
        self._client = client
        self._issuer = issuer
        self._url = jwks_url
        self._keys: dict[str, Mapping[str, Any]] = {}
        self._fetched_at = self._attempted_at = float("-inf")
        self._fetch_lock = asyncio.Lock()

    async def key(self, key_id: str, algorithm: str) -> jwt.PyJWK:
        """The key with this `kid`, for a signature of this algorithm.

        Raises Unauthenticated for a key that is unknown or of another kind, BackendUnavailable without any keys.
        """
        if key_id not in self._keys or time.monotonic() - self._fetched_at > _REFRESH_SECONDS:
            async with self._fetch_lock:
                if time.monotonic() - self._attempted_at > _MIN_FETCH_INTERVAL_SECONDS:
                    await self._fetch()
        if not self._keys:
            raise BackendUnavailable(
                "The issuer of operators' tokens did not answer; try again.", retry_after=_MIN_FETCH_INTERVAL_SECONDS
            )
        if key_id not in self._keys:
            raise Unauthenticated("This token is signed with a key that its issuer does not publish.")
        try:
            return jwt.PyJWK.from_dict(dict(self._keys[key_id]), algorithm)
        except jwt.PyJWTError:
            raise Unauthenticated("This token's signature is not of its key's kind.") from None

    async def _fetch(self) -> None:
        self._attempted_at = time.monotonic()
        try:
            if not self._url:
                address = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
                self._url = _keys_url(await self._json(address), self._issuer)
            keys = (await self._json(self._url))["keys"]
            self._keys = {str(each["kid"]): each for each in keys if _is_usable(each)}
            self._fetched_at = time.monotonic()
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
            # The cached keys stay in use: an issuer that is away for a while locks nobody out.
            _log.warning("oidc.keys_not_read", issuer=self._issuer, cause=f"{type(error).__name__}: {error}")

    async def _json(self, url: str) -> Any:
        response = await self._client.get(url, timeout=_FETCH_TIMEOUT_SECONDS, follow_redirects=False)
        response.raise_for_status()
        return response.json()


def _keys_url(document: Mapping[str, Any], issuer: str) -> str:
    """Where the keys are, as the discovery document says. Raises ValueError unless it is the issuer's own."""
    if document["issuer"] != issuer:
        raise ValueError(f"the document there is of the issuer {str(document['issuer'])[:200]!r}")
    url = str(document["jwks_uri"])
    if not is_secure_url(url):
        raise ValueError("jwks_uri is not https")
    return url


def _is_usable(key: Mapping[str, Any]) -> bool:
    """Whether a published key verifies signatures. Issuers also publish keys for encryption."""
    if not key.get("kid") or key.get("use", "sig") != "sig" or key.get("kty") not in ("RSA", "EC", "OKP"):
        return False
    try:
        jwt.PyJWK.from_dict(dict(key))
    except jwt.PyJWTError as error:
        _log.warning("oidc.key_left_out", kid=str(key["kid"])[:100], cause=type(error).__name__)
        return False
    return True


class OperatorTokens:
    """Verifies operators' tokens, and maps their claims to tenant and scopes as the configuration says."""

    def __init__(self, config: GatewayConfig, keys: IssuerKeys) -> None:
        self._config = config
        self._keys = keys
        self._algorithms = comma_separated(config.oidc_algorithms)

    async def operator(self, token: str) -> Operator:
        """The operator that a token names. Raises Unauthenticated, or BackendUnavailable without the issuer's keys."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in self._algorithms:
                raise Unauthenticated("This token's signature is of a kind that is not taken.")
            key = await self._keys.key(str(header.get("kid", "")), header["alg"])
            claims = jwt.decode(
                token,
                key,
                algorithms=[header["alg"]],
                audience=self._config.oidc_audience,
                issuer=self._config.oidc_issuer,
                leeway=self._config.oidc_leeway_seconds,
                options={"require": ["exp", "iat", "sub", "aud", "iss"]},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("This token has expired; sign in again.") from None
        except jwt.InvalidTokenError:
            raise Unauthenticated("This is no valid token of the issuer.") from None
        if claims["exp"] - claims["iat"] > self._config.oidc_max_hours * 3600:
            longest = f"{self._config.oidc_max_hours:g} hours"
            raise Unauthenticated(f"This token is valid for more than {longest}; let its issuer give shorter ones.")
        return self._operator(claims)

    def _operator(self, claims: Mapping[str, Any]) -> Operator:
        config = self._config
        tenant = config.oidc_tenant
        if config.oidc_tenant_claim:
            tenant = str(_claim(claims, config.oidc_tenant_claim) or "")
            if not tenant:
                raise Unauthenticated(f"This token has no {config.oidc_tenant_claim}, which names the tenant.")
        roles = _words(_claim(claims, config.oidc_roles_claim))
        scopes = frozenset(scope for role in roles for scope in config.scopes_of(role))
        digest = hashlib.sha256(f"{claims['iss']}\n{claims['sub']}".encode()).hexdigest()[:32]
        name = next((str(claims[each]) for each in ("name", "preferred_username", "email") if claims.get(each)), "")
        expires = float(claims["exp"]) + config.oidc_leeway_seconds
        return Operator(check_id("tenant", tenant), f"user-{digest}", scopes, name[:100], expires)


def _words(value: Any) -> list[str]:
    return value.split() if isinstance(value, str) else list(map(str, value)) if isinstance(value, list) else []  # pyright: ignore[reportUnknownArgumentType]


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its whole name, else by a dotted path through objects. Names with dots exist (https://a.example/roles)."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return found  # pyright: ignore[reportUnknownVariableType]
