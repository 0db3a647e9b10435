"""The parser of Word documents: mammoth converts them to HTML, with headings, lists and tables."""

import io
from collections.abc import Callable
from typing import Any

import mammoth

from kefu.retrieval.documents.ocr.picture_reader import PictureReader
from kefu.retrieval.documents.parsed_document import ParsedDocument
from kefu.retrieval.documents.parsers.html import parse_html
from kefu.retrieval.documents.zip_safety import open_zip

MIN_PIXELS = 150
"""Width of the smallest picture that is read; a smaller one is a logo."""
_STYLES = "\n".join(
    [
        "p[style-name='Title'] => h1:fresh",
        *(f"p[style-name='Heading {level}'] => h{min(level + 1, 6)}:fresh" for level in range(1, 7)),
        *(f"p[style-name='heading {level}'] => h{min(level + 1, 6)}:fresh" for level in range(1, 7)),
    ]
)


def parse_docx(data: bytes, reader: PictureReader) -> ParsedDocument:
    """Parse a Word document. The title is the paragraph of style Title, else a first heading alone on its level.

    Pictures are read where they stand, if `reader` may. Comments, headers and footers are left out. Raises Unreadable.
    """
    open_zip(data).close()
    converter: Any = mammoth
    texts: dict[str, str] = {}
    html: str = converter.convert_to_html(
        io.BytesIO(data), style_map=_STYLES, convert_image=converter.images.img_element(_picture_text(reader, texts))
    ).value
    if "<h1" not in html and html.startswith("<h2>") and html.count("<h2>") == 1:
        html = html.replace("<h2>", "<h1>", 1).replace("</h2>", "</h1>", 1)
    return parse_html(f"<html><body>{html}</body></html>", texts)


def _picture_text(reader: PictureReader, texts: dict[str, str]) -> Callable[[Any], dict[str, str]]:
    """A handler of mammoth that reads each picture into `texts`, under the address that its element gets."""
    read_already: dict[bytes, str] = {}

    def attributes(image: Any) -> dict[str, str]:
        if not reader.can_read:
            return {}
        from kefu.retrieval.documents.ocr.picture_files import opened

        with image.open() as source:
            data: bytes = source.read()
        if data not in read_already:
            picture = opened(data)
            is_large = picture is not None and picture.width >= MIN_PIXELS and picture.height >= MIN_PIXELS // 3
            read_already[data] = reader.read_picture(picture) if is_large else ""
        address = f"picture:{len(texts)}"
        texts[address] = read_already[data]
        return {"src": address}

    return attributes
