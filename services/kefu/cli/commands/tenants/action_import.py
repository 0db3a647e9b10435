"""`kefu actions import`: operations of an OpenAPI document, or tools of an MCP server, and drafts of actions."""

from pathlib import Path
from typing import Annotated

import typer

from kefu.cli.remote.connection import Json, print_failures


def import_action(
    document: Annotated[
        str,
        typer.Argument(
            help="A file or an address: OpenAPI 3.0 or 3.1, JSON or YAML; with --mcp that of an MCP server."
        ),
    ],
    operation: Annotated[
        str,
        typer.Option(
            "--operation",
            "--tool",
            help="The operation to draft an action from: its operationId, METHOD /path, or a tool.",
        ),
    ] = "",
    mcp: Annotated[
        bool, typer.Option("--mcp", help="The address is that of an MCP server (streamable HTTP): its tools.")
    ] = False,
    bearer: Annotated[
        Path | None,
        typer.Option(
            help="A file with the token that the MCP server wants now, to list its tools.", show_default=False
        ),
    ] = None,
    server: Annotated[str, typer.Option(help="Address of the company's system, in place of the document's.")] = "",
    secret: Annotated[str, typer.Option(help="Name of the secret that the system wants.")] = "",
    customer: Annotated[
        str, typer.Option(metavar="PARAM", help="The parameter that is the id of the customer: their `sub`.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The file to write; it must not exist.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """List the operations of an OpenAPI document or the tools of an MCP server, or print a draft of an action that
    calls one. Stores nothing.
    """
    from kefu.cli.commands.tenants.action_drafts import draft_operation, draft_tool  # what reads documents loads slowly

    with print_failures():
        if mcp:
            draft_tool(document, bearer, operation, secret, customer, out, as_json=as_json)
        else:
            draft_operation(document, operation, server, secret, customer, out, as_json=as_json)
