"""
The evidence answer: what the pages say to the question, in their own words, chosen by code.

It claims nothing that no page says, costs no model, and is there at once:

    comparison   both rows or columns that the question names, side by side
    else         the best pieces, as `grounding/evidence_selection` chooses them

No "Yes" or "No" of its own stands in front: what the pages' sentences say to a yes/no question they say themselves.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from kefu.common.errors import BackendUnavailable
from kefu.router.answering.evidence.choice_prompt import choice_prompt
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.answering.question import Question
from kefu.router.dispatch.relay import RESERVE_SECONDS
from kefu.router.domain.generation import Message
from kefu.router.domain.turn import AnswerSource, Citation, Passage, Support
from kefu.router.grounding.comparison import compared
from kefu.router.grounding.evidence_pieces import EvidencePiece, PieceKind, plain
from kefu.router.grounding.evidence_ranking import (
    MOST_READ,
    RankedPiece,
    bearing,
    candidate_pieces,
    close_pieces,
    ranked_pieces,
    read_again,
    reranked,
    text_to_compare,
    worth_comparing,
)
from kefu.router.grounding.evidence_selection import best_first, holds_figure, selected_evidence
from kefu.router.grounding.lexical_overlap import units_of
from kefu.router.grounding.question_kind import asked_figure
from kefu.router.guardrails.foreign_codes import holds_foreign_code
from kefu.router.replicas.retrieval_client import CuratedAnswer, RetrievalClient
from kefu.text.language import AnswerLanguage

_log = structlog.stdlib.get_logger()
_MOST_QUESTION = 4_000  # characters; see CompareTextsRequest
_LONGEST_HEADING = 60
MOST_CHOICES = 3
"""Pieces that a model chooses among."""
LEAST_BEARING = 0.4
"""Evidence that is less likely to answer the question is not shown. Chosen on the companies to calibrate with, where it
shows as many right answers as the bound of before (docs/benchmarks/answers.md)."""
LEAST_BEARING_UNREAD = 0.6
"""As `LEAST_BEARING`, where there was no time to compare it or to read it: load makes answers fewer, not worse."""
LEAST_BEARING_TO_READ = 0.3
"""From here on a model that writes is asked where no passage is relevant enough: it can say that they do not answer."""
CLEAR_BEARING = 0.6
"""From here on evidence answers in place of a model's words that were not proven."""
_READ_SECONDS = 2.0
"""So long may the pieces be read, whatever a search may take: what was not read answers worse than what comes late."""


@dataclass(frozen=True)
class Evidence:
    """The evidence for one question."""

    pieces: tuple[EvidencePiece, ...]
    """To be shown, in this order; empty where there is none."""
    passages: tuple[Passage, ...]
    """That the pieces are from, by their index."""
    bearing: float
    """How likely they answer the question, 0 to 1; 0 where they lack the figure that it asks for."""
    asked: str = ""
    """The question as it was read."""
    before: str = ""
    """The earlier one that it leans on."""
    ranked: tuple[RankedPiece, ...] = ()
    """All pieces that could have been chosen, the best first."""
    is_compared: bool = True
    """Whether its embeddings were compared with the question's; words alone tell less."""
    is_unread: bool = False
    """Whether there was no time to compare it, or none for the reader that there is; and no model chose it."""

    @property
    def bears(self) -> bool:
        """Whether it is an answer."""
        return bool(self.pieces) and self.bearing >= (LEAST_BEARING_UNREAD if self.is_unread else LEAST_BEARING)

    @property
    def may_be_read(self) -> bool:
        """Whether a model may find an answer where it is from."""
        return bool(self.pieces) and self.is_compared and self.bearing >= LEAST_BEARING_TO_READ


@dataclass(frozen=True)
class EvidenceAnswer:
    """Evidence as it is shown: its text, and the passages that it is from, numbered as they are cited."""

    text: str
    passages: tuple[Passage, ...]
    citations: tuple[Citation, ...]
    supports: tuple[Support, ...] = ()
    """Where in the passages each paragraph stands: a page marks it there."""

    def outcome(self) -> AnswerOutcome:
        """The outcome of a turn that is answered with it."""
        source = AnswerSource.EXTRACTIVE if self.passages else AnswerSource.CURATED
        return AnswerOutcome(source, text=self.text, citations=self.citations, supports=self.supports)


class EvidenceChooser(Protocol):
    """Has a model choose among pieces."""

    async def choose(self, question: Question, messages: Sequence[Message], count: int) -> tuple[float, ...] | None:
        """How probable each of `count` choices is, named by their letters; None where no model can say."""
        ...


