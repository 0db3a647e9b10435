"""What an OpenAPI document or an MCP server offers, listed, and drafts of actions that call it."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from kefu.cli.console import CommandFailed, console, print_json, print_table
from kefu.cli.documents.web_pages import is_url
from kefu.cli.openapi.document import MAX_BYTES, Document, DocumentError, read
from kefu.cli.openapi.draft import Draft, draft
from kefu.cli.openapi.mcp_tools import tool_draft
from kefu.common.outbound.guarded_http import CallFailed, open_guarded_http
from kefu.common.outbound.mcp_tool import Tool
from kefu.common.outbound.mcp_tools import list_tools
from kefu.text.terminal_text import printable

_FETCH_SECONDS = 30.0
_ACCEPT = {"accept": "application/json, application/yaml;q=0.9, */*;q=0.5"}


def draft_operation(
    given: str, operation: str, server: str, secret: str, customer: str, out: Path | None, *, as_json: bool
) -> None:
    """List the operations of an OpenAPI document, or print a draft of an action that calls one."""
    with _named(given):
        found = _document(given)
        if operation:
            made = draft(found, found.find(operation), server=server, secret=secret, customer=customer)
            _print_draft(made, out)
        else:
            _print_operations(found, as_json=as_json)


def draft_tool(
    url: str, bearer: Path | None, tool: str, secret: str, customer: str, out: Path | None, *, as_json: bool
) -> None:
    """List the tools of an MCP server, or print a draft of an action that calls one."""
    try:
        headers = {"authorization": f"Bearer {bearer.read_text('utf-8').strip()}"} if bearer else {}
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{bearer} cannot be read: {error}.") from None
    tools = asyncio.run(_tools(url, headers))
    if tool:
        with _named(url):
            made = tool_draft(url, tools, tool, secret=secret, customer=customer)
        _print_draft(made, out)
    elif as_json:
        print_json([vars(each) for each in tools])
    else:
        print_table(
            ("tool", "changes something", "hash", "what it does"),
            [
                (each.name, "no" if each.is_read_only else "perhaps", each.digest[:12], each.description.split("\n")[0])
                for each in tools
            ],
            empty="It has no tools.",
        )


@contextmanager
def _named(given: str) -> Iterator[None]:
    """Name the document or server of which something is wrong."""
    try:
        yield
    except DocumentError as error:
        raise CommandFailed(f"{given}: {error}") from None


def _print_operations(found: Document, *, as_json: bool) -> None:
    listed = list(found.operations())
    if as_json:
        print_json([vars(each) for each in listed])
        return
    print_table(
        ("operation", "method", "path", "what it does"),
        [(each.id, each.method, each.path, each.summary) for each in listed],
        empty="It has no operations.",
    )


async def _tools(url: str, headers: Mapping[str, str]) -> list[Tool]:
    """The tools of a server, at a private address too: whoever types it is on this side of the network."""
    try:
        async with open_guarded_http(lambda _: True) as http:
            return await list_tools(http, url, headers, _FETCH_SECONDS)
    except CallFailed as error:
        raise CommandFailed(f"{url}: {error}.") from None


def _print_draft(made: Draft, out: Path | None) -> None:
    if out is None:
        print_json(made.action)
    else:
        try:
            with out.open("x", encoding="utf-8") as file:
                file.write(json.dumps(made.action, ensure_ascii=False, indent=2) + "\n")
        except OSError as error:
            raise CommandFailed(f"{out} cannot be written: {error.strerror}.") from None
        console().print(f"Wrote {out}. Once it is decided: kefu actions put {out}", soft_wrap=True)
    said = console(stderr=True)
    said.print("Still to be decided:")
    for each in made.undecided:
        said.print(printable(f"- {each}"), soft_wrap=True)


def _document(given: str) -> Document:
    if is_url(given):
        return read(asyncio.run(_fetched(given)), given)
    try:
        with Path(given).open("rb") as file:
            return read(file.read(MAX_BYTES + 1))
    except OSError as error:
        raise CommandFailed(f"{given} cannot be read: {error.strerror}.") from None


async def _fetched(url: str) -> bytes:
    """The bytes at an address, a private one too: whoever types it is on this side of the network."""
    try:
        if urlsplit(url).username is not None:
            raise CommandFailed(f"{url} holds a user name: save the document as a file, and name that.")
        async with open_guarded_http(lambda _: True) as http:
            answer = await http.call("GET", url, headers=_ACCEPT, seconds=_FETCH_SECONDS, most_bytes=MAX_BYTES)
    except (CallFailed, ValueError) as error:
        raise CommandFailed(f"{url} could not be fetched: {error}.") from None
    if 300 <= answer.status < 400 and "location" in answer.headers:
        raise CommandFailed(f"{url} leads on to {urljoin(url, answer.headers['location'])}: name that.")
    if answer.status != 200:
        raise CommandFailed(f"{url} could not be fetched: the server answered with status {answer.status}.")
    return answer.body
