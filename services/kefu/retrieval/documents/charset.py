"""The character set of a file: UTF-8, UTF-16 with a byte order mark, or GB18030. Anything else is refused, never
guessed.
"""

import codecs
import re
import unicodedata

from kefu.retrieval.documents.parsed_document import Unreadable

_MAGIC: dict[bytes, str] = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a ZIP or Office file",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"\x7fELF": "a program",
    b"\x1f\x8b": "a gzip file",
}
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def decode(data: bytes, charset: str = "") -> str:
    """The text in `data`, without a byte order mark, with line ends "\\n".

    `charset` is the declared character set, tried after UTF-8 and before GB18030.

    Raises Unreadable: EMPTY_DOCUMENT, NOT_TEXT, or BAD_ENCODING with the offset of the first wrong byte.
    """
    if not data.strip():
        raise Unreadable("EMPTY_DOCUMENT", "The file is empty; write something in it, or leave it out.")
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            raise Unreadable("NOT_TEXT", f"This is {what} by its first bytes; export it as Markdown, HTML or text.")
    text = _decode_utf(data)
    if text is None:
        if b"\x00" in data[:65_536]:
            raise Unreadable("NOT_TEXT", "The file has zero bytes, so it is not text; export it as Markdown or text.")
        text = _decode_declared(data, charset) or _decode_gb18030(data)
    if len(_CONTROLS.findall(text[:65_536])) > len(text[:65_536]) / 100:
        raise Unreadable("NOT_TEXT", "The file is full of control characters; export it as Markdown or text.")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    if not text.strip("\ufeff \n\t"):
        raise Unreadable("EMPTY_DOCUMENT", "The file holds only blanks; write something in it, or leave it out.")
    return text.lstrip("\ufeff")


def _decode_utf(data: bytes) -> str | None:
    try:
        return data.decode("utf-16" if data.startswith(_UTF16) else "utf-8")
    except UnicodeDecodeError:
        return None


def _decode_declared(data: bytes, charset: str) -> str | None:
    try:
        return data.decode(charset) if charset else None
    except (UnicodeDecodeError, LookupError):
        return None


def _decode_gb18030(data: bytes) -> str:
    """Decode as GB18030, if the whole is valid and reads as Chinese. Else raise Unreadable with the place where UTF-8
    breaks.
    """
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        text = ""
    letters = [character for character in text[:10_000] if ord(character) > 127]
    common = sum(  # a table has many signs: ～ ￥ ℃ ①
        "\u4e00" <= character <= "\u9fff" or unicodedata.category(character)[0] in "NPS" for character in letters
    )
    # Broken UTF-8 is often valid GB18030 too, but then most of it still reads as UTF-8.
    if letters and common >= 0.95 * len(letters) and not _mostly_utf8(data):
        return text
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise Unreadable(
            "BAD_ENCODING",
            f"Byte {exc.start} (line {line}) is neither UTF-8 nor GB18030; save the file as UTF-8.",
        ) from None
    raise AssertionError("only called for bytes that are not UTF-8")


def _mostly_utf8(data: bytes) -> bool:
    sample = data[:65_536]
    high = sum(byte > 127 for byte in sample)
    kept = len("".join(c for c in sample.decode("utf-8", "ignore") if ord(c) > 127).encode())
    return kept > high / 2