class EvidenceFinder:
    """Finds the evidence of answers among what a search found."""

    def __init__(self, retrieval: RetrievalClient, chooser: EvidenceChooser, seconds: float) -> None:
        """`seconds`: the longest time in which the pieces are compared with the question; see search_seconds."""
        self._retrieval = retrieval
        self._chooser = chooser
        self._seconds = seconds

    async def find(
        self,
        question: Question,
        asked: str,
        before: str,
        passages: Sequence[Passage],
        choice_weight: float,
        attached: str = "",
    ) -> Evidence:
        """The evidence for a text that is asked: the question's as it was read, or a part of it.

        Args:
            question: whose evidence it is.
            asked: the text.
            before: the earlier question that it leans on.
            passages: that were found.
            choice_weight: see AnswerProfile.
            attached: what was read off files that it leans on. Pieces are ranked by it, and nothing more: the model
                that chooses is not shown it, and no code or figure of it is the customer's own.
        """
        language = question.language
        pieces = shown_pieces(asked, before, passages, language, attached)
        leans_on = _joined_words(before, attached)
        whole = _joined_words(leans_on, asked)
        cosines = await self._cosines(question, whole, passages, pieces)
        ranked, is_unread = ranked_pieces(asked, leans_on, passages, pieces, cosines), True
        if cosines is not None:
            readings = await self._readings(question, whole, passages, ranked[:MOST_READ])
            ranked, is_unread = read_again(ranked, readings or ()), readings is None
        if choice_weight and (close := close_pieces(ranked, MOST_CHOICES)):
            messages = choice_prompt(_joined_words(before, asked), [each.piece for each in close], passages, language)
            probabilities = await self._chooser.choose(question, messages, len(close))
            if probabilities is not None:
                ranked, is_unread = reranked(ranked, close, probabilities, choice_weight), False
        evidence = evidence_for(asked, passages, ranked, language)
        is_compared = cosines is not None
        return replace(evidence, asked=asked, before=before, is_compared=is_compared, is_unread=is_unread)

    async def _cosines(
        self, question: Question, asked: str, passages: Sequence[Passage], pieces: Sequence[EvidencePiece]
    ) -> list[float] | None:
        if not pieces:
            return None
        texts = [text_to_compare(piece, passages) for piece in pieces]
        try:
            seconds = self._seconds_left(question, self._seconds)
            return await self._retrieval.compare(question.principal, asked[-_MOST_QUESTION:], texts, seconds)
        except BackendUnavailable as error:
            _log.warning("evidence.not_compared", cause=error.message)
            return None

    async def _readings(
        self, question: Question, asked: str, passages: Sequence[Passage], ranked: Sequence[RankedPiece]
    ) -> list[float] | None:
        texts = [text_to_compare(each.piece, passages) for each in ranked]
        try:
            seconds = self._seconds_left(question, max(self._seconds, _READ_SECONDS))
            return await self._retrieval.read(
                *(question.principal, asked[-_MOST_QUESTION:], texts, seconds), known_only=not question.reads_evidence
            )
        except BackendUnavailable as error:
            _log.warning("evidence.not_read", cause=error.message)
            return None

    @staticmethod
    def _seconds_left(question: Question, seconds: float) -> float:
        """How long retrieval may take, at most `seconds`. Raises BackendUnavailable where no time is left."""
        if question.request.deadline is not None:
            seconds = min(seconds, question.request.deadline - time.monotonic() - RESERVE_SECONDS)
        if seconds <= 0:
            raise BackendUnavailable("No time is left to compare the evidence.")
        return seconds


def shown_pieces(
    asked: str, before: str, passages: Sequence[Passage], language: AnswerLanguage, attached: str = ""
) -> list[EvidencePiece]:
    """The pieces that may be shown, those worth comparing: none that gives the number of somebody else's order.

    `attached`: see `EvidenceFinder.find`.
    """
    pieces = candidate_pieces(passages, language)
    own = [piece for piece in pieces if not holds_foreign_code(piece.text, f"{before} {asked}")]
    return worth_comparing(asked, _joined_words(before, attached), passages, own)


def _joined_words(*texts: str) -> str:
    return " ".join(filter(None, texts))


def evidence_for(
    asked: str, passages: Sequence[Passage], ranked: Sequence[RankedPiece], language: AnswerLanguage
) -> Evidence:
    """The evidence for a question, of its ranked pieces."""
    if not ranked:
        return Evidence((), tuple(passages), 0.0)
    figure = asked_figure(asked)
    ranked = best_first(ranked, figure)
    side_by_side = compared(asked, [each.piece for each in ranked])
    chosen = side_by_side or selected_evidence(asked, ranked, language)
    is_held = figure is None or any(holds_figure(piece, figure) for piece in chosen)
    bears = bearing(ranked, passages) if is_held else 0.0
    return Evidence(tuple(chosen), tuple(passages), bears, ranked=tuple(ranked))


