"""`kefu eval conversations`: questions as customers ask them, and what a customer would say of the answers."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO

import grpc
import grpc.aio
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from kefu.cli.commands.eval.own_suite import own_suite
from kefu.cli.commands.eval.report import ReportOption, write_report
from kefu.cli.commands.eval.run import BAD_SET, STOPPED, Ids, opened, until_stopped
from kefu.cli.commands.eval.verdicts import check_sheet, write_checked_sheet
from kefu.cli.commands.up import with_model
from kefu.cli.console import CommandFailed, console
from kefu.cli.documents.local_files import DocumentFile, find_files
from kefu.cli.documents.upload import ImportView, send
from kefu.cli.remote.connection import (
    DataDirOption,
    Key,
    KnowledgeServer,
    Remote,
    explain_failures,
    find_remote,
    print_failures,
)
from kefu.cli.remote.resource_names import full
from kefu.client import Client
from kefu.evaluation.conversations.conversation_report import READING, ConversationResults, as_text, results_of
from kefu.evaluation.conversations.question_run import JudgedAnswer, ask_all
from kefu.evaluation.conversations.question_set import (
    CURATED,
    HELP_CENTER,
    QUESTIONS,
    behind_another,
    load_questions,
)
from kefu.evaluation.conversations.reading_sheet import Named, drawn
from kefu.evaluation.dataset import BadQuestionSet, is_even
from kefu.evaluation.report import measured_on
from kefu.local import data_dir as folders
from kefu.local.data_dir import DataDir
from kefu.local.suite import SuiteOptions
from kefu.office.golden_questions.conversation_question import KINDS, ConversationQuestion
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1 import knowledge_pb2_grpc as rpc
from kefu.text.terminal_text import printable

_CALIBRATION_SECONDS = 600.0
_PRINT_INTERVAL_SECONDS = 30.0
_PATIENCE_SECONDS = 120.0  # a tenant's limits may let a question wait


class Language(StrEnum):
    """The language of the questions to ask."""

    EN = "en"
    ZH = "zh"


def conversations(
    sets: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR",
            help=f"Folders with {QUESTIONS}, the documents (in {HELP_CENTER}/, or beside it), and perhaps {CURATED}.",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a set, one a line.")] = False,
    report: ReportOption = None,
    texts: Annotated[
        Path | None,
        typer.Option(
            "--texts", help="Write every answer and its verdict here, a JSON object a line.", show_default=False
        ),
    ] = None,
    sample: Annotated[
        int,
        typer.Option(
            "--sample",
            min=0,
            help="Draw so many of the answers into a sheet for a person to mark: see kefu eval verdicts. 0: none.",
        ),
    ] = 0,
    sheet: Annotated[Path, typer.Option("--sheet", help="With --sample: the sheet, a CSV file.")] = Path("sample.csv"),
    seed: Annotated[int, typer.Option("--seed", help="With --sample: another seed draws others.")] = 0,
    first: Annotated[int, typer.Option("--first", min=0, help="Only the first so many questions. 0: all.")] = 0,
    ids: Annotated[Ids, typer.Option("--ids", help="Only odd ids (which report), or even ones (which fit).")] = Ids.ALL,
    odd: Annotated[bool, typer.Option("--odd", help="Short for --ids odd.")] = False,
    even: Annotated[bool, typer.Option("--even", help="Short for --ids even.")] = False,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help="Only questions of this kind; may be given again.", show_default=False),
    ] = None,
    language: Annotated[
        Language | None, typer.Option("--language", help="Only questions in this language.", show_default=False)
    ] = None,
    another_before: Annotated[
        bool,
        typer.Option(
            "--behind-another", help="Ask each question that stands alone behind one of the set about something else."
        ),
    ] = False,
    model: Annotated[str, typer.Option("--model", help="As in kefu up --model. Empty: the default one.")] = "",
    parallel: Annotated[int, typer.Option("--parallel", min=1, max=64, help="Questions asked at once.")] = 1,
    server: Annotated[
        str,
        typer.Option(
            "--server",
            help="Ask the suite whose router is here, host:port or https://host:port, in place of one of its own.",
            show_default=False,
            rich_help_panel="Connection",
        ),
    ] = "",
    collection: Annotated[
        str,
        typer.Option(
            "--collection",
            help="With --server: ask this knowledge base, and import nothing.",
            show_default=False,
            rich_help_panel="Connection",
        ),
    ] = "",
    knowledge_server: KnowledgeServer = "",
    key: Key = "",
    data_dir: DataDirOption = folders.DEFAULT,
) -> None:
    """Ask the questions of some sets as customers would, and judge what was shown: right, half, beside or refused.

    A suite is started for it, the documents are imported and calibrated, and each question is asked in a session of its
    own, which is erased afterwards. With --server a running suite is asked: the documents go into a knowledge base of
    their own, which is deleted afterwards. Ctrl-C prints what was judged so far.
    """
    chosen_ids = _chosen_ids(ids, odd=odd, even=even)
    with print_failures():
        if unknown := sorted(set(kind or ()) - set(KINDS)):
            raise CommandFailed(f"There is no kind {unknown[0]}: it is one of {', '.join(KINDS)}.", BAD_SET)
        if server and model:
            raise CommandFailed("--model is for a suite of its own: leave it or --server out.", BAD_SET)
        if collection and not server:
            raise CommandFailed("--collection names one of a running suite: say which with --server.", BAD_SET)
        if sample:
            check_sheet(sheet, [folder.resolve().name for folder in sets])
        selection = _Selection(chosen_ids, first, tuple(kind or ()), language, another_before)
        loaded = [_load(folder, selection, with_documents=not collection) for folder in sets]
        out = console(stderr=True)
        if server:
            target = find_remote(server, knowledge_server, key, DataDir(data_dir))
            serving: AbstractAsyncContextManager[Remote] = nullcontext(target)
        else:
            serving = own_suite(with_model(SuiteOptions(model=model), out), out)
        results: list[ConversationResults] = []

        def on_results(found: ConversationResults) -> None:
            results.append(found)
            print(
                json.dumps(found.as_json(), ensure_ascii=False) if as_json else printable(found.markdown()), flush=True
            )

        with opened(texts) as file:
            run = _Run(serving, collection, bool(server), parallel, out, file, on_results)
            try:
                was_stopped = asyncio.run(until_stopped(run.measure(loaded)))
            finally:
                if report is not None and results:
                    head = ["# Conversations", "", measured_on(), "", READING, ""]
                    text = "\n".join([*head, *(found.markdown() for found in results)])
                    write_report(report, text, [found.panel() for found in results])
                if sample and results:
                    answers = [Named(found.name, answer) for found in results for answer in found.answers]
                    out.print(write_checked_sheet(sheet, drawn(answers, sample, seed)))
        if was_stopped:
            raise typer.Exit(STOPPED)


@dataclass(frozen=True)
class _Selection:
    """Which questions of a set are asked."""

    ids: Ids
    first: int
    kinds: tuple[str, ...]
    language: Language | None
    behind_another: bool

    def of(self, questions: Sequence[ConversationQuestion]) -> list[ConversationQuestion]:
        """The chosen ones, in their order."""
        chosen = [
            one
            for one in (behind_another(questions) if self.behind_another else questions)
            if (self.ids is Ids.ALL or is_even(one.id) == (self.ids is Ids.EVEN))
            and (not self.kinds or one.kind in self.kinds)
            and self.language in (None, one.language)
        ]
        return chosen[: self.first or None]

    def __str__(self) -> str:
        parts = [f"{self.ids} ids", *self.kinds]
        parts += [self.language] if self.language else []
        parts += ["behind another question"] if self.behind_another else []
        return ", ".join([*parts, f"the first {self.first}"] if self.first else parts)


@dataclass(frozen=True)
class _LoadedSet:
    """A set with its documents."""

    name: str
    questions: list[ConversationQuestion]
    selection: str
    documents: list[DocumentFile]


def _chosen_ids(ids: Ids, *, odd: bool, even: bool) -> Ids:
    wanted = {choice for choice, is_on in ((Ids.ODD, odd), (Ids.EVEN, even)) if is_on} | ({ids} - {Ids.ALL})
    if len(wanted) > 1:
        raise typer.BadParameter("odd and even ids together are all of them: give one of --odd, --even, --ids.")
    return wanted.pop() if wanted else Ids.ALL


def _load(folder: Path, selection: _Selection, *, with_documents: bool) -> _LoadedSet:
    try:
        questions = selection.of(load_questions(folder))
    except BadQuestionSet as exc:
        raise CommandFailed(str(exc), BAD_SET) from None
    if not questions:
        raise CommandFailed(f"{folder / QUESTIONS} has no question of the chosen ones ({selection}).", BAD_SET)
    documents = _documents(folder) if with_documents else []
    return _LoadedSet(folder.resolve().name, questions, str(selection), documents)


def _documents(folder: Path) -> list[DocumentFile]:
    """The files to import: those of `help_center/` if there is one, else all but the questions; and curated answers."""
    curated = folder / CURATED
    help_center = folder / HELP_CENTER
    found = find_files([help_center if help_center.is_dir() else folder], [])
    beside = {(folder / name).resolve() for name in (QUESTIONS, CURATED)}
    files = [one for one in found.files if one.file.resolve() not in beside]
    if not files:
        raise CommandFailed(
            f"{folder} has no documents: put them into {help_center}, as `kefu import` takes them.", BAD_SET
        )
    return files + (find_files([], [curated]).files if curated.exists() else [])


@dataclass(frozen=True)
class _Run:
    """One run over some sets. Each set's results are given to `on_results`, those of a run that was stopped too."""

    serving: AbstractAsyncContextManager[Remote]
    collection: str
    cleans_up: bool
    parallel: int
    out: Console
    texts: TextIO | None
    on_results: Callable[[ConversationResults], None]

    async def measure(self, sets: Sequence[_LoadedSet]) -> None:
        """Measure all sets. Raises CommandFailed."""
        async with self.serving as target, explain_failures(target.router):
            tls = Path(target.root_certificate) if target.root_certificate else False
            for one in sets:
                async with (
                    self._imported(target, one) as collection,
                    Client(target.router, key=target.key, tls=tls, patience=_PATIENCE_SECONDS) as client,
                ):
                    await self._ask(client, one, collection)

    @asynccontextmanager
    async def _imported(self, target: Remote, one: _LoadedSet) -> AsyncIterator[str]:
        """The collection to ask: the one that was named, or one with the set's documents, imported and calibrated."""
        if self.collection:
            yield self.collection.removeprefix("collections/")
            return
        collection = f"eval-{uuid.uuid4().hex[:12]}"
        try:
            with ImportView(self.out, one.documents) as view:
                imported = await send(target, collection, one.documents, view.show, create=True)
            if failures := imported.failures():
                path, reason = failures[0]
                raise CommandFailed(f"{len(failures)} documents were not imported; {path}: {reason}")
            # By itself a collection is calibrated seconds after an import: not before the first questions.
            with self.out.status(f"{one.name}: calibrating"):
                await _calibrate(target, collection)
            yield collection
        finally:
            if self.cleans_up:
                await _delete(target, collection)

    async def _ask(self, client: Client, one: _LoadedSet, collection: str) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        answers: list[JudgedAnswer] = []
        began = printed = time.monotonic()
        try:
            with Progress(
                *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=self.out, transient=True
            ) as progress:
                task = progress.add_task(one.name, total=len(one.questions))
                async with aclosing(ask_all(client, one.questions, collection, self.parallel)) as judged:
                    async for answer in judged:
                        answers.append(answer)
                        progress.advance(task)
                        now = time.monotonic()
                        if not self.out.is_terminal and now - printed >= _PRINT_INTERVAL_SECONDS:  # a log has no bar
                            printed, share = now, len(answers) / len(one.questions)
                            left = (now - began) * (1 - share) / share / 60
                            self.out.print(f"  {len(answers)} of {len(one.questions)} judged, {left:.0f} min left")
                        if self.texts is not None:
                            line = json.dumps({"set": one.name, **as_text(answer)}, ensure_ascii=False)
                            self.texts.write(f"{line}\n")
                            self.texts.flush()
        finally:
            if answers:
                order = {question.id: at for at, question in enumerate(one.questions)}
                answers.sort(key=lambda answer: order[answer.question.id])
                self.on_results(results_of(one.name, answers, len(one.questions), one.selection))


async def _calibrate(target: Remote, collection: str) -> None:
    request = pb.CalibrateCollectionRequest(name=full("collections", collection))
    async with target.to_knowledge() as channel:
        stub = rpc.KnowledgeServiceStub(channel)
        await stub.CalibrateCollection(request, metadata=target.metadata, timeout=_CALIBRATION_SECONDS)


async def _delete(target: Remote, collection: str) -> None:
    """Delete a collection, if it was made."""
    request = pb.DeleteCollectionRequest(name=full("collections", collection))
    async with target.to_knowledge() as channel:
        try:
            await rpc.KnowledgeServiceStub(channel).DeleteCollection(request, metadata=target.metadata)
        except grpc.aio.AioRpcError as exc:
            if exc.code() is not grpc.StatusCode.NOT_FOUND:
                raise
