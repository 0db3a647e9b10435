"""
Endpoints of the pages beside the contracts: public configuration, visitors' tokens, customers' sign-in, the caller's
identity; and pushes of sources.
"""

import importlib.metadata
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import grpc
import grpc.aio
from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kefu.common.errors import AddressLimit, BadRequest, ServiceError
from kefu.common.permissions import roles_of
from kefu.common.rpc.interceptor import internal_metadata
from kefu.gateway.auth.callers import CallerResolver
from kefu.gateway.auth.sign_in import CustomerSignIn, SignedIn, SignInSettings
from kefu.gateway.auth.visitor_tokens import VisitorTokens
from kefu.gateway.config import GatewayConfig, comma_separated
from kefu.gateway.failures import Failure
from kefu.gateway.grpc_backends import IDENTITY, SOURCES, Backends
from kefu.gateway.middleware.request_body import body_of_request
from kefu.gateway.rate_limit import SharedBucket, TokenBuckets, network_of, site_of
from kefu.retrieval.v1 import source_pb2
from kefu.router.v1 import identity_pb2

_NO_STORE = {"cache-control": "no-store"}
_GET_IDENTITY = f"/{IDENTITY}/GetIdentity"
_PUSH_SOURCE = f"/{SOURCES}/PushSource"
_MAX_BODY_BYTES = 16 * 1024
_EMAIL_CODES_PER_MINUTE = 25.0
"""Of all visitors: fewer than the router sends for a tenant, and each network has a share of them."""
_MAX_TOKEN = 500


class _Identify(BaseModel):
    token: str = Field(min_length=1, max_length=8192)


class _SendEmailCode(BaseModel):
    email: str = Field(min_length=3, max_length=254)
    language: str = Field(default="", max_length=20)


class _VerifyEmailCode(BaseModel):
    email: str = Field(min_length=3, max_length=254)
    code: str = Field(min_length=1, max_length=20)


BodyT = TypeVar("BodyT", bound=BaseModel)


