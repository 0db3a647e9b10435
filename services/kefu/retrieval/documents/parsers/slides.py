"""The parser of slides: each is a section under its title. Speakers' notes are left out."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

from pptx import Presentation

from kefu.retrieval.documents.types import Block, ParsedDocument, table_block
from kefu.retrieval.documents.zip_safety import open_zip


def parse_slides(data: bytes) -> ParsedDocument:
    """Parse slides. The title is the first slide's. Raises Unreadable."""
    open_zip(data).close()
    presentation: Any = Presentation(io.BytesIO(data))
    title, blocks = "", list[Block]()
    for number, slide in enumerate(presentation.slides, 1):
        named = slide.shapes.title
        heading = " ".join(named.text_frame.text.split()) if named is not None and named.has_text_frame else ""
        title = title or heading
        headings = (heading,) if heading and heading != title else ()
        others = [shape for shape in _shapes(slide.shapes) if named is None or shape.shape_id != named.shape_id]
        blocks += _blocks(others, headings, number)
    return ParsedDocument(title, blocks)


def _blocks(shapes: Iterable[Any], headings: tuple[str, ...], page: int) -> Iterator[Block]:
    for shape in sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        if getattr(shape, "has_table", False):
            rows = [[cell.text for cell in row.cells] for row in shape.table.rows]
            if any(cell.strip() for row in rows for cell in row):
                yield table_block(rows, headings, page)
        elif shape.has_text_frame and shape.text_frame.text.strip():
            yield Block("\n".join(_lines(shape.text_frame)), headings, page=page)


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
