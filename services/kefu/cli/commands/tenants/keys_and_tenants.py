"""`kefu keys`, `kefu tenants` and `kefu whoami`: keys and tenants, and what the key in use may do."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from kefu.cli.command_group import group
from kefu.cli.commands.collections import Yes, confirm
from kefu.cli.console import CommandFailed, console, local_time, print_json
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.pagination import all_pages, print_list
from kefu.cli.remote.resource_names import full, short
from kefu.common.auth import make_key
from kefu.common.permissions import PERMISSIONS, SCOPES_OF_ROLE, Role, Scope, expanded, roles_of
from kefu.router.v1 import admin_pb2 as pb
from kefu.router.v1 import admin_pb2_grpc as rpc
from kefu.router.v1 import identity_pb2 as identity_pb
from kefu.router.v1 import identity_pb2_grpc as identity_rpc

_SCOPES: dict[Scope, pb.Scope.ValueType] = {
    Scope.CHAT: pb.SCOPE_CHAT,
    Scope.KNOWLEDGE: pb.SCOPE_KNOWLEDGE,
    Scope.DESK: pb.SCOPE_DESK,
    Scope.SETTINGS: pb.SCOPE_SETTINGS,
    Scope.ADMIN: pb.SCOPE_ADMIN,
    Scope.OPERATOR: pb.SCOPE_OPERATOR,
}
_SCOPE_OF = {message: scope for scope, message in _SCOPES.items()}
_PRIORITIES = {
    "interactive": pb.PRIORITY_INTERACTIVE,
    "batch": pb.PRIORITY_BATCH,
    "urgent": pb.PRIORITY_URGENT,
}
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
Tenant = Annotated[str, typer.Option(help="Another tenant than the key's.", show_default=False)]


def full_tenant(tenant: str) -> str:
    """The resource name of a tenant from its name or id. Empty, the key's own tenant, when none is given."""
    return full("tenants", tenant) if tenant else ""


def scopes_of(key: pb.Key) -> list[Scope]:
    """The scopes of a key that this release knows."""
    return [_SCOPE_OF[scope] for scope in key.scopes if scope in _SCOPE_OF]


def expiry(value: str, now: datetime) -> datetime:
    """When a key ends: after a span ("90d", "12h", "8w"), or with a day ("2027-01-31", in the zone of `now`).

    Raises CommandFailed for anything else, and for a day that is over.
    """
    if span := re.fullmatch(r"(\d{1,5})([hdw])", value.strip()):
        return now + int(span[1]) * _UNITS[span[2]]
    try:
        day = datetime.strptime(value.strip(), "%Y-%m-%d").replace(tzinfo=now.tzinfo)
    except ValueError:
        message = f"{value} is no end: use a span such as 90d, 12h or 8w, or a day, 2027-01-31."
        raise CommandFailed(message) from None
    end = day + timedelta(days=1)
    if end <= now:
        raise CommandFailed(f"{value} is over: name a day to come.")
    return end


def _expiry_text(key: pb.Key) -> str:
    if not key.HasField("expire_time"):
        return "never"
    is_over = key.expire_time.ToMicroseconds() / 1e6 <= time.time()
    return local_time(key.expire_time) + (" (over)" if is_over else "")


keys = group("Keys: list, create, revoke, generate.")


async def _list_keys(target: Remote, tenant: Tenant = "", as_json: Json = False) -> None:
    """List a tenant's keys, without their secrets."""
    async with target.to_router() as channel:
        call, request = rpc.AdminServiceStub(channel).ListKeys, pb.ListKeysRequest(tenant=full_tenant(tenant))
        found = await all_pages(target, call, request, lambda page: page.keys)
    print_list(
        found,
        ("key", "name", "role", "scopes", "collections", "priority", "made", "expires", "last used"),
        lambda one: (
            one.name,
            one.display_name,
            " ".join(roles_of(scopes_of(one))),
            " ".join(scopes_of(one)),
            " ".join(short(collection) for collection in one.collections) or "all",
            pb.Priority.Name(one.priority).removeprefix("PRIORITY_").lower(),
            local_time(one.create_time),
            _expiry_text(one),
            local_time(one.last_used_time) or "-",
        ),
        as_json=as_json,
        empty="There are no keys but those of the configuration.",
    )


