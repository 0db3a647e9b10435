"""POST /mcp: the tools over streamable HTTP, without sessions of its own, so that any gateway answers any request."""

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, cast

import grpc
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from kefu.common.errors import ServiceError
from kefu.gateway.auth.callers import CallerResolver
from kefu.gateway.config import GatewayConfig, comma_separated
from kefu.gateway.failures import Failure
from kefu.gateway.grpc_backends import Backends
from kefu.gateway.middleware.request_body import body_of_request
from kefu.gateway.site_api import client_address

if TYPE_CHECKING:
    from kefu.gateway.mcp_server.tool_server import ToolServer

MCP_PATH = "/mcp"
_MAX_BODY_BYTES = 64 * 1024
_INVALID_REQUEST = -32600
"""JSON-RPC's code."""
_FOREIGN_ORIGIN = Failure(
    grpc.StatusCode.PERMISSION_DENIED,
    "Pages of this origin may not call; KEFU_GATEWAY_ALLOWED_ORIGINS names those that may.",
)


class McpEndpoint:
    """The ASGI application of /mcp. It keeps nothing between two requests."""

    def __init__(self, config: GatewayConfig, backends: Backends, callers: CallerResolver) -> None:
        self._callers = callers
        self._allowed_origins = frozenset(comma_separated(config.allowed_origins))
        self._parts = config, backends, callers
        self._tool_server: ToolServer | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        if request.method != "POST":  # there is no stream to listen to, and no session to delete
            await PlainTextResponse("Send a POST.\n", 405, headers={"allow": "POST"})(scope, receive, send)
            return
        if not self._may_call(request.headers.get("origin")):
            await _refusal(_FOREIGN_ORIGIN)(scope, receive, send)
            return
        try:
            request.state.caller = await self._callers.caller(
                request.headers.get("authorization"), client_address(request)
            )
            body = await body_of_request(request, _MAX_BODY_BYTES)
        except ServiceError as error:
            await _refusal(Failure.of(error))(scope, receive, send)
            return
        await (await self._tools()).answer(scope, _receive_again(body, receive), send)

    def _may_call(self, origin: str | None) -> bool:
        """Whether a request with this Origin is answered. Programs send none, and a browser's page cannot leave it out.

        The gateway's own pages need no tools. Origin is not compared with Host, which DNS rebinding makes equal to it.
        """
        return origin is None or not self._allowed_origins.isdisjoint({origin, "*"})

    async def _tools(self) -> "ToolServer":
        """The server of the tools. The protocol's library, a second of imports, is imported by the first request."""
        if self._tool_server is None:
            module = await asyncio.to_thread(import_module, "kefu.gateway.mcp_server.tool_server")
            self._tool_server = self._tool_server or cast("ToolServer", module.ToolServer(*self._parts))
        return self._tool_server


def _refusal(failure: Failure) -> Response:
    """The response to a request that is not taken: with a body that clients show."""
    body = {"jsonrpc": "2.0", "id": None, "error": {"code": _INVALID_REQUEST, "message": failure.message}}
    return JSONResponse(body, failure.status, headers=failure.headers)


def _receive_again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that begins with a body which was read, and then waits for the client's leaving."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again
