"""
What a kubelet does and podman does not: probes from outside, and the order in which a pod leaves.

Probes are the manifest's: kind, port, path, period, timeout, thresholds. They come from this machine to the pod's
address, as a kubelet's do.
"""

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
from grpc_health.v1 import health_pb2

from kefu.testing.kustomize import Object
from tests.pods.playable import Playable

Exec = Callable[[str, Sequence[str], float], int]
"""Runs a command in a container of this name, for so many seconds at most; its exit status."""


PROBE_KINDS = ("readinessProbe", "livenessProbe")


class NotReady(Exception):
    """What a probe met."""


@dataclass(frozen=True)
class Probe:
    """One of a container's probes."""

    container: str
    kind: str
    said: Object
    address: str
    execute: Exec
    ports: Mapping[str, int]
    """The container's, by name."""

    @property
    def period(self) -> float:
        """Seconds from one to the next; Kubernetes' default is 10."""
        return self.said.get("periodSeconds", 10)

    @property
    def threshold(self) -> int:
        """So many failures in a row count; Kubernetes' default is 3."""
        return self.said.get("failureThreshold", 3)

    def once(self) -> None:
        """Raises NotReady. The timeout is the manifest's; Kubernetes' default is 1 s."""
        timeout = self.said.get("timeoutSeconds", 1)
        try:
            if "grpc" in self.said:
                self._grpc(self._port("grpc"), self.said["grpc"].get("service", ""), timeout)
            elif "httpGet" in self.said:
                self._http(self._port("httpGet"), self.said["httpGet"]["path"], timeout)
            elif "tcpSocket" in self.said:
                socket.create_connection((self.address, self._port("tcpSocket")), timeout).close()
            elif status := self.execute(self.container, self.said["exec"]["command"], timeout):
                raise NotReady(f"exit status {status}")
        except (OSError, http.client.HTTPException, grpc.RpcError) as error:
            raise NotReady(repr(error)) from error

    def met(self) -> str:
        """What it met when it failed; empty when it succeeded."""
        try:
            self.once()
        except NotReady as error:
            return str(error) or repr(error)
        return ""

    def _port(self, how: str) -> int:
        port = self.said[how]["port"]
        return self.ports[port] if isinstance(port, str) else port

    def _grpc(self, port: int, service: str, timeout: float) -> None:
        with grpc.insecure_channel(f"{self.address}:{port}") as channel:
            check = channel.unary_unary(
                "/grpc.health.v1.Health/Check",
                request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
                response_deserializer=health_pb2.HealthCheckResponse.FromString,
            )
            answer = check(health_pb2.HealthCheckRequest(service=service), timeout=timeout)
        if answer.status != health_pb2.HealthCheckResponse.SERVING:
            raise NotReady(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))

    def _http(self, port: int, path: str, timeout: float) -> None:
        connection = http.client.HTTPConnection(self.address, port, timeout=timeout)
        try:
            connection.request("GET", path)
            status = connection.getresponse().status
        finally:
            connection.close()
        if not 200 <= status < 400:
            raise NotReady(f"HTTP {status}")


def probes_of(pod: Playable, kind: str, address: str, execute: Exec) -> list[Probe]:
    """The probes of this kind of a pod's containers."""
    return [
        Probe(
            one["name"],
            kind,
            one[kind],
            address,
            execute,
            {each["name"]: each["containerPort"] for each in one["ports"]},
        )
        for one in pod.containers
        if kind in one
    ]


def until_started(pod: Playable, address: str, execute: Exec) -> float:
    """Return when all its startup probes, then all its readiness probes succeed: the seconds that it took.

    Fails when a probe's own patience ends.
    """
    began = time.monotonic()
    for kind in ("startupProbe", "readinessProbe"):
        for probe in probes_of(pod, kind, address, execute):
            for failures in range(1, probe.threshold + 1):
                if not (met := probe.met()):
                    break
                assert failures < probe.threshold, f"{pod.name} {probe.container} {kind}: {met}"
                time.sleep(probe.period)
    return time.monotonic() - began


@dataclass
class Watched:
    """Probes while somebody looks on."""

    done: int = 0
    breaches: list[str] = field(default_factory=list[str])
    """Where a kubelet would have taken a pod out (readiness) or ended a container (liveness)."""


@contextmanager
def watching(probes: Sequence[Probe]) -> Iterator[Watched]:
    """Probe each in its own time while the block runs."""
    watched, stop = Watched(), threading.Event()

    def watch(probe: Probe) -> None:
        failures = 0
        while not stop.is_set():
            met = probe.met()
            failures = failures + 1 if met else 0
            if failures == probe.threshold and not stop.is_set():
                watched.breaches.append(f"{probe.address} {probe.container} {probe.kind}: {met}")
            watched.done += 1
            stop.wait(probe.period)

    threads = [threading.Thread(target=watch, args=(probe,), daemon=True) for probe in probes]
    for thread in threads:
        thread.start()
    try:
        yield watched
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
