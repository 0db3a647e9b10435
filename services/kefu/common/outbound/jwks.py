"""Public keys that an issuer of tokens publishes as a JSON Web Key Set (RFC 7517)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import jwt
import structlog

from kefu.common.errors import BackendUnavailable, Unauthenticated

_REFRESH_SECONDS = 600.0
_MIN_FETCH_INTERVAL_SECONDS = 10.0
_log = structlog.stdlib.get_logger()


class PublishedKeys:
    """The public keys of an issuer, cached for ten minutes.

    They are fetched again when a token names an unknown key, though at most once in ten seconds, whatever tokens come.
    Without `jwks_url`, the issuer's /.well-known/openid-configuration names it. That document has to name the issuer as
    well (OpenID Connect Discovery 1.0, 4.3), and an address with https. A key that cannot be used is left out.

    Args:
        read_json: reads the JSON document at an address. Raises OSError or ValueError.
        issuer: who publishes the keys, for the log, and for discovery.
        jwks_url: where they are. Empty: where discovery says.
    """

    def __init__(self, read_json: Callable[[str], Awaitable[Any]], issuer: str, jwks_url: str = "") -> None:
        self._read_json = read_json
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
                "The issuer of these tokens did not answer; try again.", retry_after=_MIN_FETCH_INTERVAL_SECONDS
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
                self._url = _keys_url(await self._read_json(address), self._issuer)
            keys = (await self._read_json(self._url))["keys"]
            self._keys = {str(each["kid"]): each for each in keys if _is_usable(each)}
            self._fetched_at = time.monotonic()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            # The cached keys stay in use: an issuer that is away for a while locks nobody out.
            _log.warning("jwks.not_read", issuer=self._issuer, cause=f"{type(error).__name__}: {error}")


def is_secure_url(url: str) -> bool:
    """Whether a URL is https, or http at this machine itself."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1"))
    )


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
        _log.warning("jwks.key_left_out", kid=str(key["kid"])[:100], cause=type(error).__name__)
        return False
    return True
