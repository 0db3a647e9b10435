"""The files of a folder that this process can read."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from kefu.retrieval.sources.fetching.files import is_read
from kefu.retrieval.sources.fetching.findings import Failed, Found, Listing, SourceFailed, Take, Unchanged
from kefu.retrieval.sources.source import FolderOrigin, Item, Limits


def is_allowed(path: str, roots: Sequence[Path]) -> bool:
    """Whether a folder lies in one of those that may be read, links resolved."""
    resolved = Path(path).resolve()
    return any(resolved.is_relative_to(root.resolve()) for root in roots)


class FolderCollector:
    """Collects files by their path in the folder. Links are not followed."""

    def __init__(self, origin: FolderOrigin, roots: Sequence[Path], limits: Limits) -> None:
        self._folder = Path(origin.path)
        self._roots = roots
        self._limits = limits

    async def collect(self, known: Mapping[str, Item], take: Take, *, trusting: bool) -> Listing:
        """See Collector."""
        if not is_allowed(str(self._folder), self._roots):
            raise SourceFailed("The folder lies in none that KEFU_RETRIEVAL_SOURCE_FOLDERS names.")
        files = await asyncio.to_thread(self._files)
        total = 0
        for path, version, size in files:
            item = known.get(path)
            if trusting and item and item.key and item.modified == version:
                await take(Unchanged(path))
                continue
            total += size
            if size > self._limits.document_bytes or total > self._limits.total_bytes:
                await take(Failed(path, "It is larger than the limits of the source allow."))
                continue
            try:
                data = await asyncio.to_thread(_read, self._folder / path)
            except OSError as error:
                await take(Failed(path, f"It cannot be read: {error.strerror}."))
                continue
            await take(Found(path, data, path, modified=version))
        return Listing(complete=True)

    def _files(self) -> list[tuple[str, str, int]]:
        found: list[tuple[str, str, int]] = []

        def unreadable(error: OSError) -> None:
            raise SourceFailed(f"{error.filename} cannot be read: {error.strerror}.")

        for where, folders, names in os.walk(self._folder, onerror=unreadable):
            folders.sort()
            for name in sorted(names):
                file = Path(where, name)
                path = file.relative_to(self._folder).as_posix()
                if file.is_symlink() or not is_read(path) or not _is_text(path):
                    continue
                stat = file.stat()
                found.append((path, f"{stat.st_mtime_ns}-{stat.st_size}", stat.st_size))
        return found


def _read(file: Path) -> bytes:
    with open(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), "rb") as opened:
        return opened.read()


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
