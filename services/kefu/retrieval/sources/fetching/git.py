"""The files of a Git repository over HTTPS: its newest commit alone, fetched by dulwich over our guarded calls."""

import asyncio
import base64
import mmap
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from io import BytesIO
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from dulwich.client import AbstractHttpGitClient
from dulwich.errors import GitProtocolError, NotGitRepository
from dulwich.object_store import iter_tree_contents
from dulwich.repo import Repo

from kefu.common.outbound.guarded_http import HttpAnswer
from kefu.retrieval.sources.fetching.files import is_read, uri_of
from kefu.retrieval.sources.fetching.findings import Failed, Found, Listing, SourceFailed, Take, Unchanged
from kefu.retrieval.sources.fetching.site import NotFetched, SiteFetcher
from kefu.retrieval.sources.source import GitOrigin, Item, Limits

_MAX_PACK_BYTES = 256 * 1024 * 1024
_MAX_ENTRIES = 1_000_000
"""Files that are looked at: ten folders, each of which holds the next one ten times, have 10,000,000,000."""
_REGULAR = 0o100000
_OFS_DELTA, _REF_DELTA = _DELTAS = 6, 7
_PACK_HEAD = 12  # "PACK", version, number of objects
_ID_BYTES = 20
_HEAD_OF_DELTA = 20  # two numbers
_PIECE = 4096


