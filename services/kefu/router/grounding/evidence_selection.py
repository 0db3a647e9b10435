"""
Evidence selection: the few pieces that are an answer together.

The best piece is always one of them. Others join it while they are nearly as good, say something else, and leave the
whole short enough to be read. Rows of one table do not join each other: which row is meant is the question, and a
neighbour's figure beside the right one misleads. For the same reason none joins that has a figure of its own where the
question asks for one, unless it is a sentence of the same passage, which says more of the same.

A question that compares two things is the exception: it is answered by two pieces of one passage, two rows of a table
above all.

Of a row of many columns the one that is asked for is shown. A worked example gives way to what is nearly as good, and
so does what has no figure where one is asked for.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from kefu.router.grounding.evidence_pieces import EvidencePiece, PieceKind
from kefu.router.grounding.evidence_ranking import RankedPiece
from kefu.router.grounding.lexical_overlap import units_of
from kefu.router.grounding.question_kind import AskedFigure, asked_figure, asks_for_figure, comparison_log_odds
from kefu.text.language import AnswerLanguage

_MOST_PIECES = 3
_NEARLY = 0.8
"""A piece joins the best one when its score is at most this much lower: when it is at least e to the -0.8 as likely."""
_NEARLY_IN_SAME_PASSAGE = 1.6
"""The same within the best one's passage, where what stands beside it seldom misleads, and often completes it."""
_NEARLY_BESIDE = 3.0
"""The same for the sentence before or behind the best one: what is asked often stands in one, and its sense in both."""
_NEARLY_OTHER_SIDE = 3.0
"""The same for the second of two things compared, whose words are but half of the question."""
_NEARLY_WITH_FIGURE = 3.0
"""The same for a piece that has the figure that is asked for, which the best one has not."""
_LONGEST: Mapping[AnswerLanguage, int] = {"en": 400, "zh": 160}
"""Characters of all pieces together. The best piece is shown whatever its length."""
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_BESIDE = 1
"""Most characters between two sentences of a paragraph."""
_TABLE = (PieceKind.ROW, PieceKind.CELL)


def best_first(ranked: Sequence[RankedPiece], figure: AskedFigure | None) -> list[RankedPiece]:
    """The ranking with the piece first that is to be shown, in place of one that was a little better by its score.

    `figure`: what is asked for.
    """
    best = ranked[0].score
    near = [each for each in ranked if best - each.score <= _NEARLY_WITH_FIGURE]
    fitting = [each for each in near if figure is None or holds_figure(each.piece, figure)] or near[:1]
    least = fitting[0].score - _NEARLY_IN_SAME_PASSAGE
    rules = [each for each in fitting if each.score >= least and not _is_example(each)]
    first = (rules or fitting)[0]
    others = [each for each in ranked if each is not first and not (rules and _is_example(each))]
    return [replace(first, score=best), *others]


def holds_figure(piece: EvidencePiece, figure: AskedFigure) -> bool:
    """Whether a piece holds what is asked for. In a table a column's name may hold the unit."""
    if figure.is_in(piece.text):
        return True
    is_counted = piece.kind in _TABLE and _NUMBER.search(piece.text)
    return bool(is_counted) and any(figure.is_in(f"1 {word}") for word in _BETWEEN_WORDS.split(piece.text))


def _is_example(each: RankedPiece) -> bool:
    """Whether a piece is an example, and not about the customer's own figures."""
    return bool(each.features.get("example")) and not each.features.get("same figure")


def selected_evidence(question: str, ranked: Sequence[RankedPiece], language: AnswerLanguage) -> list[EvidencePiece]:
    """The pieces to show, those of one passage in its order; empty without any."""
    return [_narrowed(question, piece, ranked) for piece in _selected(question, ranked, language)]


def _narrowed(question: str, row: EvidencePiece, ranked: Sequence[RankedPiece]) -> EvidencePiece:
    """Of a row of a table the cell that is asked for: the one whose column the question names, or that holds the figure
    that it asks for, or that is clearly the best; the row where that cannot be told."""
    place = (PieceKind.CELL, row.passage, row.start)
    cells = [each for each in ranked if (each.piece.kind, each.piece.passage, each.piece.start) == place]
    if row.kind is not PieceKind.ROW or not cells:
        return row
    asked, figure = units_of(question) - units_of(row.subject), asked_figure(question)
    holding = [each for each in cells if figure is not None and holds_figure(each.piece, figure)]
    plainly = [each for each in holding if figure is not None and figure.is_plainly_in(each.piece.text)]
    fitting = plainly or holding
    named = [each for each in fitting or cells if units_of(each.piece.column) & asked]
    is_clear = figure is None and len(cells) > 1 and cells[0].score - cells[1].score > _NEARLY
    told = next((some[0] for some in (named, fitting) if len(some) == 1), cells[0] if is_clear else None)
    return row if told is None else told.piece


def _selected(question: str, ranked: Sequence[RankedPiece], language: AnswerLanguage) -> list[EvidencePiece]:
    if ranked and comparison_log_odds(question) > 0 and (other := _other_side(ranked)):
        return _in_order([ranked[0].piece, other])
    chosen: list[EvidencePiece] = []
    figures = _figures(ranked[0].piece.text) if ranked and asks_for_figure(question) else None
    left = _LONGEST[language]
    for each in ranked:
        piece = each.piece
        nearly = _nearly(piece, ranked[0].piece)
        if chosen and (
            ranked[0].score - each.score > nearly
            or len(piece.text) > left
            or (figures is not None and not _goes_on(piece, ranked[0].piece) and not _figures(piece.text) <= figures)
            or any(piece.overlaps(other) or _are_neighbours(piece, other) for other in chosen)
        ):
            continue
        chosen.append(piece)
        left -= len(piece.text)
        if len(chosen) == _MOST_PIECES:
            break
    return _in_order(chosen)


def _other_side(ranked: Sequence[RankedPiece]) -> EvidencePiece | None:
    """The piece that answers for the second of two things compared, in the best one's passage."""
    best = ranked[0].piece
    for each in ranked[1:]:
        piece = each.piece
        if ranked[0].score - each.score > _NEARLY_OTHER_SIDE:
            return None
        same_kind = piece.kind is best.kind or not {piece.kind, best.kind} & set(_TABLE)
        if piece.passage == best.passage and same_kind and not piece.overlaps(best):
            return piece
    return None


def _in_order(chosen: Sequence[EvidencePiece]) -> list[EvidencePiece]:
    order = {index: at for at, index in enumerate(dict.fromkeys(piece.passage for piece in chosen))}
    return sorted(chosen, key=lambda piece: (order[piece.passage], piece.start))


def _nearly(piece: EvidencePiece, best: EvidencePiece) -> float:
    """How much lower than the best piece's its score may be."""
    if piece.passage != best.passage:
        return _NEARLY
    gap = max(piece.start - best.end, best.start - piece.end)
    is_beside = piece.kind is best.kind is PieceKind.SENTENCE and gap <= _BESIDE
    return _NEARLY_BESIDE if is_beside else _NEARLY_IN_SAME_PASSAGE


def _goes_on(piece: EvidencePiece, best: EvidencePiece) -> bool:
    return piece.kind is PieceKind.SENTENCE and piece.passage == best.passage


def _figures(text: str) -> frozenset[str]:
    return frozenset(_NUMBER.findall(text))


def _are_neighbours(one: EvidencePiece, other: EvidencePiece) -> bool:
    """Whether both are of one table, or of tables in one passage."""
    return one.passage == other.passage and one.kind in _TABLE and other.kind in _TABLE