async def _create_key(
    target: Remote,
    role: Annotated[
        list[str] | None,
        typer.Option(
            "--role",
            "-r",
            help="app (a front end), agent (the desk), lead (knowledge and settings, too) or admin (all).",
            show_default=False,
        ),
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope",
            "-s",
            help="chat, knowledge, desk, settings or admin; may be repeated, beside a role or without.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="What it is for.", show_default=False)] = "",
    collection: Annotated[
        list[str] | None,
        typer.Option("--collection", "-c", help="It may search only this one; may be repeated.", show_default=False),
    ] = None,
    priority: Annotated[
        str, typer.Option(help="Who comes first when there is too much to do: interactive, batch or urgent.")
    ] = "interactive",
    expires: Annotated[
        str, typer.Option(help="When it ends: 90d, 12h, 8w, or a day, 2027-01-31.", show_default="never")
    ] = "",
    tenant: Tenant = "",
    as_json: Json = False,
) -> None:
    """Make a key. It is printed once, alone on standard output, and cannot be read again."""
    roles, scopes = _words(role), _words(scope)
    if not roles and not scopes:
        raise CommandFailed(f"Say what the key may do: --role {', '.join(Role)}; or --scope, see `--help`.")
    if wrong := [one for one in roles if one not in SCOPES_OF_ROLE]:
        raise CommandFailed(f"There is no role {wrong[0]}: use {', '.join(Role)}.")
    if wrong := [one for one in scopes if one not in _SCOPES]:
        raise CommandFailed(f"There is no scope {wrong[0]}: use chat, knowledge, desk, settings or admin.")
    given = {Scope(one) for one in scopes}.union(*(SCOPES_OF_ROLE[Role(one)] for one in roles))
    if priority not in _PRIORITIES:
        raise CommandFailed(f"There is no priority {priority}: use {', '.join(_PRIORITIES)}.")
    request = pb.CreateKeyRequest(
        tenant=full_tenant(tenant),
        display_name=name,
        scopes=[message for scope, message in _SCOPES.items() if scope in given],
        collections=[full("collections", one) for one in collection or ()],
        priority=_PRIORITIES[priority],
    )
    if expires:
        request.expire_time.FromDatetime(expiry(expires, datetime.now().astimezone()).astimezone(UTC))
    async with target.to_router() as channel:
        made = await rpc.AdminServiceStub(channel).CreateKey(request, metadata=target.metadata)
    if as_json:
        print_json(made)
        return
    told = console(stderr=True)
    told.print(f"{made.key.name}: keep it safe, it cannot be read again.", soft_wrap=True)
    for line in _next_steps(expanded(given), target):
        told.print(line, soft_wrap=True)
    print(made.secret)


def _words(values: list[str] | None) -> list[str]:
    return [word for value in values or () for word in value.replace(",", " ").split()]


def _next_steps(scopes: frozenset[Scope], target: Remote) -> list[str]:
    """What to do with a new key: lines for whoever made it."""
    lines: list[str] = []
    if not scopes.isdisjoint({Scope.DESK, Scope.KNOWLEDGE, Scope.SETTINGS}):
        running = target.folder.running()
        gateway = running.gateway if running is not None and running.router == target.router else ""
        lines.append(f"At the desk: open {gateway or 'your gateway'}/desk and paste it.")
    if Scope.CHAT in scopes:
        lines.append("For a program: send it as `authorization: Bearer KEY`, or at the command line as KEFU_KEY.")
    elif Scope.ADMIN in scopes or not lines:
        lines.append("At the command line: set KEFU_KEY.")
    return lines


async def _revoke_key(
    target: Remote,
    key_name: Annotated[str, typer.Argument(metavar="KEY", help="tenants/TENANT/keys/KEY, or the id alone.")],
    tenant: Annotated[str, typer.Option(help="Its tenant, when only the id is given.")] = "default",
    yes: Yes = False,
) -> None:
    """End a key: the next call with it fails, on every service."""
    name = key_name if "/" in key_name else f"{full_tenant(tenant)}/keys/{key_name}"
    confirm(f"Revoke {name}?", yes)
    async with target.to_router() as channel:
        await rpc.AdminServiceStub(channel).RevokeKey(pb.RevokeKeyRequest(name=name), metadata=target.metadata)
    console().print(f"Revoked {name}.", soft_wrap=True)


def _generate(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="bootstrap, internal, or another id.")] = "bootstrap",
) -> None:
    """Print a new random key for KEFU_BOOTSTRAP_KEY or KEFU_INTERNAL_KEY. Calls nobody, stores nothing."""
    if not re.fullmatch("[a-z0-9]{1,32}", key_id):
        raise typer.BadParameter("1 to 32 of a-z and 0-9")
    print(make_key(key_id).secret)


