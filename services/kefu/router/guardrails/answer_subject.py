"""
The subject of an answer: what a sentence says, and each of its figures, must stand where the question's answer stands.

`grounding/evidence_ranking` has learnt which piece answers a question. A sentence that repeats a piece far below the
best one is about something else; a figure that stands only in a row below another row of the table is the neighbour's.
"""

from collections.abc import Sequence

from kefu.common.text.citations import without_citations
from kefu.common.text.quantities import FAMILY, Quantity, located_quantities, quantities_in
from kefu.router.grounding.evidence_pieces import EvidencePiece, PieceKind
from kefu.router.grounding.evidence_ranking import RankedPiece
from kefu.router.grounding.lexical_overlap import units_of
from kefu.router.guardrails.quantities import agree

_NEAR = 2.0
"""A piece may carry the answer when its score is at most this much lower than the best one's."""
_AS_GOOD = 0.1
"""Pieces that hold nearly as much of a sentence as the one that holds most may be what it repeats."""
_FEWEST_UNITS = 3
_TABLE = (PieceKind.ROW, PieceKind.CELL)


def is_of_another_subject(sentence: str, ranked: Sequence[RankedPiece]) -> bool:
    """Whether what a sentence repeats stands far below the piece that answers the question."""
    said = units_of(without_citations(sentence))
    if len(said) < _FEWEST_UNITS or not ranked:
        return False
    held = [len(said & units_of(f"{each.piece.asked} {each.piece.text}")) / len(said) for each in ranked]
    most = max(held)
    return most > 0 and all(
        ranked[0].score - each.score > _NEAR
        for each, share in zip(ranked, held, strict=True)
        if share >= most - _AS_GOOD
    )


def has_neighbours_figure(
    sentence: str, question: str, ranked: Sequence[RankedPiece], chosen: Sequence[EvidencePiece]
) -> bool:
    """Whether a figure stands in no piece that may carry the answer. `chosen`: pieces that do.

    Figures of the question are the customer's. Whether a figure stands anywhere at all, `LiteralGuard` has decided.
    """
    text = without_citations(sentence)
    asked = {quantity.value for quantity in quantities_in(question)}
    figures = {
        each.quantity
        for each in located_quantities(text)
        if each.quantity.value not in asked and (each.quantity.unit or text[each.start].isdigit())
    }
    if not figures or not ranked:
        return False
    known = [quantities_in(each.piece.text) for each in ranked]
    return any(_is_neighbours(figure, ranked, known, chosen) for figure in figures)


def has_other_figures(answer: str, piece: str) -> bool:
    """Whether two texts give figures of the same kind, and none of one stands in the other."""
    said, known = quantities_in(without_citations(answer)), quantities_in(piece)
    if {one.value for one in said} & {one.value for one in known}:
        return False
    return bool({_kind(one) for one in said} & {_kind(one) for one in known})


def _is_neighbours(
    figure: Quantity,
    ranked: Sequence[RankedPiece],
    known: Sequence[frozenset[Quantity]],
    chosen: Sequence[EvidencePiece],
) -> bool:
    rivals: set[int] = set()
    """Passages with a better row or cell, whose figure of this kind is another one."""
    is_held = False
    for each, quantities in zip(ranked, known, strict=True):
        piece = each.piece
        if any(one.value == figure.value and agree(figure.unit, one.unit) for one in quantities):
            is_held = True
            is_near = ranked[0].score - each.score <= _NEAR
            if piece in chosen or (is_near and not (piece.kind in _TABLE and piece.passage in rivals)):
                return False
        elif piece.kind in _TABLE and any(_kind(one) == _kind(figure) for one in quantities):
            rivals.add(piece.passage)
    return is_held


def _kind(quantity: Quantity) -> str:
    return FAMILY.get(quantity.unit, quantity.unit)
