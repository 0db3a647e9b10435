"""What the rest knows of an MCP server's tools: a tool, its answer, and why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kefu.common.outbound.guarded_http import CallFailed


class ToolChanged(Exception):
    """There is no such tool any more, or another definition. The message is a sentence without its full stop."""


class NotCalled(CallFailed):
    """The tool was not called."""


@dataclass(frozen=True)
class Tool:
    """A tool of a server."""

    name: str
    description: str
    input_schema: Mapping[str, Any]
    """JSON Schema of its arguments, an object."""
    output_schema: Mapping[str, Any]
    """JSON Schema of what it answers; empty where the server does not say."""
    is_read_only: bool
    """The server says that it changes nothing."""
    digest: str
    """See `mcp_client.digest_of`."""


@dataclass(frozen=True)
class ToolAnswer:
    """What a tool answered."""

    document: Any
    """Its structured content; else its text, as JSON where it is some, or as {"text": …}."""
    is_error: bool
    """It says that it failed."""