tenants = group("Companies with their own keys, knowledge and sessions: list, create.")


async def _list_tenants(target: Remote, as_json: Json = False) -> None:
    """List the tenants that the key rules."""
    async with target.to_router() as channel:
        call = rpc.AdminServiceStub(channel).ListTenants
        found = await all_pages(target, call, pb.ListTenantsRequest(), lambda page: page.tenants)
    print_list(
        found,
        ("tenant", "name", "made"),
        lambda one: (short(one.name), one.display_name, local_time(one.create_time)),
        as_json=as_json,
    )


async def _create_tenant(
    target: Remote,
    tenant: Annotated[str, typer.Argument(help="Its id: a-z, 0-9 and -.")],
    name: Annotated[str, typer.Option(help="What people call it.", show_default=False)] = "",
    as_json: Json = False,
) -> None:
    """Add a tenant."""
    async with target.to_router() as channel:
        request = pb.CreateTenantRequest(tenant_id=short(tenant), display_name=name)
        made = await rpc.AdminServiceStub(channel).CreateTenant(request, metadata=target.metadata)
    if as_json:
        print_json(made.tenant)
    else:
        console().print(
            f"Created {made.tenant.name}. Give it a key: kefu keys create --tenant {short(tenant)} --role app"
        )


async def _whoami(target: Remote, as_json: Json = False) -> None:
    """Show the tenant, role, scopes and end of the key in use, and what it may call."""
    async with target.to_router() as channel:
        found = await identity_rpc.IdentityServiceStub(channel).GetIdentity(
            identity_pb.GetIdentityRequest(), metadata=target.metadata
        )
    if as_json:
        print_json(found)
        return
    rows = {
        "tenant": found.tenant,
        "key": found.subject,
        "role": ", ".join(found.roles) or "none",
        "scopes": ", ".join(found.scopes),
        "collections": ", ".join(map(short, found.collections)) or "all",
        "expires": local_time(found.expire_time) or "never",
        "may call": "; ".join(_callable(frozenset(found.scopes))),
    }
    for name, value in rows.items():
        console().print(f"{name:<12} {value}", soft_wrap=True)


def _callable(scopes: frozenset[str]) -> list[str]:
    """What a key with these scopes may call: services, and of those that it may call in part the methods."""
    lines: list[str] = []
    for service, of_service in PERMISSIONS.items():
        methods = {name: needed for name, needed in of_service.items() if set(needed) != {Scope.INTERNAL}}
        allowed = [method for method, needed in methods.items() if not scopes.isdisjoint(needed)]
        if allowed and set(next(iter(methods.values()))) != set(Scope):  # all may ask who they are
            name = service.rpartition(".")[2]
            lines.append(name if len(allowed) == len(methods) else f"{name} ({', '.join(allowed)})")
    return lines or ["nothing"]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("whoami")(remote(_whoami))
    keys.command("list")(remote(_list_keys))
    keys.command("create")(remote(_create_key))
    keys.command("revoke")(remote(_revoke_key))
    keys.command("generate")(_generate)
    tenants.command("list")(remote(_list_tenants))
    tenants.command("create")(remote(_create_tenant))
    app.add_typer(keys, name="keys")
    app.add_typer(tenants, name="tenants")
