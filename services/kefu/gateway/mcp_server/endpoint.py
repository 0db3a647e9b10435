"""POST /mcp: the tools over streamable HTTP, without sessions of its own, so that any gateway answers any request."""

import importlib.metadata
from collections.abc import Mapping
from typing import Any

import grpc
import grpc.aio
import structlog
from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from kefu.common.errors import Internal, ServiceError
from kefu.gateway.auth.callers import Caller, CallerResolver
from kefu.gateway.config import GatewayConfig, comma_separated
from kefu.gateway.failures import Failure
from kefu.gateway.grpc_backends import Backends
from kefu.gateway.mcp_server.tools import Tools
from kefu.gateway.middleware.request_body import body_of_request
from kefu.gateway.middleware.request_log import UNEXPECTED, trace_id
from kefu.gateway.site_api import client_address

MCP_PATH = "/mcp"
_MAX_BODY_BYTES = 64 * 1024
_INSTRUCTIONS = """\
Kefu is the company's customer service. Its answers come from the company's knowledge base and name their sources. \
Use ask for an answer that a customer could be given, and search to read the sources yourself."""
_FOREIGN_ORIGIN = Failure(
    grpc.StatusCode.PERMISSION_DENIED,
    "Pages of this origin may not call; KEFU_GATEWAY_ALLOWED_ORIGINS names those that may.",
)
_log = structlog.stdlib.get_logger()


class McpEndpoint:
    """The ASGI application of /mcp. It keeps nothing between two requests."""

    def __init__(self, config: GatewayConfig, backends: Backends, callers: CallerResolver) -> None:
        self._callers = callers
        self._allowed_origins = frozenset(comma_separated(config.allowed_origins))
        self._tools = Tools(backends, callers, call_seconds=config.call_seconds)
        self._server: Server[Any] = Server(
            "kefu",
            version=importlib.metadata.version("kefu"),
            title=config.title,
            instructions=_INSTRUCTIONS,
            get_tool_input_schema=self._input_schema,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
        )

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
        # A manager for each request: nothing is shared, and whatever the request began ends with it.
        manager = StreamableHTTPSessionManager(self._server, stateless=True)
        async with manager.run():
            await manager.handle_request(scope, _receive_again(body, receive), send)

    def _may_call(self, origin: str | None) -> bool:
        """Whether a request with this Origin is answered. Programs send none, and a browser's page cannot leave it out.

        The gateway's own pages need no tools. Origin is not compared with Host, which DNS rebinding makes equal to it.
        """
        return origin is None or not self._allowed_origins.isdisjoint({origin, "*"})

    def _input_schema(self, name: str) -> Mapping[str, Any] | None:
        tool = self._tools.find(name)
        return tool.arguments.schema_of() if tool else None

    async def _list_tools(
        self, context: ServerRequestContext[Any, Request], _: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        try:
            tools = await self._tools.visible_to(_caller(context))
        except grpc.aio.AioRpcError as error:
            raise MCPError(types.INTERNAL_ERROR, Failure.of(error).message) from None
        return types.ListToolsResult(tools=[tool.definition for tool in tools])

    async def _call_tool(
        self, context: ServerRequestContext[Any, Request], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        tool = self._tools.find(params.name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, f"There is no tool {params.name[:100]} here; list the tools.")
        try:
            result = await self._tools.call(_caller(context), tool, params.arguments or {})
        except (ServiceError, grpc.aio.AioRpcError) as error:
            return _tool_error(Failure.of(error))
        except Exception:  # else its text would be sent
            UNEXPECTED.labels(MCP_PATH).inc()
            _log.exception("mcp.unexpected", tool=tool.name)
            message = f"Something failed here; the operator finds it in the log by the trace id {trace_id()}."
            return _tool_error(Failure.of(Internal(message)))
        return types.CallToolResult(
            content=[types.TextContent(text=result.as_text())], structured_content=result.model_dump(mode="json")
        )


def _caller(context: ServerRequestContext[Any, Request]) -> Caller:
    assert context.request is not None  # noqa: S101 - it came over HTTP
    return context.request.state.caller


def _refusal(failure: Failure) -> Response:
    """The response to a request that is not taken: with a body that clients show."""
    error = types.ErrorData(code=types.INVALID_REQUEST, message=failure.message)
    body = types.JSONRPCError(jsonrpc="2.0", id=None, error=error).model_dump(mode="json", exclude_unset=True)
    return JSONResponse(body, failure.status, headers=failure.headers)


def _tool_error(failure: Failure) -> types.CallToolResult:
    wait = f" Come back in {failure.headers['retry-after']} s." if failure.retry_after is not None else ""
    return types.CallToolResult(content=[types.TextContent(text=failure.message + wait)], is_error=True)


def _receive_again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that begins with a body which was read, and then waits for the client's leaving."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again
