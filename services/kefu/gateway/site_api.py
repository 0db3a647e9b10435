"""Endpoints of the pages beside the contracts: public configuration, visitors' tokens, the caller's identity."""

import importlib.metadata
from typing import Any

import grpc
import grpc.aio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kefu.common.errors import AddressLimit, ServiceError
from kefu.common.permissions import roles_of
from kefu.gateway.auth.callers import CallerResolver
from kefu.gateway.auth.visitor_tokens import VisitorTokens
from kefu.gateway.config import GatewayConfig, comma_separated
from kefu.gateway.failures import Failure
from kefu.gateway.grpc_backends import IDENTITY, Backends
from kefu.gateway.rate_limit import TokenBuckets, network_of
from kefu.router.v1 import identity_pb2

_NO_STORE = {"cache-control": "no-store"}
_GET_IDENTITY = f"/{IDENTITY}/GetIdentity"


class SiteApi:
    """Endpoints of Starlette routes. Failures are answered in the JSON form of the Connect protocol."""

    def __init__(
        self, config: GatewayConfig, backends: Backends, callers: CallerResolver, visitors: VisitorTokens | None
    ) -> None:
        self._config = config
        self._backends = backends
        self._callers = callers
        self._visitors = visitors
        self._new_tokens = TokenBuckets("new_visitors", config.visitors_per_minute)

    async def config(self, request: Request) -> Response:
        """GET /api/config: the public configuration."""
        config = self._config
        oidc = {
            "issuer": config.oidc_issuer,
            "client_id": config.oidc_client_id or config.oidc_audience,
            "scope": config.oidc_scopes,
        }
        public_config: dict[str, Any] = {
            "title": config.title,
            "accent": config.accent,
            "visitors": self._visitors is not None,
            "oidc": oidc if config.oidc_issuer else None,
            "collections": [f"collections/{name}" for name in comma_separated(config.visitor_collections)],
            "version": importlib.metadata.version("kefu"),
        }
        return JSONResponse(public_config, headers={"cache-control": "no-cache"})

    async def visitor(self, request: Request) -> Response:
        """POST /api/visitor: a new visitor's token, or a fresh one for the visitor whose token is sent."""
        if self._visitors is None:
            return failure_response(Failure(grpc.StatusCode.NOT_FOUND, "There are no visitors here; use a key."))
        if wait := self._new_tokens.take(network_of(client_address(request))):
            raise AddressLimit("Too many visitors come from this address; wait a little.", retry_after=wait)
        scheme, _, old = request.headers.get("authorization", "").partition(" ")
        token = self._visitors.refresh(old.strip()) if scheme.lower() == "bearer" else self._visitors.issue()
        return JSONResponse({"token": token, "expires_in": round(self._visitors.token_seconds)}, headers=_NO_STORE)

    async def me(self, request: Request) -> Response:
        """GET /api/me: the caller's tenant, subject, scopes, roles and name."""
        caller = await self._callers.caller(request.headers.get("authorization"), client_address(request))
        principal = caller.principal
        if principal is not None:
            identity = {
                "tenant": principal.tenant,
                "subject": principal.subject,
                "scopes": sorted(principal.scopes),
                "roles": roles_of(principal.scopes),
                "name": caller.name,
            }
            return JSONResponse(identity, headers=_NO_STORE)
        try:
            found: identity_pb2.GetIdentityResponse = await self._backends.call(
                _GET_IDENTITY, identity_pb2.GetIdentityRequest(), caller.metadata(), self._config.call_seconds
            )
        except grpc.aio.AioRpcError as error:
            count_unauthenticated(self._callers, caller.address, error)
            return failure_response(Failure.of(error))
        identity = {
            "tenant": found.tenant,
            "subject": found.subject,
            "scopes": list(found.scopes),
            "roles": list(found.roles),
            "name": found.subject,
        }
        return JSONResponse(identity, headers=_NO_STORE)


def client_address(request: Request) -> str:
    """The client's address; behind a trusted proxy, the address that the proxy names."""
    return request.client.host if request.client else ""


def count_unauthenticated(callers: CallerResolver, address: str, error: grpc.aio.AioRpcError) -> None:
    """Count a call that a service refused as UNAUTHENTICATED. Raises AddressLimit when there are too many."""
    if error.code() is grpc.StatusCode.UNAUTHENTICATED:
        callers.count_refusal(address)


def failure_response(failure: Failure) -> Response:
    """The response of a failure."""
    return JSONResponse(failure.json(), failure.status, headers={**failure.headers, **_NO_STORE})


async def handle_service_error(request: Request, error: Exception) -> Response:
    """Starlette's exception handler for ServiceError."""
    assert isinstance(error, ServiceError)  # noqa: S101 - registered for it
    return failure_response(Failure.of(error))
