"""
Strings looked for in an answer, whichever way they are written there.

Both are normalised first: NFKC, traditional to simplified characters, lower case, citations "[n]" removed, spaces and
punctuation dropped except decimal points.
"""

import re
import unicodedata

from kefu.text.chinese import simplified
from kefu.text.citations import without_citations

FIGURE = re.compile(r"(?<![\d.])\d+(?:\.\d+)?")
THOUSANDS = re.compile(r"(?<=\d)[,，](?=\d{3}(?!\d))")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
ONE_NUMBER = re.compile(r"\W?\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?\W?|\W?\d+(?:\.\d+)?\W?")
_DECIMAL_POINT = re.compile(r"(?<=\d)\.(?=\d)")
_KEPT = "\x00"
_NO_WORD = re.compile(r"[\W_]+")
_BOUNDARY = "\x01"
_BETWEEN_FIGURES = re.compile(r"(?<=\d)(?!\x00)[\W_]+(?=\d)")


def normalised(text: str) -> str:
    """The normalised form of a text, for comparison."""
    plain = simplified(unicodedata.normalize("NFKC", without_citations(text))).lower()
    plain = _DECIMAL_POINT.sub(_KEPT, plain)
    return _NO_WORD.sub(lambda run: "." if run[0] == _KEPT else "", plain)


class SearchedText:
    """A text in which many strings are looked for. It is normalised once.

    A string is found wherever it stands, but no figure at its ends may be a part of a longer one: "20 days"
    is not in "120 days", and "99 yuan" not in "0.99 yuan".
    """

    def __init__(self, text: str) -> None:
        plain = simplified(unicodedata.normalize("NFKC", without_citations(text))).lower()
        self._figures = {found[0] for found in FIGURE.finditer(THOUSANDS.sub("", plain))}
        self._text = _apart(plain)

    def holds(self, expected: str) -> bool:
        """Whether a string occurs in the text."""
        needle = normalised(expected)
        if NUMBER.fullmatch(needle) and ONE_NUMBER.fullmatch(unicodedata.normalize("NFKC", expected).strip()):
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
    plain = _DECIMAL_POINT.sub(_KEPT, THOUSANDS.sub("", plain))
    joined = _BETWEEN_FIGURES.sub(_BOUNDARY, plain)
    return _NO_WORD.sub(lambda run: {_KEPT: ".", _BOUNDARY: _BOUNDARY}.get(run[0], ""), joined)
