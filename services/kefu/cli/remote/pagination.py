"""Lists of a service: all pages of a call, and their output as a table or as JSON."""

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Protocol, TypeVar

import grpc.aio
import typer

from kefu.cli.console import print_json, print_table
from kefu.cli.remote.connection import Remote
from kefu.common.pagination import MAX_PAGE_SIZE

Limit = Annotated[int, typer.Option("--limit", "-n", help="At most so many; 0 means all.", min=0)]


class PageRequest(Protocol):
    """A request for a page, as in every listing method of the contracts."""

    page_size: int
    page_token: str


class Page(Protocol):
    """A page, as in the response of every listing method of the contracts."""

    next_page_token: str


Request = TypeVar("Request", bound=PageRequest)
Response = TypeVar("Response", bound=Page)
Item = TypeVar("Item")


async def all_pages(
    target: Remote,
    call: grpc.aio.UnaryUnaryMultiCallable[Request, Response],
    request: Request,
    items: Callable[[Response], Iterable[Item]],
    limit: int = 0,
) -> list[Item]:
    """The items of all pages of a listing call, at most `limit`; 0: all. The page fields of `request` are set here."""
    request.page_size = min(limit or MAX_PAGE_SIZE, MAX_PAGE_SIZE)
    found: list[Item] = []
    while True:
        page = await call(request, metadata=target.metadata)
        found += items(page)
        if not page.next_page_token or (limit and len(found) >= limit):
            return found[:limit] if limit else found
        request.page_token = page.next_page_token


def print_list(
    found: list[Item],
    headings: Sequence[str],
    row: Callable[[Item], Sequence[str]],
    *,
    as_json: bool,
    empty: str = "",
) -> None:
    """Print a table with a `row` for each item, or `empty` without items; with `as_json`, one JSON list."""
    if as_json:
        print_json(found)
    else:
        print_table(headings, map(row, found), empty=empty)
