"""`kefu procedures`: how customers are to be served, as pages: checked, stored, compared, restored."""

import difflib
from pathlib import Path
from typing import Annotated

import grpc.aio
import typer

from kefu.cli.command_group import group
from kefu.cli.commands.collections import Yes, confirm
from kefu.cli.console import CommandFailed, as_dict, console, local_time, print_json, print_table
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.resource_names import full, short
from kefu.router.v1 import procedure_pb2 as pb
from kefu.router.v1 import procedure_pb2_grpc as rpc
from kefu.text.terminal_text import printable

procedures = group(
    "Procedures: how customers are to be served, as pages in Markdown. "
    "check, simulate, put, list, show, revisions, diff, restore, delete."
)
_KIND = pb.ProcedureStep
_MARKS = {
    _KIND.KIND_ASK: "ask",
    _KIND.KIND_LOOK_UP: "look up",
    _KIND.KIND_IF: "if",
    _KIND.KIND_OTHERWISE: "otherwise",
    _KIND.KIND_SAY: "say",
    _KIND.KIND_DO: "do",
    _KIND.KIND_HAND_OVER: "person",
    _KIND.KIND_END: "end",
}
Name = Annotated[str, typer.Argument(help="procedures/NAME, or the name alone.")]
Files = Annotated[list[Path], typer.Argument(help="Markdown files, one procedure each; docs/guides/procedures.md.")]
Revision = Annotated[int, typer.Argument(help="As `revisions` lists them.", min=1)]


async def _check(target: Remote, files: Files) -> None:
    """Say what is wrong with pages, and show the steps that were understood. Nothing is stored."""
    out, wrong = console(), False
    async with target.to_router() as channel:
        stub = rpc.ProcedureServiceStub(channel)
        for file in files:
            found = await stub.CheckProcedure(pb.CheckProcedureRequest(page=_page(file)), metadata=target.metadata)
            for each in found.findings:
                kind = "" if each.is_error else "warning: "
                out.print(f"{file}:{each.line}: {kind}{printable(each.text)}", soft_wrap=True, markup=False)
            wrong = wrong or any(each.is_error for each in found.findings)
            for step in found.flow:
                text = f"{step.line:4}  {'  ' * step.depth}{_MARKS.get(step.kind, '?')}: {step.text}"
                out.print(printable(text), soft_wrap=True, markup=False, style="dim")
    if wrong:
        raise CommandFailed("A page with an error is not stored.")


async def _simulate(
    target: Remote,
    file: Annotated[Path, typer.Argument(help="A Markdown file; it need not be stored.")],
    language: Annotated[str, typer.Option(help="What the customers write: zh or en.")] = "en",
    customer: Annotated[str, typer.Option(help="Show the conversations of this customer whole.")] = "",
    as_json: Json = False,
) -> None:
    """Play scripted customers against a page, in all situations that it tells apart. No system is called.

    Ends with 1 where something goes wrong: for CI.
    """
    request = pb.SimulateProcedureRequest(page=_page(file), language=language)
    async with target.to_router() as channel:
        found = await rpc.ProcedureServiceStub(channel).SimulateProcedure(request, metadata=target.metadata)
    if as_json:
        print_json(as_dict(found))
    else:
        _print_simulation(found, customer)
    if found.wrong:
        raise CommandFailed(f"{found.wrong} of {len(found.conversations)} conversations went wrong.")


def _print_simulation(found: pb.SimulateProcedureResponse, customer: str) -> None:
    out = console()
    print_table(
        ("customer", "situation", "messages", "ended", "changes", "wrong"),
        [
            (
                each.customer,
                ", ".join(f"{name}={each.situation[name]}" for name in sorted(each.situation)) or "-",
                str(sum(message.is_customer for message in each.messages)),
                each.outcome,
                ", ".join(each.changes) or "-",
                str(len(each.problems) or "-"),
            )
            for each in found.conversations
        ],
        empty="There are none.",
    )
    for each in found.conversations:
        if each.customer == customer or each.problems:
            out.print(f"\n{each.customer}: {dict(each.situation)}", style="bold", markup=False, soft_wrap=True)
            for message in each.messages:
                out.print(
                    printable(f"{'> ' if message.is_customer else ''}{message.text}"), markup=False, soft_wrap=True
                )
            for problem in each.problems:
                out.print(f"WRONG: {printable(problem)}", style="red", markup=False, soft_wrap=True)
    for line in found.unreached:
        out.print(f"Line {line}: nobody reached this step.", style="yellow", soft_wrap=True)


