"""
The parser of spreadsheets: each sheet is a section, cut into tables at empty rows and columns.

What stands in a merged cell stands in each of the cells that it covers: a row says nothing without its name.
"""

import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from itertools import takewhile
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.xml.functions import iterparse

from kefu.retrieval.documents.parsed_document import Block, ParsedDocument, Unreadable, table_block
from kefu.retrieval.documents.parsers.qa_pairs import find_pairs, pair_block
from kefu.retrieval.documents.zip_safety import open_zip

MAX_CELLS = 1_000_000
_MOST_TITLES, _SENTENCE_ENDS = 3, ".。!！?？;；"
Rows = list[list[str]]


def parse_spreadsheet(data: bytes) -> ParsedDocument:
    """Parse a spreadsheet, with the last computed values and without hidden sheets. Raises Unreadable."""
    open_zip(data).close()
    book: Any = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    blocks: list[Block] = []
    hidden: list[str] = []
    cells = 0
    sheets = book.worksheets
    for sheet in sheets:
        if sheet.sheet_state != "visible":
            hidden.append(sheet.title)
            continue
        rows: Rows = []
        sheet.reset_dimensions()  # a file may claim a million rows, or fewer than it has
        for row in sheet.iter_rows():
            cells += len(row)
            if cells > MAX_CELLS:
                raise Unreadable("TOO_LARGE", f"It has more than {MAX_CELLS:,} cells; split it, and leave out data.")
            rows.append([_text(cell) for cell in row])
        _fill_merged(rows, _merged_areas(sheet))
        named = (sheet.title,) if len(sheets) > 1 else ()
        blocks += sheet_blocks(rows, named)
    return ParsedDocument("", blocks, remark=f"Hidden sheets were left out: {', '.join(hidden)}." if hidden else "")


def _merged_areas(sheet: Any) -> Iterator[str]:
    """The areas of merged cells, such as "A1:C1". A workbook that is read in rows does not give them."""
    with sheet._get_source() as source:
        for _, element in iterparse(source):
            if element.tag.endswith("}mergeCell"):
                yield element.get("ref", "")
            elif not element.tag.endswith("}mergeCells"):
                element.clear()


def _fill_merged(rows: Rows, areas: Iterable[str]) -> None:
    """Fill what merged cells cover with their text. Raises Unreadable where that is too much."""
    width = max(map(len, rows), default=0)
    filled = 0
    for area in areas:
        left, top, right, bottom = CellRange(area).bounds
        text = rows[top - 1][left - 1] if top <= len(rows) and left <= len(rows[top - 1]) else ""
        if not text:
            continue
        for row in rows[top - 1 : bottom]:
            last = min(right, width)
            filled += last - left + 1
            if filled > MAX_CELLS:
                raise Unreadable(
                    "TOO_LARGE", f"Its merged cells cover more than {MAX_CELLS:,}; leave out what is empty."
                )
            row += [""] * (last - len(row))
            row[left - 1 : last] = [text] * (last - left + 1)


def _text(cell: Any) -> str:
    value = cell.value
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() | int() if "%" in (cell.number_format or ""):
            return f"{value * 100:.10g} %"
        case float():
            return f"{value:.12g}"
        case datetime() if (value.hour, value.minute, value.second) == (0, 0, 0):
            return value.date().isoformat()
        case datetime() | date() | time():
            return value.isoformat(*((" ", "minutes") if isinstance(value, datetime) else ()))
        case _:
            return str(value).strip()


def tables(rows: Rows) -> Iterator[Rows]:
    """Rectangles of cells between empty rows and columns."""
    for part in _split(rows):
        width = max(map(len, part))
        if width * len(part) > MAX_CELLS:  # one long row makes all of them as long
            raise Unreadable(
                "TOO_LARGE", f"It has more than {MAX_CELLS:,} cells, most of them empty; split its tables."
            )
        columns = [[row[at] if at < len(row) else "" for row in part] for at in range(width)]
        for group in _split(columns):
            table = [list(row) for row in zip(*group, strict=True)]
            yield [row for row in table if any(row)]


def _split(lines: Iterable[list[str]]) -> Iterator[list[list[str]]]:
    """Runs of lines between empty ones."""
    run: list[list[str]] = []
    for line in lines:
        if any(line):
            run.append(line)
        elif run:
            yield run
            run = []
    if run:
        yield run


def sheet_blocks(rows: Rows, headings: tuple[str, ...] = ()) -> Iterator[Block]:
    """The blocks of a sheet's rows: tables, with the lines above their headers as headings, and other lines as text.

    Lines between empty ones are headings of the table that follows, if they are few and no sentences; what stands
    below the first of them is text as well, for it may be what somebody asks for.
    """
    above: list[str] = []
    for table in tables(rows):
        captions = [next(filter(None, row)) for row in takewhile(_says_one_thing, table)]
        if len(captions) < len(table):
            if above[1:]:
                yield Block("\n".join(above[1:]), (*headings, above[0]))
            yield from _table(table[len(captions) :], (*headings, *above, *captions))
            above = []
            continue
        if above:
            yield Block("\n".join(above), headings)
            above = []
        if len(captions) <= _MOST_TITLES and not any(line[-1] in _SENTENCE_ENDS for line in captions):
            above = captions
        else:
            yield Block("\n".join(captions), headings)
    if above:
        yield Block("\n".join(above), headings)


def _says_one_thing(row: list[str]) -> bool:
    """Whether a row has one cell, or one that is merged over several."""
    return len(set(filter(None, row))) < 2


def _table(table: Rows, headings: tuple[str, ...]) -> Iterator[Block]:
    pairs = find_pairs(table)
    if pairs is not None:
        yield from (pair_block(question, answer, headings) for question, answer in pairs)
    else:
        yield table_block(table, headings)
