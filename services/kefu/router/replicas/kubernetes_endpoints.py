"""
Kubernetes endpoints: the ready endpoints of a service, read from its EndpointSlices by list and watch.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes: a watch begins at the
list's resourceVersion and is resumed at that of the last event. Once the server has forgotten that version, it answers
410 Gone, as a status or as an ERROR event, and everything is listed again. The service account needs the verbs list
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
from typing import ClassVar

import httpx
import structlog
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from pydantic.alias_generators import to_camel

from kefu.router.replicas.replica_metrics import WATCH_CONNECTED

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_SERVICE_LABEL = "kubernetes.io/service-name"
_WATCH_SECONDS = 60
"""The server ends a watch after so long. It is short, since a dead connection is noticed a little later than that."""
_CONNECT_SECONDS = 5.0
_READ_SECONDS = _WATCH_SECONDS + 15.0
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class ServiceAccount:
    """A pod's access to its cluster's API: the files of its service account."""

    url: str = "https://kubernetes.default.svc"
    token_file: Path = _ACCOUNT / "token"
    ca_file: Path = _ACCOUNT / "ca.crt"
    namespace_file: Path = _ACCOUNT / "namespace"


class _ApiObject(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class _Metadata(_ApiObject):
    name: str = ""
    resource_version: str = ""


class _Conditions(_ApiObject):
    # By the API's reference, an unknown condition counts as ready and as not terminating.
    ready: bool | None = None
    terminating: bool | None = None


class _Endpoint(_ApiObject):
    addresses: tuple[str, ...]
    conditions: _Conditions = _Conditions()

    @property
    def is_usable(self) -> bool:
        return self.conditions.ready is not False and self.conditions.terminating is not True


class _Port(_ApiObject):
    name: str | None = None
    port: int | None = None


class _Slice(_ApiObject):
    metadata: _Metadata
    address_type: str
    endpoints: tuple[_Endpoint, ...] | None = None
    ports: tuple[_Port, ...] | None = None


class _SliceList(_ApiObject):
    metadata: _Metadata
    items: tuple[_Slice, ...] | None = None


class _Status(_ApiObject):
    code: int = 0
    message: str = ""


class _Event(_ApiObject):
    type: str
    object: dict[str, JsonValue]


class _Bookmark(_ApiObject):
    metadata: _Metadata


class _VersionExpired(Exception):
    """The server has forgotten the version at which a watch should be resumed."""


class _WatchFailed(Exception):
    """The watch ended with an error that is not a lost connection."""


@dataclass(frozen=True)
class EndpointSliceSource:
    """The endpoints of one service that are ready and not terminating.

    `port` is the pods' port number, or its name in the slices. An empty namespace is the pod's own.
    """

    account: ServiceAccount
    service: str
    namespace: str
    port: str
    backoff: tuple[float, float] = (0.5, 30.0)
    """The first pause after a failure and the longest one, in seconds; half of each is jitter."""
    is_required: ClassVar[bool] = True
    """A router that was never told its replicas is not ready; see `discovery.AddressSource`."""

    async def changes(self) -> AsyncGenerator[tuple[str, ...], None]:
        """Yield all usable addresses once they were listed, and again after each change. While the API fails, the last
        ones stand; until it has answered once nothing is yielded, and the log says what to check.
        """
        slices: dict[str, _Slice] = {}
        version = ""  # of the content of `slices`; empty: list
        yielded: tuple[str, ...] | None = None
        WATCH_CONNECTED.labels(self.service).set(0)
        shortest, longest = self.backoff
        pause, told = shortest, ""
        while True:
            try:
                async with self._client() as client:
                    if not version:
                        slices, version = await self._list(client)
                        if (addresses := self._addresses(slices)) != yielded:
                            yielded = addresses
                            yield addresses
                    async with aclosing(self._watch(client, version)) as events:
                        async for event in events:
                            version = _apply(event, slices) or version
                            pause = shortest
                            if (addresses := self._addresses(slices)) != yielded:
                                yielded = addresses
                                yield addresses
                pause = shortest  # the server ended the watch; the next one brings later changes
                wait = shortest
            except _VersionExpired:
                _log.info("discovery.watch_too_old", service=self.service, version=version)
                version, wait, pause = "", pause if pause > shortest else 0.0, min(pause * 2, longest)
            except (httpx.HTTPError, OSError, ValidationError, _WatchFailed) as error:
                WATCH_CONNECTED.labels(self.service).set(0)
                if isinstance(error, _WatchFailed):
                    version = ""
                cause = {"service": self.service, "error": type(error).__name__, "cause": str(error)}
                if yielded is not None:
                    _log.warning("discovery.watch_lost", **cause, replicas_kept=len(yielded))
                elif (advice := self._advice(error)) != told:  # once for each kind of failure, as it is tried for long
                    told = advice
                    _log.error("discovery.not_ready", **cause, advice=advice)
                wait, pause = pause, min(pause * 2, longest)
            await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 - spreads the routers

    def _advice(self, error: Exception) -> str:
        """What to check when the replicas were never listed."""
        if isinstance(error, httpx.HTTPStatusError):
            return (
                f"The API server answers {error.response.status_code}. 401, 403: the Role and RoleBinding kefu-router "
                "have to let this service account list and watch endpointslices.discovery.k8s.io in the namespace."
            )
        if isinstance(error, httpx.HTTPError):
            return (
                f"Nothing answers at {self.account.url}. Does the network policy kefu-router-apiserver name the API "
                "server's address and port (kubectl get endpoints kubernetes)? With Cilium take the component "
                "clusters/cilium; replicas-by-dns needs no API server."
            )
        if isinstance(error, OSError):
            return "The files of the pod's service account are missing: automountServiceAccountToken of the pod."
        return "Something answers there that is no Kubernetes API server, or not one of a version that is known."

    def _client(self) -> httpx.AsyncClient:
        # The files are read for each connection, for the cluster renews them.
        account = self.account
        secure = account.url.startswith("https:")
        return httpx.AsyncClient(
            base_url=account.url,
            headers={"Authorization": f"Bearer {account.token_file.read_text('ascii').strip()}"},
            verify=ssl.create_default_context(cafile=account.ca_file) if secure else True,
            timeout=httpx.Timeout(_CONNECT_SECONDS, read=_READ_SECONDS),
            trust_env=False,  # a proxy for the internet is not for the cluster's own API
        )

    def _url_path(self) -> str:
        namespace = self.namespace or self.account.namespace_file.read_text("ascii").strip()
        return f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"

    async def _list(self, client: httpx.AsyncClient) -> tuple[dict[str, _Slice], str]:
        answer = await client.get(
            self._url_path(), params={"labelSelector": f"{_SERVICE_LABEL}={self.service}"}, timeout=_CONNECT_SECONDS
        )
        answer.raise_for_status()
        found = _SliceList.model_validate_json(answer.content)
        return {slice_.metadata.name: slice_ for slice_ in found.items or ()}, found.metadata.resource_version

    async def _watch(self, client: httpx.AsyncClient, version: str) -> AsyncGenerator[_Event, None]:
        params = {
            "labelSelector": f"{_SERVICE_LABEL}={self.service}",
            "watch": "1",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(_WATCH_SECONDS),
        }
        async with client.stream("GET", self._url_path(), params=params) as answer:
            if answer.status_code == HTTPStatus.GONE:
                raise _VersionExpired
            answer.raise_for_status()
            WATCH_CONNECTED.labels(self.service).set(1)
            async with aclosing(_lines(answer)) as lines:
                async for line in lines:
                    event = _Event.model_validate_json(line)
                    if event.type == "ERROR":
                        status = _Status.model_validate(event.object)
                        if status.code == HTTPStatus.GONE:
                            raise _VersionExpired
                        raise _WatchFailed(f"{status.code} {status.message}")
                    yield event

    def _addresses(self, slices: dict[str, _Slice]) -> tuple[str, ...]:
        # In a service of both families a pod is in a slice of each, and is one replica.
        families = {slice_.address_type for slice_ in slices.values()}
        family = "IPv4" if "IPv4" in families else "IPv6"
        return tuple(
            sorted(
                {
                    f"[{endpoint.addresses[0]}]:{port}" if family == "IPv6" else f"{endpoint.addresses[0]}:{port}"
                    for slice_ in slices.values()
                    if slice_.address_type == family
                    for port in self._ports(slice_)
                    for endpoint in slice_.endpoints or ()
                    if endpoint.is_usable and endpoint.addresses
                }
            )
        )

    def _ports(self, slice_: _Slice) -> tuple[int, ...]:
        if self.port.isdecimal():
            return (int(self.port),)
        return tuple(port.port for port in slice_.ports or () if port.name == self.port and port.port is not None)[:1]


async def _lines(answer: httpx.Response) -> AsyncGenerator[str, None]:
    lines: AsyncIterator[str] = answer.aiter_lines()
    async for line in lines:
        if line.strip():
            yield line


def _apply(event: _Event, slices: dict[str, _Slice]) -> str:
    """Apply an event to the slices, and return its version."""
    match event.type:
        case "ADDED" | "MODIFIED":
            slice_ = _Slice.model_validate(event.object)
            slices[slice_.metadata.name] = slice_
            return slice_.metadata.resource_version
        case "DELETED":
            slice_ = _Slice.model_validate(event.object)
            slices.pop(slice_.metadata.name, None)
            return slice_.metadata.resource_version
        case _:  # a bookmark
            return _Bookmark.model_validate(event.object).metadata.resource_version
