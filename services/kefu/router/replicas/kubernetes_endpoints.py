"""
The ready endpoints of a Kubernetes service, as its EndpointSlices tell: list, then watch.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes: a watch begins at the
list's resourceVersion and is resumed at that of the last event; once the server has forgotten that version it says
410 Gone, as a status or as an ERROR event, and everything is listed anew. The service account needs the verbs list
and watch on endpointslices.discovery.k8s.io in the service's namespace.
"""

import asyncio
import random
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import httpx
import structlog
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from pydantic.alias_generators import to_camel

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_SERVICE_LABEL = "kubernetes.io/service-name"
_WATCH_SECONDS = 60
"""The server ends a watch after this. Short, for a connection that died unnoticed is noticed a little later."""
_CONNECT_SECONDS = 5.0
_SILENT_SECONDS = _WATCH_SECONDS + 15.0
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class PodAccount:
    """How a pod reaches its cluster's API: the files of its service account."""

    url: str = "https://kubernetes.default.svc"
    token_file: Path = _ACCOUNT / "token"
    ca_file: Path = _ACCOUNT / "ca.crt"
    namespace_file: Path = _ACCOUNT / "namespace"


class _Read(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class _Metadata(_Read):
    name: str = ""
    resource_version: str = ""


class _Conditions(_Read):
    # What is not known counts as ready and as staying, says the API's reference.
    ready: bool | None = None
    terminating: bool | None = None


class _Endpoint(_Read):
    addresses: tuple[str, ...]
    conditions: _Conditions = _Conditions()

    @property
    def usable(self) -> bool:
        return self.conditions.ready is not False and self.conditions.terminating is not True


class _Port(_Read):
    name: str | None = None
    port: int | None = None


class _Slice(_Read):
    metadata: _Metadata
    address_type: str
    endpoints: tuple[_Endpoint, ...] | None = None
    ports: tuple[_Port, ...] | None = None


class _SliceList(_Read):
    metadata: _Metadata
    items: tuple[_Slice, ...] | None = None


class _Status(_Read):
    code: int = 0
    message: str = ""


class _Event(_Read):
    type: str
    object: dict[str, JsonValue]


class _Bookmark(_Read):
    metadata: _Metadata


class _Gone(Exception):
    """The version is too old to be resumed."""


class _Refused(Exception):
    """The watch ended with an error that is not a lost connection."""


@dataclass(frozen=True)
class EndpointSlices:
    """The endpoints of one service that are ready and not about to leave.

    `port` is the number the pods listen at, or the name that the slices give it. An empty namespace is the pod's own.
    """

    account: PodAccount
    service: str
    namespace: str
    port: str
    backoff: tuple[float, float] = (0.5, 30.0)
    """The first pause after a failure and the longest one, in seconds; half of each is jitter."""

    async def changes(self) -> AsyncGenerator[tuple[str, ...], None]:
        """All usable addresses, soon, and again after each change. While the API fails, the last ones stand."""
        slices: dict[str, _Slice] = {}
        version = ""  # of what `slices` holds; empty: list
        told: tuple[str, ...] | None = None
        shortest, longest = self.backoff
        pause = shortest
        while True:
            try:
                async with self._client() as client:
                    if not version:
                        slices, version = await self._list(client)
                        if (addresses := self._addresses(slices)) != told:
                            told = addresses
                            yield addresses
                    async with aclosing(self._watch(client, version)) as events:
                        async for event in events:
                            version = _apply(event, slices) or version
                            pause = shortest
                            if (addresses := self._addresses(slices)) != told:
                                told = addresses
                                yield addresses
                pause = shortest  # it ended in time; what came since is told at the next
                wait = shortest
            except _Gone:
                _log.info("discovery.watch_too_old", service=self.service, version=version)
                version, wait, pause = "", pause if pause > shortest else 0.0, min(pause * 2, longest)
            except (httpx.HTTPError, OSError, ValidationError, _Refused) as error:
                if isinstance(error, _Refused):
                    version = ""
                _log.warning("discovery.watch_lost", service=self.service, error=type(error).__name__, cause=str(error))
                wait, pause = pause, min(pause * 2, longest)
                if told is None:
                    told = ()
                    yield told
            await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 - spreads the routers

    def _client(self) -> httpx.AsyncClient:
        # The files are read for each connection, since the cluster renews them.
        account = self.account
        secure = account.url.startswith("https:")
        return httpx.AsyncClient(
            base_url=account.url,
            headers={"Authorization": f"Bearer {account.token_file.read_text('ascii').strip()}"},
            verify=ssl.create_default_context(cafile=account.ca_file) if secure else True,
            timeout=httpx.Timeout(_CONNECT_SECONDS, read=_SILENT_SECONDS),
            trust_env=False,  # a proxy for the internet is not for the cluster's own API
        )

    def _path(self) -> str:
        namespace = self.namespace or self.account.namespace_file.read_text("ascii").strip()
        return f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"

    async def _list(self, client: httpx.AsyncClient) -> tuple[dict[str, _Slice], str]:
        answer = await client.get(
            self._path(), params={"labelSelector": f"{_SERVICE_LABEL}={self.service}"}, timeout=_CONNECT_SECONDS
        )
        answer.raise_for_status()
        found = _SliceList.model_validate_json(answer.content)
        return {one.metadata.name: one for one in found.items or ()}, found.metadata.resource_version

    async def _watch(self, client: httpx.AsyncClient, version: str) -> AsyncGenerator[_Event, None]:
        params = {
            "labelSelector": f"{_SERVICE_LABEL}={self.service}",
            "watch": "1",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(_WATCH_SECONDS),
        }
        async with client.stream("GET", self._path(), params=params) as answer:
            if answer.status_code == HTTPStatus.GONE:
                raise _Gone
            answer.raise_for_status()
            async with aclosing(_lines(answer)) as lines:
                async for line in lines:
                    event = _Event.model_validate_json(line)
                    if event.type == "ERROR":
                        status = _Status.model_validate(event.object)
                        if status.code == HTTPStatus.GONE:
                            raise _Gone
                        raise _Refused(f"{status.code} {status.message}")
                    yield event

    def _addresses(self, slices: dict[str, _Slice]) -> tuple[str, ...]:
        # In a service of both families a pod stands in a slice of each; it is one replica.
        families = {one.address_type for one in slices.values()}
        family = "IPv4" if "IPv4" in families else "IPv6"
        return tuple(
            sorted(
                {
                    f"[{endpoint.addresses[0]}]:{port}" if family == "IPv6" else f"{endpoint.addresses[0]}:{port}"
                    for one in slices.values()
                    if one.address_type == family
                    for port in self._ports(one)
                    for endpoint in one.endpoints or ()
                    if endpoint.usable and endpoint.addresses
                }
            )
        )

    def _ports(self, one: _Slice) -> tuple[int, ...]:
        if self.port.isdecimal():
            return (int(self.port),)
        return tuple(port.port for port in one.ports or () if port.name == self.port and port.port is not None)[:1]


async def _lines(answer: httpx.Response) -> AsyncGenerator[str, None]:
    lines: AsyncIterator[str] = answer.aiter_lines()
    async for line in lines:
        if line.strip():
            yield line


def _apply(event: _Event, slices: dict[str, _Slice]) -> str:
    """Take an event; the version that it brings."""
    match event.type:
        case "ADDED" | "MODIFIED":
            one = _Slice.model_validate(event.object)
            slices[one.metadata.name] = one
            return one.metadata.resource_version
        case "DELETED":
            one = _Slice.model_validate(event.object)
            slices.pop(one.metadata.name, None)
            return one.metadata.resource_version
        case _:  # a bookmark
            return _Bookmark.model_validate(event.object).metadata.resource_version
