"""Lexical overlap: how much of one text another one holds, and where sentences end. It counts words; no model."""

import re
from collections.abc import Iterator
from functools import lru_cache

from kefu.text.chinese import simplified

_HAN_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_WORD = re.compile(r"[a-z]{3,}|\d+(?:[.,:]\d+)*")
_STOP_WORDS = frozenset(
    re.findall(
        "[a-z]+",
        "the and for you your are can not with that this have has will from was our any all may its but they them then "
        "than when what which who how into out per via one within also must should would could please there here been "
        "does did",
    )
)
_FEWEST_UNITS = 3
_BULLET = re.compile(r"\s*(?:[-*•#>|]\s*|\d{1,2}[.)、](?!\d)\s*)*")
_SENTENCE = re.compile(r"[^。！？!?；;]*?(?:[。！？!?；;]+|(?<!\.)\.++(?=\s|$)|$)[\"”’」』）)]*")
_NO_BEGIN = " \t\n\r,，、:：;；.。!！?？)）"  # left over from the sentence before, or from a marker between
_LETTER = re.compile(r"[^\W_]")


def units_of(text: str) -> frozenset[str]:
    """The units that texts are compared by: pairs of Han characters (simplified), words, figures."""
    lowered = simplified(text.lower())
    pairs = {run[0][i : i + 2] for run in _HAN_RUN.finditer(lowered) for i in range(max(1, len(run[0]) - 1))}
    words = {word.rstrip("s") if len(word) > 4 else word for word in _WORD.findall(lowered) if word not in _STOP_WORDS}
    return frozenset(pairs | words)


units_of_passage = lru_cache(maxsize=8192)(units_of)
"""The same for the parts of passages, which are remembered: the same ones are found again and again."""


def share(sentence: frozenset[str], of: frozenset[str]) -> float:
    """The share of a sentence's units that another text holds, 0 to 1; 0 for a sentence too short to tell."""
    if len(sentence) < _FEWEST_UNITS:
        return 0.0
    return len(sentence & of) / len(sentence)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Begin and end of each sentence, without bullets and space around it. A line's end always ends a sentence."""
    begin = 0
    for line in text.splitlines(keepends=True):
        bullet = _BULLET.match(line)
        at = bullet.end() if bullet else 0
        while at < len(line):
            found = _SENTENCE.match(line, at)
            end = found.end() if found and found.end() > at else len(line)
            body = line[at:end]
            if _LETTER.search(body):
                yield begin + at + len(body) - len(body.lstrip(_NO_BEGIN)), begin + at + len(body.rstrip())
            at = end
        begin += len(line)
