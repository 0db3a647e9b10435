"""The parser of picture files: a photo or scan is a page, a TIFF of several is a document of pages."""

from kefu.retrieval.documents.ocr.picture_files import frames_of
from kefu.retrieval.documents.ocr.picture_reader import PictureReader
from kefu.retrieval.documents.parsed_document import ParsedDocument, Unreadable
from kefu.retrieval.documents.parsers.pdf.blocks import BlockBuilder, PdfPage
from kefu.retrieval.documents.parsers.pdf.parser import levelled_pages

_MAX_FRAMES = 3_000


def parse_picture(data: bytes, reader: PictureReader) -> ParsedDocument:
    """Parse PNG, JPEG, WebP or TIFF. The title is the largest line, if one is larger than the others.

    Raises Unreadable: NO_TEXT_LAYER if `reader` may not read pictures.
    """
    if not reader.can_read:
        raise Unreadable("NO_TEXT_LAYER", f"It is a picture. {reader.why_not} Or export its text, and import that.")
    count, frames = frames_of(data, _MAX_FRAMES)
    if count > _MAX_FRAMES:
        raise Unreadable("TOO_LARGE", f"It has more than {_MAX_FRAMES:,} pages; split it.")
    pages: list[PdfPage] = []
    for number, frame in enumerate(frames, 1):
        reading = reader.read_page(frame, number) if reader.can_read else None
        if reading is None:
            break
        pages.append(PdfPage(number, reading.height, list(reading.items), is_recognized=True))
        reader.progress(number, count)
    if not any(page.items for page in pages):
        raise Unreadable("EMPTY_DOCUMENT", "No text is found in the picture; leave it out, or take it sharper.")
    blocks = BlockBuilder(levelled_pages(pages))
    left_out = f"Pages {len(pages) + 1}-{count} were left out. {reader.why_not}" if len(pages) < count else ""
    return ParsedDocument(blocks.title, blocks.build(), remark=left_out)
