"""Pages made into blocks: the title, headings by outline, size or number, paragraphs and tables across pages."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import groupby

from kefu.retrieval.documents.parsed_document import Block, table_block
from kefu.retrieval.documents.parsers.pdf.lines import Box, Line, joined, words_of
from kefu.retrieval.documents.parsers.pdf.outline import Outline, OutlineEntry
from kefu.retrieval.documents.parsers.pdf.tables import Table
from kefu.text.linear_pattern import LinearPattern

_HEADING_SIZE = 1.12  # of the body's letters
_HEADING_CHARACTERS = 160
_PAGE_NUMBER_CHARACTERS = 40
_LEVELS = 4
_MAX_PAGE_ENTRIES = 50  # of the outline
_LABEL_LEVEL = _LEVELS + 9  # a bold line, below every numbered one
MARGIN = 0.09  # of the page's height, where running heads and page numbers stand
_PAGE_NUMBER = LinearPattern(
    r"(?i)[-–— ]*(?:page|seite|p\.|第)?\s*[\divxlc]+\s*(?:页|頁)?\s*(?:(?:of|/|von|共)\s*\d+)?[-–— 页頁]*"
)
_BULLET = LinearPattern(
    r"(?:[•‣▪▫●○■□◦–—*-]|\(?\d{1,3}[.)、）](?:\D|\Z)|[（(][一二三四五六七八九十]+[)）]|[a-z][.)])\s*"
)
_NUMBERED = LinearPattern(r"(\d{1,2}(?:\.\d{1,2}){1,4})\.?\s+\w.*")
_CHAPTER = LinearPattern(
    r"(?i)(?:第\s?[\d一二三四五六七八九十百]{1,4}\s?([章篇部编節节])|(?:chapter|part|appendix)\s\S).*"
)
_CONTENTS = LinearPattern(r"(?:\.\s?){5}\s*[\divxlc]+\Z")
_CLAUSE = LinearPattern(
    r"(?:\d{1,2}(?:\.\d{1,2}){1,4}\.?\s+[\p{Lu}\p{Lo}]|第\s?[\d一二三四五六七八九十百]{1,6}\s?条[\s:：、])"
)
_SENTENCE_END = tuple(".!?:;。！？：；…”\"')）")


@dataclass(frozen=True)
class Picture:
    """What a picture on a page says."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float


@dataclass(frozen=True)
class PdfPage:
    """A page, in points from its upper left corner."""

    number: int
    height: float
    items: list[Box | Table | Picture]
    """In reading order."""
    is_unread: bool = False
    """Whether it has no usable text and is a picture, which was not read."""
    is_recognized: bool = False
    """Whether text recognition has read it."""
    last_row: Table | None = None
    """A single ruled row at its end, which may be the header of a table on the next page."""

    @property
    def lines(self) -> list[Line]:
        """The lines outside tables."""
        return [line for item in self.items if isinstance(item, Box) for line in item.lines]


