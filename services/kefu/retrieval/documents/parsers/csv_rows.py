"""The rows of a CSV, whichever of the usual delimiters it has."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from kefu.retrieval.documents.parsed_document import Unreadable

DELIMITERS = ("\t", ";", ",")
"""Those that are read, the ones that are rarer within a cell first."""
_SAMPLE = 65_536  # characters
_SEPARATOR_LINE = re.compile(r"sep=([\t;,])\n", re.IGNORECASE)


def likely_delimiter(text: str) -> str:
    """The delimiter that the first line names, as Excel writes it ("sep=;"), or that gives most rows the same number of
    cells."""
    named = _SEPARATOR_LINE.match(text)
    sample = text[:_SAMPLE]
    return named[1] if named else max(DELIMITERS, key=lambda delimiter: _evenness(sample, delimiter))


def first_row(text: str, delimiter: str) -> Sequence[str]:
    """The cells of the first line; empty without any."""
    line = text[: text.find("\n") + 1 or None]
    try:
        return next(csv.reader([line], delimiter=delimiter), list[str]())
    except csv.Error:
        return []


def read_csv(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows, each with the number of its first line, without blanks around cells. Raises Unreadable BAD_CSV."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in rows:
            if line > 1 or not _SEPARATOR_LINE.match(text):
                yield line, [cell.strip() for cell in row]
            line = rows.line_num + 1
    except csv.Error as exc:
        raise Unreadable(
            "BAD_CSV",
            f"The row that begins in line {line} is not CSV ({exc}); check its quotation marks: what begins with one "
            'ends with one, and one within is doubled ("").',
        ) from None


def _evenness(sample: str, delimiter: str) -> tuple[int, int]:
    """Most rows that have the same number of cells, more than one, and that number."""
    rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    widths = Counter(len(row) for row in rows if len(row) > 1)
    return max(((count, width) for width, count in widths.items()), default=(0, 0))
