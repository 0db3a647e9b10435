"""The tools by the Model Context Protocol. Its library takes a second to import: `McpEndpoint` does so when asked."""

import importlib.metadata
from collections.abc import Mapping
from typing import Any

import grpc.aio
import structlog
from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from kefu.common.errors import Internal, ServiceError
from kefu.gateway.auth.callers import Caller, CallerResolver
from kefu.gateway.config import GatewayConfig
from kefu.gateway.failures import Failure
from kefu.gateway.grpc_backends import Backends
from kefu.gateway.mcp_server.endpoint import MCP_PATH
from kefu.gateway.mcp_server.tools import Tools
from kefu.gateway.middleware.request_log import UNEXPECTED, trace_id

_INSTRUCTIONS = """\
Kefu is the company's customer service. Its answers come from the company's knowledge base and name their sources. \
Use ask for an answer that a customer could be given, and search to read the sources yourself."""
_log = structlog.stdlib.get_logger()


class ToolServer:
    """Answers requests of known callers. It keeps nothing between two of them."""

    def __init__(self, config: GatewayConfig, backends: Backends, callers: CallerResolver) -> None:
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

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose `state.caller` is set."""
        # A manager for each request: nothing is shared, and whatever the request began ends with it.
        manager = StreamableHTTPSessionManager(self._server, stateless=True)
        async with manager.run():
            await manager.handle_request(scope, receive, send)

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


def _tool_error(failure: Failure) -> types.CallToolResult:
    wait = f" Come back in {failure.headers['retry-after']} s." if failure.retry_after is not None else ""
    return types.CallToolResult(content=[types.TextContent(text=failure.message + wait)], is_error=True)
