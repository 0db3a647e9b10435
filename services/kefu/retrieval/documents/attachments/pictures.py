"""
Pictures, decoded and written anew: nothing of the file is kept but its pixels.

That takes the place and the camera out of a photo, and whatever else a file may hold behind the picture: a ZIP archive,
a script. Pillow decodes; only the formats named here are tried, so that no rarer decoder meets a stranger's bytes.
"""

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from kefu.retrieval.documents.parsed_document import Unreadable

MAX_PIXELS = 50_000_000
"""Of a picture: telephones make 12 to 50 million. A small file may hold far more, and fill the memory."""
MAX_SIDE = 4_096
"""A longer picture is made smaller: text of a page remains readable."""
PREVIEW_SIDE = 640
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_JPEG_QUALITY = 88
_PREVIEW_QUALITY = 80


@dataclass(frozen=True)
class CleanPicture:
    """A picture that was written anew."""

    media_type: str
    """image/jpeg, or image/png where it has no loss or sees through."""
    width: int
    height: int
    content: bytes
    preview: bytes
    """A JPEG of at most `PREVIEW_SIDE` pixels a side."""


def clean_picture(data: bytes) -> CleanPicture:
    """The picture in a file, of a moving one its first frame. Raises Unreadable: BROKEN_FILE, or TOO_LARGE."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of sizes that are refused below anyway
            with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    raise _too_many_pixels()
                loses = opened.format == "JPEG" or (opened.format == "WEBP" and opened.mode == "RGB")
                opened.load()
                upright = ImageOps.exif_transpose(opened)
                picture = upright.convert("RGB" if loses else _lossless_mode(upright))
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError):
        raise Unreadable("BROKEN_FILE", "The picture is broken or cut off; save it anew, or take it again.") from None
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    content = _written(picture, "JPEG", _JPEG_QUALITY) if loses else _written(picture, "PNG")
    return CleanPicture(
        "image/jpeg" if loses else "image/png", picture.width, picture.height, content, preview_of(picture)
    )


def preview_of(picture: Image.Image) -> bytes:
    """A small JPEG of a picture, on white where it sees through."""
    small = picture.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    if small.mode != "RGB":
        on_white = Image.new("RGB", small.size, "white")
        on_white.paste(small, mask=small.getchannel("A") if small.mode == "RGBA" else None)
        small = on_white
    return _written(small, "JPEG", _PREVIEW_QUALITY)


def _too_many_pixels() -> Unreadable:
    most = MAX_PIXELS // 1_000_000
    return Unreadable("TOO_LARGE", f"The picture has more than {most} million pixels; send a smaller one.")


def _lossless_mode(picture: Image.Image) -> str:
    return "RGBA" if picture.has_transparency_data else "RGB"


def _written(picture: Image.Image, kind: str, quality: int = 0) -> bytes:
    """The pixels alone: neither EXIF, nor a profile of colours, nor a comment."""
    bare = Image.frombytes(picture.mode, picture.size, picture.tobytes())
    sink = io.BytesIO()
    options = {"quality": quality} if quality else {}
    bare.save(sink, kind, **options)
    return sink.getvalue()
