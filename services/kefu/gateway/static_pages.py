"""Static files for browsers: one folder, compressed, with cache headers by file name."""

import asyncio
import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import brotli
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from kefu.text.linear_pattern import LinearPattern

FOLDER = Path(__file__).parent / "static"
_HASHED = LinearPattern(r"assets/.+-[A-Za-z0-9_-]{8,16}\.[a-z0-9]+")
"""Vite's names with a hash of the content: such a file never changes."""
_REFUSED = LinearPattern(r"\s*q=0(\.0*)?\s*")
_IMMUTABLE = "public, max-age=31536000, immutable"
_REVALIDATE = "no-cache"
_COMPRESSIBLE = ("text/", "application/json", "application/javascript", "image/svg+xml", "application/manifest+json")
_MIN_COMPRESSED_BYTES = 512
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".webmanifest": "application/manifest+json"}


@dataclass(frozen=True)
class _Page:
    media_type: str
    tag: str
    bodies: dict[str, bytes]
    """By content-encoding; "" is uncompressed."""


class StaticPages:
    """The endpoint of the files in `folder`; `/desk` is desk.html or desk/index.html. Changed files are read again.

    Each page has one address, by which `SecurityHeaders` and nginx tell them apart: `/desk.html` is nothing.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder.resolve()

    async def __call__(self, request: Request) -> Response:
        """Answer GET and HEAD."""
        path = request.path_params.get("path", "")
        file = self._file(path)
        if file is None:
            return PlainTextResponse("There is nothing here.\n", 404)
        page = await asyncio.to_thread(_read, file, _version(file))
        headers = {
            "etag": page.tag,
            "vary": "Accept-Encoding",
            "cache-control": _IMMUTABLE if _HASHED.fullmatch(path) else _REVALIDATE,
        }
        if not file.name.endswith(".html"):
            headers["cross-origin-resource-policy"] = "cross-origin"  # the widget is loaded by other people's pages
        if page.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        encoding = _encoding(request.headers.get("accept-encoding", ""), page)
        if encoding:
            headers["content-encoding"] = encoding
        return Response(page.bodies[encoding], media_type=page.media_type, headers=headers)

    def _file(self, path: str) -> Path | None:
        if path.endswith(".html") or not {"", ".", ".."}.isdisjoint(path.rstrip("/").split("/") if path else ()):
            return None
        for candidate in (path, f"{path}.html", f"{path}/index.html") if path else ("index.html",):
            try:
                file = (self._folder / candidate).resolve()
                if file.is_relative_to(self._folder) and file.is_file():
                    return file
            except (ValueError, OSError):  # a NUL character, or a name that is too long
                return None
        return None


def _version(file: Path) -> tuple[int, int]:
    stat = file.stat()
    return stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=128)
def _read(file: Path, _version: tuple[int, int]) -> _Page:
    body = file.read_bytes()
    media_type = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    bodies = {"": body}
    if len(body) >= _MIN_COMPRESSED_BYTES and media_type.startswith(_COMPRESSIBLE):
        bodies["gzip"] = gzip.compress(body, 9, mtime=0)
        bodies["br"] = brotli.compress(body, quality=9)  # pyright: ignore[reportUnknownMemberType] - untyped
    return _Page(media_type, f'"{hashlib.sha256(body).hexdigest()[:20]}"', bodies)


def _encoding(accepted: str, page: _Page) -> str:
    names = {
        name.strip().lower()
        for name, _, weight in (each.partition(";") for each in accepted.split(","))
        if not _REFUSED.fullmatch(weight)
    }
    return next((each for each in ("br", "gzip") if each in names and each in page.bodies), "")
