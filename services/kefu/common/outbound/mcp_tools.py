"""The tools of MCP servers, listed and called. The protocol's library is imported by the first of these calls."""

import asyncio
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from kefu.common.outbound.guarded_http import GuardedHttp
from kefu.common.outbound.mcp_tool import Tool, ToolAnswer


async def list_tools(http: GuardedHttp, url: str, headers: Mapping[str, str], seconds: float) -> list[Tool]:
    """The tools of a server, by name. Raises CallFailed."""
    return await (await _client()).list_tools(http, url, headers, seconds)


async def call_tool(
    http: GuardedHttp,
    url: str,
    headers: Mapping[str, str],
    name: str,
    digest: str,
    arguments: Mapping[str, Any],
    seconds: float,
) -> ToolAnswer:
    """What a tool answers, called once; raises what `mcp_client.call_tool` raises."""
    return await (await _client()).call_tool(http, url, headers, name, digest, arguments, seconds)


async def _client() -> Any:
    """The module `mcp_client`, whose half second of imports no other customer waits for."""
    return await asyncio.to_thread(import_module, "kefu.common.outbound.mcp_client")