def evidence_answer(
    question: Question, parts: Sequence[Evidence | CuratedAnswer], told: Sequence[Passage] = ()
) -> EvidenceAnswer:
    """The answer of the evidence for each part of a question, or of the curated answer to it.

    `told`: passages that the customer was told of already, by their numbers.
    """
    writer = _Writer(question, told)
    for part in parts:
        if isinstance(part, CuratedAnswer):
            writer.add_text(part.answer)
        else:
            writer.add_evidence(part)
    return EvidenceAnswer(writer.text, tuple(writer.passages), tuple(writer.citations), tuple(writer.supports))


class _Writer:
    """Writes evidence behind each other, and cites."""

    def __init__(self, question: Question, told: Sequence[Passage]) -> None:
        self.text = ""
        self.passages: list[Passage] = list(told)
        self.citations: list[Citation] = []
        self.supports: list[Support] = []
        self._in_variant = question.message.in_its_variant
        self._language: AnswerLanguage = question.language

    def add_text(self, text: str) -> None:
        """A paragraph as it is."""
        self.text += f"\n\n{text}" if self.text else text

    def add_evidence(self, evidence: Evidence) -> None:
        """The pieces of some evidence, those of one passage as a paragraph that cites it."""
        by_passage = dict.fromkeys(piece.passage for piece in evidence.pieces)
        for index in by_passage:
            pieces = [piece for piece in evidence.pieces if piece.passage == index]
            said = _joined(pieces, self._language)
            if said and (context := _table_context(pieces, evidence.passages[index], said)):
                colon, dash = ("：", "——") if self._language == "zh" else (": ", " — ")
                behind = f"{colon.strip()}\n" if "\n" in said else colon if dash in said else dash
                said = f"{context}{behind}{said}"
            passage = evidence.passages[index]
            cited = self._cite(self._in_variant(said), passage)
            for piece in pieces:
                evidenced = passage.text[piece.start : piece.end].strip()
                self.supports.append(Support(cited.start, cited.end, cited.number, 1.0, evidenced))

    def _cite(self, said: str, passage: Passage) -> Citation:
        known = next((each for each in self.passages if each.name == passage.name), None)
        if known is None:
            known = replace(passage, number=len(self.passages) + 1)
            self.passages.append(known)
        self.text += "\n\n" if self.text else ""
        start = len(self.text.encode())
        self.text += said
        end = len(self.text.encode())
        citation = Citation(start, end, known.number, known.name, known.title, known.uri)
        self.citations.append(citation)
        self.text += f"[{known.number}]" if self._language == "zh" else f" [{known.number}]"
        return citation


def _table_context(pieces: Sequence[EvidencePiece], passage: Passage, said: str) -> str:
    """What a table is about, for its rows to be understood: its heading, where they do not say that."""
    heading = plain(next(reversed(passage.headings), passage.title))
    is_table = all(piece.kind in (PieceKind.ROW, PieceKind.CELL) for piece in pieces)
    is_new = not units_of(heading) <= units_of(said)
    return heading if is_table and is_new and len(heading) <= _LONGEST_HEADING and heading[-1] not in "?？" else ""


def _joined(pieces: Sequence[EvidencePiece], language: AnswerLanguage) -> str:
    """Sentences of one passage behind each other; rows and items on lines of their own, where there are several.

    Items that the same line introduces stand behind it once.
    """
    said, lead = "", ""
    for piece in pieces:
        if piece.kind is PieceKind.SENTENCE:
            # Behind a row or an item a paragraph of its own: in Markdown it would be the item's.
            said += ("\n" if said[-1:] == "\n" else "" if language == "zh" or not said else " ") + piece.text
            continue
        said += "\n" if said and said[-1] != "\n" else ""
        together = sum(other.kind is piece.kind and other.subject == piece.subject for other in pieces) > 1
        if piece.kind is PieceKind.ITEM and piece.subject and together:
            said += f"{piece.subject}\n" if piece.subject != lead else ""
            said += f"- {piece.own}\n"
            lead = piece.subject
        elif len(pieces) == 1 or piece.kind in (PieceKind.STEPS, PieceKind.LIST):
            said += f"{piece.text}\n"
        else:
            said += f"- {piece.text}\n"
    return said.rstrip()
