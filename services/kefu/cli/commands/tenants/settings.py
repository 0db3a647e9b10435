"""`kefu settings`: a tenant's settings, read, changed, and their history."""

import json
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from kefu.cli.commands.tenants.keys_and_tenants import Tenant, full_tenant
from kefu.cli.console import CommandFailed, as_dict, console, local_time, print_json, print_table
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.pagination import Limit, all_pages
from kefu.cli.remote.resource_names import full, short
from kefu.router.v1 import admin_pb2 as pb
from kefu.router.v1 import admin_pb2_grpc as rpc

settings = typer.Typer(
    help="A tenant's settings: get, set, history, restore; stage, staged, promote, discard.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


async def _get_settings(target: Remote, tenant: Tenant = "", as_json: Json = False) -> None:
    """Show the settings and their revision; what is not shown is the installation's default."""
    async with target.to_router() as channel:
        request = pb.GetTenantSettingsRequest(tenant=full_tenant(tenant))
        found = await rpc.AdminServiceStub(channel).GetTenantSettings(request, metadata=target.metadata)
    if as_json:
        print_json({"revision": found.revision, "settings": _settings_dict(found.settings)})
        return
    print_table(
        ("setting", "value"),
        _flatten("", _settings_dict(found.settings)),
        empty="Everything is the installation's default.",
    )
    console().print(f"revision {found.revision}", style="dim")
    if found.HasField("trust_revision"):
        trust, when = found.trust_revision, local_time(found.trust_revision.create_time)
        console().print(
            f"identity or action_risk last changed in revision {trust.revision}, {when}, by {trust.author}",
            style="dim",
            soft_wrap=True,
        )


async def _set_settings(
    target: Remote,
    change: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME=VALUE...",
            help="Such as max_passages=4, texts.en.greeting='Hello!', refused_topics='politics; elections', "
            "triage_rules=@rules.json or identity.public_key=@key.pem, which read a file.",
            show_default=False,
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
            pb.GetTenantSettingsRequest(tenant=full_tenant(tenant)), metadata=target.metadata
        )
        request = pb.UpdateTenantSettingsRequest(
            tenant=full_tenant(tenant),
            settings=apply_changes(found.settings, change or (), unset or ()),
            revision=found.revision,
        )
        done = await stub.UpdateTenantSettings(request, metadata=target.metadata)
    if as_json:
        print_json({"revision": done.revision})
    else:
        console().print(f"Stored as revision {done.revision}.")


async def _stage(
    target: Remote,
    change: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=VALUE...", help="As `kefu settings set`.", show_default=False)
    ] = None,
    unset: Annotated[
        list[str] | None, typer.Option(help="Back to the installation's default.", show_default=False)
    ] = None,
    title: Annotated[str, typer.Option(help="For people.")] = "",
    as_json: Json = False,
) -> None:
    """Keep changed settings under a name without putting them in force: to ask over them, and for experiments."""
    if not change and not unset:
        raise CommandFailed("Name a setting: kefu settings stage max_passages=4, or --unset max_passages.")
    async with target.to_router() as channel:
        stub = rpc.AdminServiceStub(channel)
        found = await stub.GetTenantSettings(pb.GetTenantSettingsRequest(), metadata=target.metadata)
        changed = apply_changes(found.settings, change or (), unset or ())
        staged = pb.StagedSettings(title=title, settings=changed, base_revision=found.revision)
        done = await stub.StageSettings(pb.StageSettingsRequest(staged_settings=staged), metadata=target.metadata)
    if as_json:
        print_json(done.staged_settings)
    else:
        console().print(f"Staged as {done.staged_settings.name}.", soft_wrap=True)


async def _staged(target: Remote, as_json: Json = False) -> None:
    """List staged settings, the latest first, with what they change."""
    async with target.to_router() as channel:
        stub = rpc.AdminServiceStub(channel)
        in_force = await stub.GetTenantSettings(pb.GetTenantSettingsRequest(), metadata=target.metadata)
        found = await stub.ListStagedSettings(pb.ListStagedSettingsRequest(), metadata=target.metadata)
    if as_json:
        print_json(found)
        return
    now = set(_flatten("", _settings_dict(in_force.settings)))
    print_table(
        ("staged settings", "title", "when", "by", "differs"),
        [
            (
                *(one.name, one.title, local_time(one.create_time), one.author),
                "; ".join(
                    f"{name}={value}"
                    for name, value in _flatten("", _settings_dict(one.settings))
                    if (name, value) not in now
                ),
            )
            for one in found.staged_settings
        ],
        empty="None are staged: kefu settings stage NAME=VALUE",
    )


async def _promote(
    target: Remote, name: Annotated[str, typer.Argument(help="stagedSettings/NAME, or the name alone.")]
) -> None:
    """Put staged settings in force, as a new revision."""
    async with target.to_router() as channel:
        request = pb.PromoteStagedSettingsRequest(name=full("stagedSettings", name))
        done = await rpc.AdminServiceStub(channel).PromoteStagedSettings(request, metadata=target.metadata)
    console().print(f"In force as revision {done.revision}. Back: kefu settings restore {done.revision - 1}")


async def _discard(
    target: Remote, name: Annotated[str, typer.Argument(help="stagedSettings/NAME, or the name alone.")]
) -> None:
    """Remove staged settings."""
    async with target.to_router() as channel:
        request = pb.DiscardStagedSettingsRequest(name=full("stagedSettings", name))
        await rpc.AdminServiceStub(channel).DiscardStagedSettings(request, metadata=target.metadata)
    console().print(f"Discarded {short(name)}.")


