"""Tables that say all twice, in two languages: 舱位 | Class | 行李额 | Baggage."""

from collections.abc import Sequence
from itertools import pairwise

from kefu.text.language import UNKNOWN, AnswerLanguage, language_of
from kefu.text.linear_pattern import LinearPattern

_NUMBER = LinearPattern(r"\d+(?:[.,:]\d+)*")


def translations(lines: Sequence[Sequence[str]], language: AnswerLanguage) -> set[int]:
    """Of the rows or columns of a table those that say the same as one beside them, and not in this language.

    Where the first two are such, one cell tells of the others: figures are the same in both languages.
    """
    found: set[int] = set()
    for at, (one, other) in enumerate(pairwise(lines)):
        languages = [language_of(" ".join(cells)) for cells in (one, other)]
        if language in languages and UNKNOWN not in languages and languages[0] != languages[1]:
            if _said_twice(one, other) >= (1 if found else len(one) / 2):
                found.add(at + (languages[0] == language))
            elif at == 0:
                break
    return found


def _said_twice(one: Sequence[str], other: Sequence[str]) -> int:
    """The number of cells that say the same in two languages, in words or about a figure; 0 where others differ."""
    pairs = [(left, right) for left, right in zip(one, other, strict=False) if left != right]
    for left, right in pairs:
        languages = {language_of(left), language_of(right)}
        figures = _figures(left)
        if len(languages) == 1 or figures != _figures(right) or (UNKNOWN in languages and not figures):
            return 0
    return len(pairs)


def _figures(text: str) -> list[str]:
    return [found[0] for found in _NUMBER.finditer(text)]
