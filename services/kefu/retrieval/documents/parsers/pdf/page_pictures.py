"""The pictures of a PDF page: the whole page of a scan, and those within a page of text."""

from collections.abc import Sequence
from typing import Any

from kefu.retrieval.documents.ocr.picture_reader import PictureReader
from kefu.retrieval.documents.parsers.pdf.blocks import Picture
from kefu.retrieval.documents.parsers.pdf.lines import Line

_SCALE = 200 / 72  # dots per point: 200 dots per inch
_MAX_SIDE = 2400  # pixels of a rendered page, so that a poster needs no more memory than a letter
_MIN_WIDTH, _MIN_HEIGHT, _MIN_AREA = 120.0, 40.0, 0.03  # points, points, share of the page: a smaller one is a logo
_MAX_BELOW_TEXT = 40  # letters of the page that stand on a picture: with more it is a background


def page_picture(document: Any, number: int) -> Any:
    """The page of an open document of pypdfium2 as a picture of Pillow; pages count from 1."""
    page = document[number - 1]
    try:
        return page.render(scale=min(_SCALE, _MAX_SIDE / max(page.get_size()))).to_pil()
    finally:
        page.close()


def pictures_within(
    page: Any, lines: Sequence[Line], document: Any, reader: PictureReader, seen: set[int]
) -> list[Picture]:
    """What the larger pictures of a page say.

    Args:
        page: of pdfplumber.
        lines: text of the page.
        document: of pypdfium2.
        reader: reads them, as far as its budget goes.
        seen: pictures that stood on an earlier page, which is where they are read; changed.
    """
    found: list[Picture] = []
    width, height = float(page.width), float(page.height)
    whole: Any = None
    for image in page.images:
        x0, x1 = max(0.0, float(image["x0"])), min(width, float(image["x1"]))
        top, bottom = max(0.0, float(image["top"])), min(height, float(image["bottom"]))
        number = getattr(image.get("stream"), "objid", None)
        if (
            x1 - x0 < _MIN_WIDTH
            or bottom - top < _MIN_HEIGHT
            or (x1 - x0) * (bottom - top) < _MIN_AREA * width * height
        ):
            continue
        above = sum(len(line.text) for line in lines if top < line.middle < bottom and line.x0 < x1 and line.x1 > x0)
        if number in seen or above > _MAX_BELOW_TEXT or not reader.can_read:
            continue
        if number is not None:
            seen.add(number)
        whole = whole or page_picture(document, page.page_number)
        scale = whole.width / width
        part = whole.crop((round(x0 * scale), round(top * scale), round(x1 * scale), round(bottom * scale)))
        if text := reader.read_picture(part):
            found.append(Picture(text, x0, top, x1, bottom))
    return found
