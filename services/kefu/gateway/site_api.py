"""What the pages ask beside the contracts: how this Kefu is set up, a visitor's token, and who they are."""

import importlib.metadata
from typing import Any

import grpc
import grpc.aio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kefu.common.errors import AddressLimit, ServiceError
from kefu.gateway.auth.callers import Callers
from kefu.gateway.auth.visitor_tokens import Visitors
from kefu.gateway.config import GatewayConfig, listed
from kefu.gateway.failures import Failure
from kefu.gateway.grpc_backends import Backends
from kefu.gateway.rate_limit import Buckets, network_of
from kefu.router.v1 import identity_pb2

_NOT_KEPT = {"cache-control": "no-store"}
_IDENTITY = "/kefu.router.v1.IdentityService/GetIdentity"


class Api:
    """Endpoints of Starlette routes. Failures are told in the JSON form of the Connect protocol."""

    def __init__(self, config: GatewayConfig, backends: Backends, callers: Callers, visitors: Visitors | None) -> None:
        self._config = config
        self._backends = backends
        self._callers = callers
        self._visitors = visitors
        self._new_tokens = Buckets("new_visitors", config.visitors_per_minute)

    async def config(self, request: Request) -> Response:
        """GET /api/config: public."""
        config = self._config
        oidc = {
            "issuer": config.oidc_issuer,
            "client_id": config.oidc_client_id or config.oidc_audience,
            "scope": config.oidc_scopes,
        }
        told: dict[str, Any] = {
            "title": config.title,
            "accent": config.accent,
            "visitors": self._visitors is not None,
            "oidc": oidc if config.oidc_issuer else None,
            "collections": [f"collections/{name}" for name in listed(config.visitor_collections)],
            "version": importlib.metadata.version("kefu"),
        }
        return JSONResponse(told, headers={"cache-control": "no-cache"})

    async def visitor(self, request: Request) -> Response:
        """POST /api/visitor: a new visitor's token, or a fresh one for the visitor whose token is sent."""
        if self._visitors is None:
            return told(Failure(grpc.StatusCode.NOT_FOUND, "There are no visitors here; use a key."))
        if wait := self._new_tokens.take(network_of(address_of(request))):
            raise AddressLimit("Too many visitors come from this address; wait a little.", retry_after=wait)
        scheme, _, old = request.headers.get("authorization", "").partition(" ")
        token = self._visitors.refreshed(old.strip()) if scheme.lower() == "bearer" else self._visitors.new()
        return JSONResponse({"token": token, "expires_in": round(self._visitors.seconds)}, headers=_NOT_KEPT)

    async def me(self, request: Request) -> Response:
        """GET /api/me: who calls, and what they may do."""
        caller = await self._callers.caller(request.headers.get("authorization"), address_of(request))
        principal = caller.principal
        if principal is not None:
            scopes = sorted(principal.scopes)
            identity = {"tenant": principal.tenant, "subject": principal.subject, "scopes": scopes, "name": caller.name}
            return JSONResponse(identity, headers=_NOT_KEPT)
        try:
            found: identity_pb2.GetIdentityResponse = await self._backends.call(
                _IDENTITY, identity_pb2.GetIdentityRequest(), caller.metadata(), self._config.call_seconds
            )
        except grpc.aio.AioRpcError as error:
            raise_or_count(self._callers, caller.address, error)
            return told(Failure.of(error))
        identity = {
            "tenant": found.tenant,
            "subject": found.subject,
            "scopes": list(found.scopes),
            "name": found.subject,
        }
        return JSONResponse(identity, headers=_NOT_KEPT)


def address_of(request: Request) -> str:
    """The client's address; behind a trusted proxy, the one that it tells."""
    return request.client.host if request.client else ""


def raise_or_count(callers: Callers, address: str, error: grpc.aio.AioRpcError) -> None:
    """A service did not know a caller: count that; raises AddressLimit when it happened too often."""
    if error.code() is grpc.StatusCode.UNAUTHENTICATED:
        callers.refused(address)


def told(failure: Failure) -> Response:
    """A failure as a response."""
    return JSONResponse(failure.json(), failure.status, headers={**failure.headers, **_NOT_KEPT})


async def told_error(request: Request, error: Exception) -> Response:
    """The same for what was raised: a handler for Starlette."""
    assert isinstance(error, ServiceError)  # noqa: S101 - registered for it
    return told(Failure.of(error))
