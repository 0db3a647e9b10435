"""Pictures turned upright, and the pictures of single lines cut out of them."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from kefu.retrieval.documents.ocr.engine import Pixels, Quad

_cv: Any = cv2
_cv.setNumThreads(1)  # converters leave the other cores to the service
_MIN_SKEW = 0.2  # degrees: less moves no line into another
_MAX_SKEW = 20.0  # degrees: more is a drawing, or lines that stand upright
_LONG = 4.0  # a line this many times as long as high tells an angle


def is_sideways(quads: Sequence[Quad]) -> bool:
    """Whether most lines run from top to bottom."""
    tall = [1.5 * np.ptp(quad[:, 0]) < np.ptp(quad[:, 1]) for quad in quads]
    return sum(map(bool, tall)) > len(tall) / 2


def turned_right(picture: Pixels) -> Pixels:
    """A quarter turn clockwise."""
    return np.ascontiguousarray(np.rot90(picture, 3))


def turned_over(picture: Pixels, quads: Sequence[Quad]) -> tuple[Pixels, list[Quad]]:
    """Half a turn."""
    height, width = picture.shape[:2]
    corner = np.array([width, height], dtype=np.float32)
    over = [corner - np.roll(quad, 2, axis=0) for quad in quads]
    return np.ascontiguousarray(np.rot90(picture, 2)), over


def straightened(picture: Pixels, quads: Sequence[Quad]) -> tuple[Pixels, list[Quad]]:
    """The picture and its lines turned by the angle that the lines have in the median, weighted by their length."""
    angle = _skew(quads)
    if not _MIN_SKEW <= abs(angle) <= _MAX_SKEW:
        return picture, list(quads)
    height, width = picture.shape[:2]
    turn: Any = _cv.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    turned: Any = _cv.warpAffine(picture, turn, (width, height), flags=_cv.INTER_CUBIC, borderMode=_cv.BORDER_REPLICATE)
    return turned, [(quad @ turn[:, :2].T + turn[:, 2]).astype(np.float32) for quad in quads]


def cut_out(picture: Pixels, quad: Quad, left: float = 0.0, right: float = 1.0) -> Pixels:
    """The picture of a line, or of its part between two shares of its length."""
    upper_left, upper_right, lower_right, lower_left = quad
    upper, lower = upper_right - upper_left, lower_right - lower_left
    corners = np.stack(
        [upper_left + left * upper, upper_left + right * upper, lower_left + right * lower, lower_left + left * lower]
    ).astype(np.float32)
    width = max(round(float(np.linalg.norm(corners[1] - corners[0]))), 4)
    height = max(round(float(np.linalg.norm(corners[3] - corners[0]))), 4)
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    transform: Any = _cv.getPerspectiveTransform(corners, target)
    cut: Any = _cv.warpPerspective(
        picture, transform, (width, height), borderMode=_cv.BORDER_REPLICATE, flags=_cv.INTER_CUBIC
    )
    return cut


def _skew(quads: Sequence[Quad]) -> float:
    """Degrees by which lines fall to the right; 0 if no line is long enough to tell."""
    angles: list[float] = []
    lengths: list[float] = []
    for quad in quads:
        along, down = quad[1] - quad[0], quad[3] - quad[0]
        length = float(np.linalg.norm(along))
        if length >= _LONG * float(np.linalg.norm(down)):
            angles.append(float(np.degrees(np.arctan2(along[1], along[0]))))
            lengths.append(length)
    if not angles:
        return 0.0
    order = np.argsort(angles)
    half = np.searchsorted(np.cumsum(np.array(lengths)[order]), sum(lengths) / 2)
    return angles[int(order[half])]
