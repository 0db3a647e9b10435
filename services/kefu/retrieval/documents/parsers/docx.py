"""The parser of Word documents: mammoth converts them to HTML, with headings, lists and tables."""

import io
from typing import Any

import mammoth

from kefu.retrieval.documents.parsers.html import parse_html
from kefu.retrieval.documents.types import ParsedDocument
from kefu.retrieval.documents.zip_safety import open_zip

_STYLES = "\n".join(
    [
        "p[style-name='Title'] => h1:fresh",
        *(f"p[style-name='Heading {level}'] => h{min(level + 1, 6)}:fresh" for level in range(1, 7)),
        *(f"p[style-name='heading {level}'] => h{min(level + 1, 6)}:fresh" for level in range(1, 7)),
    ]
)


def parse_docx(data: bytes) -> ParsedDocument:
    """Parse a Word document. The title is the paragraph of style Title, else a first heading alone on its level.

    Pictures, comments, headers and footers are left out. Raises Unreadable.
    """
    open_zip(data).close()
    converter: Any = mammoth
    html: str = converter.convert_to_html(
        io.BytesIO(data), style_map=_STYLES, convert_image=converter.images.img_element(_no_image)
    ).value
    if "<h1" not in html and html.startswith("<h2>") and html.count("<h2>") == 1:
        html = html.replace("<h2>", "<h1>", 1).replace("</h2>", "</h1>", 1)
    return parse_html(f"<html><body>{html}</body></html>")


def _no_image(_: object) -> dict[str, str]:
    return {}