class BlockBuilder:
    """The blocks of all pages. `title` is a heading on the first page larger than all others, or empty."""

    def __init__(self, pages: Sequence[PdfPage], outline: Outline = ()) -> None:
        self.title = ""
        self._outline = outline
        self._outline_levels = max((entry.level for entry in outline), default=0)
        self._title_lines: list[Line] = []
        self._pages = pages
        self._words = words_of(text for page in pages for text in _texts(page))
        self._running_lines = _find_running_lines(pages)
        self._body = body_size(pages)
        self._path: list[tuple[int, str]] = []
        self._blocks: list[Block] = []
        sizes: list[float] = []
        for size in sorted({self._rounded(line.size) for page in pages for line in page.lines}, reverse=True):
            if size >= self._body * _HEADING_SIZE and (not sizes or sizes[-1] - size > 0.5):
                sizes.append(size)
        self._sizes = sizes
        self._find_title()

    def build(self) -> list[Block]:
        """The blocks, in reading order."""
        for page in self._pages:
            before = self._blocks[-1] if self._blocks else None
            placed = self._place_outline(page)
            first = len(self._blocks)
            for item in page.items:
                if isinstance(item, Table):
                    self._table(item, page.number, before)
                    before = None
                elif isinstance(item, Picture):
                    self._blocks.append(Block(item.text, self._headings, page=page.number))
                    before = None
                elif lines := [line for line in item.lines if not self._is_skipped(line, page)]:
                    self._box(lines, page.number, placed)
                    before = None
            if page.is_recognized and len(self._blocks) > first:
                self._blocks[first] = replace(self._blocks[first], begins_passage=True)
        return self._blocks

    def _find_title(self) -> None:
        """Take the only lines of the largest size, or the first such box if another one follows directly."""
        levels = [
            (page.number, self._level(line), line)
            for page in self._pages
            for line in page.lines
            if not self._is_skipped(line, page)
        ]
        runs = [list(run) for level, run in groupby(levels, key=lambda one: one[1]) if level == 1]
        if not runs or runs[0][0] != levels[0]:
            return
        first = [line for number, _, line in runs[0] if number == levels[0][0]]
        if len(runs) == 1:
            self._title_lines = first
        elif first[-1].box != first[0].box:
            self._title_lines = [line for line in first if line.box == first[0].box]
        self.title = joined((line.text for line in self._title_lines), self._words)

    def _is_skipped(self, line: Line, page: PdfPage) -> bool:
        if line in self._title_lines or is_contents_line(line.text):
            return True
        if MARGIN * page.height < line.middle < (1 - MARGIN) * page.height:
            return False
        return _without_digits(line) in self._running_lines or (
            len(line.text) <= _PAGE_NUMBER_CHARACTERS and bool(_PAGE_NUMBER.fullmatch(line.text))
        )

    def _place_outline(self, page: PdfPage) -> dict[int, OutlineEntry]:
        """The outline's entries by the id of the lines that spell them. Others hold from the page's beginning on."""
        lines = [line for line in page.lines if not self._is_skipped(line, page)]
        placed: dict[int, OutlineEntry] = {}
        for number, entry in enumerate(entry for entry in self._outline if entry.page == page.number):
            if number == _MAX_PAGE_ENTRIES:
                break
            spelt = next(_spelling(entry, [line for line in lines if id(line) not in placed]), None)
            if spelt is None:
                if entry.title != self.title:
                    self._enter(entry.level, entry.title)
            else:
                placed |= {id(line): entry for line in spelt}
        return placed

    def _box(self, lines: list[Line], page: int, placed: dict[int, OutlineEntry]) -> None:
        def heading_of(line: Line) -> OutlineEntry | int:
            return placed.get(id(line)) or self._level(line)

        for found, group in groupby(lines, key=heading_of):
            run = list(group)
            if isinstance(found, OutlineEntry):
                self._enter(found.level, found.title)
                continue
            level = found or (_numbered_level(run[0].text) if len(lines) == 1 else 0)
            if level:
                self._enter(self._outline_levels + level, joined((line.text for line in run), self._words))
            else:
                self._paragraph(run, page)

    def _enter(self, level: int, heading: str) -> None:
        self._path = [(above, name) for above, name in self._path if above < level] + [(level, heading)]

    @property
    def _headings(self) -> tuple[str, ...]:
        return tuple(name for _, name in self._path)

    def _level(self, line: Line) -> int:
        """Level of a heading, from 1; 0 for other lines."""
        if len(line.text) > _HEADING_CHARACTERS or not any(character.isalpha() for character in line.text):
            return 0
        size = self._rounded(line.size)
        if size >= self._body * _HEADING_SIZE:
            nearest = min(range(len(self._sizes)), key=lambda at: abs(self._sizes[at] - size))
            return min(nearest, _LEVELS - 1) + 1
        is_label = line.bold and not line.text.endswith(_SENTENCE_END) and not _begins_item(line.text)
        if not is_label or size < self._body or len(line.text) > 80:
            return 0
        return _numbered_level(line.text) or _LABEL_LEVEL

    def _paragraph(self, lines: list[Line], page: int) -> None:
        text = _text_of(lines, self._words)
        headings = self._headings
        last = self._blocks[-1] if self._blocks else None
        if last and not last.table_header and last.headings == headings and _continues_paragraph(last.text, text):
            self._blocks[-1] = Block(joined((last.text, text), self._words), headings, page=last.page)
        else:
            self._blocks.append(Block(text, headings, page=page))

    def _table(self, table: Table, page: int, before: Block | None) -> None:
        headings = self._headings
        rows = [[joined(cell.split("\n"), self._words) for cell in row] for row in table.rows]
        if before and before.table_header.count("|") == len(rows[0]) + 1:  # continues the table of the page before
            block = table_block([["" for _ in rows[0]], *rows], headings, page)
            lines = [line for line in block.text.split("\n") if line != before.table_header]
            self._blocks.append(Block("\n".join(lines), headings, table_header=before.table_header, page=page))
            return
        if len(rows) > 2 and sum(map(bool, rows[0])) == 1:
            headings = (*headings, next(filter(None, rows[0])))
            rows = rows[1:]
        self._blocks.append(table_block(rows, headings, page))

    @staticmethod
    def _rounded(size: float) -> float:
        return round(size * 2) / 2


