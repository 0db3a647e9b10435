"""Operators' tokens of an OpenID Connect issuer, verified by the keys that the issuer publishes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import jwt

from kefu.common.errors import Unauthenticated
from kefu.common.outbound.jwks import PublishedKeys
from kefu.common.permissions import Scope
from kefu.common.resource_names import check_id
from kefu.gateway.config import GatewayConfig

_FETCH_TIMEOUT_SECONDS = 5.0
_ALGORITHMS = frozenset({"RS256", "ES256", "PS256", "EdDSA"})
"""Of signatures. None has a shared secret, with which whoever verifies a token could make one."""


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


def issuer_keys(client: httpx.AsyncClient, issuer: str, jwks_url: str = "") -> PublishedKeys:
    """The keys of an issuer, read with `client`."""

    async def read_json(url: str) -> Any:
        try:
            response = await client.get(url, timeout=_FETCH_TIMEOUT_SECONDS, follow_redirects=False)
            response.raise_for_status()
            return response.json()
        except httpx.HTTPError as error:
            raise OSError(f"{type(error).__name__}: {error}") from error

    return PublishedKeys(read_json, issuer, jwks_url)


class OperatorTokens:
    """Verifies operators' tokens, and maps their claims to tenant and scopes as the configuration says."""

    def __init__(self, config: GatewayConfig, keys: PublishedKeys) -> None:
        self._config = config
        self._keys = keys

    async def operator(self, token: str) -> Operator:
        """The operator that a token names. Raises Unauthenticated, or BackendUnavailable without the issuer's keys."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in _ALGORITHMS:
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
