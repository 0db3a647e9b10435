"""
File store: the bytes of attachments, in a folder or in a bucket that speaks S3.

An object is named `TENANT/SESSION/ATTACHMENT/content` (or `preview`): nothing that a customer chose. obstore puts whole
objects: what is there is never half of one.
"""

import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from kefu.common.errors import AttachmentNotFound, BackendUnavailable

_RETRY_SECONDS = 20
_MOST_DELETED = 1_000
_LEAST_FREE_SHARE, _LEAST_FREE_BYTES = 0.05, 2**30
_CUSTOMERS_FILES = "The store of customers' files"


@dataclass(frozen=True)
class StoredObject:
    """An object of the store, by its name."""

    name: str
    modified: datetime
    size: int = 0


@dataclass(frozen=True)
class S3Access:
    """How a bucket is reached. Empty: the service's own defaults."""

    endpoint: str = ""
    region: str = ""
    access_key: str = ""
    secret_key: str = ""


class FileStore(Protocol):
    """Keeps bytes by name. Every method raises BackendUnavailable when the store does not answer."""

    def has_room(self) -> bool:
        """Whether more may be kept: of a folder, while a part of its disk is free for what else writes there."""
        ...

    async def put(self, name: str, data: bytes) -> None:
        """Keep bytes, in place of those of the same name."""
        ...

    async def get(self, name: str) -> bytes:
        """The bytes of a name. Raises AttachmentNotFound."""
        ...

    async def delete(self, prefix: str) -> int:
        """Delete every object below a prefix, without "/" at its end. Returns how many there were."""
        ...

    def objects(self) -> AsyncIterator[StoredObject]:
        """Every object there is."""
        ...


class ObjectFileStore:
    """A file store over one of obstore's. `what` it is, as an error's sentence begins."""

    def __init__(self, store: LocalStore | S3Store, what: str = _CUSTOMERS_FILES, folder: str = "") -> None:
        self._store: Any = store
        self._what = what
        self._folder = folder

    def has_room(self) -> bool:
        """See `FileStore`."""
        if not self._folder:
            return True
        disk = shutil.disk_usage(self._folder)
        return disk.free >= max(_LEAST_FREE_BYTES, _LEAST_FREE_SHARE * disk.total)

    async def put(self, name: str, data: bytes) -> None:
        """See `FileStore`."""
        with self._failures():
            await self._store.put_async(name, data)

    async def get(self, name: str) -> bytes:
        """See `FileStore`."""
        with self._failures():
            found = await self._store.get_async(name)
            return bytes(await found.bytes_async())

    async def delete(self, prefix: str) -> int:
        """See `FileStore`."""
        with self._failures():
            names = [str(each["path"]) async for batch in self._store.list(prefix) for each in batch]
            if names:
                await self._store.delete_async(names)
            return len(names)

    async def objects(self, prefix: str = "", after: str = "") -> AsyncIterator[StoredObject]:
        """See `FileStore`. Of those below `prefix` only, and of a bucket only those whose names sort behind `after`."""
        with self._failures():
            async for batch in self._store.list(prefix or None, offset=after or None):
                for each in batch:
                    yield StoredObject(str(each["path"]), each["last_modified"], int(each["size"]))

    async def folders(self, prefix: str = "") -> list[str]:
        """The names of what lies directly below a prefix and holds objects, sorted."""
        with self._failures():
            found = await self._store.list_with_delimiter_async(prefix or None)
        return sorted(str(each).rstrip("/").rpartition("/")[2] for each in found["common_prefixes"])

    async def exists(self, name: str) -> bool:
        """Whether there is an object of the name."""
        try:
            with self._failures():
                await self._store.head_async(name)
        except AttachmentNotFound:
            return False
        return True

    async def discard(self, names: Sequence[str]) -> None:
        """Delete objects by their names, those that are not there as well."""
        for at in range(0, len(names), _MOST_DELETED):
            some = list(names[at : at + _MOST_DELETED])
            try:
                with self._failures():
                    await self._store.delete_async(some)
            except AttachmentNotFound:  # a folder tells the first that is missing, and may have left the others
                for name in some:
                    with suppress(AttachmentNotFound), self._failures():
                        await self._store.delete_async(name)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise AttachmentNotFound("There is no such file; list the session's attachments.") from None
        except (BaseError, OSError) as error:
            raise BackendUnavailable(f"{self._what} did not answer; try again.") from error


def open_file_store(
    address: str, access: S3Access, *, retries: int = 2, what: str = _CUSTOMERS_FILES
) -> ObjectFileStore:
    """The store at an address: a folder's absolute path, or s3://BUCKET/PREFIX. Raises ValueError for another one."""
    folder = address if address.startswith("/") else ""
    return ObjectFileStore(open_object_store(address, access, retries=retries), what, folder)


def open_object_store(
    address: str, access: S3Access, *, retries: int, request_seconds: int = 30
) -> LocalStore | S3Store:
    """obstore's own store, at an address as `open_file_store` takes it. `request_seconds` bounds a whole request."""
    if address.startswith("/"):
        return LocalStore(address, mkdir=True, automatic_cleanup=True)
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc:
        raise ValueError("it must be an absolute path, or s3://BUCKET/PREFIX")
    config: dict[str, Any] = {
        "endpoint": access.endpoint,
        "region": access.region or "us-east-1",
        "access_key_id": access.access_key,
        "secret_access_key": access.secret_key,
    }
    options: dict[str, Any] = {name: value for name, value in config.items() if value}
    client: Any = {"allow_http": access.endpoint.startswith("http://"), "timeout": f"{request_seconds}s"}
    prefix = parts.path.strip("/") or None
    # A customer waits: obstore by itself would try ten times, for three minutes.
    retry: Any = {"max_retries": retries, "retry_timeout": timedelta(seconds=_RETRY_SECONDS)}
    return S3Store(parts.netloc, prefix=prefix, client_options=client, retry_config=retry, **options)
