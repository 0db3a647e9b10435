"""Web pages and files, fetched to be imported like local files."""

import asyncio
import posixpath
import re
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import httpcore

from kefu.cli.console import CommandFailed
from kefu.cli.documents.local_files import MAX_BYTES, SUFFIXES, DocumentFile, FoundFiles
from kefu.common.outbound.ssrf import Address, AddressNotAllowed, AddressNotPublic, PinnedBackend, is_allowed, is_public

_MAX_REDIRECTS = 5
_FETCH_TIMEOUT_SECONDS = 120.0
_REDIRECT_STATUSES = {301, 302, 303, 307, 308}
_TIMEOUTS = {"connect": 10.0, "read": 30.0, "write": 10.0, "pool": 10.0}
_HEADERS: dict[bytes | str, bytes | str] = {
    "User-Agent": "kefu-import",
    "Accept-Encoding": "identity",
    "Accept": "text/html,*/*;q=0.8",
}
_UNSPECIFIC_TYPES = {"text/plain", "application/octet-stream", "binary/octet-stream", ""}


def is_url(given: str) -> bool:
    """Whether an argument is an http(s) address."""
    return re.match(r"https?://", given, re.IGNORECASE) is not None


def urls_in(file: Path) -> list[str]:
    """The addresses in a file, one a line. Lines that begin with "#" are comments. Raises CommandFailed."""
    try:
        lines = [line.strip() for line in file.read_text("utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as exc:
        raise CommandFailed(f"{file} cannot be read as a list of addresses: {exc}") from None
    urls = [line for line in lines if line and not line.startswith("#")]
    for url in urls:
        if not is_url(url):
            raise CommandFailed(f"{file} holds {url[:100]!r}, which is no http:// or https:// address.")
    return urls


class Fetcher:
    """Fetches pages from allowed hosts, behind the SSRF guard. Made by `open`."""

    def __init__(
        self, pool: httpcore.AsyncConnectionPool, allowed: Collection[str], folder: Path, max_bytes: int = MAX_BYTES
    ) -> None:
        self._pool = pool
        self._allowed = allowed
        self._folder = folder
        self._max_bytes = max_bytes

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        allowed: Collection[str],
        folder: Path,
        permitted: Callable[[Address], bool] = is_public,
        max_bytes: int = MAX_BYTES,
    ) -> AsyncIterator["Fetcher"]:
        """A fetcher while the block runs. Proxies are not used, because they would resolve names anew.

        Args:
            allowed: hosts to fetch from, or "*.example.com" for those below one.
            folder: the folder for the fetched files.
            permitted: decides on each address of a host.
            max_bytes: the largest file.
        """
        async with httpcore.AsyncConnectionPool(network_backend=PinnedBackend(permitted)) as pool:
            yield cls(pool, allowed, folder, max_bytes)

    async def fetch_all(
        self, urls: Sequence[str], found: FoundFiles, on_url: Callable[[str], None]
    ) -> list[tuple[str, str]]:
        """Fetch `urls`, and add the files to `found`. Returns (address, reason) of each that failed.

        `on_url` is called with each address before it is fetched.
        """
        failed: list[tuple[str, str]] = []
        for number, url in enumerate(dict.fromkeys(urls)):
            on_url(url)
            try:
                async with asyncio.timeout(_FETCH_TIMEOUT_SECONDS):
                    file = await self._fetch(url, self._folder / str(number))
                if any(file.path == other.path for other in found.files):
                    raise AddressNotAllowed(f"another document of this import is called {file.path} too")
                found.files.append(file)
            except AddressNotPublic as exc:
                failed.append((url, f"{exc}; save the page as a file and import that."))
            except AddressNotAllowed as exc:
                failed.append((url, f"{exc}."))
            except TimeoutError:
                failed.append((url, f"it did not arrive within {_FETCH_TIMEOUT_SECONDS:.0f} s."))
            except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as exc:
                failed.append((url, f"it could not be fetched ({type(exc).__name__}: {exc})."))
        return failed

    async def _fetch(self, url: str, to: Path) -> DocumentFile:
        address = url
        for _ in range(_MAX_REDIRECTS + 1):
            parts = self._check_url(address)
            target = parts._replace(fragment="").geturl()
            async with self._pool.stream("GET", target, headers=_HEADERS, extensions={"timeout": _TIMEOUTS}) as answer:
                headers = {name.decode().lower(): value.decode("latin-1") for name, value in answer.headers}
                if answer.status in _REDIRECT_STATUSES and "location" in headers:
                    location = urljoin(target, headers["location"])
                    if parts.scheme == "https" and not location.lower().startswith("https:"):
                        raise AddressNotAllowed(f"it leads on to {location}, which is not encrypted")
                    address = location
                    continue
                if answer.status != 200:
                    raise AddressNotAllowed(f"the server answered with status {answer.status}")
                if headers.get("content-encoding", "identity") != "identity":
                    raise AddressNotAllowed("the server sends it packed although asked not to")
                size = 0
                with to.open("wb") as file:
                    async for part in answer.aiter_stream():
                        size += len(part)
                        if size > self._max_bytes:
                            raise AddressNotAllowed("it is larger than 64 MiB")
                        file.write(part)
                path = path_of(url)
                content_type = headers.get("content-type", "")
                by_ending = PurePosixPath(path).suffix.lower() in SUFFIXES
                media_type = (
                    ""
                    if content_type.partition(";")[0].strip().lower() in _UNSPECIFIC_TYPES and by_ending
                    else content_type
                )
                return DocumentFile(to, path, size, uri=url, media_type=media_type)
        raise AddressNotAllowed(f"it leads on more than {_MAX_REDIRECTS} times")

    def _check_url(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise AddressNotAllowed(f"{url} is no address") from None
        if parts.scheme not in ("http", "https") or not host or port == 0:
            raise AddressNotAllowed(f"{url} is no http:// or https:// address")
        if parts.username or parts.password:
            raise AddressNotAllowed("it holds a user name or password; leave that out")
        if not is_allowed(host, self._allowed):
            raise AddressNotAllowed(
                f"{host} is not among the hosts to fetch from; add --allow-host {host} if you trust it"
            )
        return parts


def path_of(url: str) -> str:
    """The document path of an address: its host and path."""
    parts = urlsplit(url)
    path = posixpath.normpath("/" + "".join(c for c in unquote(parts.path) if c.isprintable())).lstrip("/")
    return "/".join(filter(None, (parts.netloc.lower(), path))) + (f"?{parts.query}" if parts.query else "")


def hosts_of(urls: Sequence[str]) -> set[str]:
    """The hosts of addresses. A named address allows its host."""
    return {host for host in (_host(url) for url in urls) if host}


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
