"""
Vault: where backups lie, in a folder or in a bucket that speaks S3.

    backups/NAME/redis.rdb      what Redis held; redis.rdb.age when it is encrypted
    backups/NAME/files.json     names of the customers' files that belong to it
    backups/NAME/manifest.json  what it is; written last: without it there is no such backup
    files/TENANT/SESSION/...    customers' files, each once for all backups
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from obstore.exceptions import BaseError
from pydantic import BaseModel, ValidationError

from kefu.backup.census import Census
from kefu.backup.errors import BackupFailed
from kefu.router.conversations.attachments.file_store import S3Access, open_object_store

_NAME = re.compile(r"\d{8}T\d{6}Z")
_CHUNK = 1 << 20
_RETRIES = 5
_REQUEST_SECONDS = 1_800
"""A copy is read in one request."""


class Manifest(BaseModel, frozen=True):
    """What a backup is. `time`: seconds since the epoch at which its copy of Redis was asked for."""

    format: Literal[1] = 1
    name: str
    time: float
    seconds: float
    redis: str
    kefu: str
    stored: str
    sha256: str
    size: int
    files: int
    census: Census
    doubt: str = ""
    """Why it is not a good one: much is gone that the good one before it had. Empty: it is, or was accepted."""

    @property
    def encrypted(self) -> bool:
        """Whether a restore needs the other half of a key."""
        return self.stored.endswith(".age")


class Vault:
    """The backups at one place. Every method raises BackupFailed when the place does not answer."""

    def __init__(self, address: str, access: S3Access) -> None:
        try:
            self._store: Any = open_object_store(address, access, retries=_RETRIES, request_seconds=_REQUEST_SECONDS)
        except (ValueError, OSError) as error:
            raise BackupFailed(f"{address} cannot be used: {error}.") from error
        self._address = address

    def names(self) -> list[str]:
        """The backups that are whole, the oldest first."""
        with self._failures():
            found = self.listed("backups")
        whole = {path.split("/")[1] for path in found if path.endswith("/manifest.json")}
        return sorted(name for name in whole if _NAME.fullmatch(name))

    def latest(self) -> Manifest | None:
        """The newest good one."""
        return next((one for one in map(self.manifest, reversed(self.names())) if not one.doubt), None)

    def manifest(self, name: str) -> Manifest:
        """What a backup is; `latest` is the newest good one. Raises BackupFailed for one that is not there."""
        if name == "latest" and (newest := self.latest()) is not None:
            return newest
        names = self.names()
        if name not in names:
            raise BackupFailed(
                f"There is no backup {name} in {self._address}; there are: {', '.join(names) or 'none'}."
            )
        try:
            return Manifest.model_validate_json(self.read(f"backups/{name}/manifest.json"))
        except ValidationError as error:
            raise BackupFailed(f"The manifest of {name} cannot be read: {error}.") from error

    def write_manifest(self, manifest: Manifest) -> None:
        """Keep what a backup is: from then on it is one."""
        self.write(f"backups/{manifest.name}/manifest.json", manifest.model_dump_json(indent=1).encode())

    def file_names(self, name: str) -> list[str]:
        """Names of the customers' files of a backup."""
        return [str(each) for each in json.loads(self.read(f"backups/{name}/files.json"))]

    def listed(self, prefix: str) -> set[str]:
        """Every object below a prefix."""
        with self._failures():
            return {str(each["path"]) for batch in self._store.list(prefix) for each in batch}

    def write(self, path: str, data: bytes | Path) -> None:
        """Keep bytes, or a file."""
        with self._failures():
            self._store.put(path, data)

    def read(self, path: str) -> bytes:
        """The bytes of an object."""
        with self._failures():
            return bytes(self._store.get(path).bytes())

    def read_if_there(self, path: str) -> bytes | None:
        """The bytes of an object; None where there is none."""
        try:
            return self.read(path)
        except BackupFailed as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise

    def write_json(self, path: str, value: list[str]) -> None:
        """Keep names, as JSON."""
        self.write(path, json.dumps(value).encode())

    def fetch(self, path: str, target: Path | None) -> str:
        """Read an object whole, into a file where one is named. Returns its SHA-256."""
        digest = hashlib.sha256()
        with self._failures():
            chunks = self._store.get(path).stream(min_chunk_size=_CHUNK)
            if target is None:
                for chunk in chunks:
                    digest.update(chunk)
            else:
                with target.open("wb") as file:
                    for chunk in chunks:
                        digest.update(chunk)
                        file.write(chunk)
        return digest.hexdigest()

    def delete(self, paths: Iterable[str]) -> None:
        """Delete objects."""
        with self._failures():
            if chosen := sorted(paths):
                self._store.delete(chosen)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError) as error:
            raise BackupFailed(f"{self._address}: {error}") from error


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
