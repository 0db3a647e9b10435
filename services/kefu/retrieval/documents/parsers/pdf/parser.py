"""The parser of PDFs: headings by font size, tables, columns, and the first page of each paragraph."""

import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfminer.pdfexceptions import PDFException
from pdfplumber.utils.exceptions import PdfminerException

from kefu.retrieval.documents.parsers.pdf.lines import Box, Line, boxes_of, joined, lines_of, unnamed_share
from kefu.retrieval.documents.parsers.pdf.reading_order import in_reading_order
from kefu.retrieval.documents.parsers.pdf.tables import Table, aligned_tables, ruled_tables
from kefu.retrieval.documents.types import Block, ParsedDocument, Unreadable, table_block

MAX_PAGES = 3_000
_HEADING_SIZE = 1.12  # of the body's letters
_HEADING_CHARACTERS = 160
_PAGE_NUMBER_CHARACTERS = 40
_LEVELS = 4
_MARGIN = 0.09  # of the page's height, where running heads and page numbers stand
_PAGE_NUMBER = re.compile(
    r"[-–— ]*(?:page|seite|p\.|第)?\s*[\divxlc]+\s*(?:页|頁)?\s*(?:(?:of|/|von|共)\s*\d+)?[-–— 页頁]*", re.IGNORECASE
)
_BULLET = re.compile(r"(?:[•‣▪▫●○■□◦–—*-]|\(?\d{1,3}[.)、）]|[（(][一二三四五六七八九十]+[)）]|[a-z][.)])\s*")
_NUMBERED = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,4}\.?\s+\w.*")
_CONTENTS = re.compile(r"(?:\.\s?){5}\s*+[\divxlc]++$")
_SENTENCE_END = tuple(".!?:;。！？：；…”\"')）")
_NO_TITLE = re.compile(
    r"untitled|anonymous|unspecified|\.(docx?|pdf|indd|xlsx?|pptx?|qxd|dvi|tex)$|^microsoft |^\s*$", re.IGNORECASE
)


@dataclass(frozen=True)
class _Page:
    number: int
    height: float
    items: list[Box | Table]
    """In reading order."""
    pictures: int

    @property
    def lines(self) -> list[Line]:
        """The lines outside tables."""
        return [line for item in self.items if isinstance(item, Box) for line in item.lines]


def parse_pdf(data: bytes) -> ParsedDocument:
    """Parse a PDF. The title is a heading on the first page larger than all others, else the file's metadata.

    Raises Unreadable: NO_TEXT_LAYER if the pages are pictures.
    """
    try:
        with pdfplumber.open(io.BytesIO(data), laparams={}) as pdf:
            if len(pdf.pages) > MAX_PAGES:
                raise Unreadable("TOO_LARGE", f"It has more than {MAX_PAGES:,} pages; split it.")
            pages = [_page(page) for page in pdf.pages]
            metadata: dict[str, Any] = pdf.metadata  # pyright: ignore[reportUnknownMemberType]
            named = str(metadata.get("Title") or "")
    except (PdfminerException, PDFException) as exc:
        causes = (exc, *exc.args, exc.__cause__)
        if any(isinstance(cause, PDFPasswordIncorrect) for cause in causes):
            raise Unreadable(
                "PASSWORD_PROTECTED", "It is protected by a password; save a copy without one and import that."
            ) from None
        raise Unreadable(
            "BROKEN_FILE", "The PDF is broken or cut off; get it again, or print it to a new PDF, and import that."
        ) from exc
    remark = _check_text(pages)
    blocks = _BlockBuilder(pages)
    title = blocks.title or ("" if _NO_TITLE.search(named) else " ".join(named.split()))
    return ParsedDocument(title, blocks.build(), remark=remark)


def _page(page: Any) -> _Page:
    lines = list(lines_of(page.layout))
    tables = ruled_tables(page)
    free = [line for line in lines if not any(table.holds(line) for table in tables)]
    tables += aligned_tables(free)
    free = [line for line in free if not any(table.holds(line) for table in tables)]
    items = in_reading_order([*boxes_of(free), *tables])
    made = _Page(page.page_number, float(page.height), items, len(page.images))
    page.close()  # else the objects of every page are kept
    return made


def _check_text(pages: Sequence[_Page]) -> str:
    texts = [line.text for page in pages for line in page.lines]
    if unnamed_share(texts) > 0.3:
        raise Unreadable(
            "NO_TEXT_LAYER",
            "Its fonts do not say which letters they show; print it to a new PDF with text recognition (OCR).",
        )
    bare = [
        page
        for page in pages
        if not any(isinstance(item, Table) for item in page.items) and sum(len(line.text) for line in page.lines) < 10
    ]
    if len(bare) == len(pages):
        if any(page.pictures for page in pages):
            raise Unreadable(
                "NO_TEXT_LAYER",
                "Its pages are pictures without text, as of a scanner; run text recognition (OCR) on it and import "
                "what that makes.",
            )
        if not texts:
            raise Unreadable("EMPTY_DOCUMENT", "The PDF holds no text; write something in it, or leave it out.")
    scanned = [str(page.number) for page in bare if page.pictures]
    if not scanned:
        return ""
    return f"Pages without text, as of a scanner, were left out: {', '.join(scanned)}."


