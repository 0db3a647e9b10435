"""Files to import: what is read, under which path, and what is skipped and why."""

import os
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from kefu.cli.console import CommandFailed
from kefu.retrieval.documents.media_types import MEDIA_TYPE_BY_SUFFIX

SUFFIXES = tuple(MEDIA_TYPE_BY_SUFFIX)
MAX_BYTES = 64 * 1024 * 1024  # the contract's limit for a document
_MAX_PATH = 1024


@dataclass(frozen=True)
class DocumentFile:
    """A file to import. `path` is what the document is called: the same file gives the same path from anywhere."""

    file: Path
    path: str
    size: int
    curated: bool = False
    uri: str = ""
    media_type: str = ""


@dataclass
class FoundFiles:
    """What there is to import, and what is left out, as (path, reason)."""

    files: list[DocumentFile] = field(default_factory=list[DocumentFile])
    skipped: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    folders: list[str] = field(default_factory=list[str])
    """Paths of the folders that were given."""
    present: set[str] = field(default_factory=set[str])
    """Paths of all that is in them, skipped or not; of a folder that could not be looked into, its own."""


def find_files(given: Iterable[Path], curated: Iterable[Path] = (), root: Path | None = None) -> FoundFiles:
    """Files and folders, the latter with all that is in them. CommandFailed for one that does not exist.

    A document's path begins with the name of the folder that was given (or of the folder that holds the file), so that
    importing it again, from wherever, replaces and does not duplicate; with `root`, it is relative to that.
    In folders, hidden files and types that cannot be read are skipped; a file that is named is always sent.
    """
    found, seen = FoundFiles(), dict[str, Path]()
    for path in given:
        if path.is_dir():
            base = root or path.resolve().parent
            found.folders.append(_path_of(path, base))
            for file in _walk(path, base, found):
                if file.suffix.lower() in SUFFIXES:
                    _add(found, seen, file, base, curated=False)
                else:
                    found.skipped.append((str(file), f"files like {file.suffix or file.name} are not read"))
        else:
            _add_named(found, seen, path, root, curated=False)
    for path in curated:
        _add_named(found, seen, path, root, curated=True)
    return found


def _add_named(found: FoundFiles, seen: dict[str, Path], path: Path, root: Path | None, *, curated: bool) -> None:
    if not path.exists():
        raise CommandFailed(f"There is no file or folder {path}.")
    if curated and path.is_dir():
        raise CommandFailed(f"{path} is a folder; --curated takes a CSV file.")
    _add(found, seen, path, root or path.resolve().parent.parent, curated=curated)


def _walk(folder: Path, base: Path, found: FoundFiles) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        found.present.add(_path_of(Path(str(error.filename)), base))
        found.skipped.append((str(error.filename), f"cannot be read: {error.strerror}"))

    for where, folders, files in os.walk(folder, onerror=unreadable):
        for name in sorted(folders):
            if name.startswith("."):
                found.skipped.append((str(Path(where, name)), "hidden folder"))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.startswith("."):
                found.skipped.append((str(Path(where, name)), "hidden file"))
            else:
                yield Path(where, name)


def _add(found: FoundFiles, seen: dict[str, Path], file: Path, base: Path, *, curated: bool) -> None:
    shown = str(file)
    try:
        path = _path_of(file, base)
        found.present.add(path)
        resolved = file.resolve()
        size = resolved.stat().st_size
        if not resolved.is_file():
            found.skipped.append((shown, "not a regular file"))
            return
        path.encode()
    except UnicodeEncodeError:
        found.skipped.append((repr(shown), "its name is not UTF-8; rename it"))
        return
    except OSError as exc:
        found.skipped.append((shown, f"cannot be read: {exc.strerror}"))
        return
    if size > MAX_BYTES:
        found.skipped.append((shown, "larger than 64 MiB; split it"))
    elif len(path) > _MAX_PATH:
        found.skipped.append((shown, f"its path has more than {_MAX_PATH} characters"))
    elif path in seen:
        if seen[path] != resolved:
            found.skipped.append((shown, f"{seen[path]} has the same path {path}; tell them apart with --root"))
    else:
        seen[path] = resolved
        found.files.append(DocumentFile(file, path, size, curated))


def _path_of(file: Path, base: Path) -> str:
    name = PurePosixPath(*_relative(file, base).parts).as_posix()
    return unicodedata.normalize("NFC", name)  # macOS gives names decomposed: the same name, other bytes


def _relative(file: Path, base: Path) -> Path:
    absolute = file.parent.resolve() / file.name
    try:
        return absolute.relative_to(base.resolve())
    except ValueError:
        raise CommandFailed(f"{file} does not lie under {base}, which --root names.") from None
