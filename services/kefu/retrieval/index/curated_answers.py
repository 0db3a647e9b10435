"""Curated answers of a collection, and the match of a question with one of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from kefu.retrieval.domain.filters import Audience, SearchFilter
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.embedders.embedder import HalfVectors
from kefu.retrieval.storage.records import CuratedRecord
from kefu.retrieval.vectorstore.vector_store import inner_products
from kefu.text.language import UNKNOWN, language_of
from kefu.text.question_equivalence import (
    QuestionDifference,
    ReducedQuestion,
    question_difference,
    reduce_question,
    text_key,
)

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


@dataclass(frozen=True)
class _Asked:
    """One question of a curated answer."""

    record: CuratedRecord
    text: str
    key: str
    """See `text_key`."""
    reduced: ReducedQuestion
    """What it asks."""


class _Table:
    """All questions of the answers, by number."""

    def __init__(self, answers: Iterable[Sequence[_Asked]]) -> None:
        answers = list(answers)
        self.asked = list(chain.from_iterable(answers))
        self.vectors: HalfVectors = np.concatenate([of_answer[0].record.vectors for of_answer in answers])
        self.for_staff = np.array([each.record.audience is Audience.STAFF for each in self.asked])
        self.by_key: defaultdict[str, list[int]] = defaultdict(list)
        self.by_reduced: defaultdict[ReducedQuestion, list[int]] = defaultdict(list)
        for number, each in enumerate(self.asked):
            self.by_key[each.key].append(number)
            self.by_reduced[each.reduced].append(number)


class CuratedAnswers:
    """The curated answers of one collection."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[_Asked, ...]] = {}
        """The questions of each answer."""
        self._table: _Table | None = None
        """None since the last change."""

    def __len__(self) -> int:
        return len(self._answers)

    @property
    def ids(self) -> Iterable[str]:
        """Ids of the answers."""
        return self._answers.keys()

    def put(self, record: CuratedRecord) -> None:
        """Add an answer, or replace it."""
        self._answers[record.id] = tuple(
            _Asked(record, text, text_key(text), reduce_question(text)) for text in record.questions
        )
        self._table = None

    def remove(self, answer: str) -> None:
        """Remove an answer, if there is one with this id."""
        self._answers.pop(answer, None)
        self._table = None

    def match(
        self, wordings: Sequence[str], vector: Vectors, language: str, search_filter: SearchFilter
    ) -> CuratedMatch | None:
        """The nearest question whose answer applies, else the nearest of all with the reason.

        `wordings` are the ways in which the question may be read; all of them have one vector. None without answers
        that the audience may see.
        """
        if not self._answers:
            return None
        table = self._table = self._table or _Table(self._answers.values())
        cosines = inner_products(table.vectors, vector[:, None])[:, 0]
        if not search_filter.audience.sees(Audience.STAFF):
            cosines[table.for_staff] = -np.inf
        nearest = float(cosines.max())
        if nearest == -np.inf:
            return None
        matches = [
            (_match(table, wording, cosines, nearest, language, search_filter.day), wording)
            for wording in dict.fromkeys(wordings)
        ]
        best, wording = max(matches, key=lambda each: _rank(each[0]))
        return _with_difference(best, wording) if best.reason == _DIFFERS else best


def _match(table: _Table, question: str, cosines: Vectors, nearest: float, language: str, day: str) -> CuratedMatch:
    """The best match of a question. Only what says or asks the same may apply; of all others the nearest is told."""
    same_text = table.by_key.get(text_key(question), [])
    same_asked = table.by_reduced.get(reduce_question(question), []) if nearest >= MIN_CURATED_COSINE else []
    found: list[CuratedMatch] = []
    for number in sorted({*same_text, *same_asked, *np.flatnonzero(cosines == nearest).tolist()}):
        cosine = cosines[number]
        if cosine == -np.inf:  # not for this audience
            continue
        record, alike = table.asked[number].record, number in same_text
        reason = _reason_against(record, language, day) or ("" if alike or number in same_asked else _DIFFERS)
        if cosine < MIN_CURATED_COSINE and not alike:
            reason = "TOO_FAR"
        found.append(CuratedMatch(record, table.asked[number].text, float(cosine), reason))
    return max(found, key=_rank)


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
