"""Safe opening of ZIP files that strangers made: only if their declared size stays within bounds."""

import io
import zipfile

from kefu.retrieval.documents.parsed_document import Unreadable

MAX_OFFICE_BYTES = 512 * 1024 * 1024
"""Most unpacked bytes of an Office file."""


def open_zip(data: bytes, max_bytes: int = MAX_OFFICE_BYTES) -> zipfile.ZipFile:
    """Open a ZIP file whose entries declare at most `max_bytes` together. Raises Unreadable.

    zipfile cuts an entry off at its declared size.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Unreadable("BROKEN_FILE", "The file is broken or cut off; get it again, or save it anew.") from None
    size = sum(entry.file_size for entry in archive.infolist())
    if size > max_bytes:
        archive.close()
        raise Unreadable(
            "TOO_LARGE",
            f"It would unpack to {size / 2**20:,.0f} MiB, and at most {max_bytes / 2**20:,.0f} MiB are; split it.",
        )
    return archive
