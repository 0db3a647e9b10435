"""`kefu golden`: questions whose answers must stay right: stored, asked over live or a draft, compared."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kefu.cli.command_group import group
from kefu.cli.commands.collections import Yes, confirm
from kefu.cli.console import CommandFailed, as_dict, console, counted, local_time, print_json, print_table
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.resource_names import full, short
from kefu.router.v1 import golden_pb2 as pb
from kefu.router.v1 import golden_pb2_grpc as rpc
from kefu.text.terminal_text import one_line, printable

golden = group(
    "Golden questions: what must stay right. list, show, add, import, export, propose, delete, run, runs, show-run."
)
Name = Annotated[str, typer.Argument(help="goldenQuestions/NAME, or the name alone.")]
Collections = Annotated[
    list[str] | None, typer.Option("--collection", help="Ask it of this one alone; may be given again.")
]
_Person = Literal["no", "allowed", "required"]
_Polarity = Literal["yes", "no"]
_VERDICTS = {
    pb.GoldenAnswer.VERDICT_UNSPECIFIED: "not asked",
    pb.GoldenAnswer.VERDICT_RIGHT: "right",
    pb.GoldenAnswer.VERDICT_HALF: "half",
    pb.GoldenAnswer.VERDICT_WRONG: "wrong",
    pb.GoldenAnswer.VERDICT_REFUSED: "refused",
    pb.GoldenAnswer.VERDICT_ASKED_BACK: "asked back",
}
_CHANGES = {
    pb.GoldenResult.CHANGE_UNSPECIFIED: "-",
    pb.GoldenResult.CHANGE_LOST: "lost",
    pb.GoldenResult.CHANGE_GAINED: "gained",
    pb.GoldenResult.CHANGE_STILL_WRONG: "still wrong",
    pb.GoldenResult.CHANGE_STILL_RIGHT: "still right",
}
_TRIGGERS = {
    pb.GoldenRun.TRIGGER_DEMAND: "demand",
    pb.GoldenRun.TRIGGER_DRAFT: "draft",
    pb.GoldenRun.TRIGGER_NIGHT: "night",
}
_STATES = {
    pb.GoldenRun.STATE_RUNNING: "running",
    pb.GoldenRun.STATE_FINISHED: "finished",
    pb.GoldenRun.STATE_STOPPED: "stopped",
}
_SHOWN = (pb.GoldenResult.CHANGE_LOST, pb.GoldenResult.CHANGE_GAINED)


async def _list(target: Remote, as_json: Json = False) -> None:
    """List the golden questions, with the verdict of the last answer over live."""
    async with target.to_router() as channel:
        stub = rpc.GoldenQuestionServiceStub(channel)
        found = await stub.ListGoldenQuestions(pb.ListGoldenQuestionsRequest(), metadata=target.metadata)
    if as_json:
        print_json([as_dict(each) for each in found.questions])
        return
    print_table(
        ("name", "verdict", "asked", "question"),
        [
            (short(each.name), _verdict(each), local_time(each.last.time), one_line(each.text))
            for each in found.questions
        ],
        empty="There are none: kefu golden import questions.jsonl",
    )


async def _show(target: Remote, name: Name) -> None:
    """Print a golden question as JSON, with its last answer over live."""
    async with target.to_router() as channel:
        request = pb.GetGoldenQuestionRequest(name=full("goldenQuestions", name))
        found = await rpc.GoldenQuestionServiceStub(channel).GetGoldenQuestion(request, metadata=target.metadata)
    print_json(as_dict(found.question))


async def _add(
    target: Remote,
    text: Annotated[str, typer.Argument(help="What the customer asks.")],
    must: Annotated[
        list[str] | None, typer.Option(help="What must be said: 'a|b' for a or b; may be given again.")
    ] = None,
    must_not: Annotated[list[str] | None, typer.Option(help="What must not be said; may be given again.")] = None,
    before: Annotated[list[str] | None, typer.Option(help="An earlier message; may be given again.")] = None,
    name: Annotated[str, typer.Option(help="Its name; without it the server makes one.")] = "",
    kind: Annotated[str, typer.Option(help="See docs/guides/evaluation.md.")] = "direct",
    polarity: Annotated[str, typer.Option(help="yes or no: whether what is asked about is so.")] = "",
    person: Annotated[str, typer.Option(help="no, allowed or required: whether a person may be called.")] = "no",
    note: Annotated[str, typer.Option(help="What is right, in a sentence.")] = "",
    collection: Collections = None,
) -> None:
    """Store a golden question."""
    if person not in get_args(_Person) or polarity not in ("", *get_args(_Polarity)):
        raise CommandFailed("--person is no, allowed or required; --polarity is yes or no.")
    question = pb.GoldenQuestion(
        name=full("goldenQuestions", name) if name else "",
        text=text,
        before=before,
        kind=kind,
        person=pb.GoldenQuestion.Person.Value(f"PERSON_{person.upper()}"),
        polarity=pb.GoldenQuestion.Polarity.Value(f"POLARITY_{polarity.upper() or 'UNSPECIFIED'}"),
        must=[pb.GoldenQuestion.Alternatives(texts=each.split("|")) for each in must or ()],
        must_not=must_not,
        note=note,
        collections=[full("collections", each) for each in collection or ()],
    )
    await _put(target, question)


async def _put(target: Remote, question: pb.GoldenQuestion) -> None:
    async with target.to_router() as channel:
        request = pb.PutGoldenQuestionRequest(question=question)
        stored = await rpc.GoldenQuestionServiceStub(channel).PutGoldenQuestion(request, metadata=target.metadata)
    console().print(f"Stored {short(stored.question.name)} as revision {stored.question.revision}.", soft_wrap=True)


async def _import(
    target: Remote,
    file: Annotated[Path, typer.Argument(help="A questions.jsonl; docs/guides/evaluation.md.")],
    collection: Collections = None,
) -> None:
    """Store the questions of a file, each in place of the one of its name. Where a line is wrong none is stored."""
    try:
        lines = file.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}.") from None
    names = [full("collections", each) for each in collection or ()]
    async with target.to_router() as channel:
        request = pb.ImportGoldenQuestionsRequest(lines=lines, collections=names)
        done = await rpc.GoldenQuestionServiceStub(channel).ImportGoldenQuestions(request, metadata=target.metadata)
    for error in done.errors:
        console(stderr=True).print(printable(f"{file}, line {error.line}, {error.text}."), soft_wrap=True, markup=False)
    if done.errors:
        raise CommandFailed("Nothing was stored.")
    console().print(f"Stored {counted(done.imported, 'golden question')}.")


async def _export(target: Remote) -> None:
    """Print all golden questions in the evaluation's format, a JSON object a line; it holds no collections."""
    async with target.to_router() as channel:
        stub = rpc.GoldenQuestionServiceStub(channel)
        found = await stub.ExportGoldenQuestions(pb.ExportGoldenQuestionsRequest(), metadata=target.metadata)
    sys.stdout.buffer.write(found.lines)


