"""Tables whose header row ends a page, and whose other rows begin the next one."""

from collections.abc import Sequence
from dataclasses import replace

from kefu.retrieval.documents.parsers.pdf.blocks import MARGIN, PdfPage, Picture
from kefu.retrieval.documents.parsers.pdf.lines import Box, Line
from kefu.retrieval.documents.parsers.pdf.tables import Table

_TOLERANCE = 4.0  # points that the edges of a table's parts may differ by


def last_row(ruled: Sequence[Table], lines: Sequence[Line], height: float) -> Table | None:
    """A single ruled row of filled cells below which nothing stands but running lines; None without one."""
    lowest = max(ruled, key=lambda table: table.bottom, default=None)
    if lowest is None or len(lowest.rows) > 1 or not all(lowest.rows[0]):
        return None
    below = (line for line in lines if line.middle > lowest.bottom)
    return lowest if all(line.middle > (1 - MARGIN) * height for line in below) else None


def with_carried_headers(pages: Sequence[PdfPage]) -> list[PdfPage]:
    """The pages, with a header that ends one of them moved to its rows on the next."""
    moved = list(pages)
    for at in range(1, len(moved)):
        before, page = moved[at - 1 : at + 1]
        number, table = next(((n, item) for n, item in enumerate(page.items) if not _is_running(item, page)), (0, None))
        header = before.last_row
        if header is None or not isinstance(table, Table) or not _is_of(header, table):
            continue
        rows = table.rows if table.rows[0] == header.rows[0] else [*header.rows, *table.rows]
        moved[at - 1] = replace(before, items=_without(before.items, header))
        moved[at] = replace(page, items=[*page.items[:number], replace(table, rows=rows), *page.items[number + 1 :]])
    return moved


def _is_of(header: Table, table: Table) -> bool:
    edges = zip((header.x0, header.x1), (table.x0, table.x1), strict=True)
    return len(header.rows[0]) == len(table.rows[0]) and all(abs(one - other) <= _TOLERANCE for one, other in edges)


def _is_running(item: Box | Table | Picture, page: PdfPage) -> bool:
    return isinstance(item, Box) and all(line.middle < MARGIN * page.height for line in item.lines)


def _without(items: Sequence[Box | Table | Picture], header: Table) -> list[Box | Table | Picture]:
    """The items without the lines of the header."""
    kept: list[Box | Table | Picture] = []
    for item in items:
        if isinstance(item, Box):
            lines = [line for line in item.lines if not header.holds(line)]
            kept += [Box(lines)] if lines else []
        else:
            kept.append(item)
    return kept
