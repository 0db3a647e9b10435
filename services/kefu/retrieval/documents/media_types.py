"""The media type of a file: by its first bytes if it is not text, else by the given type or the path's ending."""

import io
import zipfile
from pathlib import PurePosixPath

from kefu.retrieval.documents.parsed_document import Unreadable

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = "application/zip"
MAIL = "message/rfc822"
JSON = "application/json"
HTML = "text/html"
PNG = "image/png"
JPEG = "image/jpeg"
WEBP = "image/webp"
TIFF = "image/tiff"
PICTURES = frozenset({PNG, JPEG, WEBP, TIFF})
"""Media types that text recognition reads."""
_LEAST_PICTURE_BYTES = 16 * 1024

MEDIA_TYPE_BY_SUFFIX = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".txt": "text/plain",
    ".text": "text/plain",
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".csv": "text/csv",
    ".json": JSON,
    ".jsonl": JSON,
    ".pdf": PDF,
    ".docx": DOCX,
    ".docm": DOCX,
    ".pptx": PPTX,
    ".pptm": PPTX,
    ".xlsx": XLSX,
    ".xlsm": XLSX,
    ".eml": MAIL,
    ".zip": ZIP,
    ".png": PNG,
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".webp": WEBP,
    ".tif": TIFF,
    ".tiff": TIFF,
}
"""The media types that are read, by ending."""

_ALIASES = {
    "application/xhtml+xml": HTML,
    "application/jsonl": JSON,
    "application/x-ndjson": JSON,
    "application/x-zip-compressed": ZIP,
    "image/jpg": JPEG,
}
_UNSPECIFIC = {"application/octet-stream", "binary/octet-stream"}
_NAMES = {PDF: "a PDF", DOCX: "a DOCX", PPTX: "a PPTX", XLSX: "an XLSX", ZIP: "a ZIP archive"} | {
    PNG: "a PNG picture",
    JPEG: "a JPEG picture",
    WEBP: "a WebP picture",
    TIFF: "a TIFF picture",
}
_OFFICE_PARTS = {"word/document.xml": DOCX, "ppt/presentation.xml": PPTX, "xl/workbook.xml": XLSX}
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURE_MAGIC: dict[bytes, str] = {
    b"\x89PNG": PNG,
    b"\xff\xd8\xff": JPEG,
    b"II*\x00": TIFF,
    b"MM\x00*": TIFF,
}
_UNSUPPORTED_MAGIC: dict[bytes, str] = {
    b"GIF8": "a GIF picture",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"\x1f\x8b": "a gzip file",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"{\\rtf": "an RTF file",
}


def detect_media_type(path: str, data: bytes, media_type: str = "") -> tuple[str, str]:
    """The media type, and a remark when name and bytes disagree. Raises Unreadable."""
    declared = media_type.partition(";")[0].strip().lower()
    declared = _ALIASES.get(declared, "" if declared in _UNSPECIFIC else declared)
    declared = declared or MEDIA_TYPE_BY_SUFFIX.get(PurePosixPath(path).suffix.lower(), "")
    found = _by_first_bytes(data)
    if declared == PDF and b"%PDF-" in data[:1024]:
        found = PDF  # some programs write something before the PDF's header
    if found:
        other = declared in MEDIA_TYPE_BY_SUFFIX.values() and declared != found
        return found, f"It is {_NAMES[found]}, whatever its name or type says, and was read as one." if other else ""
    if declared in _NAMES:
        if not data.strip():
            raise Unreadable("EMPTY_DOCUMENT", "The file is empty; write something in it, or leave it out.")
        raise Unreadable(
            "BROKEN_FILE",
            f"It is not {_NAMES[declared]} by its first bytes: it is broken or has a wrong ending. Save it anew, or "
            "give it its right ending.",
        )
    if declared not in MEDIA_TYPE_BY_SUFFIX.values():
        what = declared or PurePosixPath(path).suffix or "A file without an ending"
        raise Unreadable(
            "UNSUPPORTED_TYPE",
            f"{what} cannot be read; save it as PDF, DOCX, PPTX, XLSX, HTML, Markdown, text, CSV, JSON of questions "
            "and answers, EML, ZIP, PNG, JPEG, WebP or TIFF.",
        )
    return declared, ""


def is_icon(name: str, size: int) -> bool:
    """Whether a file among others, of `size` bytes, is a picture too small to show a page: a logo or an icon."""
    return size < _LEAST_PICTURE_BYTES and MEDIA_TYPE_BY_SUFFIX.get(PurePosixPath(name).suffix.lower()) in PICTURES


def charset_of(media_type: str) -> str:
    """The character set in a type such as "text/html; charset=gbk"; empty without one."""
    for parameter in media_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'")
    return ""


def _by_first_bytes(data: bytes) -> str:
    if data[:64].lstrip()[:5] == b"%PDF-":
        return PDF
    if data.startswith(_OLE_MAGIC):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise Unreadable(
                "PASSWORD_PROTECTED", "It is protected by a password; save a copy without one and import that."
            )
        raise Unreadable(
            "UNSUPPORTED_TYPE",
            "It is in an old Office format (DOC, XLS, PPT or MSG); save it as DOCX, XLSX, PPTX or EML and import that.",
        )
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    for magic, picture in _PICTURE_MAGIC.items():
        if data.startswith(magic):
            return picture
    for magic, what in _UNSUPPORTED_MAGIC.items():
        if data.startswith(magic):
            raise Unreadable("NOT_TEXT", f"It is {what} by its first bytes; export its text, and import that.")
    return _zip_media_type(data) if data.startswith((b"PK\x03\x04", b"PK\x05\x06")) else ""


def _zip_media_type(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Unreadable(
            "BROKEN_FILE",
            "It begins like a ZIP or Office file and is broken or cut off; get it again, or save it anew.",
        ) from None
    return next((media_type for part, media_type in _OFFICE_PARTS.items() if part in names), ZIP)
