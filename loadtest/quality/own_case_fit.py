"""
Fit of the weights in router/nlu/own_case.py:
python -m loadtest.quality.own_case_fit QUESTIONS.jsonl … [--others FOLDER …]

QUESTIONS.jsonl are question sets with the fields `_id`, `text` and `kind`; those of the kind "order" are customers' own
cases, and complaints, which may be either, are left out. --others are question sets in BEIR layout without such cases.
Beside them own_case_messages.json: messages of many trades, each case with a question about the rule in the same words.
Fitted on even numbers, logistic regression in which a case weighs twice; what is printed is found and false of both.
"""

import argparse
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kefu.router.nlu.normalization import normalize
from kefu.router.nlu.own_case import LEAST_SCORE, SIGNS, signs_of
from loadtest.harness.tables import table

_MESSAGES: dict[str, dict[str, list[str]]] = json.loads(
    Path(__file__).with_name("own_case_messages.json").read_text("utf-8")
)
_L2 = 1.0
_STEPS = 50
_CASE_WEIGHT = 2.0


@dataclass(frozen=True)
class Example:
    """A message of one set, by the number in its set, and whether it is a customer's own case."""

    source: str
    number: int
    text: str
    is_own_case: bool


def examples(question_sets: list[Path], others: list[Path]) -> list[Example]:
    """All messages."""
    found = [
        Example(f"own messages {language}", number, text, kind == "own")
        for language, kinds in _MESSAGES.items()
        for kind, texts in kinds.items()
        for number, text in enumerate(texts)
    ]
    for path in [*question_sets, *(folder / "queries.jsonl" for folder in others)]:
        for line in filter(None, path.read_text("utf-8").splitlines()):
            question = json.loads(line)
            number, kind = re.search(r"(\d+)$", question["_id"]), question.get("kind", "")
            if number and kind != "complaint":
                name = path.parent.name if path.name == "queries.jsonl" else f"{path.parent.name}/{path.stem}"
                found.append(Example(name, int(number[1]), question["text"], kind == "order"))
    return found


def fitted(rows: np.ndarray, cases: np.ndarray) -> np.ndarray:
    """Bias and weights, by Newton's method."""
    weight = np.where(cases == 1, _CASE_WEIGHT, 1.0)
    penalty = np.eye(rows.shape[1]) * _L2
    penalty[0, 0] = 1e-6
    found = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        scores = 1 / (1 + np.exp(-rows @ found))
        gradient = rows.T @ (weight * (cases - scores)) - penalty @ found
        curvature = (rows.T * (weight * scores * (1 - scores))) @ rows + penalty
        found += np.linalg.solve(curvature, gradient)
    return found.round(2)


def main() -> None:
    """Fit, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("question_sets", type=Path, nargs="*", metavar="QUESTIONS.jsonl")
    parser.add_argument("--others", type=Path, nargs="*", default=[], metavar="FOLDER")
    arguments = parser.parse_args()
    messages = examples(arguments.question_sets, arguments.others)
    rows = np.array([(1.0, *signs_of(normalize(each.text))) for each in messages])
    cases = np.array([each.is_own_case for each in messages], np.float64)
    even = np.array([each.number % 2 == 0 for each in messages])
    bias, *weights = fitted(rows[even], cases[even])
    print(f"BIAS = {bias}")
    for sign, weight in zip(SIGNS, weights, strict=True):
        print(f"{weight:6.2f}  {sign}")
    hits = 1 / (1 + np.exp(-rows @ np.array([bias, *weights]))) >= LEAST_SCORE
    lines: list[tuple[str, ...]] = []
    for source in dict.fromkeys(each.source for each in messages):
        ours = np.array([each.source == source for each in messages])
        cells = [
            f"{(hits & ours & half & (cases == kind)).sum()} of {(ours & half & (cases == kind)).sum()}"
            for half in (even, ~even)
            for kind in (1, 0)
        ]
        lines.append((source, *cells))
    print(table(("messages", "even: found", "even: false", "odd: found", "odd: false"), lines))


if __name__ == "__main__":
    main()
