"""
Tables of word lists, kept on local disk: to build them takes seconds of every start, to read them a tenth of that.

A file is ignored, and written anew, if it cannot be read, belongs to another user, or was made from other sources. It
holds plain arrays, so reading one runs no code of it.
"""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog

Tables = Mapping[str, npt.NDArray[Any]]
"""Arrays by name. Lists of strings are in the form of `packed`."""

_FOLDER = "word-tables"
_SOURCES = "sources"
_log = structlog.stdlib.get_logger()


def kept_tables(cache_folder: Path | None, name: str, sources: Sequence[bytes], build: Callable[[], Tables]) -> Tables:
    """The tables of this name below the cache folder, built and written first when they are not there. Blocks.

    `sources`: all that the tables follow from, the code that builds them included. `cache_folder`: None keeps nothing.
    One that cannot be written costs the time of building, and is no error. Processes may do this at once: each
    replaces the whole file.
    """
    if cache_folder is None:
        return build()
    path, digest = cache_folder / _FOLDER / f"{name}.npz", _digest(sources)
    tables = _read(path, digest)
    if tables is None:
        tables = build()
        _write(path, digest, tables)
    return tables


def packed(strings: Iterable[str]) -> npt.NDArray[np.uint8]:
    """Strings as an array. There is at least one, and none has a line break."""
    return np.frombuffer("\n".join(strings).encode(), np.uint8)


def unpacked(array: npt.NDArray[np.uint8]) -> list[str]:
    """The strings of `packed`."""
    return array.tobytes().decode().split("\n")


def _digest(sources: Sequence[bytes]) -> npt.NDArray[np.uint8]:
    digest = hashlib.sha256()
    for source in sources:
        digest.update(hashlib.sha256(source).digest())
    return np.frombuffer(digest.digest(), np.uint8)


def _read(path: Path, digest: npt.NDArray[np.uint8]) -> Tables | None:
    """The tables of a file; None without a usable one. The checksums of its parts are those of the ZIP format."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_uid != os.geteuid():
                return None
            with np.load(file, allow_pickle=False) as arrays:
                if not np.array_equal(arrays[_SOURCES], digest):
                    return None
                return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile):
        return None


def _write(path: Path, digest: npt.NDArray[np.uint8], tables: Tables) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        arrays: Any = {_SOURCES: digest, **tables}
        try:
            with open(descriptor, "wb") as file:
                np.savez(file, **arrays)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as failure:
        _log.info("word_tables.not_kept", path=str(path), cause=str(failure))
