"""The lines of a PDF page, with their position and size."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from statistics import median

from pdfminer.layout import LTChar, LTPage, LTTextBox

from kefu.text.linear_pattern import LinearPattern
from kefu.text.radical_forms import with_unified_ideographs

_FORMS = re.compile(r"[\ufb00-\ufdff\ufe70-\ufeff]+")
_BOLD = re.compile(r"bold|black|heavy|demi|simhei", re.IGNORECASE)
_UNNAMED = LinearPattern(r"\(cid:\d+\)")
_HYPHENATED = re.compile(r"[a-zß-ÿ]-")
_PARTED = re.compile(r"[^\W_]-")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LEFTWARD = re.compile(r"[^\s\u0590-\u08ff]+|.", re.DOTALL)
_LETTER_OR_DIGIT = re.compile(r"[0-9A-Za-z]")


@dataclass(frozen=True)
class Line:
    """A line, or a part of one between wide gaps. Coordinates are points from the page's upper left corner."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    bold: bool
    box: int
    """Number of the box: its lines stand one below another in one column."""

    @property
    def middle(self) -> float:
        """Vertical middle."""
        return (self.top + self.bottom) / 2


def lines_of(layout: LTPage) -> Iterator[Line]:
    """The lines of a page, by pdfminer's layout analysis."""
    boxes = (element for element in layout if isinstance(element, LTTextBox))
    for number, box in enumerate(boxes):
        for line in box:
            characters = [character for character in line if isinstance(character, LTChar)]
            text = readable(line.get_text())
            if not text or not characters:
                continue
            bold = sum(bool(_BOLD.search(character.fontname)) for character in characters)
            yield Line(
                text,
                line.x0,
                line.x1,
                layout.height - line.y1,
                layout.height - line.y0,
                median(character.size for character in characters),
                bold > 0.8 * len(characters),
                number,
            )


@dataclass(frozen=True)
class Box:
    """Lines that stand one below another in one column: mostly a paragraph."""

    lines: list[Line]

    @property
    def x0(self) -> float:
        """Left edge."""
        return min(line.x0 for line in self.lines)

    @property
    def x1(self) -> float:
        """Right edge."""
        return max(line.x1 for line in self.lines)

    @property
    def top(self) -> float:
        """Upper edge."""
        return min(line.top for line in self.lines)

    @property
    def bottom(self) -> float:
        """Lower edge."""
        return max(line.bottom for line in self.lines)


def boxes_of(lines: Iterable[Line]) -> list[Box]:
    """The boxes of some lines."""
    by_number: dict[int, list[Line]] = {}
    for line in lines:
        by_number.setdefault(line.box, []).append(line)
    return [Box(sorted(found, key=lambda line: (line.middle, line.x0))) for found in by_number.values()]


def readable(text: str) -> str:
    """A line with plain letters instead of ligatures, characters instead of radicals, and in reading order for scripts
    from right to left."""
    plain = _FORMS.sub(lambda match: unicodedata.normalize("NFKC", match[0]), " ".join(text.split()))
    return _logical(with_unified_ideographs(plain))


def unnamed_share(texts: Iterable[str]) -> float:
    """Share of the characters whose font names no letters for them, 0 to 1."""
    unnamed = characters = 0
    for text in texts:
        found = sum(1 for _ in _UNNAMED.finditer(text))
        unnamed += found
        characters += found + len(_UNNAMED.sub("", text))
    return unnamed / max(characters, 1)


def words_of(lines: Iterable[str]) -> Set[str]:
    """The words of lines and the parts of those with a hyphen, in lower case, without words that a line's end parts."""
    words: set[str] = set()
    is_parted = False
    for line in lines:
        whole = line.lower().split()[is_parted:]
        is_parted = line.endswith("-")
        for word in _WORD.findall(" ".join(whole[:-1] if is_parted else whole)):
            words.update((word, *word.split("-")))
    return words


def joined(texts: Iterable[str], words: Set[str] = frozenset()) -> str:
    """Lines as running text. Hyphenated words are joined, and Chinese lines are joined without a blank.

    `words` are those of the document, by which a word's own hyphen is told from one that a line's end has made.
    """
    parts: list[str] = []
    end = ""  # the last two characters so far
    for text in texts:
        joint = ""
        if _HYPHENATED.fullmatch(end) and text[:1].islower():
            if not _is_own_hyphen(parts[-1], text, words):
                parts[-1] = parts[-1][:-1]
        elif end and not _meet_without_blank(end, text[:1]):
            joint = " "
        parts += (joint, text)
        end = f"{end}{joint}{text}"[-2:]
    return "".join(parts)


def _is_own_hyphen(before: str, after: str, words: Set[str]) -> bool:
    """Whether a line ends at a hyphen of the word itself: the document writes the word with it, or both parts as words
    and never the whole without it."""
    *_, left = ("", *_WORD.findall(before.lower().rsplit(None, 1)[-1]))
    right, *_ = (*_WORD.findall(after.lower().split(None, 1)[0]), "")
    if "-" in left or f"{left}-{right}" in words:
        return True
    return f"{left}{right}" not in words and left in words and right in words


def _meet_without_blank(end: str, following: str) -> bool:
    if _PARTED.fullmatch(end):  # "Monday-" and "Friday", "2026-" and "2027"
        return following.isalnum() and following < "\u2e80"
    return end[-1] >= "\u2e80" and following >= "\u2e80"


def _logical(text: str) -> str:
    """The text in logical order. A PDF stores Hebrew and Arabic glyphs as they are seen, from left to right."""
    kinds = [unicodedata.bidirectional(character) for character in text]
    leftward = sum(kind in ("R", "AL") for kind in kinds)
    if leftward == 0 or leftward <= kinds.count("L"):
        return text
    words: list[str] = _LEFTWARD.findall(text[::-1])
    mirrored = str.maketrans("()[]{}<>«»", ")(][}{><»«")
    return "".join(word[::-1] if _LETTER_OR_DIGIT.search(word) else word.translate(mirrored) for word in words)
