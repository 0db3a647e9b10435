"""The parser of ZIP archives, which refuses names that lead out of the archive, and bombs."""

import re
import zipfile
from pathlib import PurePosixPath

from kefu.retrieval.documents.media_types import MEDIA_TYPE_BY_SUFFIX, is_icon
from kefu.retrieval.documents.parsed_document import Failure, Member, ParsedDocument, Unreadable
from kefu.retrieval.documents.zip_safety import open_zip

MAX_UNPACKED_BYTES = 256 * 1024 * 1024
"""Most unpacked bytes of an archive, with the archives in it."""
MAX_MEMBER_BYTES = 64 * 1024 * 1024
MAX_MEMBERS = 10_000
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_DRIVE = re.compile(r"^[A-Za-z]:")
_MAX_LISTED = 10


def parse_archive(data: bytes, max_bytes: int = MAX_UNPACKED_BYTES) -> ParsedDocument:
    """The files of an archive as members, and files that cannot be unpacked as failures. Raises Unreadable."""
    with open_zip(data, max_bytes) as archive:
        entries = {entry_name(entry): entry for entry in archive.infolist() if not entry.is_dir()}
        if len(entries) > MAX_MEMBERS:
            raise Unreadable("TOO_LARGE", f"It holds {len(entries):,} files, and at most {MAX_MEMBERS:,} are read.")
        members: list[Member] = []
        failures: list[Failure] = []
        skipped: list[str] = []
        for name, entry in entries.items():
            if _is_hidden(name):
                continue
            if escapes_folder(name):
                failures.append(Failure(_safe_name(name), "BAD_PATH", _ESCAPES_FOLDER))
            elif PurePosixPath(name).suffix.lower() not in MEDIA_TYPE_BY_SUFFIX or is_icon(name, entry.file_size):
                skipped.append(name)
            else:
                try:
                    members.append(Member(name, _content(archive, entry)))
                except Unreadable as exc:
                    failures.append(Failure(name, exc.reason, exc.message))
    return ParsedDocument("", members=members, failures=failures, remark=skipped_remark(skipped))


_ESCAPES_FOLDER = "Its name leads out of the archive, as an attack would; pack it anew with plain names."


def entry_name(entry: zipfile.ZipInfo) -> str:
    """Name of an entry, with "/" between parts. Names without the UTF-8 flag are decoded as UTF-8 or GB18030."""
    name = entry.orig_filename
    if not entry.flag_bits & _UTF8_NAME:
        raw = name.encode("cp437", "surrogateescape")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    name = name.partition("\x00")[0].replace("\\", "/")
    return name if escapes_folder(name) else "/".join(part for part in name.split("/") if part not in ("", "."))


def escapes_folder(name: str) -> bool:
    """Whether a name leads out of the folder into which it would be unpacked."""
    return not name or name.startswith("/") or ".." in name.split("/") or bool(_DRIVE.match(name))


def skipped_remark(names: list[str]) -> str:
    """A sentence about files that were skipped because of their type, or as icons."""
    if not names:
        return ""
    more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    listed = ", ".join(names[:_MAX_LISTED])
    return f"Left out, since files of their type, or pictures as small as icons, are not read: {listed}{more}."


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.flag_bits & _ENCRYPTED:
        raise Unreadable("PASSWORD_PROTECTED", "It is protected by a password; pack it anew without one.")
    if entry.file_size > MAX_MEMBER_BYTES:
        raise Unreadable("TOO_LARGE", "The file has more than 64 MiB; split it.")
    try:
        return archive.read(entry)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError):
        raise Unreadable(
            "BROKEN_FILE", "It is broken within the archive, or packed in a rare way; pack it anew."
        ) from None


def _is_hidden(name: str) -> bool:
    parts = name.split("/")
    return parts[0] == "__MACOSX" or any(part.startswith(".") and part not in (".", "..") for part in parts)


def _safe_name(name: str) -> str:
    """A name that leads out of the folder, as a path that does not."""
    return "/".join(part for part in name.replace(":", "").split("/") if part not in ("", ".", "..")) or "nameless"