async def _restore(
    target: Remote,
    revision: Annotated[int, typer.Argument(help="As `history` lists them; 0: the installation's defaults.", min=0)],
    tenant: Tenant = "",
) -> None:
    """Put the settings of an earlier revision in force again, as a new one."""
    async with target.to_router() as channel:
        stub = rpc.AdminServiceStub(channel)
        in_force = await stub.GetTenantSettings(
            pb.GetTenantSettingsRequest(tenant=full_tenant(tenant)), metadata=target.metadata
        )
        request = pb.ListSettingsRevisionsRequest(tenant=full_tenant(tenant))
        found = await all_pages(
            target, stub.ListSettingsRevisions, request, lambda page: page.revisions, in_force.revision
        )
        settings = {one.revision: one.settings for one in found} | {0: pb.TenantSettings()}
        if revision not in settings:
            raise CommandFailed(f"There is no revision {revision}: see kefu settings history.")
        update = pb.UpdateTenantSettingsRequest(
            tenant=full_tenant(tenant), settings=settings[revision], revision=in_force.revision
        )
        done = await stub.UpdateTenantSettings(update, metadata=target.metadata)
    console().print(f"Revision {revision} is in force again, as revision {done.revision}.")


async def _history(
    target: Remote,
    tenant: Tenant = "",
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """Show who changed the settings and when, the latest first."""
    async with target.to_router() as channel:
        call = rpc.AdminServiceStub(channel).ListSettingsRevisions
        request = pb.ListSettingsRevisionsRequest(tenant=full_tenant(tenant))
        found = await all_pages(target, call, request, lambda page: page.revisions, limit)
    if as_json:
        print_json([{**as_dict(one), "settings": _settings_dict(one.settings)} for one in found])
        return
    print_table(
        ("revision", "when", "by", "settings"),
        [
            (
                str(one.revision),
                local_time(one.create_time),
                one.author,
                "; ".join(f"{name}={value}" for name, value in _flatten("", _settings_dict(one.settings))),
            )
            for one in found
        ],
        empty="They were never changed.",
    )


def apply_changes(
    settings: pb.TenantSettings, sets: list[str] | tuple[()], unsets: list[str] | tuple[()]
) -> pb.TenantSettings:
    """Settings after changes: some set ("max_passages=4", "texts.en.greeting=Hello"), some unset (names).

    Raises CommandFailed for an unknown setting or a wrong value.
    """
    tree = _settings_dict(settings)
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
    tree = _typed(pb.TenantSettings.DESCRIPTOR, tree)
    for name in [change.partition("=")[0].split(".")[0] for change in sets] + [name.split(".")[0] for name in unsets]:
        if name not in known:
            raise CommandFailed(f"There is no setting {name}: use {', '.join(known)}.")
    try:
        return json_format.ParseDict(tree, pb.TenantSettings())
    except json_format.ParseError as exc:
        raise CommandFailed(f"These are no settings: {exc}") from None


def _typed(message: Descriptor, tree: dict[str, Any]) -> dict[str, Any]:
    known = message.fields_by_name
    return {name: _as_typed(known[name], value) if name in known else value for name, value in tree.items()}


def _as_typed(field: FieldDescriptor, value: Any) -> Any:
    """A typed value as JSON has it. Entries of a list are separated by semicolons."""
    if not isinstance(value, str):
        inner = field.message_type
        if isinstance(value, dict) and inner is not None and not inner.GetOptions().map_entry:
            return _typed(inner, cast("dict[str, Any]", value))
        return cast("Any", value)
    if value.startswith("@"):
        value = _file_text(value[1:])
    if field.is_repeated and field.message_type is not None and not field.message_type.GetOptions().map_entry:
        return _json(field.name, value)
    if field.is_repeated and field.message_type is None:
        return [entry.strip() for entry in value.split(";") if entry.strip()]
    if field.type == FieldDescriptor.TYPE_BOOL:
        return {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.get(
            value.lower(), value
        )
    return value


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise CommandFailed(f"{name} must be a list in JSON, or @FILE with one: {error}") from None


def _file_text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{path} cannot be read: {error}") from None


def _settings_dict(settings: pb.TenantSettings) -> dict[str, Any]:
    return json_format.MessageToDict(settings, preserving_proto_field_name=True)


def _flatten(prefix: str, tree: dict[str, Any]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in tree.items():
        if isinstance(value, dict):
            rows += _flatten(f"{prefix}{name}.", value)  # pyright: ignore[reportUnknownArgumentType] - JSON
        elif isinstance(value, list):
            rows.append((f"{prefix}{name}", "; ".join(map(_entry, value))))  # pyright: ignore[reportUnknownArgumentType]
        else:
            rows.append((f"{prefix}{name}", str(value)))
    return rows


def _entry(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    settings.command("get")(remote(_get_settings))
    settings.command("set")(remote(_set_settings))
    settings.command("history")(remote(_history))
    settings.command("restore")(remote(_restore))
    settings.command("stage")(remote(_stage))
    settings.command("staged")(remote(_staged))
    settings.command("promote")(remote(_promote))
    settings.command("discard")(remote(_discard))
    app.add_typer(settings, name="settings")