class GitCollector:
    """Collects files by their path in the repository. `secret`: "user:token", or a token; empty for a public one."""

    def __init__(self, origin: GitOrigin, site: SiteFetcher, limits: Limits, secret: str) -> None:
        self._origin = origin
        self._site = site
        self._limits = limits
        words = secret if ":" in secret else f"x-access-token:{secret}"
        self._headers = {"authorization": f"Basic {base64.b64encode(words.encode()).decode()}"} if secret else {}

    async def collect(self, known: Mapping[str, Item], take: Take, *, trusting: bool) -> Listing:
        """See Collector."""
        parts = urlsplit(self._origin.address)
        client = _Client(f"{parts.scheme}://{parts.netloc}", asyncio.get_running_loop(), self._call)
        try:
            commit = await asyncio.to_thread(_newest, client, parts.path, self._origin.branch)
            if trusting and known and all(each.key and each.modified == commit for each in known.values()):
                for address in known:
                    await take(Unchanged(address))
                return Listing(complete=True)
            with tempfile.TemporaryDirectory(prefix="kefu-git-") as folder:
                repo = await asyncio.to_thread(_fetch, client, parts.path, commit, folder, self._limits)
                try:
                    await self._take_files(repo, commit, known, take, trusting=trusting)
                finally:
                    repo.close()
        except NotGitRepository:
            raise SourceFailed("There is no repository at that address, or none that the secret may read.") from None
        except (GitProtocolError, NotFetched, ValueError, KeyError, AssertionError) as error:
            raise SourceFailed(
                f"The repository could not be fetched: {str(error)[:200] or type(error).__name__}."
            ) from None
        finally:
            client.stop()
        return Listing(complete=True)

    async def _take_files(
        self, repo: Repo, commit: str, known: Mapping[str, Item], take: Take, *, trusting: bool
    ) -> None:
        folder = self._origin.folder.strip("/")
        for path, blob in await asyncio.to_thread(_files, repo, commit, folder):
            item = known.get(path)
            if trusting and item and item.key and item.etag == blob and item.modified == commit:
                await take(Unchanged(path))
                continue
            data = await asyncio.to_thread(_data, repo, blob)
            if data is None or len(data) > self._limits.document_bytes:
                await take(Failed(path, "It is larger than the limits of the source allow."))
                continue
            uri = uri_of(self._origin.uri_prefix, path)
            await take(Found(path, data, path, uri=uri, etag=blob, modified=commit))

    async def _call(self, method: str, address: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        most = min(_MAX_PACK_BYTES, self._limits.total_bytes)
        return await self._site.call(
            method, address, headers={**headers, **self._headers}, body=body, most_bytes=most, whole_run=True
        )


Call = Callable[[str, str, Mapping[str, str], bytes], Any]


class _Response:
    """What dulwich reads of an answer."""

    redirect_location = ""

    def __init__(self, answer: HttpAnswer) -> None:
        self.status = answer.status
        self.headers = dict(answer.headers)
        self.content_type = answer.headers.get("content-type")

    def close(self) -> None:
        """Nothing is left open."""


class _Client(AbstractHttpGitClient):
    """dulwich's client, in a thread, whose calls go through ours in the event loop."""

    def __init__(self, base_url: str, loop: asyncio.AbstractEventLoop, call: Call) -> None:
        super().__init__(base_url, quiet=True)
        self._loop = loop
        self._call = call
        self._future: Future[HttpAnswer] | None = None
        self._stopped = False

    def stop(self) -> None:
        """Let the thread that waits for an answer, and one that is to come, fail: the run was cancelled."""
        self._stopped = True
        if self._future is not None:
            self._future.cancel()

    def _http_request(  # the hook that dulwich has for it
        self,
        url: str,
        headers: dict[str, str] | None = None,
        data: bytes | Iterator[bytes] | None = None,
        raise_for_status: bool = True,
    ) -> Any:
        body = data if isinstance(data, bytes) else b"".join(data or ())
        sent = {name.lower(): value for name, value in (headers or {}).items() if name.lower() != "content-length"}
        method = "GET" if data is None else "POST"
        self._future = asyncio.run_coroutine_threadsafe(self._call(method, url, sent, body), self._loop)
        if self._stopped:
            self._future.cancel()
        answer = self._future.result()
        if answer.status in (401, 403, 404):
            raise NotGitRepository
        if answer.status in (301, 302, 307, 308):
            raise GitProtocolError(f"it leads to {answer.headers.get('location', '')[:200]}; name that address")
        if answer.status != 200:
            raise GitProtocolError(f"it answered with status {answer.status}")
        return _Response(answer), BytesIO(answer.body).read


def _newest(client: _Client, path: str, branch: str) -> str:
    refs: Mapping[bytes, bytes | None] = cast("Any", client.get_refs(path)).refs
    found = refs.get(f"refs/heads/{branch}".encode() if branch else b"HEAD")
    if not found:
        raise SourceFailed(f"The repository has no branch {branch}." if branch else "The repository is empty.")
    return found.decode()


def _fetch(client: _Client, path: str, commit: str, folder: str, limits: Limits) -> Repo:
    """The repository with one commit, of which a server that can leaves out what is larger than a document may be."""
    repo = Repo.init_bare(folder)
    wanted = commit.encode()
    file, keep, discard = repo.object_store.add_pack()
    try:
        client.fetch_pack(
            path,
            lambda refs, depth=None: cast("Any", [wanted]),
            repo.get_graph_walker(),
            file.write,
            depth=1,
            filter_spec=f"blob:limit={limits.document_bytes + 1}".encode(),
        )
        file.flush()
        check_pack(file, limits.document_bytes, limits.total_bytes)
    except BaseException:
        discard()
        raise
    keep()
    return repo


def check_pack(pack: BinaryIO, most_bytes: int, most_in_all: int) -> None:
    """Refuse a pack whose objects are, unpacked, larger than they may be. Nothing of it is kept. Raises SourceFailed.

    A megabyte unpacks to a gigabyte; so each object is looked at by the size that it gives, which is also all that is
    unpacked of it here (gitformat-pack(5)). What is made of a delta is as large as that says, or dulwich refuses it.
    """
    total = 0
    try:
        with mmap.mmap(pack.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if len(data) < _PACK_HEAD:
                raise ValueError("no pack")
            at = _PACK_HEAD
            for _ in range(int.from_bytes(data[at - 4 : at])):
                kind, size, at = _object_head(data, at)
                _check_size(size, most_bytes)
                begin, at = _unpacked(data, at, size)
                made = _made_of_delta(begin) if kind in _DELTAS else 0
                _check_size(made, most_bytes)
                total += size + made
                if total > most_in_all:
                    raise SourceFailed(f"The repository unpacks to more than {most_in_all} bytes; raise the limit.")
    except (IndexError, ValueError, zlib.error):
        raise SourceFailed("The repository could not be fetched: its pack is broken.") from None


def _check_size(size: int, most_bytes: int) -> None:
    if size > most_bytes:
        raise SourceFailed(
            f"The repository holds a file of {size} bytes, more than a document may have ({most_bytes}), and its "
            "server does not leave such out: raise the limit."
        )


def _object_head(data: mmap.mmap, at: int) -> tuple[int, int, int]:
    """Kind and size of an object, and where its packed bytes begin."""
    first = data[at]
    size, at = first & 15, at + 1
    if first & 128:
        more, at = _number(data, at)
        size |= more << 4
    kind = first >> 4 & 7
    if kind == _OFS_DELTA:
        _, at = _number(data, at)
    return kind, size, at + (_ID_BYTES if kind == _REF_DELTA else 0)


def _number(data: mmap.mmap | bytes, at: int) -> tuple[int, int]:
    """A number, seven bits a byte, the lowest first, and where it ends."""
    number = 0
    for shift in range(0, 63, 7):
        byte = data[at]
        number, at = number | (byte & 127) << shift, at + 1
        if byte < 128:
            return number, at
    raise ValueError("a number that is too long")


def _unpacked(data: mmap.mmap, at: int, size: int) -> tuple[bytes, int]:
    """How an object begins, and where it ends."""
    unpacking, begin = zlib.decompressobj(), b""
    while not unpacking.eof:
        packed = unpacking.unconsumed_tail
        if not packed:
            packed = data[at : at + _PIECE]
            at += len(packed)
        piece = unpacking.decompress(packed, 16 * _PIECE)
        begin += piece[: _HEAD_OF_DELTA - len(begin)]
        size -= len(piece)
        if size < 0 or not (packed or piece):
            raise ValueError("an object that is not as large as it says")
    return begin, at - len(unpacking.unused_data)


def _made_of_delta(begin: bytes) -> int:
    """The size of what a delta makes: its second number."""
    return _number(begin, _number(begin, 0)[1])[0]


def _files(repo: Repo, commit: str, folder: str) -> list[tuple[str, str]]:
    """Path and blob of each file that is read, in order. Raises SourceFailed."""
    tree = cast("Any", repo[commit.encode()]).tree
    found: list[tuple[str, str]] = []
    for number, entry in enumerate(iter_tree_contents(repo.object_store, tree)):
        if number == _MAX_ENTRIES:
            raise SourceFailed(f"The repository has more than {_MAX_ENTRIES} files.")
        path, mode, sha = cast("Any", entry)
        name = bytes(path).decode("utf-8", "replace")
        if mode & 0o170000 == _REGULAR and is_read(name) and (not folder or name.startswith(f"{folder}/")):
            found.append((name, bytes(sha).decode()))
    return sorted(found)


def _data(repo: Repo, blob: str) -> bytes | None:
    """A file's bytes; None where the server left it out."""
    name = cast("Any", blob.encode())
    return bytes(cast("Any", repo[name]).data) if name in repo.object_store else None
