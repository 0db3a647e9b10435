"""Picture files of strangers, opened within limits: only known formats, so many pixels, so many frames."""

import io
import warnings
from collections.abc import Iterator
from typing import Any

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from kefu.retrieval.documents.parsed_document import Unreadable

MAX_PIXELS = 80_000_000
"""Most pixels of a picture: cameras have 50 million, and more needs all memory of a conversion process."""
_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF")
_MAX_SIDE = 3000  # pixels that reading is given: more costs memory and finds no more letters
_MIN_SIDE = 8


def frames_of(data: bytes, max_frames: int) -> tuple[int, Iterator[Any]]:
    """The number of pages of a picture file, and the first of them upright, as pictures of Pillow. Raises Unreadable.

    Only TIFF has pages: of any other picture, moving or not, the first frame counts. The iterator may raise Unreadable,
    too.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the size is checked below
            image = Image.open(io.BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError:
        raise _too_large() from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise _broken() from None
    _check_size(image)
    count = 0
    most = max_frames + 1 if image.format == "TIFF" else 1
    for _ in range(most):  # a TIFF tells their number only by walking from one to the next
        try:
            image.seek(count)
        except EOFError:
            break
        except (OSError, ValueError, SyntaxError):
            raise _broken() from None
        count += 1
    image.seek(0)
    return count, _upright(image, min(count, max_frames))


def opened(data: bytes) -> Any:
    """The first frame of a picture within a document; None if it cannot be read."""
    try:
        return next(frames_of(data, 1)[1], None)
    except Unreadable:
        return None


def _upright(image: Any, count: int) -> Iterator[Any]:
    for number, frame in enumerate(ImageSequence.Iterator(image)):
        if number == count:
            return
        _check_size(frame)
        try:
            frame.draft("RGB", (_MAX_SIDE, _MAX_SIDE))  # a JPEG is decoded small at once
            frame.load()
        except (OSError, ValueError, SyntaxError, EOFError):
            raise _broken() from None
        turned = ImageOps.exif_transpose(frame)
        if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
            turned = turned.convert("RGBA")
            white = Image.new("RGBA", turned.size, "white")
            turned = Image.alpha_composite(white, turned)
        turned = turned.convert("RGB")
        turned.thumbnail((_MAX_SIDE, _MAX_SIDE))
        yield turned


def _check_size(image: Any) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_large()
    if min(width, height) < _MIN_SIDE:
        raise Unreadable("EMPTY_DOCUMENT", "The picture is too small to show text; leave it out.")


def _too_large() -> Unreadable:
    return Unreadable(
        "TOO_LARGE", f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels; make it smaller, or cut it."
    )


def _broken() -> Unreadable:
    return Unreadable("BROKEN_FILE", "The picture is broken or cut off; get it again, or save it anew.")
