"""The parser of PDFs: text layers where they are good, text recognition where they are not, outline and pictures."""

import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pdfplumber
import pypdfium2
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfminer.pdfexceptions import PDFException
from pdfplumber.utils.exceptions import PdfminerException

from kefu.retrieval.documents.ocr.picture_reader import PictureReader
from kefu.retrieval.documents.ocr.type_size import body_size_of, levelled
from kefu.retrieval.documents.parsed_document import ParsedDocument, Unreadable
from kefu.retrieval.documents.parsers.pdf.blocks import BlockBuilder, PdfPage, body_size
from kefu.retrieval.documents.parsers.pdf.lines import Box, boxes_of, lines_of
from kefu.retrieval.documents.parsers.pdf.outline import outline_of
from kefu.retrieval.documents.parsers.pdf.page_breaks import last_row, with_carried_headers
from kefu.retrieval.documents.parsers.pdf.page_pictures import page_picture, pictures_within
from kefu.retrieval.documents.parsers.pdf.reading_order import in_reading_order
from kefu.retrieval.documents.parsers.pdf.tables import aligned_tables, ruled_tables
from kefu.retrieval.documents.parsers.pdf.text_layer import needs_recognition
from kefu.retrieval.domain.text_recognition import page_ranges
from kefu.text.linear_pattern import LinearPattern
from kefu.text.radical_forms import with_unified_ideographs

MAX_PAGES = 3_000
_NO_TITLE = LinearPattern(
    r"(?i)untitled|anonymous|unspecified|\.(docx?|pdf|indd|xlsx?|pptx?|qxd|dvi|tex)\n?\Z|^microsoft |^\s*\Z"
)

logging.getLogger("pdfminer").setLevel(logging.ERROR)  # it warns of each font that lacks something, on every page


def parse_pdf(data: bytes, reader: PictureReader) -> ParsedDocument:
    """Parse a PDF. The title is a heading on the first page larger than all others, else the file's metadata.

    Raises Unreadable: NO_TEXT_LAYER if the pages are pictures, and `reader` may not read them or finds no text.
    """
    try:
        with pdfplumber.open(io.BytesIO(data), laparams={}) as pdf, _opened(data) as document:
            count = len(pdf.pages)
            if count > MAX_PAGES:
                raise Unreadable("TOO_LARGE", f"It has more than {MAX_PAGES:,} pages; split it.")
            pages, seen = list[PdfPage](), set[int]()
            for page in pdf.pages:
                pages.append(_page(page, document, reader, seen))
                page.close()  # else the objects of every page are kept
                reader.progress(len(pages), count)
            metadata: dict[str, Any] = pdf.metadata  # pyright: ignore[reportUnknownMemberType]
            named = with_unified_ideographs(str(metadata.get("Title") or ""))
            outline = outline_of(document) if document else ()
    except (PdfminerException, PDFException) as exc:
        causes = (exc, *exc.args, exc.__cause__)
        if any(isinstance(cause, PDFPasswordIncorrect) for cause in causes):
            raise Unreadable(
                "PASSWORD_PROTECTED", "It is protected by a password; save a copy without one and import that."
            ) from None
        raise Unreadable(
            "BROKEN_FILE", "The PDF is broken or cut off; get it again, or print it to a new PDF, and import that."
        ) from exc
    remark = _unread_remark(pages, reader)
    blocks = BlockBuilder(with_carried_headers(levelled_pages(pages)), outline)
    title = blocks.title or ("" if _NO_TITLE.search(named) else " ".join(named.split()))
    return ParsedDocument(title, blocks.build(), remark=remark)


@contextmanager
def _opened(data: bytes) -> Iterator[Any]:
    """The document of pypdfium2, which renders pages; None if it cannot read what pdfplumber can."""
    try:
        document: Any = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        yield None
        return
    try:
        yield document
    finally:
        document.close()


def _page(page: Any, document: Any, reader: PictureReader, seen: set[int]) -> PdfPage:
    lines = list(lines_of(page.layout))
    number, height = int(page.page_number), float(page.height)
    ruled = ruled_tables(page)
    tables = [table for table in ruled if len(table.rows) > 1]
    if not tables and needs_recognition([line.text for line in lines], page):
        reading = reader.read_page(page_picture(document, number), number) if document and reader.can_read else None
        if reading is None or not reading.letters:
            return PdfPage(number, height, [], is_unread=reading is None)
        return PdfPage(number, reading.height, list(reading.items), is_recognized=True)
    free = [line for line in lines if not any(table.holds(line) for table in tables)]
    tables += aligned_tables(free)
    free = [line for line in free if not any(table.holds(line) for table in tables)]
    pictures = pictures_within(page, lines, document, reader, seen) if document and reader.can_read else []
    items = in_reading_order([*boxes_of(free), *tables, *pictures])
    return PdfPage(number, height, items, last_row=last_row(ruled, lines, height))


def levelled_pages(pages: Sequence[PdfPage]) -> list[PdfPage]:
    """The pages, of which those that were recognized have sizes of letters in few steps, as printed text has."""
    read = [line for page in pages if page.is_recognized for line in page.lines]
    printed = [page for page in pages if not page.is_recognized]
    measured = body_size_of(read)
    body = body_size(printed) if any(page.lines for page in printed) else max(round(measured * 2) / 2, 1.0)

    def with_sizes(page: PdfPage) -> PdfPage:
        items = [Box(levelled(item.lines, measured, body)) if isinstance(item, Box) else item for item in page.items]
        return replace(page, items=items)

    return [with_sizes(page) if page.is_recognized else page for page in pages]


def _unread_remark(pages: Sequence[PdfPage], reader: PictureReader) -> str:
    """A remark about pages that were not read. Raises Unreadable if that is all of them."""
    unread = [page.number for page in pages if page.is_unread]
    if not any(page.items for page in pages):
        if unread:
            raise Unreadable(
                "NO_TEXT_LAYER",
                "Its pages are pictures without text, as of a scanner, or their fonts do not say which letters they "
                f"show. {reader.why_not} Or run text recognition (OCR) on it and import what that makes.",
            )
        raise Unreadable(
            "EMPTY_DOCUMENT",
            "The PDF holds no text that can be read; write something in it, scan it sharper, or leave it out.",
        )
    if not unread:
        return ""
    return f"Pages without usable text, as of a scanner, were left out: {page_ranges(unread)}. {reader.why_not}"
