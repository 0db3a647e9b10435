"""The outermost middleware: id, trace, metrics and log line of every HTTP request; no exception leaves it."""

import asyncio
import re
import time
import uuid
from collections.abc import Callable

import structlog
from opentelemetry import propagate, trace
from opentelemetry.context import attach
from prometheus_client import Counter, Gauge, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kefu.common.errors import Internal
from kefu.gateway.failures import Failure

HTTP_SECONDS = Histogram(
    "kefu_gateway_request_seconds",
    "Duration of HTTP requests to their last byte, by route and status.",
    ("route", "status"),
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300),
)
FIRST_BYTE_SECONDS = Histogram(
    "kefu_gateway_first_byte_seconds",
    "Time from an HTTP request to the first byte of its response's body, by route.",
    ("route",),
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
IN_FLIGHT = Gauge("kefu_gateway_requests_in_flight", "HTTP requests being served, by route.", ("route",))
UNEXPECTED = Counter("kefu_gateway_unexpected_errors_total", "Exceptions that no caller may see.", ("route",))
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET = frozenset({"/healthz", "/readyz"})
_log = structlog.stdlib.get_logger()
_tracer = trace.get_tracer("kefu")


def trace_id() -> str:
    """The trace id of the request being served."""
    return trace.format_trace_id(trace.get_current_span().get_span_context().trace_id)


class RequestLog:
    """ASGI middleware that logs, traces and measures requests. `route_of` maps a path to a label of a small set."""

    def __init__(self, app: ASGIApp, route_of: Callable[[str], str]) -> None:
        self._app = app
        self._route_of = route_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, route = time.monotonic(), self._route_of(scope["path"])
        headers = Headers(scope=scope)
        sent_id = headers.get("x-request-id", "")
        request_id = sent_id if _REQUEST_ID.fullmatch(sent_id) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        span = _tracer.start_span(route, context=propagate.extract(dict(headers)), kind=trace.SpanKind.SERVER)
        attach(trace.set_span_in_context(span))  # never detached: each request has a task, and so a context, of its own
        structlog.contextvars.bind_contextvars(trace_id=trace_id(), request_id=request_id)
        status, first_byte = 0, 0.0

        async def send_observed(message: Message) -> None:
            nonlocal status, first_byte
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            elif message["type"] == "http.response.body" and message.get("body") and not first_byte:
                first_byte = time.monotonic()
                FIRST_BYTE_SECONDS.labels(route).observe(first_byte - began)
            await send(message)

        IN_FLIGHT.labels(route).inc()
        cause = ""
        try:
            await self._app(scope, receive, send_observed)
        except asyncio.CancelledError:
            cause = "cancelled"
            raise
        except Exception:
            UNEXPECTED.labels(route).inc()
            _log.exception("http.unexpected")
            if status:
                raise  # half a response is sent: all that is left is that uvicorn closes the connection
            error = Internal(
                "Something failed here; the operator finds it in the log by this trace id.",
                metadata={"trace_id": trace_id()},
            )
            await _send_failure(Failure.of(error), send_observed)
        finally:
            seconds = time.monotonic() - began
            IN_FLIGHT.labels(route).dec()
            HTTP_SECONDS.labels(route, str(status or 499)).observe(seconds)
            span.set_attribute("http.response.status_code", status)
            span.end()
            if scope["path"] not in _QUIET:
                more = {"cause": cause} if cause else {}
                _log.info("http", route=route, verb=scope["method"], status=status, ms=round(seconds * 1000, 1), **more)


async def _send_failure(failure: Failure, send: Send) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": failure.status, "headers": headers})
    await send({"type": "http.response.body", "body": failure.json_bytes()})
