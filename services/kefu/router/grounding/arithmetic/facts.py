"""Facts: what a piece of evidence says once, with its figures, and the words by which it is compared."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kefu.common.text.chinese import simplified
from kefu.router.grounding.arithmetic.figure import Figure, figures_of
from kefu.router.grounding.evidence_pieces import EvidencePiece, PieceKind
from kefu.router.grounding.lexical_overlap import sentences

_MOST_FACTS = 240
"""A table of a thousand columns costs no more than another."""
_LONGEST_PIECE = 2_000
"""Characters. What is longer states no rule."""
_LATIN = re.compile(r"[a-z]{3,}")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_STOP = frozenset(
    re.findall(
        "[a-z]+",
        "the and for you your are can not with that this have has will from was our any all may its but they "
        "them then than when what which who how into out per via one two both also must should would could "
        "please there here been does did each every much many cost costs pay price total how get got want "
        "need",
    )
)
_HAN_STOP = frozenset(re.findall("..", "多少少钱一共总共合计需要要多付多可以我们你们我的一个如果多久几个一年"))
_HAN_UNIGRAMS_STOP = frozenset(
    "的了是我你您要多少钱一共和在有个吗呢这那每元费免打付买能可以会把给被让到从对与及或但如果时后前上下中为于之其等就都也还再很太"
)
_STEM = 5
"""Letters: assembled and assembly are one word."""


def terms_of(text: str) -> frozenset[str]:
    """What texts are compared by: beginnings of words, and pairs of Han characters."""
    lowered = simplified(text.lower())
    words = {word[:_STEM] for word in _LATIN.findall(lowered) if word not in _STOP}
    pairs = {run[i : i + 2] for run in _HAN.findall(lowered) for i in range(len(run) - 1)}
    return frozenset(words | (pairs - _HAN_STOP))


@dataclass(frozen=True)
class Fact:
    """What one piece says once: a sentence, or the value of a row under one column."""

    piece: EvidencePiece
    column: str
    value: str
    """The sentence, or the value of the cell."""
    figures: tuple[Figure, ...]
    """Those of the value."""
    terms: frozenset[str]
    """Of the row as a whole or of the sentence with its lead, and of what stands above the passage."""
    unigrams: frozenset[str]
    """Those of the value, in its row: see `unigrams_of`."""

    @property
    def is_cell(self) -> bool:
        """Whether it is the value of a row."""
        return self.piece.kind in (PieceKind.ROW, PieceKind.CELL)

    @property
    def text(self) -> str:
        """The value, behind the name of its column."""
        return f"{self.column} {self.value}" if self.column else self.value


def facts_of(piece: EvidencePiece, above: str = "") -> Iterator[Fact]:
    """What a piece says, in NFKC. `above`: title and headings of its passage."""
    own = unicodedata.normalize("NFKC", piece.own or piece.text)
    if piece.kind is PieceKind.STEPS or len(own) > _LONGEST_PIECE:
        return
    unigrams = unigrams_of(f"{piece.subject} {own}")
    terms = terms_of(f"{above} {piece.subject} {piece.text}")
    if piece.kind not in (PieceKind.ROW, PieceKind.CELL):
        for start, end in sentences(own):
            said = own[start:end]
            yield Fact(piece, "", said, _stated(said), terms, unigrams_of(said))
        return
    subject = unicodedata.normalize("NFKC", piece.subject)
    rest = own[len(subject) :].lstrip(" —:()") if own.startswith(subject) else own
    if piece.kind is PieceKind.CELL:
        column = unicodedata.normalize("NFKC", piece.column)
        value = rest.split(":", 1)[-1].strip() if not rest.startswith(column) else rest[len(column) :].lstrip(" ):")
        yield Fact(piece, column, value, _stated(value), terms, unigrams)
        return
    for part in re.split(r";\s*", rest):
        column, colon, value = part.partition(":")
        column, value = (column.strip(), value.strip()) if colon else ("", part.strip())
        yield Fact(piece, column, value, _stated(value), terms, unigrams)


def _stated(text: str) -> tuple[Figure, ...]:
    return tuple(each for each in figures_of(text) if not each.implied)


def distinct(facts: Iterable[Fact]) -> list[Fact]:
    """Each once: a cell stands in its row as well."""
    seen: set[tuple[int, int, str, str]] = set()
    kept: list[Fact] = []
    for fact in facts:
        key = (fact.piece.passage, fact.piece.end, fact.column, fact.value)
        if key not in seen and len(kept) < _MOST_FACTS:
            seen.add(key)
            kept.append(fact)
    return kept


def unigrams_of(text: str) -> frozenset[str]:
    """Beginnings of words, and single Han characters: enough to see that an exception may be meant, no more."""
    lowered = simplified(text.lower())
    words = {word[:_STEM] for word in _LATIN.findall(lowered) if word not in _STOP}
    return frozenset(words | {c for run in _HAN.findall(lowered) for c in run} - _HAN_UNIGRAMS_STOP)


def mentions(text: str, noun: str) -> bool:
    """Whether a text has a noun, in either number."""
    if not noun.isascii():
        return noun in text
    stem = re.escape(noun.lower().removesuffix("s"))
    return re.search(rf"\b{stem}(?:s|es)?\b", text.lower()) is not None
