"""The first page of a PDF as a picture, by PDFium, which pdfplumber brings along."""

from dataclasses import dataclass

import pypdfium2

from kefu.retrieval.documents.attachments.pictures import PREVIEW_SIDE, preview_of
from kefu.retrieval.documents.parsed_document import Unreadable

_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD


@dataclass(frozen=True)
class PdfPreview:
    """What is seen of a PDF without opening it."""

    pages: int
    preview: bytes
    """A JPEG of its first page; empty where it has none that can be drawn."""


def preview_pdf(data: bytes) -> PdfPreview:
    """The preview of a PDF. Raises Unreadable: PASSWORD_PROTECTED, or BROKEN_FILE."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD_ERROR:
            raise Unreadable(
                "PASSWORD_PROTECTED", "The PDF is protected by a password; save a copy without one and send that."
            ) from None
        raise Unreadable("BROKEN_FILE", "The PDF is broken or cut off; save it anew, and send that.") from None
    try:
        pages = len(document)
        if pages == 0:
            return PdfPreview(0, b"")
        page = document[0]
        longest = max(page.get_size())
        scale = min(PREVIEW_SIDE / longest, 4.0) if longest > 0 else 1.0
        # PDFium's types are partial: a scale is a float, too.
        picture = page.render(scale=scale, may_draw_forms=False).to_pil()  # pyright: ignore
        return PdfPreview(pages, preview_of(picture.convert("RGB")))  # pyright: ignore
    except pypdfium2.PdfiumError:
        raise Unreadable("BROKEN_FILE", "The PDF is broken or cut off; save it anew, and send that.") from None
    finally:
        document.close()
