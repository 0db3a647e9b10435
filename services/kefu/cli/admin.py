"""`kefu keys`, `tenants`, `settings`: the operator's commands."""

import re
from typing import Annotated, Any

import typer
from google.protobuf import json_format

from kefu.cli.connection import Json, Remote, all_pages, remote
from kefu.cli.console import CommandFailed, as_dict, console, print_json, print_table, when
from kefu.cli.grouping import full, group, short
from kefu.cli.holdings import Yes, confirm
from kefu.common.auth import make_key
from kefu.router.v1 import admin_pb2 as pb
from kefu.router.v1 import admin_pb2_grpc as rpc

_PAGE = 100
_SCOPES = {"chat": pb.SCOPE_CHAT, "knowledge": pb.SCOPE_KNOWLEDGE, "operator": pb.SCOPE_OPERATOR}
Tenant = Annotated[str, typer.Option(help="Another tenant than the key's.", show_default=False)]

keys = group("Keys: list, create, revoke, generate.")


async def _list_keys(target: Remote, tenant: Tenant = "", as_json: Json = False) -> None:
    """List a tenant's keys, without their secrets."""
    async with target.to_router() as channel:
        stub = rpc.AdminServiceStub(channel)

        async def page(token: str) -> tuple[list[pb.Key], str]:
            request = pb.ListKeysRequest(tenant=_tenant(tenant), page_size=_PAGE, page_token=token)
            answer = await stub.ListKeys(request, metadata=target.metadata)
            return list(answer.keys), answer.next_page_token

        found = await all_pages(page)
    if as_json:
        print_json(found)
        return
    print_table(
        ("key", "name", "may", "collections", "made"),
        [
            (
                one.name,
                one.display_name,
                " ".join(pb.Scope.Name(scope).removeprefix("SCOPE_").lower() for scope in one.scopes),
                " ".join(short(collection) for collection in one.collections) or "all",
                when(one.create_time),
            )
            for one in found
        ],
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
    tenant: Tenant = "",
    as_json: Json = False,
) -> None:
    """Make a key. It is printed once, alone on standard output, and cannot be read again."""
    wanted = [part for one in scope for part in one.replace(",", " ").split()]
    if wrong := [one for one in wanted if one not in _SCOPES]:
        raise CommandFailed(f"There is no scope {wrong[0]}: use chat, knowledge or operator.")
    request = pb.CreateKeyRequest(
        tenant=_tenant(tenant),
        display_name=name,
        scopes=[_SCOPES[one] for one in wanted],
        collections=[full("collections", one) for one in collection or ()],
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
    name = key_name if "/" in key_name else f"{_tenant(tenant)}/keys/{key_name}"
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
        stub = rpc.AdminServiceStub(channel)

        async def page(token: str) -> tuple[list[pb.Tenant], str]:
            answer = await stub.ListTenants(
                pb.ListTenantsRequest(page_size=_PAGE, page_token=token), metadata=target.metadata
            )
            return list(answer.tenants), answer.next_page_token

        found = await all_pages(page)
    if as_json:
        print_json(found)
        return
    print_table(
        ("tenant", "name", "made"), [(short(one.name), one.display_name, when(one.create_time)) for one in found]
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


settings = typer.Typer(help="A tenant's settings: get, set, history.", no_args_is_help=True, rich_markup_mode=None)


async def _get_settings(target: Remote, tenant: Tenant = "", as_json: Json = False) -> None:
    """Show the settings and their revision; what is not shown is the installation's default."""
    async with target.to_router() as channel:
        request = pb.GetTenantSettingsRequest(tenant=_tenant(tenant))
        found = await rpc.AdminServiceStub(channel).GetTenantSettings(request, metadata=target.metadata)
    if as_json:
        print_json({"revision": found.revision, "settings": _plain(found.settings)})
        return
    print_table(
        ("setting", "value"), _flat("", _plain(found.settings)), empty="Everything is the installation's default."
    )
    console().print(f"revision {found.revision}", style="dim")


async def _set_settings(
    target: Remote,
    change: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME=VALUE...", help="Such as max_passages=4 or texts.en.greeting='Hello!'", show_default=False
        ),
    ] = None,
    unset: Annotated[
        list[str] | None, typer.Option(help="Back to the installation's default.", show_default=False)
    ] = None,
    tenant: Tenant = "",
    as_json: Json = False,
) -> None:
    """Change some settings and leave the others. They work within seconds."""
    if not change and not unset:
        raise CommandFailed("Name a setting: kefu settings set max_passages=4, or --unset max_passages.")
    async with target.to_router() as channel:
        stub = rpc.AdminServiceStub(channel)
        found = await stub.GetTenantSettings(
            pb.GetTenantSettingsRequest(tenant=_tenant(tenant)), metadata=target.metadata
        )
        request = pb.UpdateTenantSettingsRequest(
            tenant=_tenant(tenant),
            settings=changed(found.settings, change or (), unset or ()),
            revision=found.revision,
        )
        done = await stub.UpdateTenantSettings(request, metadata=target.metadata)
    if as_json:
        print_json({"revision": done.revision})
    else:
        console().print(f"Stored as revision {done.revision}.")


