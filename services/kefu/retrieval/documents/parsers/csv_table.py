"""The parser of a CSV: pairs where its header names a question and an answer, else a table as on a sheet."""

from collections.abc import Iterator

from kefu.retrieval.documents.parsed_document import ParsedDocument, Unreadable
from kefu.retrieval.documents.parsers.csv_rows import likely_delimiter, read_csv
from kefu.retrieval.documents.parsers.qa_pairs import parse_csv_pairs
from kefu.retrieval.documents.parsers.spreadsheet import MAX_CELLS, sheet_blocks


def parse_csv(text: str) -> ParsedDocument:
    """Parse a CSV with commas, semicolons or tabs. Raises Unreadable."""
    pairs = parse_csv_pairs(text)
    if pairs is not None:
        return pairs
    return ParsedDocument("", list(sheet_blocks(list(_rows(text)))))


def _rows(text: str) -> Iterator[list[str]]:
    """The rows. Raises Unreadable where one is wider than its header, since its cells stand in wrong columns then."""
    cells = header_line = width = 0
    for line, row in read_csv(text, likely_delimiter(text)):
        cells += len(row)
        if cells > MAX_CELLS:
            raise Unreadable("TOO_LARGE", f"It has more than {MAX_CELLS:,} cells; split it, and leave out data.")
        filled = sum(map(bool, row))
        if filled == 0:
            width = 0  # what follows an empty line is another table
        elif width == 0 and filled > 1:
            header_line, width = line, len(row)
        elif width and any(row[width:]):
            raise Unreadable(
                "BAD_CSV",
                f"Line {line} has {len(row)} cells, and the header in line {header_line} has {width}; put a cell that "
                "holds commas, semicolons or tabs in quotation marks, or name each column in the header.",
            )
        yield row