async def _propose(
    target: Remote,
    turn: Annotated[str, typer.Argument(help="sessions/SESSION/turns/TURN, as `kefu unanswered --json` names it.")],
    put: Annotated[bool, typer.Option("--put", help="Store it as it is.")] = False,
) -> None:
    """Make a golden question of an answer, without personal data, and print it; `--put` stores it."""
    async with target.to_router() as channel:
        request = pb.ProposeGoldenQuestionRequest(turn=turn)
        found = await rpc.GoldenQuestionServiceStub(channel).ProposeGoldenQuestion(request, metadata=target.metadata)
    if put:
        await _put(target, found.question)
    else:
        print_json(as_dict(found))


async def _delete(target: Remote, name: Name, yes: Yes = False) -> None:
    """Delete a golden question."""
    confirm(f"Delete {short(name)}?", yes)
    async with target.to_router() as channel:
        request = pb.DeleteGoldenQuestionRequest(name=full("goldenQuestions", name))
        await rpc.GoldenQuestionServiceStub(channel).DeleteGoldenQuestion(request, metadata=target.metadata)
    console().print(f"Deleted {short(name)}.")


async def _run(
    target: Remote,
    names: Annotated[list[str] | None, typer.Argument(help="Golden questions; without any, all.")] = None,
    draft: Annotated[str, typer.Option(help="collections/COLLECTION/drafts/DRAFT: ask that, and live beside it.")] = "",
    as_json: Json = False,
) -> None:
    """Ask golden questions and compare the answers: with the last ones, or over a draft with live's.

    Ends with 1 where an answer was lost or a question could not be asked: for CI.
    """
    out = console(stderr=as_json)
    request = pb.RunGoldenQuestionsRequest(
        questions=[full("goldenQuestions", each) for each in names or ()], draft=draft
    )
    results: list[pb.GoldenResult] = []
    run = pb.GoldenRun()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    async with target.to_router() as channel:
        stub = rpc.GoldenQuestionServiceStub(channel)
        with Progress(*columns, console=out, transient=True) as progress:
            task = progress.add_task("asking", total=None)
            async for event in stub.RunGoldenQuestions(request, metadata=target.metadata):
                match event.WhichOneof("event"):
                    case "started":
                        progress.update(task, total=event.started.questions)
                    case "result":
                        results.append(event.result)
                        progress.advance(task)
                    case _:
                        run = event.finished
    results.sort(key=lambda each: each.question)
    if as_json:
        print_json({"run": as_dict(run), "results": [as_dict(each) for each in results]})
    else:
        _print_run(run, results)
    if run.lost or run.not_asked:
        raise CommandFailed(f"Of {counted(run.questions, 'question')} {run.lost} lost, {run.not_asked} not asked.")


