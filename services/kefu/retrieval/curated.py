"""Curated answers: which of them, if any, a question gets word for word."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from kefu.common.language import UNKNOWN, language_of
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.facts import Wanted
from kefu.retrieval.records import CuratedRecord

APPLIES_FROM = 0.95
"""Least cosine of two questions' embeddings by multilingual-e5-small, when their texts differ. A verbatim answer to
another question is worse than a generated one, so this catches few rather than wrong ones: of the first 600 pairs of
same_question_zh and of same_intent_en, 20 % and 8 % of the same questions, at a precision of .86 and 1.00.
"""

_NUMBERS = re.compile(r"\d+(?:[.,:]\d+)*")
_CHINESE_NUMBERS = re.compile(r"[零一二两三四五六七八九十百千万亿]+(?=[个天年月日号元块次件台折岁周小分]|$)")
_NEGATIONS = re.compile(
    r"\b(?:not|no|never|without|cannot|neither|nor|un(?:able|available|paid|used|opened|authori[sz]ed))\b|n['’]t\b"
    r"|[不没未无非别勿]"
)
_NO_NEGATIONS = re.compile(
    r"不同|不过|不仅|不但|是不是|能不能|可不可以"
    r"|有没有|要不要|会不会|好不好|行不行|无线|无忧|非常|特别|别的|分别|级别|区别"
)
# "How do I cancel it" and "how do I order it" are near neighbours too.
_UNDOING = re.compile(
    r"\b(?:cancel|close|deactivate|delete|disable|remove|stop|undo|unsubscribe|unlink)|取消|关闭|注销|解绑|解除|退订|停用|删除|撤销"
)


@dataclass(frozen=True)
class Match:
    """The curated question nearest to a question; see CuratedMatch of the contract."""

    record: CuratedRecord
    question: str
    cosine: float
    reason: str
    """Why it does not apply; empty: it applies."""

    @property
    def applies(self) -> bool:
        """It is to be given word for word."""
        return not self.reason


class CuratedAnswers:
    """The curated answers of one collection."""

    def __init__(self) -> None:
        self._records: dict[str, CuratedRecord] = {}

    def __len__(self) -> int:
        return len(self._records)

    @property
    def ids(self) -> Iterable[str]:
        """Ids of the answers."""
        return self._records.keys()

    def put(self, record: CuratedRecord) -> None:
        """Add an answer, or replace it."""
        self._records[record.id] = record

    def remove(self, answer: str) -> None:
        """Forget an answer; nothing happens when it is not there."""
        self._records.pop(answer, None)

    def match(self, question: str, vector: Vectors, language: str, wanted: Wanted) -> Match | None:
        """The nearest question whose answer applies, else the nearest of all with the reason; None without answers that
        the audience may see.
        """
        found = [
            Match(
                record,
                asked,
                float(cosine),
                _reason_against(record, asked, float(cosine), question, language, wanted.day),
            )
            for record in self._records.values()
            if wanted.audience.sees(record.audience)
            for asked, cosine in zip(record.questions, record.vectors.astype(np.float32) @ vector, strict=True)
        ]
        return nearest(found)


def nearest(matches: Sequence[Match | None]) -> Match | None:
    """The best of several matches: those that apply come first, then the nearest."""
    return max(filter(None, matches), key=lambda match: (match.applies, match.cosine, match.record.id), default=None)


def _reason_against(record: CuratedRecord, asked: str, cosine: float, question: str, language: str, day: str) -> str:
    same_text = _normal(asked) == _normal(question)
    if cosine < APPLIES_FROM and not same_text:
        return "TOO_FAR"
    if not record.validity.holds_on(day):
        return "NOT_VALID"
    # Both matter: the answer's language is what the customer would read, the question's is what was meant.
    if language != UNKNOWN and (record.language or language_of(record.answer)) != language:
        return "OTHER_LANGUAGE"
    if _numbers(asked) != _numbers(question):
        return "OTHER_NUMBER"
    if _polarity(asked) != _polarity(question):
        return "NEGATION"
    return ""


def _normal(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in text if character.isalnum())


def _numbers(text: str) -> Counter[str]:
    text = unicodedata.normalize("NFKC", text)
    return Counter(_NUMBERS.findall(text)) + Counter(_CHINESE_NUMBERS.findall(text))


def _polarity(text: str) -> tuple[bool, bool]:
    text = _NO_NEGATIONS.sub("", unicodedata.normalize("NFKC", text).lower())
    return len(_NEGATIONS.findall(text)) % 2 == 1, bool(_UNDOING.search(text))
