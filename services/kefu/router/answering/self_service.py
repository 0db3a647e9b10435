"""
Where customers see for themselves how far their own order or refund is: a sentence of a relevant passage that says so.

It stands in front of the words by which a person is called. So it is chosen narrowly: the message asks where something
is, the sentence says where that is shown, names the same thing, and neither denies nor limits anything.
"""

from collections.abc import Sequence

from kefu.router.answering.question import Question
from kefu.router.domain.turn import Passage
from kefu.router.grounding.evidence_pieces import PieceKind, pieces_of
from kefu.router.grounding.lexical_overlap import units_of
from kefu.router.guardrails.foreign_codes import holds_foreign_code
from kefu.router.nlu.normalization import normalize
from kefu.router.nlu.own_case import asks_whereabouts
from kefu.router.nlu.packs import PACKS
from kefu.text.language import language_of

_MOST_PASSAGES = 3
_LONGEST = 240


def self_service(question: Question, relevant: Sequence[Passage]) -> str:
    """What the relevant passages, best first, say of where the customer sees it; empty when they do not."""
    if not asks_whereabouts(question.message.normalized):
        return ""
    asked = units_of(question.text)
    for number, passage in enumerate(relevant[:_MOST_PASSAGES]):
        if (passage.language or language_of(passage.text)) != question.language:
            continue
        for piece in pieces_of(number, passage):
            if piece.kind in (PieceKind.SENTENCE, PieceKind.ITEM) and len(piece.text) <= _LONGEST:
                normalized = normalize(piece.text)
                if (
                    any(pack.own_case.shows.search(normalized) for pack in PACKS)
                    and not any(pack.own_case.denies.search(normalized) for pack in PACKS)
                    and asked & units_of(piece.text)
                    and not holds_foreign_code(piece.text, question.text)
                ):
                    return piece.text
    return ""