async def _history(
    target: Remote,
    tenant: Tenant = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="At most so many; 0 means all.")] = 20,
    as_json: Json = False,
) -> None:
    """Show who changed the settings and when, the latest first."""
    async with target.to_router() as channel:
        stub = rpc.AdminServiceStub(channel)

        async def page(token: str) -> tuple[list[pb.SettingsRevision], str]:
            request = pb.ListSettingsRevisionsRequest(tenant=_tenant(tenant), page_size=_PAGE, page_token=token)
            answer = await stub.ListSettingsRevisions(request, metadata=target.metadata)
            return list(answer.revisions), answer.next_page_token

        found = await all_pages(page, limit)
    if as_json:
        print_json(
            [{**as_dict(one), "settings": _plain(one.settings)} for one in found],
        )
        return
    print_table(
        ("revision", "when", "by", "settings"),
        [
            (
                str(one.revision),
                when(one.create_time),
                one.author,
                "; ".join(f"{name}={value}" for name, value in _flat("", _plain(one.settings))),
            )
            for one in found
        ],
        empty="They were never changed.",
    )


def changed(
    settings: pb.TenantSettings, sets: list[str] | tuple[()], unsets: list[str] | tuple[()]
) -> pb.TenantSettings:
    """Settings with some set ("max_passages=4", "texts.en.greeting=Hello") and some unset, or CommandFailed."""
    tree = _plain(settings)
    for change in sets:
        name, equals, value = change.partition("=")
        if not equals:
            raise CommandFailed(f"{change} is not NAME=VALUE.")
        *above, leaf = name.split(".")
        node = tree
        for part in above:
            node = node.setdefault(part, {})
        node[leaf] = value
    for name in unsets:
        *above, leaf = name.split(".")
        node = tree
        for part in above:
            node = node.get(part, {})
        node.pop(leaf, None)
    known = pb.TenantSettings.DESCRIPTOR.fields_by_name
    for name in [change.partition("=")[0].split(".")[0] for change in sets] + [name.split(".")[0] for name in unsets]:
        if name not in known:
            raise CommandFailed(f"There is no setting {name}: use {', '.join(known)}.")
    try:
        return json_format.ParseDict(tree, pb.TenantSettings())
    except json_format.ParseError as exc:
        raise CommandFailed(f"These are no settings: {exc}") from None


def _plain(settings: pb.TenantSettings) -> dict[str, Any]:
    return json_format.MessageToDict(settings, preserving_proto_field_name=True)


def _flat(prefix: str, tree: dict[str, Any]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in tree.items():
        if isinstance(value, dict):
            rows += _flat(f"{prefix}{name}.", value)  # pyright: ignore[reportUnknownArgumentType] - JSON
        else:
            rows.append((f"{prefix}{name}", str(value)))
    return rows


def _tenant(tenant: str) -> str:
    return full("tenants", tenant) if tenant else ""


def register(app: typer.Typer) -> None:
    """Add these commands."""
    keys.command("list")(remote(_list_keys))
    keys.command("create")(remote(_create_key))
    keys.command("revoke")(remote(_revoke_key))
    keys.command("generate")(_generate)
    tenants.command("list")(remote(_list_tenants))
    tenants.command("create")(remote(_create_tenant))
    settings.command("get")(remote(_get_settings))
    settings.command("set")(remote(_set_settings))
    settings.command("history")(remote(_history))
    app.add_typer(keys, name="keys")
    app.add_typer(tenants, name="tenants")
    app.add_typer(settings, name="settings")
