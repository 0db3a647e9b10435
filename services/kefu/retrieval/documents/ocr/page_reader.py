"""A page out of its picture: lines in boxes and tables, in reading order, each line with its certainty."""

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from statistics import median

import numpy as np

from kefu.retrieval.documents.ocr.engine import LineEngine, Pixels, Quad
from kefu.retrieval.documents.ocr.geometry import cut_out, is_sideways, straightened, turned_over, turned_right
from kefu.retrieval.documents.ocr.ruled_tables import Grid, find_grids
from kefu.retrieval.documents.ocr.type_size import type_size
from kefu.retrieval.documents.parsers.pdf.lines import Box, Line, boxes_of, joined
from kefu.retrieval.documents.parsers.pdf.reading_order import in_reading_order
from kefu.retrieval.documents.parsers.pdf.tables import Table, aligned_tables

LEAST_CERTAINTY = 0.5
"""Below it a line is more likely a smudge than text."""
_JUDGES = 5  # lines that are asked whether the page stands on its head
_READ_JUDGES = 3  # of these, lines that are read both ways if they say so
_PAGE_POINTS = 842.0  # longer side of a page in points, for the distances that the layout knows


@dataclass(frozen=True)
class PageReading:
    """What a picture says. Coordinates are points from the upper left corner of the upright picture."""

    items: list[Box | Table]
    """In reading order."""
    height: float
    certainty: float
    """Mean over the letters, 0 to 1; 0 without any."""
    letters: int

    @property
    def text(self) -> str:
        """All of it as running text, a table a line for each row."""
        return "\n".join(
            "\n".join(" ".join(row) for row in item.rows)
            if isinstance(item, Table)
            else joined(line.text for line in item.lines)
            for item in self.items
        )


@dataclass(frozen=True)
class _Piece:
    """A line, or its part in one cell of a table; in pixels."""

    text: str
    certainty: float
    x0: float
    x1: float
    top: float
    bottom: float
    cell: tuple[int, int, int] | None
    """Number of the table, row and column."""

    @property
    def height(self) -> float:
        return self.bottom - self.top


def read_page(engine: LineEngine, picture: Pixels, until: float = math.inf) -> PageReading:
    """Read a picture of a page, whichever way up it lies; from so much CPU time of this process on no further line
    of it.
    """
    picture, quads = _upright(engine, picture)
    grids = find_grids(picture) if len(quads) > 3 else []
    quads = sorted(quads, key=lambda quad: float(quad[:, 1].min()))  # where time ends, the upper part was read
    in_time = takewhile(lambda _: time.process_time() < until, quads)
    pieces = [piece for quad in in_time for piece in _pieces(engine, picture, quad, grids)]
    pieces = [piece for piece in pieces if piece.text and piece.certainty >= LEAST_CERTAINTY]
    scale = _PAGE_POINTS / max(picture.shape[:2])
    tables = [
        _table(grid, [piece for piece in pieces if piece.cell and piece.cell[0] == number], scale)
        for number, grid in enumerate(grids)
    ]
    lines = _boxed(_joined_rows(_line(piece, scale) for piece in pieces if piece.cell is None))
    found = [*(table for table in tables if table), *aligned_tables(lines)]
    free = [line for line in lines if not any(table.holds(line) for table in found)]
    letters = [len(piece.text) for piece in pieces]
    certain = sum(piece.certainty * count for piece, count in zip(pieces, letters, strict=True))
    return PageReading(
        in_reading_order([*boxes_of(free), *found]),
        picture.shape[0] * scale,
        certain / max(sum(letters), 1),
        sum(letters),
    )


def _upright(engine: LineEngine, picture: Pixels) -> tuple[Pixels, list[Quad]]:
    quads = engine.find_lines(picture)
    if quads and is_sideways(quads):
        picture = turned_right(picture)
        quads = engine.find_lines(picture)
    longest = sorted(quads, key=lambda quad: float(np.ptp(quad[:, 0])), reverse=True)[:_JUDGES]
    lines = [cut_out(picture, quad) for quad in longest]
    if lines and engine.is_upside_down(lines) and _reads_better_turned(engine, lines[:_READ_JUDGES]):
        picture, quads = turned_over(picture, quads)
    return straightened(picture, quads)


def _reads_better_turned(engine: LineEngine, lines: Sequence[Pixels]) -> bool:
    """Whether lines are read more surely on their heads: the engine's own guess is wrong for some upright pages."""
    upright = sum(engine.read_line(line)[1] for line in lines)
    turned = sum(engine.read_line(np.ascontiguousarray(np.rot90(line, 2)))[1] for line in lines)
    return turned > upright


