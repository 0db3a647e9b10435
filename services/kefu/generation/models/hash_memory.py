"""Hash memory: SHA-256 of large files, computed once and remembered until a file changes."""

import hashlib
import json
import os
import tempfile
from pathlib import Path

import structlog

from kefu.generation.models.download import sha256_of

_log = structlog.stdlib.get_logger()
_FOLDER = "hashes"


def remembered_sha256(path: Path, cache: Path) -> str:
    """SHA-256 of a file, in hex. A file of the same path, size and time of change is not read again.

    A hub's folder of 70 GB would take minutes at each start. A cache that cannot be written only costs that time.
    """
    real = path.resolve()
    stat = real.stat()
    identity = [str(real), stat.st_size, stat.st_mtime_ns]
    record = cache / _FOLDER / f"{hashlib.sha256(os.fsencode(real)).hexdigest()[:32]}.json"
    if (known := _read(record)) and known[:3] == identity:
        return str(known[3])
    found = sha256_of(real)
    _write(record, [*identity, found])
    return found


def _read(record: Path) -> list[object] | None:
    try:
        known = json.loads(record.read_text())
    except (OSError, ValueError):  # none yet, or cut short
        return None
    return known if isinstance(known, list) and len(known) == 4 else None  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON


def _write(record: Path, content: list[object]) -> None:
    try:
        record.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=record.parent, delete=False) as file:
            json.dump(content, file)
        os.replace(file.name, record)
    except OSError as error:
        _log.info("hash.not_remembered", path=str(record), error=str(error))
