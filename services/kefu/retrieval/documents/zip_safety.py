"""ZIP files that strangers made: opened only when what they say of themselves stays within bounds."""

import io
import zipfile

from kefu.retrieval.documents.types import Unreadable

MAX_OFFICE_BYTES = 512 * 1024 * 1024
"""Most bytes of an Office file once unpacked."""


def open_zip(data: bytes, max_bytes: int = MAX_OFFICE_BYTES) -> zipfile.ZipFile:
    """An open ZIP file whose entries say that they hold at most so many bytes together. Raises Unreadable.

    An entry that holds more than it says is cut there, by zipfile.
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
