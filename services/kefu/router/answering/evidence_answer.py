"""
The evidence answer: what the pages say to the question, in their own words, chosen by code.

It claims nothing that no page says, costs no model, and is there at once. The pieces are those of
`grounding/evidence_pieces`, chosen by `grounding/evidence_ranking`.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from kefu.common.errors import BackendUnavailable
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.answering.question import Question
from kefu.router.dispatch.relay import RESERVE_SECONDS
from kefu.router.domain.turn import AnswerSource, Citation, Passage
from kefu.router.grounding.evidence_pieces import EvidencePiece, PieceKind
from kefu.router.grounding.evidence_ranking import RankedPiece, candidate_pieces, ranked_pieces, text_to_compare
from kefu.router.grounding.evidence_selection import selected_evidence
from kefu.router.retrieval_client import RetrievalClient

_log = structlog.stdlib.get_logger()
_MOST_QUESTION = 4_000


@dataclass(frozen=True)
class EvidenceAnswer:
    """Evidence as it is shown: its text, and the passages that it is from, numbered as they are cited."""

    text: str
    passages: tuple[Passage, ...]
    citations: tuple[Citation, ...]

    def outcome(self) -> AnswerOutcome:
        """The outcome of a turn that is answered with it."""
        return AnswerOutcome(AnswerSource.EXTRACTIVE, text=self.text, citations=self.citations)


class EvidenceFinder:
    """Finds the evidence of answers among what a search found."""

    def __init__(self, retrieval: RetrievalClient, seconds: float) -> None:
        """`seconds`: the longest time in which the pieces are compared with the question; see search_seconds."""
        self._retrieval = retrieval
        self._seconds = seconds

    async def ranked(
        self, question: Question, read_as: str, before: str, passages: Sequence[Passage]
    ) -> list[RankedPiece]:
        """All pieces of the passages, the best first. `before`: the earlier question that this one leans on."""
        pieces = candidate_pieces(passages, question.language)
        asked = read_as or question.text
        cosines = await self._cosines(question, f"{before} {asked}" if before else asked, passages, pieces)
        return ranked_pieces(asked, before, passages, pieces, cosines)

    async def _cosines(
        self, question: Question, asked: str, passages: Sequence[Passage], pieces: Sequence[EvidencePiece]
    ) -> list[float] | None:
        if not pieces:
            return None
        seconds = self._seconds
        if question.request.deadline is not None:
            seconds = min(seconds, question.request.deadline - time.monotonic() - RESERVE_SECONDS)
        texts = [text_to_compare(piece, passages) for piece in pieces]
        try:
            if seconds <= 0:
                raise BackendUnavailable("No time is left to compare the evidence.")
            return await self._retrieval.compare(question.principal, asked[-_MOST_QUESTION:], texts, seconds)
        except BackendUnavailable as error:
            _log.warning("evidence.not_compared", cause=error.message)
            return None


def evidence_answer(
    question: Question, ranked: Sequence[RankedPiece], passages: Sequence[Passage]
) -> EvidenceAnswer | None:
    """The answer of the best pieces; None without any."""
    pieces = selected_evidence(ranked, question.language)
    if not pieces:
        return None
    cited = list(dict.fromkeys(piece.passage for piece in pieces))
    numbered = tuple(replace(passages[index], number=at) for at, index in enumerate(cited, 1))
    text, citations = "", list[Citation]()
    for at, index in enumerate(cited):
        own = [piece for piece in pieces if piece.passage == index]
        said = question.message.in_its_variant(_joined(own, chinese=question.language == "zh"))
        passage = numbered[at]
        text += "\n\n" if text else ""
        start = len(text.encode())
        text += said
        citations.append(Citation(start, len(text.encode()), passage.number, passage.name, passage.title, passage.uri))
        text += f" [{passage.number}]" if not said.endswith("\n") else f"[{passage.number}]"
    return EvidenceAnswer(text, numbered, tuple(citations))


def _joined(pieces: Sequence[EvidencePiece], *, chinese: bool) -> str:
    """Sentences of one passage behind each other; rows, items and steps on lines of their own."""
    said = ""
    for piece in pieces:
        prose = piece.kind is PieceKind.SENTENCE
        if said:
            said += ("" if chinese else " ") if prose and not said.endswith("\n") else "\n"
        said += piece.text if prose or len(pieces) == 1 or piece.kind is PieceKind.STEPS else f"- {piece.text}\n"
    return said.rstrip()
