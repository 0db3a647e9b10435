"""The interceptor of every call: trace, metric and log line, the check of key and scope, and the mapping of errors."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, contextmanager, nullcontext
from typing import Any, NoReturn

import grpc
import grpc.aio
import pydantic
import structlog
from opentelemetry import propagate, trace
from opentelemetry.context import attach

from kefu.common import auth
from kefu.common.audit.recorder import AuditRecorder, Recording
from kefu.common.auth import Keyring, Principal
from kefu.common.customers import Customer
from kefu.common.errors import BadRequest, Internal, ScopeMissing, ServiceError
from kefu.common.permissions import Permissions, Scope, expanded
from kefu.common.rpc.status import trailers_of
from kefu.common.telemetry import RPC_SECONDS, RPCS_IN_FLIGHT, UNEXPECTED_ERRORS

TENANT = "kefu-tenant"
SUBJECT = "kefu-subject"
COLLECTIONS = "kefu-collections"
SCOPES = "kefu-scopes"
CUSTOMER = "kefu-customer"
"""Metadata with which a caller that has the services' own key names the principal it acts for.

Values are ids, with commas between collections and between scopes; CUSTOMER is a verified customer as JSON. Without
SCOPES the call keeps the scope of that key.
"""
_DELEGATION_METADATA = (TENANT, SUBJECT, COLLECTIONS, SCOPES, CUSTOMER)
OPEN_SERVICES = (
    "grpc.health.v1.Health",
    "grpc.reflection.v1alpha.ServerReflection",
    "grpc.reflection.v1.ServerReflection",
)
"""Services that need no key."""

_log = structlog.stdlib.get_logger()
_tracer = trace.get_tracer("kefu")

Context = grpc.aio.ServicerContext[Any, Any]


class CallInterceptor(grpc.aio.ServerInterceptor):
    """A server interceptor that lets a call through when its key has one of the scopes that its method needs.

    Calls of methods that are not in `permissions` are refused, except for OPEN_SERVICES. `audit` records calls; None:
    none are.

    The key is checked before the request is read: of a call that is refused, no message is taken from the connection
    and none is decoded.
    """

    def __init__(self, keyring: Keyring, permissions: Permissions, audit: AuditRecorder | None = None) -> None:
        self._keyring = keyring
        self._permissions = permissions
        self._audit = audit

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """See grpc.aio.ServerInterceptor."""
        handler: Any = await continuation(handler_call_details)  # None for a method that nobody serves
        method = handler_call_details.method.lstrip("/")
        if handler is None or method.partition("/")[0] in OPEN_SERVICES:
            return handler
        metadata: dict[str, Any] = dict(handler_call_details.invocation_metadata)
        began = time.monotonic()
        principal = None
        try:
            principal = effective_principal(await self._keyring.principal(metadata.get("authorization")), metadata)
            service, _, name = method.partition("/")
            auth.require(principal, *self._permissions.get(service, {}).get(name, ()))
        except Exception as error:  # observed and mapped as if the handler had raised it
            return self._refusal(method, metadata, principal, error, began)

        if handler.response_streaming:
            serve_stream = handler.stream_stream or handler.unary_stream

            async def stream(request: Any, context: Context) -> AsyncIterator[Any]:
                async with self._call(method, metadata, principal, context, began) as recording:
                    request = recording.noted(request, streams=handler.request_streaming)
                    async with aclosing(serve_stream(request, context)) as responses:
                        async for response in responses:
                            recording.response(response)
                            yield response

            wrap = (
                grpc.stream_stream_rpc_method_handler
                if handler.request_streaming
                else grpc.unary_stream_rpc_method_handler
            )
            return wrap(stream, handler.request_deserializer, handler.response_serializer)

        serve_once = handler.stream_unary or handler.unary_unary

        async def once(request: Any, context: Context) -> Any:
            async with self._call(method, metadata, principal, context, began) as recording:
                request = recording.noted(request, streams=handler.request_streaming)
                response = await serve_once(request, context)
                recording.response(response)
                return response

        wrap_once = (
            grpc.stream_unary_rpc_method_handler if handler.request_streaming else grpc.unary_unary_rpc_method_handler
        )
        return wrap_once(once, handler.request_deserializer, handler.response_serializer)

    def _refusal(
        self, method: str, metadata: Mapping[str, Any], principal: Principal | None, cause: Exception, began: float
    ) -> Any:
        """A handler that fails. It is one for streams of requests, which gRPC calls before it reads a message.

        `principal`: whose call is refused and recorded; None: nobody's that is known.
        """

        async def refuse(requests: Any, context: Context) -> Any:
            try:
                with observe_call(method, metadata, began):
                    if principal is None:
                        raise cause
                    bind_caller(principal)
                    async with self._recording(method, principal, metadata, context):
                        raise cause
            except ServiceError as error:
                await _abort(context, error)

        return grpc.stream_unary_rpc_method_handler(refuse, bytes, bytes)

    @asynccontextmanager
    async def _call(
        self, method: str, metadata: Mapping[str, Any], principal: Principal, context: Context, began: float
    ) -> AsyncIterator[Recording]:
        try:
            with observe_call(method, metadata, began):
                bind_caller(principal)
                async with self._recording(method, principal, metadata, context) as recording:
                    yield recording
        except ServiceError as error:
            await _abort(context, error)

    def _recording(
        self, method: str, principal: Principal, metadata: Mapping[str, Any], context: Context
    ) -> AbstractAsyncContextManager[Recording]:
        if self._audit is None:
            return nullcontext(Recording(None))
        return self._audit.recording(method, principal, metadata, context.peer())


@contextmanager
def observe_call(method: str, metadata: Mapping[str, Any], began: float | None = None) -> Iterator[None]:
    """Trace, count, time and log one call. The block runs in the task that serves the call.

    `method` is "package.Service/Method"; `metadata` may hold the trace that the call is part of; `began` is the
    monotonic time at which it came, if that was earlier. A ServiceError passes.
    Any other exception is logged, and the caller gets Internal with the trace id.
    """
    began, code = time.monotonic() if began is None else began, grpc.StatusCode.OK
    structlog.contextvars.clear_contextvars()
    RPCS_IN_FLIGHT.labels(method).inc()
    span = _tracer.start_span(method, context=propagate.extract(metadata), kind=trace.SpanKind.SERVER)
    # Never detached: each call has a task, and so a context, of its own, and a generator that gRPC drops is closed
    # in another one.
    attach(trace.set_span_in_context(span))
    trace_id = trace.format_trace_id(span.get_span_context().trace_id)
    structlog.contextvars.bind_contextvars(trace_id=trace_id, method=method)
    try:
        yield
    except ServiceError as error:
        code = error.code
        raise
    except (asyncio.CancelledError, GeneratorExit):  # a stream that is cancelled while it sends is closed
        code = grpc.StatusCode.CANCELLED
        raise
    except Exception as error:
        # Left alone, grpc.aio would send the exception's text to the caller.
        code = grpc.StatusCode.INTERNAL
        UNEXPECTED_ERRORS.labels(method).inc()
        _log.exception("rpc.unexpected")
        raise Internal(
            "Something failed here; the operator finds it in the log by this trace id.",
            metadata={"trace_id": trace_id},
        ) from error
    finally:
        RPCS_IN_FLIGHT.labels(method).dec()
        RPC_SECONDS.labels(method, code.name).observe(time.monotonic() - began)
        span.set_attribute("rpc.grpc.status_code", code.value[0])
        span.end()
        _log.info("rpc", code=code.name, ms=round((time.monotonic() - began) * 1000, 1))


def bind_caller(principal: Principal) -> None:
    """Set the principal for which this task serves from here on; see `auth.caller`."""
    auth.set_caller(principal)
    structlog.contextvars.bind_contextvars(tenant=principal.tenant, subject=principal.subject)


def effective_principal(principal: Principal, metadata: Mapping[str, str]) -> Principal:
    """The principal that a call is for: the caller, or the one that the call's metadata names.

    Raises ScopeMissing for such metadata without the services' own key, and BadRequest for scopes that do not exist.
    """
    if metadata.keys().isdisjoint(_DELEGATION_METADATA):
        return principal
    if Scope.INTERNAL not in principal.scopes:
        raise ScopeMissing(
            f"Only the services' own key may set {', '.join(_DELEGATION_METADATA)}.",
            metadata={"scope": Scope.INTERNAL},
        )
    collections = metadata.get(COLLECTIONS)
    return Principal(
        tenant=metadata.get(TENANT, principal.tenant),
        subject=metadata.get(SUBJECT, principal.subject),
        scopes=_delegated_scopes(metadata[SCOPES]) if SCOPES in metadata else principal.scopes,
        collections=None if collections is None else frozenset(filter(None, collections.split(","))),
        customer=_customer(metadata[CUSTOMER]) if CUSTOMER in metadata else None,
    )


def _customer(value: str) -> Customer:
    try:
        return Customer.from_json(value)
    except pydantic.ValidationError:
        raise BadRequest(CUSTOMER, "must be a customer as `Customer.to_json` writes one.") from None


def _delegated_scopes(names: str) -> frozenset[Scope]:
    delegable = {str(scope): scope for scope in Scope if scope is not Scope.INTERNAL}
    requested = list(filter(None, names.split(",")))
    if not delegable.keys() >= set(requested):
        raise BadRequest(SCOPES, f"must be of {', '.join(delegable)}, comma between.")
    return expanded(delegable[name] for name in requested)


async def _abort(context: Context, error: ServiceError) -> NoReturn:
    # An empty message would be sent as "" and read as no error text at all by some clients.
    await context.abort(error.code, error.message or error.reason, trailers_of(error))


def internal_metadata(internal_key: str, principal: Principal | None = None) -> tuple[tuple[str, str], ...]:
    """Metadata for a call to another service on behalf of `principal`: the services' own key, the principal, the trace.

    Without `principal` the call is the service's own.
    """
    return (("authorization", f"Bearer {internal_key}"), *principal_metadata(principal).items())


def delegated_metadata(internal_key: str, principal: Principal) -> tuple[tuple[str, str], ...]:
    """Metadata for a call on behalf of a principal without a key, limited to the scopes of `principal`."""
    return (*internal_metadata(internal_key, principal), (SCOPES, ",".join(sorted(principal.scopes))))


def principal_metadata(principal: Principal | None) -> dict[str, str]:
    """The part of a call's metadata that differs between calls of one connection: the principal and the trace."""
    metadata: dict[str, str] = {}
    propagate.inject(metadata)
    if principal is not None:
        metadata |= {TENANT: principal.tenant, SUBJECT: principal.subject}
        if principal.collections is not None:
            metadata[COLLECTIONS] = ",".join(sorted(principal.collections))
        if principal.customer is not None:
            metadata[CUSTOMER] = principal.customer.to_json()
    return metadata
