"""Scanned pages for tests: text drawn as a picture, in files of several kinds."""

import io
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docx
import matplotlib
from PIL import Image, ImageDraw, ImageFont
from pptx import Presentation
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

_FONT = str(Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf"))


def drawn(
    lines: Sequence[str], *, table: Sequence[Sequence[str]] = (), turned: float = 0.0, size: int = 30
) -> Image.Image:
    """A picture of lines, and below them a ruled table; skewed by `turned` degrees."""
    height = 80 + len(lines) * 2 * size + len(table) * 2 * size
    image = Image.new("L", (1100, height), 250)
    draw: Any = ImageDraw.Draw(image)
    font = ImageFont.truetype(_FONT, size)
    for number, line in enumerate(lines):
        draw.text((60, 40 + number * 2 * size), line, font=font, fill=20)
    for row, cells in enumerate(table):
        for column, cell in enumerate(cells):
            left, top = 60 + column * 300, 40 + (len(lines) + row) * 2 * size
            draw.rectangle((left, top, left + 300, top + 2 * size), outline=30, width=3)
            draw.text((left + 15, top + size // 3), cell, font=font, fill=20)
    return image.rotate(turned, resample=Image.Resampling.BICUBIC, fillcolor=250)


def as_png(image: Image.Image) -> bytes:
    return _saved(image, "PNG")


def as_jpeg(image: Image.Image) -> bytes:
    return _saved(image, "JPEG")


def as_tiff(image: Image.Image, frames: int = 1) -> bytes:
    out = io.BytesIO()
    image.save(out, "TIFF", save_all=True, append_images=[image] * (frames - 1))
    return out.getvalue()


def part_scanned_pdf(text: str, scan: Image.Image) -> bytes:
    """Two pages: one of text, one that is a picture."""
    out = io.BytesIO()
    canvas: Any = Canvas(out, pagesize=A4)
    canvas.drawString(72, 760, text)
    canvas.showPage()
    width = A4[0] - 80
    canvas.drawImage(ImageReader(scan), 40, 400, width, width * scan.height / scan.width)
    canvas.save()
    return out.getvalue()


def pictured_word_file(picture: bytes) -> bytes:
    """A text, a picture, a text."""
    out = io.BytesIO()
    document: Any = docx.Document()
    document.add_paragraph("Look at the back.")
    document.add_picture(io.BytesIO(picture))
    document.add_paragraph("Then call us.")
    document.save(out)
    return out.getvalue()


def pictured_slides_file(picture: bytes) -> bytes:
    """A slide with a title and a picture."""
    out = io.BytesIO()
    presentation: Any = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "The serial number"
    slide.shapes.add_picture(io.BytesIO(picture), 0, 2_000_000, width=6_000_000)
    presentation.save(out)
    return out.getvalue()


def outlined_pdf(pages: int) -> bytes:
    """A PDF of one size of letters whose bookmarks name two chapters, and a section a page."""
    out = io.BytesIO()
    canvas: Any = Canvas(out, pagesize=A4)
    for page in range(1, pages + 1):
        if page in (1, pages // 2 + 1):
            chapter = "Setting up" if page == 1 else "Repairs"
            canvas.bookmarkPage(chapter)
            canvas.addOutlineEntry(chapter, chapter, 0)
            canvas.drawString(72, 790, chapter)
        section = f"Part number {page}"
        canvas.bookmarkPage(section)
        canvas.addOutlineEntry(section, section, 1)
        canvas.drawString(72, 740, section)
        canvas.drawString(72, 700, f"Loosen screw {page} before the lid is taken off, and keep it for later.")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def png_that_says_it_is(width: int, height: int) -> bytes:
    """A PNG whose header has a size, and that holds next to nothing."""
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    body = b"".join(
        len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big") for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def _saved(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()
