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

from kefu.office.golden_questions.searched_text import FIGURE, NUMBER, ONE_NUMBER, THOUSANDS, normalised
from kefu.text.chinese import simplified
from kefu.text.citations import without_citations
from kefu.text.language import AnswerLanguage

MAX_CHARACTERS: dict[AnswerLanguage, int] = {"en": 300, "zh": 120}
"""Most characters of an answer by language. A longer one counts as wrong: reading out the page is no answer."""

_UNIT = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")


def occurs(expected: str, text: str) -> bool:
    """Whether a string occurs in a text; both are normalised here."""
    needle, hay = normalised(expected), normalised(text)
    if not needle:
        return False
    if not NUMBER.fullmatch(needle):
        return needle in hay
    if not ONE_NUMBER.fullmatch(
        unicodedata.normalize("NFKC", expected).strip()
    ):  # 4:51, 24-10: dropped signs join digits
        return re.search(rf"(?<!\d){re.escape(needle)}(?!\d)", hay) is not None
    # Numbers that stand apart in the text must not run together: "7 of 20 17" has no 2017.
    spaced = simplified(unicodedata.normalize("NFKC", without_citations(text))).lower()
    return any(found[0] == needle for found in FIGURE.finditer(THOUSANDS.sub("", spaced)))


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
