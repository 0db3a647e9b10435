"""Tools of MCP servers (Model Context Protocol, modelcontextprotocol.io), by streamable HTTP behind the SSRF guard.

A tool is called only as it was when somebody looked at it: its definition, which says what it does, is pinned by a hash
(`digest_of`). Nothing that a server sends by itself is listened to. Import this where a tool is listed or called
(`mcp_tools`): the protocol's library takes half a second.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx2
import mcp_types as types
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

from kefu.common.outbound.guarded_http import CallFailed, GuardedHttp
from kefu.common.outbound.mcp_tool import NotCalled, Tool, ToolAnswer, ToolChanged

MAX_BYTES = 1024 * 1024
_MOST_TOOLS = 500
_NO_STREAM = 405
"""What a server answers that sends nothing by itself: it need not be asked."""


async def list_tools(http: GuardedHttp, url: str, headers: Mapping[str, str], seconds: float) -> list[Tool]:
    """The tools of a server, by name. Raises CallFailed."""
    try:
        async with asyncio.timeout(seconds), _connected(http, url, headers, seconds) as client:
            return sorted(await _tools(client), key=lambda tool: tool.name)
    except Exception as error:
        raise _failed(_first_of(error), seconds) from error


async def call_tool(
    http: GuardedHttp,
    url: str,
    headers: Mapping[str, str],
    name: str,
    digest: str,
    arguments: Mapping[str, Any],
    seconds: float,
) -> ToolAnswer:
    """What a tool answers, called once.

    Raises ToolChanged where its definition is not the one of `digest`, NotCalled where it was not called for another
    reason, and CallFailed where it is not known whether it was.
    """
    is_sent = False
    try:
        async with asyncio.timeout(seconds), _connected(http, url, headers, seconds) as client:
            found = next((each for each in await _tools(client) if each.name == name), None)
            if found is None:
                raise ToolChanged(f"the server has no tool {name} any more")
            if found.digest != digest:
                raise ToolChanged(
                    f"the tool {name} is described otherwise than when it was looked at; look again, and put the "
                    f"action with tool_hash {found.digest}"
                )
            is_sent = True
            asked = types.CallToolRequest(params=types.CallToolRequestParams(name=name, arguments=dict(arguments)))
            # Not `client.call_tool`: that compares the answer with the server's own schema, whose patterns are Python's
            # regular expressions: 35 characters take an hour. What is used of an answer is chosen by the action.
            answer = await client.session.send_request(asked, types.CallToolResult)
    except Exception as error:
        first = _first_of(error)
        if isinstance(first, ToolChanged):
            raise first from None
        failed = _failed(first, seconds)
        raise (failed if is_sent else NotCalled(str(failed))) from error
    return ToolAnswer(_document(answer), bool(answer.is_error))


def digest_of(tool: types.Tool) -> str:
    """SHA-256 of a tool's definition as canonical JSON (sorted names, no blanks), in hexadecimal digits."""
    fields = tool.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"meta", "icons"})
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


async def _tools(client: Client) -> list[Tool]:
    found, cursor = list[types.Tool](), None
    while len(found) < _MOST_TOOLS:
        page = await client.list_tools(cursor=cursor)
        found += page.tools
        cursor = page.next_cursor
        if not cursor:
            break
    return [
        Tool(
            tool.name,
            tool.description or tool.title or "",
            tool.input_schema,
            tool.output_schema or {},
            bool(tool.annotations and tool.annotations.read_only_hint),
            digest_of(tool),
        )
        for tool in found
    ]


@asynccontextmanager
async def _connected(http: GuardedHttp, url: str, headers: Mapping[str, str], seconds: float) -> AsyncIterator[Client]:
    transport = _GuardedTransport(http, seconds)
    async with (
        httpx2.AsyncClient(transport=transport, headers=dict(headers), timeout=seconds) as opened,
        Client(streamable_http_client(url, http_client=opened), read_timeout_seconds=seconds) as client,
    ):
        yield client


class _GuardedTransport(httpx2.AsyncBaseTransport):
    """Sends the client's requests by guarded HTTP, and reads each answer whole."""

    def __init__(self, http: GuardedHttp, seconds: float) -> None:
        self._http = http
        self._seconds = seconds

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """See httpx2.AsyncBaseTransport."""
        if request.method == "GET":
            return httpx2.Response(_NO_STREAM, request=request)
        dropped = ("host", "content-length", "accept-encoding", "connection", "user-agent")
        headers = {name: value for name, value in request.headers.items() if name.lower() not in dropped}
        try:
            answer = await self._http.call(
                request.method,
                str(request.url),
                headers=headers,
                body=await request.aread(),
                seconds=self._seconds,
                most_bytes=MAX_BYTES,
            )
        except CallFailed as error:
            raise httpx2.ConnectError(str(error), request=request) from error
        kept = {name: value for name, value in answer.headers.items() if name not in ("content-length", "connection")}
        return httpx2.Response(answer.status, headers=kept, content=answer.body, request=request)


def _document(answer: types.CallToolResult) -> Any:
    if answer.structured_content is not None:
        return answer.structured_content
    text = "\n".join(block.text for block in answer.content if isinstance(block, types.TextContent))
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return {"text": text}
    return cast("Any", found) if isinstance(found, dict | list) else {"text": text}


def _first_of(error: BaseException) -> BaseException:
    """The exception; of a group of them, such as a task group raises, the first."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error


def _failed(error: BaseException, seconds: float) -> CallFailed:
    """A failure in words."""
    if isinstance(error, CallFailed):
        return error
    if isinstance(error, TimeoutError):
        return CallFailed(f"it did not answer within {seconds:g} s")
    said = str(error)[:200] if isinstance(error, MCPError | httpx2.HTTPError) else type(error).__name__
    return CallFailed(f"the MCP server did not answer as one ({said})")
