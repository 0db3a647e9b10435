"""Local files for an import: which are sent, under which path, and which are skipped."""

import os
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from kefu.cli.console import CommandFailed
from kefu.retrieval.documents.media_types import MEDIA_TYPE_BY_SUFFIX, is_icon

SUFFIXES = tuple(MEDIA_TYPE_BY_SUFFIX)
MAX_BYTES = 64 * 1024 * 1024  # the contract's limit for a document
_MAX_PATH = 1024


@dataclass(frozen=True)
class DocumentFile:
    """A file to import."""

    file: Path
    path: str
    """Path of the document in its collection. It is the same from whatever folder the command runs."""
    size: int
    """Size of the file in bytes."""
    curated: bool = False
    """Whether the file holds curated answers."""
    uri: str = ""
    """Address of the page, for a file that was fetched."""
    media_type: str = ""
    """Media type, for a file that was fetched; empty: by the ending."""


@dataclass
class FoundFiles:
    """The files to import, and the skipped ones."""

    files: list[DocumentFile] = field(default_factory=list[DocumentFile])
    skipped: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Skipped files as (path, reason)."""
    folders: list[str] = field(default_factory=list[str])
    """Document paths of the given folders."""
    present: set[str] = field(default_factory=set[str])
    """Document paths of all files in these folders, skipped or not; of an unreadable folder, its own path."""


def find_files(paths: Iterable[Path], curated: Iterable[Path] = (), root: Path | None = None) -> FoundFiles:
    """The files among `paths`, and those below the folders among them. Raises CommandFailed for a missing one.

    A document's path begins with the name of the given folder, or of the folder that holds the given file. So another
    import, from any folder, replaces the document and does not duplicate it. With `root`, the path is relative to that.
    In folders, hidden files, icons and unsupported types are skipped; a file that is named is always sent.

    Args:
        paths: files and folders.
        curated: CSV files of curated answers.
        root: a folder above all of them; None: see above.
    """
    found, seen = FoundFiles(), dict[str, Path]()
    for path in paths:
        if path.is_dir():
            base = root or path.resolve().parent
            found.folders.append(_path_of(path, base))
            for file in _walk(path, base, found):
                if file.suffix.lower() in SUFFIXES and _is_icon(file):
                    found.present.add(_path_of(file, base))
                    found.skipped.append((str(file), "a picture as small as an icon"))
                elif file.suffix.lower() in SUFFIXES:
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


def _is_icon(file: Path) -> bool:
    try:
        return is_icon(file.name, file.stat().st_size)
    except OSError:
        return False  # `_add` says why it cannot be read


def _path_of(file: Path, base: Path) -> str:
    name = PurePosixPath(*_relative(file, base).parts).as_posix()
    return unicodedata.normalize("NFC", name)  # macOS gives names decomposed: the same name, other bytes


def _relative(file: Path, base: Path) -> Path:
    absolute = file.parent.resolve() / file.name
    try:
        return absolute.relative_to(base.resolve())
    except ValueError:
        raise CommandFailed(f"{file} does not lie under {base}, which --root names.") from None
