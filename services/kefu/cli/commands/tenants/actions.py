"""`kefu actions`: what Kefu looks up and does in the company's own systems: import, put, list, show, try, delete."""

import json
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from google.protobuf import json_format

from kefu.cli.command_group import group
from kefu.cli.commands.collections import Yes, confirm
from kefu.cli.commands.tenants.action_import import import_action
from kefu.cli.console import CommandFailed, console, local_time, print_json, print_table
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.resource_names import full, short
from kefu.router.v1 import action_pb2 as pb
from kefu.router.v1 import action_pb2_grpc as rpc
from kefu.router.v1 import admin_pb2, admin_pb2_grpc
from kefu.router.v1.chat_pb2 import Cards
from kefu.text.terminal_text import printable

actions = group("Actions: what Kefu looks up and does for a customer. import, put, list, show, try, delete.")
_MONEY = "money"
_NEEDS_PERSON = "Where money moves a person is called, until you allow it: kefu settings set action_risk=money"
Name = Annotated[str, typer.Argument(help="actions/NAME, or the name alone.")]


async def _put(
    target: Remote,
    files: Annotated[list[Path], typer.Argument(help="JSON files, one action each; docs/guides/actions.md.")],
) -> None:
    """Store actions from files, each in place of the one of its name."""
    read = [(file, _action(file)) for file in files]  # all of them, before the first is stored
    async with target.to_router() as channel:
        for file, action in read:
            request = pb.PutActionRequest(action=action)
            stored = (await rpc.ActionServiceStub(channel).PutAction(request, metadata=target.metadata)).action
            console().print(f"{file}: stored {short(stored.name)} as revision {stored.revision}.", soft_wrap=True)
        if any(action.change.risk == _MONEY for _, action in read):
            admin = admin_pb2_grpc.AdminServiceStub(channel)
            found = await admin.GetTenantSettings(admin_pb2.GetTenantSettingsRequest(), metadata=target.metadata)
            if found.settings.action_risk != _MONEY:
                console().print(_NEEDS_PERSON, soft_wrap=True)


async def _list(target: Remote, as_json: Json = False) -> None:
    """List the actions."""
    async with target.to_router() as channel:
        found = await rpc.ActionServiceStub(channel).ListActions(pb.ListActionsRequest(), metadata=target.metadata)
    if as_json:
        print_json([_as_dict(each) for each in found.actions])
        return
    print_table(
        ("action", "does", "calls", "asked for by", "revision", "changed"),
        [
            (
                short(each.name),
                each.change.risk or "read",
                f"{each.call.method} {each.call.url}",
                next(iter((*each.examples, *each.intents)), "another action's choice"),
                str(each.revision),
                local_time(each.update_time),
            )
            for each in found.actions
        ],
        empty="There are none: kefu actions put FILE.json",
    )


async def _show(target: Remote, name: Name) -> None:
    """Print an action as JSON, as `put` takes it."""
    async with target.to_router() as channel:
        request = pb.GetActionRequest(name=full("actions", name))
        found = (await rpc.ActionServiceStub(channel).GetAction(request, metadata=target.metadata)).action
    for field in ("revision", "update_time"):  # the server's
        found.ClearField(field)  # pyright: ignore[reportArgumentType] - the stubs know literals
    print_json(_as_dict(found))


async def _try(
    target: Remote,
    name: Name,
    inputs: Annotated[list[str] | None, typer.Argument(metavar="INPUT=VALUE...", show_default=False)] = None,
    customer: Annotated[str, typer.Option(help="The customer's `sub`.", show_default=False)] = "",
    language: Annotated[str, typer.Option(help="zh or en.")] = "en",
) -> None:
    """Call an action as for a customer, and show what came back and what would be said. Nothing is changed."""
    given: dict[str, str] = {}
    for each in inputs or ():
        key, equals, value = each.partition("=")
        if not equals:
            raise CommandFailed(f"{each} is not INPUT=VALUE.")
        given[key] = value
    request = pb.TryActionRequest(name=full("actions", name), customer=customer, inputs=given, language=language)
    async with target.to_router() as channel:
        found = await rpc.ActionServiceStub(channel).TryAction(request, metadata=target.metadata)
    out = console()
    out.print(f"HTTP {found.status}" if found.status else "It has no preview: nothing was called.", style="dim")
    out.print(
        printable(json.dumps(json.loads(found.result), ensure_ascii=False, indent=1)), style="dim", soft_wrap=True
    )
    out.print(printable(found.answer) if found.answer else "There is no such thing.", soft_wrap=True)
    if found.HasField("cards"):
        out.print("As cards:", style="dim")
        out.print(printable(_cards_text(found.cards)), soft_wrap=True, markup=False)
    for each in found.warnings:
        out.print(printable(f"Warning: {each}"), soft_wrap=True, style="yellow")
    if found.warnings:
        out.print("That is right where your system leaves a key without a value out; else it is misspelt.", style="dim")


async def _delete(target: Remote, name: Name, yes: Yes = False) -> None:
    """Delete an action."""
    confirm(f"Delete {short(name)}?", yes)
    async with target.to_router() as channel:
        request = pb.DeleteActionRequest(name=full("actions", name))
        await rpc.ActionServiceStub(channel).DeleteAction(request, metadata=target.metadata)
    console().print(f"Deleted {short(name)}.")


def _cards_text(cards: Cards) -> str:
    """Cards as lines, a blank one between two."""
    shown = [cards.text] if cards.text else []
    for card in cards.cards:
        fields = [f"{each.label}: {'; '.join(each.value.splitlines())}" for each in card.fields]
        head = f"{card.title} ({card.status})" if card.status else card.title
        shown.append("\n  ".join(filter(None, (head, *fields, card.link))))
    return "\n\n".join(shown)


def _action(file: Path) -> pb.Action:
    try:
        text = json.dumps(_with_bodies_as_text(json.loads(file.read_text("utf-8"))))
        return json_format.Parse(text, pb.Action())
    except json.JSONDecodeError as error:
        raise CommandFailed(f"{file} is no JSON: {error}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{file} cannot be read: {error}") from None
    except json_format.ParseError as error:
        raise CommandFailed(f"{file} is no action: {error}") from None


def _with_bodies_as_text(tree: Any) -> Any:
    """An action whose calls' bodies are JSON, as one writes it, with them as texts, as the contract has them."""
    if isinstance(tree, list):
        return [_with_bodies_as_text(each) for each in cast("list[Any]", tree)]
    if not isinstance(tree, dict):
        return tree
    fields = cast("dict[str, Any]", tree)
    return {
        name: json.dumps(each, ensure_ascii=False)
        if name == "body" and isinstance(each, dict | list)
        else _with_bodies_as_text(each)
        for name, each in fields.items()
    }


def _as_dict(action: pb.Action) -> dict[str, object]:
    return json_format.MessageToDict(action, preserving_proto_field_name=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    actions.command("import")(import_action)
    actions.command("put")(remote(_put))
    actions.command("list")(remote(_list))
    actions.command("show")(remote(_show))
    actions.command("try")(remote(_try))
    actions.command("delete")(remote(_delete))
    app.add_typer(actions, name="actions")
