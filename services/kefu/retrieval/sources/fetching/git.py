"""The files of a Git repository over HTTPS: its newest commit alone, fetched by dulwich over our guarded calls."""

import asyncio
import base64
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from io import BytesIO
from typing import Any, cast
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
_REGULAR = 0o100000


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
                repo = await asyncio.to_thread(_fetch, client, parts.path, commit, folder)
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
            if len(data) > self._limits.document_bytes:
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


def _fetch(client: _Client, path: str, commit: str, folder: str) -> Repo:
    repo = Repo.init_bare(folder)
    wanted = commit.encode()
    fetch: Any = client.fetch
    fetch(path, repo, determine_wants=lambda refs, depth=None: [wanted], depth=1)  # pyright: ignore[reportUnknownLambdaType]
    return repo


def _files(repo: Repo, commit: str, folder: str) -> list[tuple[str, str]]:
    """Path and blob of each file that is read, in order."""
    tree = cast("Any", repo[commit.encode()]).tree
    found: list[tuple[str, str]] = []
    for entry in iter_tree_contents(repo.object_store, tree):
        path, mode, sha = cast("Any", entry)
        name = bytes(path).decode("utf-8", "replace")
        if mode & 0o170000 == _REGULAR and is_read(name) and (not folder or name.startswith(f"{folder}/")):
            found.append((name, bytes(sha).decode()))
    return sorted(found)


def _data(repo: Repo, blob: str) -> bytes:
    return bytes(cast("Any", repo[blob.encode()]).data)