def is_contents_line(text: str) -> bool:
    """Whether a line is one of a table of contents, which has no content of its own."""
    return _CONTENTS.search(text) is not None


def _numbered_level(text: str) -> int:
    """Level of a heading that is known by its number alone, below those known by size; 0 for other lines."""
    if len(text) > 80 or text.endswith(_SENTENCE_END):
        return 0
    if chapter := _CHAPTER.fullmatch(text):
        return _LEVELS + 1 + (chapter[1] in ("节", "節"))
    numbered = _NUMBERED.fullmatch(text)
    return _LEVELS + 1 + numbered[1].count(".") if numbered else 0


def _spelling(entry: OutlineEntry, lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Runs of lines that spell an entry's title, with or without its number."""
    for at in range(len(lines)):
        for count in (1, 2, 3):
            run = list(lines[at : at + count])
            spelt = _letters("".join(line.text for line in run))
            if len(run) == count and spelt.endswith(entry.letters) and len(spelt) - len(entry.letters) <= 8:
                yield run


def _text_of(lines: list[Line], words: Set[str]) -> str:
    """A box as running text, with a new line before a bullet and after a line that ends early."""
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    parts: list[list[str]] = []
    for line, before in zip(lines, [None, *lines[:-1]], strict=True):
        ended = before is not None and before.x1 < right - 0.3 * (right - left)
        if before is None or ended or _begins_item(line.text):
            parts.append([])
        parts[-1].append(line.text)
    return "\n".join(joined(part, words) for part in parts)


def _begins_item(text: str) -> bool:
    """Whether a line begins an item of a list, or a clause of a contract."""
    return bool(_BULLET.match(text) or _CLAUSE.match(text))


def _continues_paragraph(before: str, after: str) -> bool:
    if before.endswith(_SENTENCE_END) or _begins_item(after):
        return False
    return after[:1].islower() or (after[:1] >= "\u2e80" and before[-1:] >= "\u2e80" and len(before) > 20)


def _find_running_lines(pages: Sequence[PdfPage]) -> set[str]:
    """Running lines: they stand in the margin of many pages, with different digits."""
    found: Counter[str] = Counter()
    for page in pages:
        found.update(
            {
                _without_digits(line)
                for line in page.lines
                if not MARGIN * page.height < line.middle < (1 - MARGIN) * page.height
            }
        )
    return {text for text, count in found.items() if count >= max(3, 0.4 * len(pages))}


def _texts(page: PdfPage) -> Iterator[str]:
    """The lines of a page, also those within tables."""
    for item in page.items:
        if isinstance(item, Box):
            yield from (line.text for line in item.lines)
        elif isinstance(item, Table):
            yield from (line for row in item.rows for cell in row for line in cell.split("\n"))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def _without_digits(line: Line) -> str:
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", line.text)


def body_size(pages: Sequence[PdfPage]) -> float:
    """The size of most letters, in points; 10 without any."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            sizes[round(line.size * 2) / 2] += len(line.text)
    return max(sizes, key=lambda size: (sizes[size], -size), default=10.0)
