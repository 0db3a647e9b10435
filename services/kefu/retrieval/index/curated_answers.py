"""Curated answers of a collection, and the match of a question with one of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kefu.common.text.language import UNKNOWN, language_of
from kefu.common.text.question_equivalence import (
    QuestionDifference,
    ReducedQuestion,
    is_same_text,
    question_difference,
    reduce_question,
)
from kefu.retrieval.domain.filters import SearchFilter
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.storage.records import CuratedRecord

MIN_CURATED_COSINE = 0.85
"""Least cosine of two questions' embeddings by multilingual-e5-small, when their texts differ.

This is the second of two guards. First the questions have to ask the same by their words (question_equivalence.py): the
embeddings of opposites are as near as those of paraphrases. A verbatim answer to another question is worse than a
generated one.
"""
_DIFFERS = "DIFFERS"
"""A reason for now: the exact difference is found out for the best match alone."""


@dataclass(frozen=True)
class CuratedMatch:
    """The curated question nearest to a question; see CuratedMatch of the contract."""

    record: CuratedRecord
    question: str
    cosine: float
    reason: str = ""
    """Why the answer does not apply; empty: it applies."""
    differing: QuestionDifference | None = None
    """The difference of the two questions, where that is the reason."""

    @property
    def applies(self) -> bool:
        """Whether the answer is to be given word for word."""
        return not self.reason


class CuratedAnswers:
    """The curated answers of one collection."""

    def __init__(self) -> None:
        self._records: dict[str, CuratedRecord] = {}
        self._asked: dict[str, tuple[ReducedQuestion, ...]] = {}
        """What each question of an answer asks."""

    def __len__(self) -> int:
        return len(self._records)

    @property
    def ids(self) -> Iterable[str]:
        """Ids of the answers."""
        return self._records.keys()

    def put(self, record: CuratedRecord) -> None:
        """Add an answer, or replace it."""
        self._records[record.id] = record
        self._asked[record.id] = tuple(map(reduce_question, record.questions))

    def remove(self, answer: str) -> None:
        """Remove an answer, if there is one with this id."""
        self._records.pop(answer, None)
        self._asked.pop(answer, None)

    def match(self, question: str, vector: Vectors, language: str, search_filter: SearchFilter) -> CuratedMatch | None:
        """The nearest question whose answer applies, else the nearest of all with the reason.

        None without answers that the audience may see.
        """
        found: list[CuratedMatch] = []
        what_is_asked = reduce_question(question)
        for record in self._records.values():
            if not search_filter.audience.sees(record.audience):
                continue
            against = _reason_against(record, language, search_filter.day)
            cosines = record.vectors.astype(np.float32) @ vector
            for each, what, cosine in zip(record.questions, self._asked[record.id], cosines, strict=True):
                alike = is_same_text(each, question)
                reason = against or ("" if alike or what == what_is_asked else _DIFFERS)
                if cosine < MIN_CURATED_COSINE and not alike:
                    reason = "TOO_FAR"
                found.append(CuratedMatch(record, each, float(cosine), reason))
        best = best_match(found)
        return best if best is None or best.reason != _DIFFERS else _with_difference(best, question)


def best_match(matches: Sequence[CuratedMatch | None]) -> CuratedMatch | None:
    """The best of several matches: first those that apply, by priority; then the nearest."""
    return max(filter(None, matches), key=_rank, default=None)


def _rank(match: CuratedMatch) -> tuple[bool, int, float, str]:
    return match.applies, match.record.priority if match.applies else 0, match.cosine, match.record.id


def _reason_against(record: CuratedRecord, language: str, day: str) -> str:
    if not record.validity.holds_on(day):
        return "NOT_VALID"
    # Both matter: the answer's language is what the customer would read, the question's is what was meant.
    if language != UNKNOWN and (record.language or language_of(record.answer)) != language:
        return "OTHER_LANGUAGE"
    return ""


def _with_difference(match: CuratedMatch, question: str) -> CuratedMatch:
    difference = question_difference(match.question, question)
    return replace(match, reason=difference.kind, differing=difference) if difference else replace(match, reason="")
