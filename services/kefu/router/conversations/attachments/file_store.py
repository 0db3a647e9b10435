"""
File store: the bytes of attachments, in a folder or in a bucket that speaks S3.

An object is named `TENANT/SESSION/ATTACHMENT/content` (or `preview`): nothing that a customer chose. obstore puts whole
objects: what is there is never half of one.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from kefu.common.errors import AttachmentNotFound, BackendUnavailable

_RETRY_SECONDS = 20


@dataclass(frozen=True)
class StoredObject:
    """An object of the store, by its name."""

    name: str
    modified: datetime


@dataclass(frozen=True)
class S3Access:
    """How a bucket is reached. Empty: the service's own defaults."""

    endpoint: str = ""
    region: str = ""
    access_key: str = ""
    secret_key: str = ""


class FileStore(Protocol):
    """Keeps bytes by name. Every method raises BackendUnavailable when the store does not answer."""

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
    """A file store over one of obstore's."""

    def __init__(self, store: LocalStore | S3Store) -> None:
        self._store: Any = store

    async def put(self, name: str, data: bytes) -> None:
        """See `FileStore`."""
        with _failures():
            await self._store.put_async(name, data)

    async def get(self, name: str) -> bytes:
        """See `FileStore`."""
        with _failures():
            found = await self._store.get_async(name)
            return bytes(await found.bytes_async())

    async def delete(self, prefix: str) -> int:
        """See `FileStore`."""
        with _failures():
            names = [str(each["path"]) async for batch in self._store.list(prefix) for each in batch]
            if names:
                await self._store.delete_async(names)
            return len(names)

    async def objects(self) -> AsyncIterator[StoredObject]:
        """See `FileStore`."""
        with _failures():
            async for batch in self._store.list():
                for each in batch:
                    yield StoredObject(str(each["path"]), each["last_modified"])


def open_file_store(address: str, access: S3Access, *, retries: int = 2) -> ObjectFileStore:
    """The store at an address: a folder's absolute path, or s3://BUCKET/PREFIX. Raises ValueError for another one."""
    return ObjectFileStore(open_object_store(address, access, retries=retries))


def open_object_store(
    address: str, access: S3Access, *, retries: int, request_seconds: int = 30
) -> LocalStore | S3Store:
    """obstore's own store, as `open_file_store` has it. `request_seconds` bounds a request, its body too."""
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


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise AttachmentNotFound("There is no such file; list the session's attachments.") from None
    except (BaseError, OSError) as error:
        raise BackendUnavailable("The store of customers' files did not answer; try again.") from error
