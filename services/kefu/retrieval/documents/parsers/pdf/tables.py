"""The tables of a PDF page: with ruled lines, or with aligned columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from kefu.retrieval.documents.parsers.pdf.lines import Line, readable

_ALIGNMENT_TOLERANCE = 4.0  # points that the edges of a column may differ by
_MIN_ROWS = 3
_MAX_FILLED = 0.7
_MAX_CELL_CHARACTERS = 60  # characters in the mean: more is prose in columns


@dataclass(frozen=True)
class Table:
    """A table: its rows, the header first, and its position."""

    rows: list[list[str]]
    """A cell is one line, or several as they stand on the page."""
    x0: float
    top: float
    x1: float
    bottom: float

    def holds(self, line: Line) -> bool:
        """Whether a line belongs to the table."""
        return self.top - 1 <= line.middle <= self.bottom + 1 and line.x0 < self.x1 and line.x1 > self.x0


def ruled_tables(page: Any) -> list[Table]:
    """Tables that pdfplumber finds by their ruled lines, without boxes around text. One may be a single row."""
    if len(page.lines) + len(page.rects) + len(page.curves) < 2:
        return []
    found: list[Table] = []
    for table in page.find_tables():
        rows = [[_cell(cell) for cell in row] for row in table.extract()]
        rows = [row for row in rows if any(row)]
        cells = [cell for row in rows for cell in row]
        if rows and len(rows[0]) >= 2 and sum(map(bool, cells)) >= 0.4 * len(cells):
            x0, top, x1, bottom = table.bbox
            found.append(Table(rows, x0, top, x1, bottom))
    return found


def aligned_tables(lines: Sequence[Line]) -> list[Table]:
    """Tables of aligned rows with the same number of short pieces. Prose, which fills its columns, is no table."""
    found: list[Table] = []
    run: list[list[Line]] = []
    for row in [*_rows(lines), []]:
        if run and row and _continues(run, row):
            run.append(row)
            continue
        if len(run) >= _MIN_ROWS and _is_sparse(run):
            found.append(_table(run))
        run = [row] if len(row) >= 2 else []
    return found


def _cell(text: str | None) -> str:
    return "\n".join(readable(line) for line in (text or "").split("\n") if line.strip())


def _rows(lines: Sequence[Line]) -> Iterator[list[Line]]:
    row: list[Line] = []
    for line in sorted(lines, key=lambda line: (line.middle, line.x0)):
        if row and line.middle - row[0].middle > 0.5 * (row[0].bottom - row[0].top):
            yield sorted(row, key=lambda line: line.x0)
            row = []
        row.append(line)
    if row:
        yield sorted(row, key=lambda line: line.x0)


def _continues(run: list[list[Line]], row: list[Line]) -> bool:
    last = run[-1]
    if len(row) != len(last) or row[0].top - last[0].bottom > 2.5 * (last[0].bottom - last[0].top):
        return False
    return all(
        abs(cell.x0 - above.x0) <= _ALIGNMENT_TOLERANCE
        or abs(cell.x1 - above.x1) <= _ALIGNMENT_TOLERANCE
        or abs(cell.x0 + cell.x1 - above.x0 - above.x1) <= 2 * _ALIGNMENT_TOLERANCE
        for cell, above in zip(row, last, strict=True)
    )


def _is_sparse(run: list[list[Line]]) -> bool:
    columns = list(zip(*run, strict=True))
    if sum(len(cell.text) for row in run for cell in row) > _MAX_CELL_CHARACTERS * len(run) * len(columns):
        return False
    filled = [
        median((cell.x1 - cell.x0) / max(after.x0 - cell.x0, 1) for cell, after in zip(column, following, strict=True))
        for column, following in pairwise(columns)
    ]
    return max(filled) <= _MAX_FILLED or len(columns) > 3


def _table(run: list[list[Line]]) -> Table:
    cells = [cell for row in run for cell in row]
    return Table(
        [[cell.text for cell in row] for row in run],
        min(cell.x0 for cell in cells),
        min(cell.top for cell in cells),
        max(cell.x1 for cell in cells),
        max(cell.bottom for cell in cells),
    )
