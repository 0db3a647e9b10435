"""What a service lists: all pages of a call, printed as a table or as JSON."""

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Protocol, TypeVar

import grpc.aio
import typer

from kefu.cli.console import print_json, print_table
from kefu.cli.remote.connection import Remote
from kefu.common.pagination import MAX_PAGE_SIZE

Limit = Annotated[int, typer.Option("--limit", "-n", help="At most so many; 0 means all.", min=0)]


class PageRequest(Protocol):
    """A request for a page, as every listing call of the contract has it."""

    page_size: int
    page_token: str


class Page(Protocol):
    """A page, as every listing call of the contract answers with it."""

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
    """The items of all pages, at most `limit`; 0 means no limit. `request` says of what; its paging is done here."""
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
    """A table with a `row` for each, or `empty` if there are none; with `as_json` one JSON list of them."""
    if as_json:
        print_json(found)
    else:
        print_table(headings, map(row, found), empty=empty)
