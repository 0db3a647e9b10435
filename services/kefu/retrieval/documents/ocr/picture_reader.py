"""The reader of one document's pictures: within a budget of pages, with progress, and a record of what was read."""

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from kefu.retrieval.documents.ocr.engine import HOW_TO_INSTALL, LineEngine, engine, is_installed
from kefu.retrieval.domain.text_recognition import DOUBTFUL_BELOW, TextRecognition, page_ranges

if TYPE_CHECKING:
    from kefu.retrieval.documents.ocr.page_reader import PageReading  # brings OpenCV

PICTURE_MARK = "[picture]"
"""Begins the text of a picture within a page."""
_LEAST_LETTERS = 12  # a picture with fewer is a logo or a chart
_LEAST_PICTURE_CERTAINTY = 0.8

OnPage = Callable[[int, int, int], None]
"""Called with pages read, pages in all (0: not known), and how many of those read are pictures."""


class PictureReader:
    """Reads the pictures of one document.

    Args:
        max_pages: pictures of pages, or within pages, that are read at most; 0: text recognition is off.
        on_page: hears of progress.
        load_engine: gives what recognizes; None: the engine of this process, if it is installed.
        seconds: of this process' CPU time, after which no further line is read; 0: there is no such bound.
    """

    def __init__(
        self,
        max_pages: int = 0,
        on_page: OnPage | None = None,
        load_engine: Callable[[], LineEngine] | None = None,
        *,
        seconds: float = 0.0,
    ) -> None:
        self._until = time.process_time() + seconds if seconds else math.inf
        self._on_page = on_page
        self._max_pages = max_pages
        self._load_engine = load_engine or engine
        self._is_ready = max_pages > 0 and (load_engine is not None or is_installed())
        self._left = max_pages if self._is_ready else 0
        self._pages: dict[int, float] = {}
        self._pictures = self._recognized = self._letters = 0
        self._certain = 0.0

    @property
    def can_read(self) -> bool:
        """Whether another picture may be read."""
        return self._left > 0 and time.process_time() < self._until

    @property
    def why_not(self) -> str:
        """A sentence: why what is a picture was not read."""
        if not self._max_pages:
            return "Text recognition is switched off here (KEFU_RETRIEVAL_OCR)."
        if not self._is_ready:
            return f"Text recognition is not installed here: {HOW_TO_INSTALL}."
        return f"Text recognition reads {self._max_pages:,} pages of a document (KEFU_RETRIEVAL_OCR_PAGES); split it."

    def progress(self, read: int, total: int) -> None:
        """Report how many pages of the document are read, of how many."""
        if self._on_page:
            self._on_page(read, total, self._recognized)

    def read_page(self, picture: Any, number: int) -> "PageReading | None":
        """What the picture of a page says: a picture of Pillow. None when no more may be read.

        Args:
            picture: the page.
            number: of the page, from 1.
        """
        reading = self._read(picture)
        if reading and reading.letters:
            self._pages[number] = reading.certainty
            self._count(reading)
        return reading

    def read_picture(self, picture: Any) -> str:
        """Marked text of a picture within a page or a document; empty if it has none, or no more may be read."""
        reading = self._read(picture)
        if reading is None or reading.letters < _LEAST_LETTERS or reading.certainty < _LEAST_PICTURE_CERTAINTY:
            return ""
        self._pictures += 1
        self._count(reading)
        return f"{PICTURE_MARK} {reading.text}"

    @property
    def result(self) -> TextRecognition | None:
        """What was read; None if nothing was."""
        if not self._letters:
            return None
        return TextRecognition(
            tuple(sorted(self._pages)),
            self._pictures,
            round(self._certain / self._letters, 4),
            tuple(sorted(page for page, certainty in self._pages.items() if certainty < DOUBTFUL_BELOW)),
        )

    @property
    def remark(self) -> str:
        """A sentence about pages that should be checked; empty without any."""
        doubtful = self.result.doubtful_pages if self.result else ()
        if not doubtful:
            return ""
        many = "Pages" if len(doubtful) > 1 else "Page"
        return f"{many} {page_ranges(doubtful)} could hardly be read: compare what was read with the original."

    def _read(self, picture: Any) -> "PageReading | None":
        from kefu.retrieval.documents.ocr.page_reader import read_page

        if not self.can_read:
            return None
        self._left -= 1
        self._recognized += 1
        return read_page(self._load_engine(), np.asarray(picture.convert("RGB")), self._until)

    def _count(self, reading: "PageReading") -> None:
        self._letters += reading.letters
        self._certain += reading.certainty * reading.letters