async def _runs(target: Remote, as_json: Json = False) -> None:
    """List the last 50 runs."""
    async with target.to_router() as channel:
        stub = rpc.GoldenQuestionServiceStub(channel)
        found = await stub.ListGoldenRuns(pb.ListGoldenRunsRequest(), metadata=target.metadata)
    if as_json:
        print_json([as_dict(each) for each in found.runs])
        return
    print_table(
        ("run", "began", "by", "over", "state", "questions", "right", "lost", "gained", "not asked"),
        [
            (
                short(each.name),
                local_time(each.start_time),
                _TRIGGERS.get(each.trigger, "?"),
                each.draft or "live",
                _STATES.get(each.state, "?"),
                *map(str, (each.questions, each.right, each.lost, each.gained, each.not_asked)),
            )
            for each in found.runs
        ],
        empty="There are none: kefu golden run",
    )


async def _show_run(
    target: Remote,
    name: Annotated[str, typer.Argument(help="goldenRuns/RUN, or the id alone; without it the last one.")] = "",
    as_json: Json = False,
) -> None:
    """Show a run: its results, and both answers where one was lost or gained."""
    async with target.to_router() as channel:
        stub = rpc.GoldenQuestionServiceStub(channel)
        if not name:
            listed = await stub.ListGoldenRuns(pb.ListGoldenRunsRequest(), metadata=target.metadata)
            if not listed.runs:
                raise CommandFailed("There is no run: kefu golden run")
            name = listed.runs[0].name
        request = pb.GetGoldenRunRequest(name=full("goldenRuns", name))
        found = await stub.GetGoldenRun(request, metadata=target.metadata)
    if as_json:
        print_json(as_dict(found))
    else:
        _print_run(found.run, found.results)


def _print_run(run: pb.GoldenRun, results: Iterable[pb.GoldenResult]) -> None:
    out = console()
    shown = list(results)
    print_table(
        ("question", "verdict", "before", "change", "why"),
        [
            (
                short(each.question),
                _VERDICTS.get(each.answer.verdict, "?"),
                _VERDICTS.get(each.before.verdict, "?") if each.HasField("before") else "-",
                _CHANGES.get(each.change, "?"),
                one_line(each.answer.why),
            )
            for each in shown
        ],
    )
    for each in shown:
        if each.change in _SHOWN:
            again = " (asked twice)" if each.asked_again else ""
            out.print(printable(f"\n{_CHANGES[each.change].upper()}{again}: {each.text}"), style="bold", soft_wrap=True)
            for label, answer in (("before", each.before), ("now", each.answer)):
                text = answer.text or "(nothing)"
                out.print(printable(f"{label}, {_VERDICTS.get(answer.verdict, '?')}: {text}"), soft_wrap=True)
    seconds = (run.end_time.ToMilliseconds() - run.start_time.ToMilliseconds()) / 1000
    out.print(
        f"\n{run.right} of {run.questions} right: {run.lost} lost, {run.gained} gained, {run.still_wrong} still wrong, "
        f"{run.not_asked} not asked. {seconds:.1f} s. {run.name}",
        soft_wrap=True,
    )


def _verdict(question: pb.GoldenQuestion) -> str:
    return _VERDICTS.get(question.last.verdict, "?") if question.HasField("last") else "-"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    golden.command("list")(remote(_list))
    golden.command("show")(remote(_show))
    golden.command("add")(remote(_add))
    golden.command("import")(remote(_import))
    golden.command("export")(remote(_export))
    golden.command("propose")(remote(_propose))
    golden.command("delete")(remote(_delete))
    golden.command("run")(remote(_run))
    golden.command("runs")(remote(_runs))
    golden.command("show-run")(remote(_show_run))
    app.add_typer(golden, name="golden")
