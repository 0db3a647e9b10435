"""
The reading of one file of a customer: its type by its content, what is to be kept of it, and its text.

The text comes from the parsers of the import, whichever there are: a type that they cannot read is kept unread, and
said to be so. So is a file that breaks one of them: a person can still look at it. Nothing that is read here becomes
knowledge.
"""

import traceback
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from kefu.retrieval.documents.media_types import PDF
from kefu.retrieval.documents.parse import parse_document
from kefu.retrieval.documents.parsed_document import ParsedDocument, Unreadable

MAX_TEXT_CHARACTERS = 20_000
_WITHOUT_READER = frozenset({"NOT_TEXT", "UNSUPPORTED_TYPE", "NO_TEXT_LAYER"})
_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", PDF: ".pdf"}
_ZIP_END = b"PK\x05\x06"
_ZIP_END_BYTES = 66_000
"""A ZIP archive ends with its directory's end, and a comment of at most 65,535 bytes."""


class Parse(Protocol):
    """Parses a document; see `parse_document`."""

    def __call__(self, path: str, data: bytes, *, media_type: str) -> ParsedDocument:
        """The document. Raises Unreadable."""
        ...


class ReadOutcome(StrEnum):
    """Whether text was read."""

    TEXT = "text"
    NOTHING = "nothing"
    NO_READER = "no_reader"


@dataclass(frozen=True)
class PageText:
    """The text of one page, from 1, or of a picture: 0."""

    page: int
    text: str


@dataclass(frozen=True)
class FileReading:
    """What was found in a file. The bytes to keep and the preview go beside it."""

    media_type: str
    width: int = 0
    height: int = 0
    pages: int = 0
    reading: ReadOutcome = ReadOutcome.NOTHING
    page_texts: tuple[PageText, ...] = ()
    failure: str = ""
    """Where a parser broke on it, without a word of the file; empty: none did."""


def read_file(data: bytes, parse: Parse | None = parse_document) -> tuple[FileReading, bytes, bytes]:
    """What a file holds, the bytes to be kept in its place (empty: the file itself), and a preview.

    `parse`: the parser of documents, with whatever reads pictures for it; None: no text is read. Raises Unreadable.
    """
    # Imported here: only the conversion process pays for it.
    from kefu.retrieval.documents.attachments.pdf_preview import preview_pdf
    from kefu.retrieval.documents.attachments.pictures import clean_picture

    kind = _kind_of(data)
    if kind == PDF:
        if _ZIP_END in data[-_ZIP_END_BYTES:]:
            raise Unreadable("UNSUPPORTED_TYPE", "The file is a PDF and a ZIP archive in one; send the PDF alone.")
        seen = preview_pdf(data)
        return _with_text(FileReading(PDF, pages=seen.pages), data, parse), b"", seen.preview
    picture = clean_picture(data)
    found = FileReading(picture.media_type, picture.width, picture.height)
    return _with_text(found, picture.content, parse), picture.content, picture.preview


def _kind_of(data: bytes) -> str:
    if data.startswith(b"%PDF-"):
        return PDF
    if data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")) or (
        data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    ):
        return "image"
    raise Unreadable(
        "UNSUPPORTED_TYPE", "The file is neither a picture (JPEG, PNG, WebP, GIF) nor a PDF by its content."
    )


def _with_text(found: FileReading, data: bytes, parse: Parse | None) -> FileReading:
    if parse is None:
        return found
    try:
        parsed = parse(f"attachment{_SUFFIXES[found.media_type]}", data, media_type=found.media_type)
    except Unreadable as why:
        return replace(found, reading=ReadOutcome.NO_READER if why.reason in _WITHOUT_READER else ReadOutcome.NOTHING)
    except Exception as error:  # a library's own, or too little memory: told by `failure`
        where = traceback.extract_tb(error.__traceback__)[-1]
        return replace(found, failure=f"{type(error).__name__} at {where.filename}:{where.lineno}")
    texts: dict[int, list[str]] = {}
    left = MAX_TEXT_CHARACTERS
    for block in parsed.blocks:
        text = "\n".join(filter(None, (block.table_header, block.text)))[:left]
        left -= len(text)
        if text.strip():
            texts.setdefault(block.page, []).append(text)
    pages = tuple(PageText(page, "\n".join(parts)) for page, parts in texts.items())
    return replace(found, reading=ReadOutcome.TEXT if pages else ReadOutcome.NOTHING, page_texts=pages)