class _BlockBuilder:
    def __init__(self, pages: Sequence[_Page]) -> None:
        self.title = ""
        self._title_lines: list[Line] = []
        self._pages = pages
        self._running_lines = _find_running_lines(pages)
        self._body = _body_size(pages)
        self._path: list[tuple[int, str]] = []
        self._blocks: list[Block] = []
        sizes: list[float] = []
        for size in sorted({self._rounded(line.size) for page in pages for line in page.lines}, reverse=True):
            if size >= self._body * _HEADING_SIZE and (not sizes or sizes[-1] - size > 0.5):
                sizes.append(size)
        self._sizes = sizes
        self._find_title()

    def build(self) -> list[Block]:
        for page in self._pages:
            before = self._blocks[-1] if self._blocks else None
            for item in page.items:
                if isinstance(item, Table):
                    self._table(item, page.number, before)
                    before = None
                elif lines := [line for line in item.lines if not self._is_skipped(line, page)]:
                    self._box(lines, page.number)
                    before = None
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
        self.title = joined(line.text for line in self._title_lines)

    def _is_skipped(self, line: Line, page: _Page) -> bool:
        if line in self._title_lines or is_contents_line(line.text):
            return True
        if _MARGIN * page.height < line.middle < (1 - _MARGIN) * page.height:
            return False
        return _without_digits(line) in self._running_lines or (
            len(line.text) <= _PAGE_NUMBER_CHARACTERS and bool(_PAGE_NUMBER.fullmatch(line.text))
        )

    def _box(self, lines: list[Line], page: int) -> None:
        for level, group in groupby(lines, key=lambda line: self._level(line)):
            run = list(group)
            if not level and len(lines) == 1 and _is_numbered_heading(run[0].text):
                level = _LEVELS + 1
            if not level:
                self._paragraph(run, page)
                continue
            heading = joined(line.text for line in run)
            self._path = [(above, name) for above, name in self._path if above < level] + [(level, heading)]

    def _level(self, line: Line) -> int:
        """Level of a heading, from 1; 0 for other lines."""
        if len(line.text) > _HEADING_CHARACTERS or not any(character.isalpha() for character in line.text):
            return 0
        size = self._rounded(line.size)
        if size >= self._body * _HEADING_SIZE:
            nearest = min(range(len(self._sizes)), key=lambda at: abs(self._sizes[at] - size))
            return min(nearest, _LEVELS - 1) + 1
        is_label = line.bold and not line.text.endswith(_SENTENCE_END) and not _BULLET.match(line.text)
        return _LEVELS + 1 if is_label and size >= self._body and len(line.text) <= 80 else 0

    def _paragraph(self, lines: list[Line], page: int) -> None:
        text = _text_of(lines)
        headings = tuple(name for _, name in self._path)
        last = self._blocks[-1] if self._blocks else None
        if last and not last.table_header and last.headings == headings and _continues_paragraph(last.text, text):
            self._blocks[-1] = Block(joined((last.text, text)), headings, page=last.page)
        else:
            self._blocks.append(Block(text, headings, page=page))

    def _table(self, table: Table, page: int, before: Block | None) -> None:
        headings = tuple(name for _, name in self._path)
        rows = table.rows
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


def _is_numbered_heading(text: str) -> bool:
    return len(text) <= 80 and bool(_NUMBERED.fullmatch(text)) and not text.endswith(_SENTENCE_END)


def _text_of(lines: list[Line]) -> str:
    """A box as running text, with a new line before a bullet and after a line that ends early."""
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    parts: list[list[str]] = []
    for line, before in zip(lines, [None, *lines[:-1]], strict=True):
        ended = before is not None and before.x1 < right - 0.3 * (right - left)
        if before is None or ended or _BULLET.match(line.text):
            parts.append([])
        parts[-1].append(line.text)
    return "\n".join(joined(part) for part in parts)


def _continues_paragraph(before: str, after: str) -> bool:
    if before.endswith(_SENTENCE_END) or _BULLET.match(after):
        return False
    return after[:1].islower() or (after[:1] >= "\u2e80" and before[-1:] >= "\u2e80" and len(before) > 20)


def _find_running_lines(pages: Sequence[_Page]) -> set[str]:
    """Running lines: they stand in the margin of many pages, with different digits."""
    found: Counter[str] = Counter()
    for page in pages:
        found.update(
            {
                _without_digits(line)
                for line in page.lines
                if not _MARGIN * page.height < line.middle < (1 - _MARGIN) * page.height
            }
        )
    return {text for text, count in found.items() if count >= max(3, 0.4 * len(pages))}


def _without_digits(line: Line) -> str:
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", line.text)


def _body_size(pages: Sequence[_Page]) -> float:
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            sizes[round(line.size * 2) / 2] += len(line.text)
    return max(sizes, key=lambda size: (sizes[size], -size), default=10.0)
