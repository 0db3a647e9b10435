"""`kefu sessions`: list, show and erase conversations."""

import os
from pathlib import Path
from typing import Annotated

import typer

from kefu.cli.command_group import group
from kefu.cli.commands.collections import Yes, confirm
from kefu.cli.console import CommandFailed, console, counted, local_time, print_json
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.pagination import Limit, all_pages, print_list
from kefu.cli.remote.resource_names import full, short
from kefu.cli.view.answer_view import handoff_line
from kefu.common.customers import is_visitor
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from kefu.text.terminal_text import one_line, printable

_CUSTOMERS = "customers/"

sessions = group("Conversations: list, show, delete, delete-user, export-user.")


async def _list_sessions(
    target: Remote,
    user: Annotated[str, typer.Option(help="This person's only.", show_default=False)] = "",
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """List the sessions that this key opened, the latest first."""
    async with target.to_router() as channel:
        call, request = rpc.ChatServiceStub(channel).ListSessions, pb.ListSessionsRequest(user=user)
        found = await all_pages(target, call, request, lambda page: page.sessions, limit)
    print_list(
        found,
        ("session", "state", "user", "turns", "latest", "erased", "begins with"),
        lambda one: (
            short(one.name),
            pb.Session.State.Name(one.state).removeprefix("STATE_").lower(),
            one.user,
            str(one.turn_count),
            local_time(one.update_time),
            local_time(one.expire_time),
            one_line(one.title, 50),
        ),
        as_json=as_json,
        empty="There are no sessions.",
    )


async def _show_session(target: Remote, session: str, as_json: Json = False) -> None:
    """Show a session's turns: questions, answers, sources, ratings."""
    name = full("sessions", session)
    async with target.to_router() as channel:
        stub = rpc.ChatServiceStub(channel)
        described = (await stub.GetSession(pb.GetSessionRequest(name=name), metadata=target.metadata)).session
        turns = await all_pages(target, stub.ListTurns, pb.ListTurnsRequest(session=name), lambda page: page.turns)
    if as_json:
        print_json({"session": described, "turns": turns})
        return
    out = console()
    state = pb.Session.State.Name(described.state).removeprefix("STATE_").lower()
    out.print(f"{described.name}  {state}  until {local_time(described.expire_time)}", style="dim", soft_wrap=True)
    for turn in turns:
        out.print()
        if turn.question:
            out.print(f"> {printable(turn.question)}", style="bold", soft_wrap=True)
        if turn.text:
            out.print(printable(f"{turn.agent}: {turn.text}" if turn.agent else turn.text), soft_wrap=True)
        out.print(_about(turn), style="dim", soft_wrap=True)


def _about(turn: pb.Turn) -> str:
    parts = [local_time(turn.create_time), pb.Turn.State.Name(turn.state).removeprefix("STATE_").lower()]
    if turn.HasField("handoff"):
        parts.append(f"for a person ({handoff_line(turn.handoff)})")
    cited = {citation.number: citation.title for citation in turn.completed.citations}
    parts += [f"[{number}] {title}" for number, title in sorted(cited.items())]
    if turn.rating:
        parts.append(f"rated {pb.Rating.Name(turn.rating).removeprefix('RATING_').lower()} {turn.rating_comment}")
    return one_line(" · ".join(part for part in parts if part), 300)


async def _delete_session(target: Remote, session: list[str], yes: Yes = False) -> None:
    """Erase sessions with their turns."""
    confirm(f"Erase {', '.join(session)}?", yes)
    async with target.to_router() as channel:
        for one in session:
            request = pb.DeleteSessionRequest(name=full("sessions", one))
            await rpc.ChatServiceStub(channel).DeleteSession(request, metadata=target.metadata)
            console().print(f"Erased {short(one)}.")


Person = Annotated[
    str,
    typer.Argument(
        help="A user of this key, visitor-… for a visitor of the pages, customers/SUB for a verified customer, or "
        "sessions/… for whose it is."
    ),
]
AllKeys = Annotated[bool, typer.Option(help="A user's sessions of every key of the tenant (scope admin).")]


async def _delete_user(target: Remote, person: Person, all_keys: AllKeys = False, yes: Yes = False) -> None:
    """Erase all that is kept of a person: what export-user shows."""
    confirm(f"Erase all that is kept of {person}?", yes)
    async with target.to_router() as channel:
        request = pb.DeleteUserRequest(**_person(person), all_keys=all_keys)
        answer = await rpc.ChatServiceStub(channel).DeleteUser(request, metadata=target.metadata)
    console().print(f"Erased {counted(answer.sessions_deleted, 'session')}.")


async def _export_user(
    target: Remote,
    person: Person,
    out: Annotated[Path, typer.Option("--out", "-o", help="The ZIP file to write; it must not exist.")] = Path(
        "kefu-export.zip"
    ),
    all_keys: AllKeys = False,
) -> None:
    """Write all that is kept of a person into a ZIP file, readable by its owner alone."""
    request = pb.ExportUserRequest(**_person(person), all_keys=all_keys)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        file = os.open(out, flags, 0o600)
    except FileExistsError:
        raise CommandFailed(f"{out} is there already; name another file with --out.") from None
    size = 0
    with os.fdopen(file, "wb") as archive:
        async with target.to_router() as channel:
            async for part in rpc.ChatServiceStub(channel).ExportUser(request, metadata=target.metadata):
                size += archive.write(part.data)
    console().print(f"Wrote {out} ({size:,} bytes).")


def _person(name: str) -> dict[str, str]:
    if is_visitor(name):
        return {"visitor": name}
    if name.startswith(_CUSTOMERS):
        return {"customer": name.removeprefix(_CUSTOMERS)}
    return {"session": name} if name.startswith("sessions/") else {"user": name}


def register(app: typer.Typer) -> None:
    """Add these commands."""
    sessions.command("list")(remote(_list_sessions))
    sessions.command("show")(remote(_show_session))
    sessions.command("delete")(remote(_delete_session))
    sessions.command("delete-user")(remote(_delete_user))
    sessions.command("export-user")(remote(_export_user))
    app.add_typer(sessions, name="sessions")
