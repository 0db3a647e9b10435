"""`kefu archive`: conversations that are kept for longer than their sessions live."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from kefu.cli.command_group import group
from kefu.cli.commands.tenants.keys_and_tenants import Tenant, full_tenant
from kefu.cli.console import CommandFailed, console, local_time, print_json
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.pagination import Limit, all_pages, print_list
from kefu.cli.remote.resource_names import short
from kefu.router.v1 import admin_pb2 as pb
from kefu.router.v1 import admin_pb2_grpc as rpc

Since = Annotated[
    str,
    typer.Option(
        "--since", help="Those with their last message on this day (UTC) or later: 2026-11-25.", show_default=False
    ),
]
Until = Annotated[
    str,
    typer.Option(
        "--until", help="Those with their last message on this day (UTC) or earlier: 2026-11-25.", show_default=False
    ),
]

archive = group("The archive of conversations: how it fares, what it holds, and its conversations as JSON lines.")


async def _status(target: Remote, tenant: Tenant = "", as_json: Json = False) -> None:
    """Show where the archive is, what it holds of a tenant, and whether it is up to date; exits with 1 if not."""
    async with target.to_router() as channel:
        request = pb.GetArchiveRequest(tenant=full_tenant(tenant))
        found = await rpc.AdminServiceStub(channel).GetArchive(request, metadata=target.metadata)
    if as_json:
        print_json(found)
    elif not found.place:
        console().print("There is no archive (KEFU_ROUTER_ARCHIVE).")
    else:
        out, held = console(), f"{found.oldest_day} to {found.latest_day}" if found.oldest_day else "nothing yet"
        out.print(f"{found.place}, {'encrypted' if found.encrypted else 'not encrypted'}, for {found.days:g} days")
        out.print(f"The tenant's conversations: {held}{'' if found.on else '; no more are added'}")
        if found.HasField("pass_time"):
            of_all = (
                f": {found.archived_sessions} of {found.live_sessions} live sessions are in the archive as they are"
            )
            out.print(f"Last pass {local_time(found.pass_time)}{of_all if found.live_sessions else ''}")
    if found.problem:
        raise CommandFailed(f"For {found.overdue_seconds:.0f} s not everything could be archived: {found.problem}")


async def _list_conversations(
    target: Remote, since: Since = "", until: Until = "", limit: Limit = 50, as_json: Json = False
) -> None:
    """List archived conversations, the oldest day first."""
    request = pb.ListArchivedConversationsRequest(start_day=since, end_day=until)
    async with target.to_router() as channel:
        call = rpc.AdminServiceStub(channel).ListArchivedConversations
        found = await all_pages(target, call, request, lambda page: page.conversations, limit)
    print_list(
        found,
        ("session", "day", "bytes"),
        lambda one: (short(one.session), one.day, f"{one.bytes:,}"),
        as_json=as_json,
        empty="There are no such conversations in the archive.",
    )


async def _export_conversations(
    target: Remote,
    since: Since = "",
    until: Until = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The file to write; it must not exist. Default: standard output."),
    ] = None,
) -> None:
    """Write archived conversations as JSON lines, each with its messages. A file is for its owner alone."""
    request = pb.ExportArchiveRequest(start_day=since, end_day=until)
    if out is None:
        async with target.to_router() as channel:
            async for part in rpc.AdminServiceStub(channel).ExportArchive(request, metadata=target.metadata):
                sys.stdout.buffer.write(part.data)
        sys.stdout.flush()
        return
    try:
        file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CommandFailed(f"{out} is there already; name another file with --out.") from None
    size = lines = 0
    with os.fdopen(file, "wb") as written:
        async with target.to_router() as channel:
            async for part in rpc.AdminServiceStub(channel).ExportArchive(request, metadata=target.metadata):
                size += written.write(part.data)
                lines += part.data.count(b"\n")
    console().print(f"Wrote {out}: {lines:,} conversations, {size:,} bytes.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    archive.command("status")(remote(_status))
    archive.command("list")(remote(_list_conversations))
    archive.command("export")(remote(_export_conversations))
    app.add_typer(archive, name="archive")