def _pieces(engine: LineEngine, picture: Pixels, quad: Quad, grids: Sequence[Grid]) -> Iterable[_Piece]:
    """The line in a quad, cut where a table's ruled lines cross it."""
    x0, x1 = float(quad[[0, 3], 0].mean()), float(quad[[1, 2], 0].mean())
    top, bottom = float(quad[[0, 1], 1].mean()), float(quad[[2, 3], 1].mean())
    middle = (top + bottom) / 2
    number = next((at for at, grid in enumerate(grids) if grid.cell((x0 + x1) / 2, middle)), None)
    edges = [x0, x1]
    if number is not None:
        reach = 0.4 * (bottom - top)  # a box that only leans over a ruled line has nothing beyond it
        edges[1:1] = [x for x in grids[number].across if x0 + reach < x < x1 - reach]
    for left, right in pairwise(edges):
        length = max(x1 - x0, 1.0)
        text, certainty = engine.read_line(cut_out(picture, quad, (left - x0) / length, (right - x0) / length))
        cell = None if number is None else grids[number].cell((left + right) / 2, middle)
        yield _Piece(
            " ".join(text.split()), certainty, left, right, top, bottom,
            None if number is None or cell is None else (number, *cell),
        )  # fmt: skip


def _line(piece: _Piece, scale: float) -> Line:
    return Line(
        piece.text,
        piece.x0 * scale,
        piece.x1 * scale,
        piece.top * scale,
        piece.bottom * scale,
        type_size(piece.text, piece.x1 - piece.x0, piece.height) * scale,
        bold=False,
        box=0,
    )


def _table(grid: Grid, pieces: Sequence[_Piece], scale: float) -> Table | None:
    cells: dict[tuple[int, int], list[_Piece]] = {}
    for piece in pieces:
        if piece.cell:
            cells.setdefault(piece.cell[1:], []).append(piece)
    rows = [
        [_cell(cells.get((row, column), [])) for column in range(len(grid.across) - 1)]
        for row in range(len(grid.down) - 1)
    ]
    rows = [row for row in rows if any(row)]
    if not rows:
        return None
    x0, x1, top, bottom = (place * scale for place in (grid.across[0], grid.across[-1], grid.down[0], grid.down[-1]))
    return Table(rows, x0, top, x1, bottom)


def _cell(pieces: Sequence[_Piece]) -> str:
    rows: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.top):
        if rows and piece.top < (rows[-1][0].top + rows[-1][0].bottom) / 2:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return joined(" ".join(piece.text for piece in sorted(row, key=lambda piece: piece.x0)) for row in rows)


def _joined_rows(lines: Iterable[Line]) -> list[Line]:
    """Lines with their parts joined: the engine ends a line at a wide blank, as in a justified one."""
    whole: list[Line] = []
    for line in sorted(lines, key=lambda line: line.x0):
        for at, before in enumerate(whole):
            height = min(line.bottom - line.top, before.bottom - before.top)
            shared = min(line.bottom, before.bottom) - max(line.top, before.top)
            if shared > 0.6 * height and -0.5 * height < line.x0 - before.x1 < 0.8 * height:
                whole[at] = replace(
                    before,
                    text=joined((before.text, line.text)),
                    x1=line.x1,
                    top=min(line.top, before.top),
                    bottom=max(line.bottom, before.bottom),
                    size=max(line.size, before.size),
                )
                break
        else:
            whole.append(line)
    return whole


def _boxed(lines: Sequence[Line]) -> list[Line]:
    """The lines with the numbers of their boxes: near below each other, of one size, above one another."""
    usual = median([line.bottom - line.top for line in lines] or [10.0])
    last: list[Line] = []  # of each box
    boxed: list[Line] = []
    for line in sorted(lines, key=lambda line: line.middle):
        number = next((at for at in reversed(range(len(last))) if _follows(last[at], line, usual)), len(last))
        line = replace(line, box=number)
        last[number : number + 1] = [line]
        boxed.append(line)
    return boxed


def _follows(before: Line, line: Line, usual: float) -> bool:
    gap = line.top - before.bottom
    alike = not before.size or not line.size or 0.87 < line.size / before.size < 1.15
    return alike and -0.6 * usual < gap < 0.75 * usual and line.x0 < before.x1 and line.x1 > before.x0
