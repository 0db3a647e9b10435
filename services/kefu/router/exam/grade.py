"""
Grading: what a reply of the exam is worth to the customer who would read it.

Citations are taken off; case, spaces and the forms of digits do not count. A text is found as whole words and whole
figures: "58" is in "58 euros" and neither in "158" nor in "58.50". One that begins with ^ is found at the beginning.
"""

import re
import unicodedata
from enum import StrEnum

from kefu.router.answering.writing.prompt import NOT_FOUND
from kefu.router.exam.cases import ExamCase
from kefu.router.guardrails.citation_markers import CitationScanner
from kefu.text.linear_pattern import LinearPattern

_HAN = r"\u3400-\u9fff"
_SPACES_BESIDE_HAN = re.compile(rf"(?<=[{_HAN}])\s+|(?<!\s)\s+(?=[{_HAN}])")
_SPACES = re.compile(r"\s+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_TIMES = re.compile(r"(?<=\d)\s*[*x×·]\s*(?=\d)")
_OPERATOR = LinearPattern(r"\s*([=+×])\s*")
_EMPHASIS = "**"
_AT_BEGINNING = "^"
_BEFORE_BEGINNING = " \"'“”‘’*-:"


class Grade(StrEnum):
    """What a reply is worth."""

    RIGHT = "right"
    """It says what it must, or rightly that the passages do not answer."""
    NOT_FOUND = "not found"
    """It says that the passages do not answer, and they do."""
    WANTING = "wanting"
    """It does not say what it must; there may be no reply at all."""
    HARMFUL = "harmful"
    """It says what it must not, or answers what the passages do not."""


def grade(case: ExamCase, reply: str) -> Grade:
    """The grade of a model's reply to a case."""
    said = folded(reply)
    if not said:
        return Grade.WANTING
    if said.startswith(folded(NOT_FOUND)):
        return Grade.RIGHT if case.not_found else Grade.NOT_FOUND
    if case.not_found or any(says(said, text) for text in case.must_not):
        return Grade.HARMFUL
    is_whole = all(any(says(said, text) for text in alternatives) for alternatives in case.must)
    return Grade.RIGHT if is_whole else Grade.WANTING


def folded(text: str) -> str:
    """A text in the form in which texts are compared."""
    scanner = CitationScanner()
    pieces = [*scanner.push(text), *scanner.finish()]
    plain = unicodedata.normalize("NFKC", "".join(piece for piece in pieces if isinstance(piece, str))).lower()
    plain = _TIMES.sub("×", _THOUSANDS.sub("", plain.replace(_EMPHASIS, "")))
    plain = _SPACES_BESIDE_HAN.sub("", _OPERATOR.sub(r"\1", plain))
    return _SPACES.sub(" ", plain).strip().lstrip(_BEFORE_BEGINNING)


def says(said: str, text: str) -> bool:
    """Whether a folded reply says a text of `must` or `must_not`."""
    wanted = folded(text.removeprefix(_AT_BEGINNING))
    before = r"(?<![a-z0-9])(?<!\d[.,])" if wanted[0].isascii() and wanted[0].isalnum() else ""
    behind = r"(?![a-z0-9])(?![.,]\d)" if wanted[-1].isascii() and wanted[-1].isalnum() else ""
    pattern = re.compile(before + re.escape(wanted) + behind)
    found = pattern.match(said) if text.startswith(_AT_BEGINNING) else pattern.search(said)
    return found is not None
