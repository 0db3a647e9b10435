"""What is asked of retrieval for an answer's evidence, in calm and under load."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from kefu.common.auth import Principal
from kefu.common.errors import BackendUnavailable
from kefu.router.answering.evidence.evidence_answer import (
    LEAST_BEARING,
    LEAST_BEARING_UNREAD,
    Evidence,
    EvidenceFinder,
    evidence_answer,
    evidence_for,
    shown_pieces,
)
from kefu.router.answering.question import Question
from kefu.router.domain.generation import Message
from kefu.router.domain.turn import Passage
from kefu.router.grounding.evidence_pieces import PieceKind, pieces_of
from kefu.router.grounding.evidence_ranking import ranked_pieces
from tests.unit.router.answering.questions import question

ASKED = "How long does a refund take?"
TEXT = "A refund takes 9 days. The serial number stands below the base. Parcels wait for 3 days."
PASSAGE = Passage(1, "collections/help/documents/d/passages/1", "Refunds", (), TEXT, "", 0.8, "en")


@dataclass
class Retrieval:
    """A retrieval service that has read these texts before."""

    known: bool
    asked_for_known: list[bool] = field(default_factory=list[bool])
    seconds: float = 0.0
    """How long reading may take."""

    async def compare(self, _: Principal, question: str, texts: Sequence[str], seconds: float) -> list[float]:
        return [0.8] * len(texts)

    async def read(
        self, _: Principal, question: str, texts: Sequence[str], seconds: float, *, known_only: bool
    ) -> list[float] | None:
        self.asked_for_known.append(known_only)
        self.seconds = seconds
        return [9.0 if "serial" in text else -9.0 for text in texts] if self.known or not known_only else None


@pytest.mark.parametrize(
    ("reads", "known", "best"), [(True, False, "serial"), (False, True, "serial"), (False, False, "9 days")]
)
async def test_under_load_only_what_was_read_before_decides(reads: bool, known: bool, best: str) -> None:
    retrieval = Retrieval(known)
    finder = EvidenceFinder(cast("Any", retrieval), cast("Any", None), seconds=1.0)
    asked = replace(question(ASKED), reads_evidence=reads)
    found = await finder.find(asked, ASKED, "", [PASSAGE], choice_weight=0.0)
    assert best in found.ranked[0].piece.text
    assert retrieval.asked_for_known == [not reads]
    assert retrieval.seconds == 2.0
    assert found.is_unread == (not reads and not known)


async def test_what_there_was_no_time_to_compare_is_unread_and_what_no_reader_is_there_for_is_not() -> None:
    class NoReader(Retrieval):
        async def read(self, _: Principal, question: str, texts: Sequence[str], *__: object, **___: object) -> Any:
            return []

    class Late(Retrieval):
        async def compare(self, _: Principal, question: str, texts: Sequence[str], seconds: float) -> Any:
            raise BackendUnavailable("late")

    for retrieval, is_unread in ((NoReader(known=True), False), (Late(known=True), True)):
        finder = EvidenceFinder(cast("Any", retrieval), cast("Any", None), seconds=1.0)
        found = await finder.find(question(ASKED), ASKED, "", [PASSAGE], choice_weight=0.0)
        assert (found.is_unread, found.is_compared) == (is_unread, not is_unread)


@dataclass
class Chooser:
    """A model that sees what there is to choose among, and cannot say."""

    seen: str = ""

    async def choose(self, question: Question, messages: Sequence[Message], count: int) -> tuple[float, ...] | None:
        self.seen = str(messages)


async def test_what_was_read_off_a_file_ranks_and_is_shown_to_no_model() -> None:
    class Unsure(Retrieval):
        async def read(self, _: Principal, question: str, texts: Sequence[str], *__: object, **___: object) -> Any:
            return [0.0] * len(texts)

    retrieval, chooser = Unsure(known=True), Chooser()
    finder = EvidenceFinder(cast("Any", retrieval), chooser, seconds=1.0)
    asked = "How long does it take to arrive?"
    found = await finder.find(question(asked), asked, "", [PASSAGE], 1.0, attached="zebra parcels wait")
    assert "Parcels" in found.ranked[0].piece.text
    assert found.before == ""
    assert asked in chooser.seen
    assert "zebra" not in chooser.seen


def test_the_number_of_an_order_is_the_customers_own_where_it_was_written_and_not_where_a_file_has_it() -> None:
    number = "AB1234567"
    passages = [replace(PASSAGE, text=f"Your order number is {number}, and its refund takes 9 days.")]
    asked = "How long does the refund of my order take?"
    assert shown_pieces(f"{asked} {number}", "", passages, "en")
    assert shown_pieces(asked, number, passages, "en")
    assert shown_pieces(asked, "", passages, "en", number) == []


@pytest.mark.parametrize(
    ("headings", "asked", "said"),
    [
        (("Baggage fees",), "What is the fee of a second bag?", "Baggage fees — Second bag (Fee): ¥90 [1]"),
        (("What does a bag cost?",), "What is the fee of a second bag?", "Second bag (Fee): ¥90 [1]"),
    ],
)
def test_a_row_is_shown_under_what_its_table_is_about(headings: tuple[str, ...], asked: str, said: str) -> None:
    table = "| Bag | Fee | Weight |\n|---|---|---|\n| First bag | free | 20 kg |\n| Second bag | ¥90 | 23 kg |"
    passages = [replace(PASSAGE, text=table, headings=headings)]
    ranked = ranked_pieces(asked, "", passages, shown_pieces(asked, "", passages, "en"), None)
    evidence = evidence_for(asked, passages, ranked, "en")
    assert evidence_answer(question(asked), [evidence]).text == said


def test_a_sentence_behind_a_row_is_a_paragraph_of_its_own() -> None:
    """In Markdown it was the row's: "21 nights The mattress must be free of stains"."""
    table = "| Rule | Value |\n|---|---|\n| Trial | 100 nights |\n\nThe mattress must be clean."
    passage = replace(PASSAGE, text=table, headings=())
    row, sentence = (
        next(each for each in pieces_of(0, passage) if each.kind is kind)
        for kind in (PieceKind.ROW, PieceKind.SENTENCE)
    )
    said = evidence_answer(question(ASKED), [Evidence((row, sentence), (passage,), 1.0)]).text
    assert re.search(r"^- .*100 nights\n\nThe mattress must be clean\. \[1\]$", said, re.MULTILINE)


def test_what_hardly_bears_is_no_answer_and_what_there_was_no_time_to_read_must_bear_more() -> None:
    evidence = evidence_for(ASKED, [PASSAGE], ranked_pieces(ASKED, "", [PASSAGE], [*pieces_of(0, PASSAGE)], None), "en")
    assert replace(evidence, bearing=LEAST_BEARING).bears
    assert not replace(evidence, bearing=LEAST_BEARING - 0.01).bears
    assert not replace(evidence, bearing=LEAST_BEARING, is_unread=True).bears
    assert replace(evidence, bearing=LEAST_BEARING_UNREAD, is_unread=True).bears
