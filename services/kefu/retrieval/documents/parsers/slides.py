"""The parser of slides: each is a section under its title, with what its pictures say. Speakers' notes are left out."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

from pptx import Presentation

from kefu.retrieval.documents.ocr.picture_reader import PictureReader
from kefu.retrieval.documents.parsed_document import Block, ParsedDocument, table_block
from kefu.retrieval.documents.zip_safety import open_zip

_MIN_WIDTH = 1_500_000  # of a picture that is read, in English Metric Units: 4 cm


def parse_slides(data: bytes, reader: PictureReader) -> ParsedDocument:
    """Parse slides. The title is the first slide's. Pictures are read, if `reader` may. Raises Unreadable."""
    open_zip(data).close()
    presentation: Any = Presentation(io.BytesIO(data))
    title, blocks = "", list[Block]()
    for number, slide in enumerate(presentation.slides, 1):
        named = slide.shapes.title
        heading = " ".join(named.text_frame.text.split()) if named is not None and named.has_text_frame else ""
        title = title or heading
        headings = (heading,) if heading and heading != title else ()
        others = [shape for shape in _shapes(slide.shapes) if named is None or shape.shape_id != named.shape_id]
        blocks += _blocks(others, headings, number, reader)
        reader.progress(number, len(presentation.slides))
    return ParsedDocument(title, blocks)


def _blocks(shapes: Iterable[Any], headings: tuple[str, ...], page: int, reader: PictureReader) -> Iterator[Block]:
    for shape in sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        if getattr(shape, "has_table", False):
            rows = [[cell.text for cell in row.cells] for row in shape.table.rows]
            if any(cell.strip() for row in rows for cell in row):
                yield table_block(rows, headings, page)
        elif shape.has_text_frame and shape.text_frame.text.strip():
            yield Block("\n".join(_lines(shape.text_frame)), headings, page=page)
        elif reader.can_read and (said := _picture_text(shape, reader)):
            yield Block(said, headings, page=page)


def _picture_text(shape: Any, reader: PictureReader) -> str:
    """What a shape says that is a picture and not a logo."""
    try:
        image = getattr(shape, "image", None)
    except ValueError:  # a picture that is only linked
        return ""
    if image is None or min(shape.width or 0, 3 * (shape.height or 0)) < _MIN_WIDTH:
        return ""
    from kefu.retrieval.documents.ocr.picture_files import opened

    picture = opened(image.blob)
    return "" if picture is None else reader.read_picture(picture)


def _lines(frame: Any) -> Iterator[str]:
    paragraphs = [paragraph for paragraph in frame.paragraphs if paragraph.text.strip()]
    for paragraph in paragraphs:
        text = " ".join(paragraph.text.split())
        yield f"{'  ' * paragraph.level}- {text}" if len(paragraphs) > 1 else text


def _shapes(shapes: Iterable[Any]) -> Iterator[Any]:
    """All shapes, including those of groups."""
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes)
        else:
            yield shape
