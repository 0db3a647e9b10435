"""Security headers and CORS, which protect browsers from foreign pages, and a deadline for request bodies."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kefu.common.errors import DeadlineExceeded
from kefu.gateway.config import GatewayConfig, comma_separated

IMPORT_PATH = "/api/import"
ATTACHMENTS_PATH = "/api/attachments"
_ALLOWED_HEADERS = (
    "authorization",
    "content-type",
    "connect-protocol-version",
    "connect-timeout-ms",
    "connect-accept-encoding",
    "connect-content-encoding",
    "grpc-timeout",
    "x-grpc-web",
    "x-user-agent",
    "x-request-id",
    "x-kefu-session",
    "x-kefu-file-name",
    "idempotency-key",
    "mcp-protocol-version",
    "mcp-method",
    "mcp-name",
    "traceparent",
)
_EXPOSED_HEADERS = (
    "grpc-status",
    "grpc-message",
    "grpc-status-details-bin",
    "retry-after",
    "x-request-id",
    "x-kefu-session",
)
_PREFLIGHT_SECONDS = 7200


def with_cors(app: ASGIApp, config: GatewayConfig) -> ASGIApp:
    """CORS middleware: only pages of the configured origins may call. Cookies are never read, so none is allowed."""
    return CORSMiddleware(
        app,
        allow_origins=comma_separated(config.allowed_origins),
        allow_methods=("GET", "POST"),
        allow_headers=_ALLOWED_HEADERS,
        expose_headers=_EXPOSED_HEADERS,
        max_age=_PREFLIGHT_SECONDS,
    )


class SecurityHeaders:
    """ASGI middleware that sets security headers on every response, and a strict content security policy on pages."""

    def __init__(self, app: ASGIApp, config: GatewayConfig) -> None:
        self._app = app
        connect = ["'self'", *(_origin(config.oidc_issuer) if config.oidc_issuer else ())]
        self._page = _policy(connect, comma_separated(config.frame_ancestors))
        self._desk = _policy(connect, ())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_desk = scope["path"] == "/desk" or scope["path"].startswith("/desk/")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_kept = message["status"] == HTTPStatus.NOT_MODIFIED
                # A kept page gets the policy of now with its 304; a page's address has no full stop (StaticPages).
                is_page = headers.get("content-type", "").startswith("text/html") or (
                    is_kept and "." not in scope["path"]
                )
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("strict-transport-security", _HSTS)
                if is_page or not is_kept:  # the headers of a 304 replace those of what is kept
                    policy = (self._desk if is_desk else self._page) if is_page else "default-src 'none'; sandbox"
                    headers.setdefault("content-security-policy", policy)
            await send(message)

        await self._app(scope, receive, send_with_headers)


_HSTS = "max-age=31536000"
_HEADERS: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


class BodyDeadline:
    """ASGI middleware with a deadline for request bodies: `seconds` for the whole, or for each part of an import.

    A customer's file has four times as long: it may come from a telephone.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_import = scope["path"] == IMPORT_PATH
        seconds = self._seconds * (4 if scope["path"] == ATTACHMENTS_PATH else 1)
        deadline, complete, late = time.monotonic() + seconds, False, False

        async def receive_in_time() -> Message:
            nonlocal deadline, complete, late
            if complete:
                return await receive()  # waits for the client's leaving
            if is_import:
                deadline = time.monotonic() + self._seconds
            try:
                async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                    message = await receive()
            except TimeoutError:
                late = True
                raise DeadlineExceeded("The request's body did not come in time.") from None
            complete = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        async def send_and_close(message: Message) -> None:
            if late and message["type"] == "http.response.start":
                MutableHeaders(scope=message)["connection"] = "close"  # the rest of the body is not waited for either
            await send(message)

        await self._app(scope, receive_in_time, send_and_close)


def _policy(connect: Sequence[str], ancestors: Sequence[str]) -> str:
    directives = {
        "default-src": "'self'",
        "connect-src": " ".join(connect),
        "img-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(("'self'", *ancestors)) if ancestors else "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def _origin(url: str) -> tuple[str]:
    parts = urlsplit(url)
    return (f"{parts.scheme}://{parts.netloc}",)
