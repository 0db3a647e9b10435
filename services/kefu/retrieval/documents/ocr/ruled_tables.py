"""The tables of a picture, by their ruled lines."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from kefu.retrieval.documents.ocr.engine import Pixels

_cv: Any = cv2
_MIN_LINE = 30  # a ruled line is longer than this part of the page's longer side
_MIN_SHARE = 0.5  # of a table's width or height that one of its lines runs across


@dataclass(frozen=True)
class Grid:
    """The ruled lines of a table, in pixels: of columns from the left, of rows from above, its outline with them."""

    across: tuple[int, ...]
    """x of the lines that run down."""
    down: tuple[int, ...]
    """y of the lines that run across."""

    def cell(self, x: float, y: float) -> tuple[int, int] | None:
        """Row and column of a place; None outside."""
        if not (self.across[0] <= x < self.across[-1] and self.down[0] <= y < self.down[-1]):
            return None
        return int(np.searchsorted(self.down, y, "right")) - 1, int(np.searchsorted(self.across, x, "right")) - 1


def find_grids(picture: Pixels) -> list[Grid]:
    """The tables of an upright picture with at least two rows and two columns."""
    grey: Any = _cv.cvtColor(picture, _cv.COLOR_RGB2GRAY)
    inverse: Any = _cv.adaptiveThreshold(
        255 - _cv.medianBlur(grey, 3), 255, _cv.ADAPTIVE_THRESH_MEAN_C, _cv.THRESH_BINARY, 25, -8
    )
    length = max(picture.shape[:2]) // _MIN_LINE
    # A line that falls by some pixels over its length is one all the same: so the gaps are closed first.
    rows = _lines(_cv.dilate(inverse, np.ones((3, 1), np.uint8)), (length, 1))
    columns = _lines(_cv.dilate(inverse, np.ones((1, 3), np.uint8)), (1, length))
    joint: Any = _cv.dilate(rows | columns, np.ones((5, 5), np.uint8))
    count, _, boxes, _ = _cv.connectedComponentsWithStats(joint)
    grids: list[Grid] = []
    for left, top, width, height, _ in boxes[1:count]:
        if width < 2 * length or height < length / 2:
            continue
        inside = np.s_[top : top + height, left : left + width]
        down = _places((rows[inside] > 0).sum(axis=1), _MIN_SHARE * width, int(top))
        across = _places((columns[inside] > 0).sum(axis=0), _MIN_SHARE * height, int(left))
        if len(down) >= 3 and len(across) >= 3:
            grids.append(Grid(across, down))
    return grids


def _lines(dark: Any, size: tuple[int, int]) -> NDArray[np.uint8]:
    return _cv.morphologyEx(dark, _cv.MORPH_OPEN, np.ones(size[::-1], np.uint8))


def _places(pixels: NDArray[np.int64], least: float, start: int) -> tuple[int, ...]:
    """Middles of the runs in which enough of a line is dark. A thick or skewed line is a run, so runs near are one."""
    reach = 6
    summed = np.convolve(pixels, np.ones(reach), "same")
    found: list[list[int]] = []
    for at in np.flatnonzero(summed >= least):
        if found and at - found[-1][-1] <= reach:
            found[-1].append(int(at))
        else:
            found.append([int(at)])
    return tuple(start + (run[0] + run[-1]) // 2 for run in found)
