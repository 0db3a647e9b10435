"""
The match of an answer with the expected strings.

`answers` of a question is a list of lists: an answer is right when for some list every string occurs in it. Both are
normalised first: NFKC, traditional to simplified characters, lower case, citations "[n]" removed, spaces and
punctuation dropped except decimal points. A string of digits only has to stand between number boundaries: 20 is not
in 2017.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from kefu.common.text.chinese import simplified
from kefu.common.text.citations import without_citations
from kefu.common.text.language import AnswerLanguage

MAX_CHARACTERS: dict[AnswerLanguage, int] = {"en": 300, "zh": 120}
"""Most characters of an answer by language. A longer one counts as wrong: reading out the page is no answer."""

_DECIMAL_POINT = re.compile(r"(?<=\d)\.(?=\d)")
_KEPT = "\x00"
_NO_WORD = re.compile(r"[\W_]+")
_BOUNDARY = "\x01"
_BETWEEN_FIGURES = re.compile(r"(?<=\d)(?!\x00)[\W_]+(?=\d)")
_FIGURE = re.compile(r"(?<![\d.])\d+(?:\.\d+)?")
_THOUSANDS = re.compile(r"(?<=\d)[,，](?=\d{3}(?!\d))")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_ONE_NUMBER = re.compile(r"\W?\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?\W?|\W?\d+(?:\.\d+)?\W?")
_UNIT = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")


def normalised(text: str) -> str:
    """The normalised form of a text, for comparison."""
    plain = simplified(unicodedata.normalize("NFKC", without_citations(text))).lower()
    plain = _DECIMAL_POINT.sub(_KEPT, plain)
    return _NO_WORD.sub(lambda run: "." if run[0] == _KEPT else "", plain)


def occurs(expected: str, text: str) -> bool:
    """Whether a string occurs in a text; both are normalised here."""
    needle, hay = normalised(expected), normalised(text)
    if not needle:
        return False
    if not _NUMBER.fullmatch(needle):
        return needle in hay
    if not _ONE_NUMBER.fullmatch(
        unicodedata.normalize("NFKC", expected).strip()
    ):  # 4:51, 24-10: dropped signs join digits
        return re.search(rf"(?<!\d){re.escape(needle)}(?!\d)", hay) is not None
    # Numbers that stand apart in the text must not run together: "7 of 20 17" has no 2017.
    spaced = simplified(unicodedata.normalize("NFKC", without_citations(text))).lower()
    return any(found[0] == needle for found in _FIGURE.finditer(_THOUSANDS.sub("", spaced)))


class SearchedText:
    """A text in which many strings are looked for. It is normalised once.

    A string is found as `occurs` finds it, and moreover no figure at its ends may be a part of a longer one: "20 days"
    is not in "120 days", and "99 yuan" not in "0.99 yuan".
    """

    def __init__(self, text: str) -> None:
        plain = simplified(unicodedata.normalize("NFKC", without_citations(text))).lower()
        self._figures = {found[0] for found in _FIGURE.finditer(_THOUSANDS.sub("", plain))}
        self._text = _apart(plain)

    def holds(self, expected: str) -> bool:
        """Whether a string occurs in the text."""
        needle = normalised(expected)
        if _NUMBER.fullmatch(needle) and _ONE_NUMBER.fullmatch(unicodedata.normalize("NFKC", expected).strip()):
            return needle in self._figures
        needle = _apart(simplified(unicodedata.normalize("NFKC", expected)).lower())
        at = self._text.find(needle) if needle else -1
        while at >= 0 and not self._stands_alone(at, at + len(needle)):
            at = self._text.find(needle, at + 1)
        return at >= 0

    def _stands_alone(self, start: int, end: int) -> bool:
        text = self._text
        before, after = text[max(start - 1, 0) : start], text[end : end + 2]
        inside_before = text[start].isdigit() and (before.isdigit() or before == ".")
        inside_after = text[end - 1].isdigit() and (after[:1].isdigit() or (after[:1] == "." and after[1:].isdigit()))
        return not inside_before and not inside_after


def _apart(plain: str) -> str:
    """A text without spaces and punctuation, but for decimal points, and a mark between figures that stood apart."""
    plain = _DECIMAL_POINT.sub(_KEPT, _THOUSANDS.sub("", plain))
    joined = _BETWEEN_FIGURES.sub(_BOUNDARY, plain)
    return _NO_WORD.sub(lambda run: {_KEPT: ".", _BOUNDARY: _BOUNDARY}.get(run[0], ""), joined)


def is_hit(answer: str, answers: Sequence[Sequence[str]]) -> bool:
    """Whether all strings of one list occur in the answer, of any length."""
    return any(strings and all(occurs(string, answer) for string in strings) for strings in answers)


def is_too_long(answer: str, language: AnswerLanguage) -> bool:
    """Whether an answer is too long, without its citations."""
    return len(without_citations(answer).strip()) > MAX_CHARACTERS[language]


def keyword_share(answer: str, keywords: Sequence[str]) -> float:
    """Share of the keywords that occur in the answer, 0 to 1."""
    return sum(occurs(keyword, answer) for keyword in keywords) / len(keywords) if keywords else 0.0


def token_f1(answer: str, references: Sequence[str]) -> float:
    """The best token F1 against any reference, by words or Chinese characters: a measure of brevity beside the hit."""
    answer_units = _units(answer)
    return max((_f1(answer_units, _units(reference)) for reference in references), default=0.0)


def _units(text: str) -> Counter[str]:
    plain = simplified(unicodedata.normalize("NFKC", without_citations(text))).lower()
    return Counter(_UNIT.findall(plain))


def _f1(answer_units: Counter[str], reference_units: Counter[str]) -> float:
    common = (answer_units & reference_units).total()
    return 2 * common / (answer_units.total() + reference_units.total()) if common else 0.0
