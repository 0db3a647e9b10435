"""`kefu audit`: who did what to whom and from where, and whether the log is as it was written."""

import time
from typing import Annotated

import typer

from kefu.cli.command_group import group
from kefu.cli.commands.tenants.keys_and_tenants import Tenant, full_tenant
from kefu.cli.console import CommandFailed, console, local_time, print_json, print_table
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.pagination import Limit, all_pages
from kefu.router.v1 import audit_pb2 as pb
from kefu.router.v1 import audit_pb2_grpc as rpc

_SECONDS_PER_DAY = 86_400

audit = group("The audit log: who did what to whom and from where. List it, and verify that nobody changed it.")


async def _list_entries(
    target: Remote,
    days: Annotated[int, typer.Option("--days", "-d", help="Those of the last so many days; 0 means all.", min=0)] = 0,
    actor: Annotated[str, typer.Option(help="Only entries whose actor or name holds this.", show_default=False)] = "",
    action: Annotated[
        str,
        typer.Option(
            help="Only this action, such as key.create; key alone stands for all of its actions.", show_default=False
        ),
    ] = "",
    on: Annotated[str, typer.Option("--target", help="Only entries whose target holds this.", show_default=False)] = "",
    failed: Annotated[bool, typer.Option("--failed", help="Only what was refused or failed.")] = False,
    limit: Limit = 50,
    tenant: Tenant = "",
    as_lines: Annotated[
        bool, typer.Option("--json", help="Print JSON lines: an entry each, with the hash that follows from it.")
    ] = False,
) -> None:
    """List entries of the audit log, the latest first."""
    request = pb.ListAuditEntriesRequest(
        tenant=full_tenant(tenant), actor=actor, action=action, target=on, failed=failed
    )
    if days:
        request.start_time.FromSeconds(int(time.time()) - days * _SECONDS_PER_DAY)
    async with target.to_router() as channel:
        call = rpc.AuditServiceStub(channel).ListAuditEntries
        found = await all_pages(target, call, request, lambda page: page.entries, limit)
    if as_lines:
        for entry in found:
            print(entry.json)
        return
    print_table(
        ("when", "who", "what", "to what", "from", "outcome", "more"),
        map(_row, found),
        empty="There are no such entries.",
    )


def _row(entry: pb.AuditEntry) -> tuple[str, ...]:
    if not entry.sequence:
        return ("", "", "(cannot be read: see kefu audit verify)", "", "", "", entry.json)
    return (
        local_time(entry.time),
        f"{entry.actor_name} ({entry.actor})" if entry.actor_name else entry.actor,
        entry.action,
        entry.target,
        entry.address if entry.address_from == "gateway" else f"{entry.address_from} {entry.address}".strip(),
        entry.outcome,
        " ".join(f"{name}={value}" for name, value in sorted(entry.details.items())),
    )


async def _verify(
    target: Remote,
    known_hash: Annotated[
        str, typer.Option("--hash", help="The hash that an earlier check printed: the log must still hold it.")
    ] = "",
    tenant: Tenant = "",
    as_json: Json = False,
) -> None:
    """Check that no entry was changed, removed, put in or moved, and that both ends are sealed. Exits with 1 if not."""
    request = pb.VerifyAuditRequest(tenant=full_tenant(tenant), known_hash=known_hash)
    async with target.to_router() as channel:
        found = await rpc.AuditServiceStub(channel).VerifyAudit(request, metadata=target.metadata)
    if as_json:
        print_json(found)
    if found.broken_sequence:
        raise CommandFailed(f"The log is broken at entry {found.broken_sequence}. {found.problem}")
    if not found.known_hash_found:
        unknown = "The log holds no entry with that hash: it was written anew, or the entry was removed for its age."
        raise CommandFailed(f"{unknown} {found.problem}".strip())
    if not as_json:
        log = "The chain" if found.problem else "The log"
        console().print(f"{log} is whole: {found.entries} entries, {found.removed} older ones removed.")
        if found.last_hash:
            console().print(f"Keep the hash of entry {found.last_sequence} elsewhere, for `kefu audit verify --hash`:")
            print(found.last_hash)
    if found.problem:
        raise CommandFailed(found.problem)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    audit.command("list")(remote(_list_entries))
    audit.command("verify")(remote(_verify))
    app.add_typer(audit, name="audit")
