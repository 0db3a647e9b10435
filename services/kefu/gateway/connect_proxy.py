"""
The Connect proxy: Connect and gRPC-Web in, gRPC out, for every method of the contracts.

connectrpc's own generated code is made for another protobuf runtime than Kefu's, and would need a servicer of stubs for
each service. Its endpoints, though, are plain functions with a description, which the descriptors give.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextvars import ContextVar
from typing import Any

import grpc
import grpc.aio
import structlog
from connectrpc.code import Code
from connectrpc.errors import ConnectError
from connectrpc.interceptor import MetadataInterceptor
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from connectrpc.request import RequestContext
from connectrpc.server import ConnectASGIApplication, Endpoint
from google.protobuf.message import Message
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

from kefu.common.errors import (
    BackendUnavailable,
    BadRequest,
    DeadlineExceeded,
    IdentityNotVerified,
    Internal,
    MethodUnknown,
    RequestTooLarge,
    ServiceError,
    Unauthenticated,
)
from kefu.gateway.auth import visitor_policy
from kefu.gateway.auth.callers import Caller, CallerKind, CallerResolver
from kefu.gateway.failures import Failure
from kefu.gateway.grpc_backends import CHAT, KNOWLEDGE, Backends, Call, Method
from kefu.gateway.middleware.request_log import trace_id
from kefu.gateway.protobuf_codecs import CODECS, BoundedGzip, EncodedRequest

Context = RequestContext[Any, Any]
_WATCH_METHODS = frozenset({"WatchSession", "WatchDesk"})
"""Methods whose streams last until one side ends them: a drain does not wait for these."""
_MAX_REQUEST_BYTES = {CHAT: 64 * 1024, KNOWLEDGE: 4 * 1024 * 1024}
_DEFAULT_MAX_REQUEST_BYTES = 256 * 1024
_MAX_VALUES = {CHAT: 1_000}
"""Most values in a request's JSON. A message with all that it may have holds a hundred."""
_DEFAULT_MAX_VALUES = 20_000
_caller: ContextVar[Caller] = ContextVar("kefu_gateway_caller")
_log = structlog.stdlib.get_logger()


class ConnectProxy:
    """Forwards calls to the services. `call_seconds`: the deadline of a unary call whose client sets none."""

    def __init__(self, backends: Backends, callers: CallerResolver, *, call_seconds: float) -> None:
        self._backends = backends
        self._callers = callers
        self._call_seconds = call_seconds
        self._watch_calls: set[Call] = set()
        self._shutting_down = False
        self._decoding = asyncio.Semaphore(1)  # large requests one by one, so that the loop has its turn

    def applications(self) -> dict[str, "ServiceApplication"]:
        """An ASGI application for each service, by the service's full name."""
        by_service: dict[str, list[Method]] = {}
        for method in self._backends.methods.values():
            by_service.setdefault(method.service, []).append(method)
        gate = _CallGate(self._callers)
        return {
            service: ServiceApplication(service, map(self._endpoint, methods), gate)
            for service, methods in by_service.items()
        }

    @property
    def paths(self) -> frozenset[str]:
        """The path of every method."""
        return frozenset(self._backends.methods)

    def end_watches(self) -> None:
        """End the streams that never end by themselves: their clients go on at another gateway."""
        self._shutting_down = True
        for call in tuple(self._watch_calls):
            call.cancel()

    def _endpoint(self, method: Method) -> "Endpoint[Any, Any]":
        if method.streams_requests:
            return Endpoint.bidi_stream(_info(method, StreamType.BIDI_STREAM), _refuse_bidirectional)
        if method.streams_responses:
            return Endpoint.server_stream(
                _info(method, StreamType.SERVER_STREAM), lambda request, context: self._stream(method, request, context)
            )

        async def unary(request: EncodedRequest, context: Context) -> Message:
            return await self._unary(method, request, context)

        return Endpoint.unary(_info(method, StreamType.UNARY), unary)

    async def _message(self, method: Method, caller: Caller, request: EncodedRequest) -> Message:
        message = await request.message(_MAX_VALUES.get(method.service, _DEFAULT_MAX_VALUES), self._decoding)
        if caller.kind is CallerKind.VISITOR:
            visitor_policy.remove_foreign_fields(message)
        return message

    async def _unary(self, method: Method, request: EncodedRequest, context: Context) -> Message:
        caller = _caller.get()
        message = await self._message(method, caller, request)
        seconds = _seconds_left(context)
        try:
            response = await self._backends.call(
                method.path, message, caller.metadata(), self._call_seconds if seconds is None else seconds
            )
        except grpc.aio.AioRpcError as error:
            raise self._failure(caller, error).connect() from error
        if caller.kind is CallerKind.VISITOR:
            visitor_policy.remove_internal_fields(response)
        return response

    async def _stream(self, method: Method, request: EncodedRequest, context: Context) -> AsyncIterator[Message]:
        caller = _caller.get()
        watches = method.name in _WATCH_METHODS
        with self._callers.open_stream(caller, watches=watches):
            message = await self._message(method, caller, request)
            call = self._backends.stream(method.path, message, caller.metadata(), _seconds_left(context))
            expired = False

            def expire() -> None:
                nonlocal expired
                expired = True
                call.cancel()

            expiry = None
            if watches:
                self._watch_calls.add(call)
                if caller.expires is not None:
                    expiry = asyncio.get_running_loop().call_later(max(0.0, caller.expires - time.time()), expire)
            try:
                async for response in call:
                    if caller.kind is CallerKind.VISITOR:
                        visitor_policy.remove_internal_fields(response)
                    yield response
            except grpc.aio.AioRpcError as error:
                raise self._failure(caller, error).connect() from error
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                if self._shutting_down:
                    raise BackendUnavailable("This gateway is leaving; call again.", retry_after=0.0) from None
                if expired:
                    raise Unauthenticated(
                        "The token of this stream has expired; call again with a fresh one."
                    ) from None
                raise
            finally:
                if expiry is not None:
                    expiry.cancel()
                call.cancel()
                self._watch_calls.discard(call)

    def _failure(self, caller: Caller, error: grpc.aio.AioRpcError) -> Failure:
        failure = Failure.of(error)
        # A key was good whose company sends a customer's token that is not.
        refused = failure.code is grpc.StatusCode.UNAUTHENTICATED and failure.info.reason != IdentityNotVerified.reason
        if refused:
            try:
                self._callers.count_refusal(caller.address)
            except ServiceError as too_many:
                return Failure.of(too_many)
        return failure


