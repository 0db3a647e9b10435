"""Drafts of actions that call a tool of an MCP server: its schemas are those of OpenAPI 3.1, and drafted as such."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kefu.cli.openapi.document import Document, DocumentError
from kefu.cli.openapi.draft import Draft, draft
from kefu.common.outbound.mcp_tool import Tool

_BEARER = {"type": "http", "scheme": "bearer"}


def tool_draft(url: str, tools: Sequence[Tool], name: str, *, secret: str = "", customer: str = "") -> Draft:
    """A draft of an action that calls a tool. Raises DocumentError.

    Args:
        url: the address of the server.
        tools: the server's.
        name: the tool.
        secret: the name of the tenant's secret that is sent as a bearer token; empty: none is.
        customer: the argument that is the id of the customer.
    """
    tool = next((each for each in tools if each.name == name), None)
    if tool is None:
        raise DocumentError(f"There is no tool {name[:100]!r}: without --operation they are listed.")
    document = _document(url, tool, secret)
    found = document.find(name)
    made = draft(document, found, secret=secret, customer=customer, is_change=not tool.is_read_only)
    action, undecided = dict(made.action), made.undecided
    call: dict[str, Any] = {"url": url, "tool": tool.name, "tool_hash": tool.digest}
    action["call"] = call | {part: action["call"][part] for part in ("headers", "body") if part in action["call"]}
    if not tool.is_read_only:
        undecided = [
            *undecided,
            "change: remove it where the tool changes nothing; the server does not say that it does not.",
        ]
    undecided = [
        f"Read what the server says of the tool, which is pinned as it is now: {tool.description.strip()[:300]!r}",
        *undecided,
    ]
    return Draft(action, undecided)


def _document(url: str, tool: Tool, secret: str) -> Document:
    """A document with one operation, whose body are the tool's arguments."""
    schemas = {"arguments": _moved(tool.input_schema, "arguments"), "answer": _moved(tool.output_schema, "answer")}
    operation: dict[str, Any] = {
        "operationId": tool.name,
        "summary": next(iter(tool.description.strip().splitlines()), tool.name)[:200],
        "requestBody": {"required": True, "content": _json("arguments")},
        "responses": {"200": {"description": "", **({"content": _json("answer")} if tool.output_schema else {})}},
        "security": [{secret: []}] if secret else [],
    }
    components = {"schemas": schemas, "securitySchemes": {secret: _BEARER} if secret else {}}
    root = {"openapi": "3.1.0", "info": {"title": "MCP", "version": "1"}, "paths": {"/": {"post": operation}}}
    return Document({**root, "servers": [{"url": "https://tools.invalid"}], "components": components}, url)


def _moved(schema: Mapping[str, Any], name: str) -> Any:
    """A schema whose references within itself lead to where it stands in the document."""
    return json.loads(json.dumps(schema).replace('"$ref": "#/', f'"$ref": "#/components/schemas/{name}/'))


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
