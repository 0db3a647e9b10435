"""What an MCP server's answer may do to whoever called its tool. The server is a table of replies."""

import json
import time
from typing import Any, cast

from kefu.common.outbound.guarded_http import GuardedHttp, HttpAnswer
from kefu.common.outbound.mcp_client import call_tool, list_tools

URL = "https://tools.example.com/mcp"


class OneTool:
    """An MCP server with one tool, whose answers have a schema that takes for ever to compare with."""

    def __init__(self, text: str) -> None:
        schema = {"type": "object", "properties": {"x": {"type": "string", "pattern": "^(a+)+$"}}}
        tool = {"name": "t", "description": "d", "inputSchema": {"type": "object"}, "outputSchema": schema}
        server: dict[str, Any] = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}}
        self.results: dict[str, dict[str, Any]] = {
            "initialize": {**server, "serverInfo": {"name": "s", "version": "1"}},
            "tools/list": {"tools": [tool]},
            "tools/call": {"content": [], "structuredContent": {"x": text}},
        }

    async def call(self, method: str, url: str, *, body: bytes, **more: Any) -> HttpAnswer:
        asked = json.loads(body)
        if "id" not in asked:
            return HttpAnswer(202, {}, b"")
        found = self.results.get(asked["method"])
        said = {"error": {"code": -32601, "message": "no"}} if found is None else {"result": found}
        reply = {"jsonrpc": "2.0", "id": asked["id"], **said}
        return HttpAnswer(200, {"content-type": "application/json"}, json.dumps(reply).encode())


async def test_a_servers_own_schema_costs_its_caller_no_time() -> None:
    text = "a" * 30 + "!"
    http = cast("GuardedHttp", OneTool(text))
    [tool] = await list_tools(http, URL, {}, 10.0)
    assert tool.output_schema["properties"]["x"]["pattern"], "it is a part of what was looked at"
    began = time.process_time()
    answer = await call_tool(http, URL, {}, "t", tool.digest, {}, 10.0)
    assert answer.document == {"x": text}
    assert not answer.is_error
    assert time.process_time() - began < 2, "CPU seconds, where comparing takes a minute"
