"""
The engine of text recognition: RapidOCR with PP-OCRv6 (Chinese, English and other Latin letters) on onnxruntime.

Why RapidOCR: its wheel brings the models, so nothing is fetched when a scan comes, and it needs neither Paddle nor
PyTorch. One thread, one line at a time: a batch of long lines needs more memory than a conversion process may have.
"""

from functools import cache
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""A picture: rows, columns, and three colours."""
Quad = NDArray[np.float32]
"""Corners of a line, from the upper left one clockwise: x and y of each."""

HOW_TO_INSTALL = "pip install 'kefu[ocr]' for the retrieval service"
_MAX_SIDE = 1280  # pixels in which lines are looked for: time and memory grow with its square (docs/benchmarks/ocr.md)
_UPSIDE_DOWN = "180"
_PARAMETERS: dict[str, Any] = {
    "Global.log_level": "critical",  # the engine would print of pages without text
    "Global.max_side_len": 4 * _MAX_SIDE,
    "Det.limit_type": "max",  # a small picture is not made larger, which would cost as much as a page
    "Det.limit_side_len": _MAX_SIDE,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    "Rec.rec_batch_num": 1,
}


def is_installed() -> bool:
    """Whether the engine is there."""
    return find_spec("rapidocr") is not None


class LineEngine(Protocol):
    """Finds and reads lines of text in pictures."""

    def find_lines(self, picture: Pixels) -> list[Quad]:
        """The lines of a picture, in no order."""
        ...

    def is_upside_down(self, lines: list[Pixels]) -> bool:
        """Whether most of these lines stand on their heads."""
        ...

    def read_line(self, line: Pixels) -> tuple[str, float]:
        """Text of the picture of one line, and how sure it is, 0 to 1."""
        ...


class OcrEngine:
    """The loaded models: 0.7 s and 300 MiB. See `engine`."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        self._rapid: Any = RapidOCR(params=_PARAMETERS)

    def find_lines(self, picture: Pixels) -> list[Quad]:
        """The lines of a picture, in no order."""
        found = self._rapid(picture, use_det=True, use_cls=False, use_rec=False)
        boxes: Any = getattr(found, "boxes", None)
        return [] if boxes is None else [np.asarray(box, dtype=np.float32) for box in boxes]

    def is_upside_down(self, lines: list[Pixels]) -> bool:
        """Whether most of these lines stand on their heads."""
        turned = 0
        for line in lines:
            found: Any = self._rapid(line, use_det=False, use_cls=True, use_rec=False)
            label, score = found.cls_res[0]
            turned += label == _UPSIDE_DOWN and score > 0.8
        return turned > len(lines) / 2

    def read_line(self, line: Pixels) -> tuple[str, float]:
        """Text of the picture of one line, and how sure it is, 0 to 1."""
        found: Any = self._rapid(line, use_det=False, use_cls=False, use_rec=True)
        if not found.txts:
            return "", 0.0
        return str(found.txts[0]), float(found.scores[0])


@cache
def engine() -> LineEngine:
    """The engine of this process, loaded at the first call."""
    return OcrEngine()
