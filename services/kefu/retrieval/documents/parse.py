"""
The choice of a parser: from the bytes of a file to a ParsedDocument, by media type.

Why these libraries: markitdown and docling were tried on the same files. markitdown makes Markdown of a PDF without
page numbers and headings. It joins two tables of a sheet into one with NaN cells, and loses the title of a DOCX.
docling needs models from a hub for any PDF, 1.7 GB of packages and 5 s to start. The libraries below them (pdfplumber,
mammoth, python-pptx, openpyxl) give all of that in a twentieth of the space. Each is imported where it is used: only
the conversion process pays for it.
"""

import re
from dataclasses import replace
from pathlib import PurePosixPath

from kefu.retrieval.documents.charset import decode
from kefu.retrieval.documents.media_types import (
    DOCX,
    HTML,
    JSON,
    MAIL,
    PDF,
    PICTURES,
    PPTX,
    XLSX,
    ZIP,
    charset_of,
    detect_media_type,
)
from kefu.retrieval.documents.ocr.picture_reader import PictureReader
from kefu.retrieval.documents.parsed_document import Block, ParsedDocument, Unreadable
from kefu.retrieval.documents.parsers.archive import MAX_UNPACKED_BYTES, parse_archive
from kefu.retrieval.documents.parsers.plain_text import parse_text
from kefu.retrieval.documents.parsers.qa_pairs import parse_json

VERSION = 8
"""Version of the parsers, to be raised when the same bytes are parsed otherwise. The next import of a document then
parses the same bytes again, and only changed passages are embedded."""
MAX_TEXT_CHARACTERS = 5_000_000
"""Most characters of one document: some 2,500 pages."""
_META_CHARSET = re.compile(rb"<meta[^<>]+charset=[\"']?([A-Za-z0-9_-]+)", re.IGNORECASE)


def parse_document(
    path: str,
    data: bytes,
    *,
    media_type: str = "",
    title: str = "",
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
    pictures: PictureReader | None = None,
) -> ParsedDocument:
    """Parse a file. The title is the given one, else the parser's, else the file's name. Raises Unreadable.

    Pictures are read by `pictures`; without it they are not. Only a document with `members` or `failures` may be
    without blocks.
    """
    pictures = pictures or PictureReader()
    found, remark = detect_media_type(path, data, media_type)
    if found in _TEXTS:
        parsed = _parse_text(found, decode(data, charset_of(media_type) or _meta_charset(found, data)))
    elif found == ZIP:
        parsed = parse_archive(data, max_unpacked_bytes)
    else:
        parsed = _parse_binary(found, data, pictures)
    blocks = [block for block in parsed.blocks if block.text.strip()]
    if sum(len(block.text) for block in blocks) > MAX_TEXT_CHARACTERS:
        raise Unreadable(
            "TOO_LARGE",
            f"It holds more than {MAX_TEXT_CHARACTERS:,} characters of text; split it, by chapter or subject.",
        )
    named = title.strip() or parsed.title
    if not blocks and not parsed.members and not parsed.failures:
        if not parsed.title:
            raise Unreadable("EMPTY_DOCUMENT", _empty_message(found, parsed.remark))
        blocks = [Block(parsed.title)]  # a lone heading can still be found
    remarks = " ".join(filter(None, (remark, parsed.remark, pictures.remark)))
    title = named or PurePosixPath(path).stem
    return replace(parsed, title=title, blocks=blocks, remark=remarks, recognition=pictures.result)


def _empty_message(found: str, remark: str) -> str:
    if found == ZIP:
        return f"The archive holds no file that can be read. {remark}".strip()
    return "The file holds no text; write something in it, or leave it out."


def _parse_text(media_type: str, text: str) -> ParsedDocument:
    match media_type:
        case _ if media_type == _MARKDOWN:
            from kefu.retrieval.documents.parsers.markdown import parse_markdown

            return parse_markdown(text)
        case _ if media_type == HTML:
            from kefu.retrieval.documents.parsers.html import parse_html

            return parse_html(text)
        case _ if media_type == _CSV:
            from kefu.retrieval.documents.parsers.csv_table import parse_csv

            return parse_csv(text)
        case _ if media_type == JSON:
            return parse_json(text)
        case _:
            return parse_text(text)


def _parse_binary(media_type: str, data: bytes, pictures: PictureReader) -> ParsedDocument:
    match media_type:
        case _ if media_type == PDF:
            from kefu.retrieval.documents.parsers.pdf.parser import parse_pdf

            return parse_pdf(data, pictures)
        case _ if media_type == DOCX:
            from kefu.retrieval.documents.parsers.docx import parse_docx

            return parse_docx(data, pictures)
        case _ if media_type == PPTX:
            from kefu.retrieval.documents.parsers.slides import parse_slides

            return parse_slides(data, pictures)
        case _ if media_type == XLSX:
            from kefu.retrieval.documents.parsers.spreadsheet import parse_spreadsheet

            return parse_spreadsheet(data)
        case _ if media_type in PICTURES:
            from kefu.retrieval.documents.parsers.picture import parse_picture

            return parse_picture(data, pictures)
        case _:
            from kefu.retrieval.documents.parsers.mail import parse_mail

            return parse_mail(data)


def _meta_charset(media_type: str, data: bytes) -> str:
    declared = _META_CHARSET.search(data[:4096]) if media_type == HTML else None
    return declared[1].decode("ascii") if declared else ""


_MARKDOWN, _PLAIN, _CSV = "text/markdown", "text/plain", "text/csv"
_TEXTS = frozenset({_MARKDOWN, _PLAIN, HTML, _CSV, JSON})
CONTAINERS = frozenset({ZIP, MAIL})
"""Media types that contain other documents."""