class ServiceApplication(ConnectASGIApplication[None]):
    """The ASGI application of one service, over Connect and gRPC-Web."""

    def __init__(self, service: str, endpoints: "Iterable[Endpoint[Any, Any]]", gate: "_CallGate") -> None:
        found = {f"/{each.method.service_name}/{each.method.name}": each for each in endpoints}
        self._service_path = f"/{service}"
        super().__init__(  # pyright: ignore[reportUnknownMemberType] - its types lack arguments
            service=None,
            endpoints=lambda _: found,  # pyright: ignore[reportArgumentType] - of the closed set that Endpoint makes
            interceptors=(gate,),
            read_max_bytes=_MAX_REQUEST_BYTES.get(service, _DEFAULT_MAX_REQUEST_BYTES),
            codecs=CODECS,
            compressions=(BoundedGzip(),),
        )

    @property
    def path(self) -> str:
        """The path at which the application is mounted."""
        return self._service_path

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request. Native gRPC needs trailers, and is refused: the services' own ports take it."""
        content_type = Headers(scope=scope).get("content-type", "")
        if content_type.startswith("application/grpc") and not content_type.startswith("application/grpc-web"):
            refusal = PlainTextResponse("Call gRPC at the router's port; here are Connect and gRPC-Web.\n", 415)
            await refusal(scope, receive, send)
            return
        await super().__call__(scope, receive, send)  # pyright: ignore[reportUnknownMemberType] - of asgiref, not installed


class _CallGate(MetadataInterceptor[None]):
    """An interceptor that admits a caller before the request is read, and maps each failure to one with a reason."""

    def __init__(self, callers: CallerResolver) -> None:
        self._callers = callers

    async def on_start(self, ctx: Context) -> None:
        """Admit the caller, or raise ConnectError."""
        address = (ctx.client_address or "").rpartition(":")[0]
        try:
            caller = await self._callers.caller(ctx.request_headers.get("authorization"), address)
            self._callers.admit(caller, ctx.method.service_name, ctx.method.name)
        except ServiceError as error:
            raise Failure.of(error).connect() from error
        _caller.set(caller)
        structlog.contextvars.bind_contextvars(caller=caller.kind, subject=caller.identity)

    async def on_end(self, token: None, ctx: Context, error: Exception | None, /) -> None:
        """Replace a failure without details by one that has them."""
        if error is None or (isinstance(error, ConnectError) and (error.details or error.code is Code.CANCELED)):
            return
        if isinstance(error, ConnectError):
            raise Failure.of(_service_error(error)).connect() from error
        if isinstance(error, ServiceError):
            raise Failure.of(error).connect() from error
        _log.error("http.unexpected", exc_info=error)
        raise Failure.of(
            Internal(
                "Something failed here; the operator finds it in the log by this trace id.",
                metadata={"trace_id": trace_id()},
            )
        ).connect() from error


def _service_error(error: ConnectError) -> ServiceError:
    """The ServiceError for an error that connectrpc itself raised about a request."""
    match error.code:
        case Code.RESOURCE_EXHAUSTED:
            return RequestTooLarge("The request is larger than this method takes; send less in one call.")
        case Code.DEADLINE_EXCEEDED:
            return DeadlineExceeded("The call took longer than its deadline allowed.")
        case Code.UNIMPLEMENTED:
            return MethodUnknown(f"{error.message}.")
        case Code.INVALID_ARGUMENT:
            return BadRequest("request", f"cannot be read ({error.message[:300]}).")
        case _:
            return Internal("The call could not be served.", metadata={"trace_id": trace_id()})


def _info(method: Method, kind: StreamType) -> "MethodInfo[Any, Any]":
    return MethodInfo(
        name=method.name,
        service_name=method.service,
        input=method.request,
        output=method.response,
        idempotency_level=IdempotencyLevel.UNKNOWN,
        stream_type=kind,
    )


def _seconds_left(context: Context) -> float | None:
    return None if context.timeout_ms is None else max(0.001, context.timeout_ms / 1000)


async def _refuse_bidirectional(requests: AsyncIterator[Message], context: Context) -> AsyncIterator[Message]:
    unknown = MethodUnknown(
        "This method streams both ways, which HTTP/1.1 cannot: POST /api/import, or call it over gRPC."
    )
    raise Failure.of(unknown).connect()
    yield  # pyright: ignore[reportUnreachable] - makes it a generator
