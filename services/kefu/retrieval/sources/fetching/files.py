"""Files of folders, repositories and buckets: which are read, and their addresses for customers."""

from pathlib import PurePosixPath

from kefu.retrieval.documents.media_types import MEDIA_TYPE_BY_SUFFIX

READ_SUFFIXES = frozenset(MEDIA_TYPE_BY_SUFFIX) - {".zip", ".eml", ".csv", ".json", ".jsonl"}
"""Endings that are read. Data of programs has the others far more often than knowledge has."""


def is_read(path: str) -> bool:
    """Whether a file is read: by its ending, and not hidden."""
    parts = PurePosixPath(path).parts
    return PurePosixPath(path).suffix.lower() in READ_SUFFIXES and not any(each.startswith(".") for each in parts)


def uri_of(prefix: str, path: str) -> str:
    """A file's address for customers: the prefix and its path without ending. Empty without a prefix."""
    if not prefix:
        return ""
    page = PurePosixPath(path).with_suffix("")
    if page.name.lower() in ("index", "readme"):
        page = page.parent
    return prefix.rstrip("/") + "/" + ("" if str(page) == "." else str(page))