class SiteApi:
    """Endpoints of Starlette routes. Failures are answered in the JSON form of the Connect protocol."""

    def __init__(
        self,
        config: GatewayConfig,
        backends: Backends,
        callers: CallerResolver,
        visitors: VisitorTokens | None,
        attachment_limits: Callable[[], Awaitable[dict[str, Any] | None]],
    ) -> None:
        """`attachment_limits`: what visitors may send, as a page is told it."""
        self._config = config
        self._backends = backends
        self._callers = callers
        self._visitors = visitors
        self._new_tokens = TokenBuckets("new_visitors", config.visitors_per_minute)
        self._sign_ins = TokenBuckets("sign_ins", config.identify_per_minute)
        self._email_codes = TokenBuckets("email_codes", config.email_codes_per_minute)
        self._all_email_codes = SharedBucket("all_email_codes", _EMAIL_CODES_PER_MINUTE, burst_seconds=1200.0)
        self._pushes = TokenBuckets("pushes", config.pushes_per_minute)
        self._sign_in = CustomerSignIn(config, backends, callers, visitors) if visitors else None
        self._attachment_limits = attachment_limits
        self._sign_in_settings = SignInSettings(config, backends)

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
            "sign_in": await self._sign_in_settings.current() if self._visitors else None,
            "attachments": await self._attachment_limits() if self._visitors else None,
            "oidc": oidc if config.oidc_issuer else None,
            "collections": [f"collections/{name}" for name in comma_separated(config.visitor_collections)],
            "version": importlib.metadata.version("kefu"),
        }
        return JSONResponse(public_config, headers={"cache-control": "no-cache"})

    async def visitor(self, request: Request) -> Response:
        """POST /api/visitor: a new visitor's token, or a fresh one for the visitor whose token is sent."""
        if self._visitors is None:
            return _no_visitors()
        _take(self._new_tokens, request, "Too many visitors come from this address; wait a little.")
        scheme, _, old = request.headers.get("authorization", "").partition(" ")
        token = self._visitors.refresh(old.strip()) if scheme.lower() == "bearer" else self._visitors.issue()
        return JSONResponse({"token": token, "expires_in": self._visitors.life_of(token)}, headers=_NO_STORE)

    async def identify(self, request: Request) -> Response:
        """POST /api/identify: a customer's token for a token of the company's site."""
        if self._visitors is None or self._sign_in is None:
            return _no_visitors()
        _take(self._sign_ins, request, "Too many sign in from this address; wait a little.")
        body = await _body(request, _Identify)
        try:
            signed_in = await self._sign_in.identify(*_sender(request), body.token)
        except grpc.aio.AioRpcError as error:
            return failure_response(Failure.of(error))
        return _signed_in(signed_in, self._visitors)

    async def email_code(self, request: Request) -> Response:
        """POST /api/email-code: send a code to a mail address, for the visitor whose token is sent."""
        if self._sign_in is None:
            return _no_visitors()
        _take(self._email_codes, request, "Too many codes were asked for from this address; wait a little.")
        if wait := self._all_email_codes.take(site_of(client_address(request))):
            raise AddressLimit("Too many codes were asked for; wait a little.", retry_after=wait)
        body = await _body(request, _SendEmailCode)
        try:
            await self._sign_in.send_email_code(*_sender(request), body.email, body.language)
        except grpc.aio.AioRpcError as error:
            return failure_response(Failure.of(error))
        return JSONResponse({}, headers=_NO_STORE)

    async def verify_email_code(self, request: Request) -> Response:
        """POST /api/email-code/verify: a customer's token for a code that came by mail."""
        if self._visitors is None or self._sign_in is None:
            return _no_visitors()
        _take(self._sign_ins, request, "Too many sign in from this address; wait a little.")
        body = await _body(request, _VerifyEmailCode)
        try:
            signed_in = await self._sign_in.verify_email_code(*_sender(request), body.email, body.code)
        except grpc.aio.AioRpcError as error:
            return failure_response(Failure.of(error))
        return _signed_in(signed_in, self._visitors)

    async def push_source(self, request: Request) -> Response:
        """POST /api/sources/{source}/push: let a source run, for who has its token; the body plays no part.

        The token stands in `?token=`, or in GitLab's X-Gitlab-Token.
        """
        _take(self._pushes, request, "Too many pushes come from this address; wait a little.")
        token = request.query_params.get("token") or request.headers.get("x-gitlab-token") or ""
        push = source_pb2.PushSourceRequest(source=str(request.path_params["source"]), token=token[:_MAX_TOKEN])
        metadata = internal_metadata(self._config.internal_key.get_secret_value())
        try:
            await self._backends.call(_PUSH_SOURCE, push, metadata, self._config.call_seconds)
        except grpc.aio.AioRpcError as error:
            return failure_response(Failure.of(error))
        return JSONResponse({}, 202, headers=_NO_STORE)

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


def _no_visitors() -> Response:
    return failure_response(Failure(grpc.StatusCode.NOT_FOUND, "There are no visitors here; use a key."))


def _take(buckets: TokenBuckets, request: Request, refusal: str) -> None:
    if wait := buckets.take(network_of(client_address(request))):
        raise AddressLimit(refusal, retry_after=wait)


def _sender(request: Request) -> tuple[str | None, str]:
    return request.headers.get("authorization"), client_address(request)


async def _body(request: Request, form: type[BodyT]) -> BodyT:
    try:
        return form.model_validate_json(await body_of_request(request, _MAX_BODY_BYTES))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]  # the input may be a token
        raise BadRequest(".".join(map(str, first["loc"])) or "request", f"{first['msg']}.") from None


def _signed_in(signed_in: SignedIn, visitors: VisitorTokens) -> Response:
    customer = signed_in.customer
    answer = {
        "token": signed_in.token,
        "expires_in": visitors.life_of(signed_in.token),
        "customer": {**customer.claims, "sub": customer.sub, "method": customer.method},
        "sessions_moved": signed_in.sessions_moved,
    }
    return JSONResponse(answer, headers=_NO_STORE)


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