async def _put(target: Remote, files: Files) -> None:
    """Store procedures, each under the name of its file, in place of the one of that name."""
    pages = [(file, _page(file)) for file in files]  # all of them, before the first is stored
    async with target.to_router() as channel:
        for file, page in pages:
            await _store(target, channel, full("procedures", file.stem), page)


async def _list(target: Remote, as_json: Json = False) -> None:
    """List the procedures."""
    async with target.to_router() as channel:
        found = await rpc.ProcedureServiceStub(channel).ListProcedures(
            pb.ListProceduresRequest(), metadata=target.metadata
        )
    if as_json:
        print_json([as_dict(each) for each in found.procedures])
        return
    print_table(
        ("procedure", "title", "steps", "wrong", "revision", "changed"),
        [
            (
                short(each.name),
                " / ".join(each.titles[language] for language in sorted(each.titles)),
                str(len(each.flow)),
                str(sum(finding.is_error for finding in each.findings) or "-"),
                str(each.revision),
                local_time(each.update_time),
            )
            for each in found.procedures
        ],
        empty="There are none: kefu procedures put FILE.md",
    )


async def _show(
    target: Remote,
    name: Name,
    revision: Annotated[int, typer.Option(help="A revision; without it the one in force.", min=0)] = 0,
) -> None:
    """Print a procedure's page, as `put` takes it."""
    typer.echo(printable((await _get(target, name, revision)).page), nl=False)


async def _revisions(target: Remote, name: Name) -> None:
    """List the last revisions of a procedure, the newest first."""
    async with target.to_router() as channel:
        request = pb.ListProcedureRevisionsRequest(name=full("procedures", name))
        stub = rpc.ProcedureServiceStub(channel)
        found = await stub.ListProcedureRevisions(request, metadata=target.metadata)
    print_table(
        ("revision", "changed", "by", "lines"),
        [
            (str(each.revision), local_time(each.update_time), each.author, str(len(each.page.splitlines())))
            for each in found.procedures
        ],
        empty="There are none.",
    )


async def _diff(
    target: Remote,
    name: Name,
    revision: Revision,
    other: Annotated[int, typer.Argument(help="Another revision; without it the one in force.", min=0)] = 0,
) -> None:
    """Show how a revision differs from another, or from the one in force."""
    old, new = await _get(target, name, revision), await _get(target, name, other)
    lines = difflib.unified_diff(
        old.page.splitlines(),
        new.page.splitlines(),
        f"revision {old.revision}",
        f"revision {new.revision}",
        lineterm="",
    )
    typer.echo("\n".join(map(printable, lines)) or "They are the same.")


async def _restore(target: Remote, name: Name, revision: Revision) -> None:
    """Put an earlier revision in force again, as a new one."""
    page = (await _get(target, name, revision)).page
    async with target.to_router() as channel:
        await _store(target, channel, full("procedures", name), page)


async def _delete(target: Remote, name: Name, yes: Yes = False) -> None:
    """Delete a procedure with all its revisions."""
    confirm(f"Delete {short(name)}?", yes)
    async with target.to_router() as channel:
        request = pb.DeleteProcedureRequest(name=full("procedures", name))
        await rpc.ProcedureServiceStub(channel).DeleteProcedure(request, metadata=target.metadata)
    console().print(f"Deleted {short(name)}.")


async def _store(target: Remote, channel: grpc.aio.Channel, name: str, page: str) -> None:
    request = pb.PutProcedureRequest(procedure=pb.Procedure(name=name, page=page))
    stored = (await rpc.ProcedureServiceStub(channel).PutProcedure(request, metadata=target.metadata)).procedure
    console().print(f"Stored {short(stored.name)} as revision {stored.revision}.", soft_wrap=True)
    for each in stored.findings:
        text = f"  line {each.line}: warning: {printable(each.text)}"
        console().print(text, soft_wrap=True, markup=False, style="yellow")


async def _get(target: Remote, name: str, revision: int) -> pb.Procedure:
    async with target.to_router() as channel:
        request = pb.GetProcedureRequest(name=full("procedures", name), revision=revision)
        found = await rpc.ProcedureServiceStub(channel).GetProcedure(request, metadata=target.metadata)
    return found.procedure


def _page(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{file} cannot be read: {error}") from None


def register(app: typer.Typer) -> None:
    """Add these commands."""
    procedures.command("check")(remote(_check))
    procedures.command("simulate")(remote(_simulate))
    procedures.command("put")(remote(_put))
    procedures.command("list")(remote(_list))
    procedures.command("show")(remote(_show))
    procedures.command("revisions")(remote(_revisions))
    procedures.command("diff")(remote(_diff))
    procedures.command("restore")(remote(_restore))
    procedures.command("delete")(remote(_delete))
    app.add_typer(procedures, name="procedures")
