"""`kefu keys` and `kefu tenants`: the administration of keys and tenants."""

import re
from typing import Annotated

import typer

from kefu.cli.command_group import group
from kefu.cli.commands.collections import Yes, confirm
from kefu.cli.console import CommandFailed, console, local_time, print_json
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.pagination import all_pages, print_list
from kefu.cli.remote.resource_names import full, short
from kefu.common.auth import make_key
from kefu.router.v1 import admin_pb2 as pb
from kefu.router.v1 import admin_pb2_grpc as rpc

_SCOPES = {"chat": pb.SCOPE_CHAT, "knowledge": pb.SCOPE_KNOWLEDGE, "operator": pb.SCOPE_OPERATOR}
_PRIORITIES = {
    "interactive": pb.PRIORITY_INTERACTIVE,
    "batch": pb.PRIORITY_BATCH,
    "urgent": pb.PRIORITY_URGENT,
}
Tenant = Annotated[str, typer.Option(help="Another tenant than the key's.", show_default=False)]


def full_tenant(tenant: str) -> str:
    """The resource name of a tenant from its name or id. Empty, the key's own tenant, when none is given."""
    return full("tenants", tenant) if tenant else ""


keys = group("Keys: list, create, revoke, generate.")


async def _list_keys(target: Remote, tenant: Tenant = "", as_json: Json = False) -> None:
    """List a tenant's keys, without their secrets."""
    async with target.to_router() as channel:
        call, request = rpc.AdminServiceStub(channel).ListKeys, pb.ListKeysRequest(tenant=full_tenant(tenant))
        found = await all_pages(target, call, request, lambda page: page.keys)
    print_list(
        found,
        ("key", "name", "may", "collections", "priority", "made"),
        lambda one: (
            one.name,
            one.display_name,
            " ".join(pb.Scope.Name(scope).removeprefix("SCOPE_").lower() for scope in one.scopes),
            " ".join(short(collection) for collection in one.collections) or "all",
            pb.Priority.Name(one.priority).removeprefix("PRIORITY_").lower(),
            local_time(one.create_time),
        ),
        as_json=as_json,
        empty="There are no keys but those of the configuration.",
    )


async def _create_key(
    target: Remote,
    scope: Annotated[list[str], typer.Option("--scope", "-s", help="chat, knowledge or operator; may be repeated.")],
    name: Annotated[str, typer.Option(help="What it is for.", show_default=False)] = "",
    collection: Annotated[
        list[str] | None,
        typer.Option("--collection", "-c", help="It may search only this one; may be repeated.", show_default=False),
    ] = None,
    priority: Annotated[
        str, typer.Option(help="Who comes first when there is too much to do: interactive, batch or urgent.")
    ] = "interactive",
    tenant: Tenant = "",
    as_json: Json = False,
) -> None:
    """Make a key. It is printed once, alone on standard output, and cannot be read again."""
    scopes = [part for one in scope for part in one.replace(",", " ").split()]
    if wrong := [one for one in scopes if one not in _SCOPES]:
        raise CommandFailed(f"There is no scope {wrong[0]}: use chat, knowledge or operator.")
    if priority not in _PRIORITIES:
        raise CommandFailed(f"There is no priority {priority}: use {', '.join(_PRIORITIES)}.")
    request = pb.CreateKeyRequest(
        tenant=full_tenant(tenant),
        display_name=name,
        scopes=[_SCOPES[one] for one in scopes],
        collections=[full("collections", one) for one in collection or ()],
        priority=_PRIORITIES[priority],
    )
    async with target.to_router() as channel:
        made = await rpc.AdminServiceStub(channel).CreateKey(request, metadata=target.metadata)
    if as_json:
        print_json(made)
        return
    console(stderr=True).print(f"{made.key.name}: keep it safe, it cannot be read again.", soft_wrap=True)
    print(made.secret)


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
        console().print(f"Created {made.tenant.name}. Give it a key: kefu keys create --tenant {short(tenant)} -s chat")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    keys.command("list")(remote(_list_keys))
    keys.command("create")(remote(_create_key))
    keys.command("revoke")(remote(_revoke_key))
    keys.command("generate")(_generate)
    tenants.command("list")(remote(_list_tenants))
    tenants.command("create")(remote(_create_tenant))
    app.add_typer(keys, name="keys")
    app.add_typer(tenants, name="tenants")
