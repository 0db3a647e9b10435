"""An OpenID Connect issuer on this machine: publishes its keys, counts requests for them, and signs tokens."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router

from kefu.gateway.config import GatewayConfig
from kefu.gateway.http_server import Readiness, serving_http
from tests.support.grpc_calls import INTERNAL_KEY

AUDIENCE = "kefu-desk"


class OidcIssuer:
    """Keys by `kid`: "rsa" and "ec". `key_requests` counts requests for them; `unavailable` fails them with 503.

    `document` replaces fields of the discovery document; `extra_keys` are published in front of the others.
    """

    def __init__(self) -> None:
        self.url = ""
        self.key_requests = 0
        self.unavailable = False
        self.document: dict[str, str] = {}
        self.extra_keys: list[dict[str, Any]] = []
        self.keys: dict[str, Any] = {
            "rsa": rsa.generate_private_key(public_exponent=65537, key_size=2048),
            "ec": ec.generate_private_key(ec.SECP256R1()),
        }

    def token(self, key_id: str = "rsa", *, key: Any = None, algorithm: str = "", **claims: Any) -> str:
        """A signed token. `claims` replace those of a valid token; None leaves one out."""
        now = int(time.time())
        good: dict[str, Any] = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "ann@example.com",
            "iat": now,
            "exp": now + 600,
            "name": "Ann",
            "groups": ["kefu-operator"],
        }
        whole = {name: value for name, value in {**good, **claims}.items() if value is not None}
        algorithm = algorithm or {"rsa": "RS256", "ec": "ES256"}.get(key_id, "RS256")
        return jwt.encode(whole, key or self.keys[key_id], algorithm=algorithm, headers={"kid": key_id})

    async def configuration(self, request: Request) -> Response:
        """The discovery document."""
        return JSONResponse({"issuer": self.url, "jwks_uri": f"{self.url}/keys", **self.document})

    async def jwks(self, request: Request) -> Response:
        """The public keys, and a shared secret that must never be accepted."""
        self.key_requests += 1
        if self.unavailable:
            return Response(status_code=503)
        published: list[dict[str, Any]] = [{"kty": "oct", "kid": "shared", "k": "c2VjcmV0"}, *self.extra_keys]
        for key_id, key in self.keys.items():
            public = key.public_key()
            written = ECAlgorithm.to_jwk(public) if key_id.startswith("ec") else RSAAlgorithm.to_jwk(public)
            published.append({**json.loads(written), "kid": key_id, "use": "sig"})
        return JSONResponse({"keys": published})


@asynccontextmanager
async def open_oidc_issuer() -> AsyncIterator[OidcIssuer]:
    """An issuer while the block runs."""
    issuer = OidcIssuer()
    routes = [Route("/.well-known/openid-configuration", issuer.configuration), Route("/keys", issuer.jwks)]
    config = GatewayConfig(listen="127.0.0.1:0", internal_key=INTERNAL_KEY, drain_seconds=0.0)  # pyright: ignore[reportArgumentType]
    async with serving_http(config, Router(routes), Readiness(), lambda: None) as port:
        issuer.url = f"http://127.0.0.1:{port}"
        yield issuer
