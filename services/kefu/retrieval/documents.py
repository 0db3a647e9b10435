"""Readers: the bytes of a file to a ParsedDocument, by media type or the path's ending."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from kefu.retrieval.decoding import decode
from kefu.retrieval.html_reader import read_html
from kefu.retrieval.markdown_reader import read_markdown
from kefu.retrieval.parsed import Block, ParsedDocument, Unreadable

_BY_ENDING = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".txt": "text/plain",
    ".text": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".csv": "text/csv",
}


def media_type_of(path: str, media_type: str = "") -> str:
    """The given media type, else one by the path's ending; raises Unreadable UNSUPPORTED_TYPE for others."""
    found = media_type.partition(";")[0].strip().lower() or _BY_ENDING.get(PurePosixPath(path).suffix.lower(), "")
    if found not in _READERS:
        what = found or PurePosixPath(path).suffix or "a file without an ending"
        raise Unreadable(
            "UNSUPPORTED_TYPE", f"{what} cannot be read; convert it to Markdown, text, HTML or CSV, or name its type."
        )
    return found


def read_document(path: str, data: bytes, *, media_type: str = "", title: str = "") -> ParsedDocument:
    """Read a file. The title is the given one, else the first heading, else the file's name. Raises Unreadable."""
    read = _READERS[media_type_of(path, media_type)]
    parsed = read(decode(data))
    blocks = [block for block in parsed.blocks if block.text.strip()]
    if not blocks:
        if not parsed.title:
            raise Unreadable("EMPTY_DOCUMENT", "The file holds no text; write something in it, or leave it out.")
        blocks = [Block(parsed.title)]  # a lone heading can still be found
    return ParsedDocument(title.strip() or parsed.title or PurePosixPath(path).stem, blocks)


def read_rows(text: str, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """The rows of a CSV with a header line; column names are compared without case and blanks.

    Raises Unreadable BAD_CSV when a required column is missing, or a row has nothing in one.
    """
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(rows, list[str]())]
        missing = [name for name in required if name not in header]
        if missing:
            raise Unreadable(
                "BAD_CSV",
                f"The first line names the columns {', '.join(header) or '(none)'}; it must name "
                f"{' and '.join(missing)} too.",
            )
        places = {name: header.index(name) for name in (*required, *optional) if name in header}
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            values = {name: row[at].strip() if at < len(row) else "" for name, at in places.items()}
            empty = [name for name in required if not values[name]]
            if empty:
                raise Unreadable("BAD_CSV", f"Line {rows.line_num} has no {empty[0]}; fill it in or delete the line.")
            yield values
    except csv.Error as exc:
        raise Unreadable("BAD_CSV", f"Line {rows.line_num} is not CSV ({exc}); check its quotation marks.") from None


def _read_text(text: str) -> ParsedDocument:
    return ParsedDocument("", [Block(paragraph.strip()) for paragraph in re.split(r"\n\s*\n", text)])


def _read_csv(text: str) -> ParsedDocument:
    rows = read_rows(text, ("question", "answer"))
    return ParsedDocument("", [Block(row["answer"], (row["question"],), own_passage=True) for row in rows])


_READERS: dict[str, Callable[[str], ParsedDocument]] = {
    "text/markdown": read_markdown,
    "text/plain": _read_text,
    "text/html": read_html,
    "text/csv": _read_csv,
}
