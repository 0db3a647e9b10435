"""
An overlay's pods, played by podman in a network of their own.

From the environment: KEFU_NGINX_IMAGE and KEFU_REDIS_IMAGE, images instead of the official ones; KEFU_TEST_WEIGHTS as
for `make compose-test`; KEFU_TEST_PODMAN, how podman is called here (`podman --runtime runc`, where crun cannot start).
Images are podman's own: `podman pull docker-daemon:localhost/kefu/router:0.1.0` takes one from Docker.
"""

import base64
import ipaddress
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kefu.testing.kustomize import Object
from tests.compose.containers import WEIGHTS, WEIGHTS_FOLDER
from tests.pods.kubelet import PROBE_KINDS, Probe, probes_of, until_started
from tests.pods.playable import LABEL, Playable
from tests.pods.volumes import claimed, make_volumes

PODMAN = shlex.split(os.environ.get("KEFU_TEST_PODMAN", "podman"))
NETWORK = "kefu-kube-play"
BRIDGE = "kefu-play0"
FIRST_ADDRESS = 10
MODEL = WEIGHTS[0]
IMAGES = {
    name: os.environ[variable]
    for name, variable in (
        ("docker.io/library/nginx:", "KEFU_NGINX_IMAGE"),
        ("docker.io/library/redis:", "KEFU_REDIS_IMAGE"),
    )
    if variable in os.environ
}


def podman(*arguments: str, seconds: float = 120, given: bytes = b"") -> str:
    """`podman`; what it printed."""
    done = _podman(arguments, seconds, given)
    assert done.returncode == 0, f"podman {' '.join(arguments)}\n{done.stdout.decode()}\n{done.stderr.decode()}"
    return done.stdout.decode()


def _podman(arguments: Sequence[str], seconds: float = 120, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PODMAN_IGNORE_CGROUPSV1_WARNING": "1"}
    command = [*PODMAN, *arguments]
    return subprocess.run(command, env=environment, input=given, capture_output=True, timeout=seconds, check=False)


def reason_not_to_play() -> str:
    """What is missing on this machine, and what to install; empty when nothing is."""
    if shutil.which(PODMAN[0]) is None:
        return "podman is not installed: apt-get install podman catatonit netavark aardvark-dns"
    if os.getuid() != 0:
        return "volumes are given to users and groups as a kubelet does it: run this as root"
    names = ["localhost/kefu/router", "localhost/kefu/gateway", "localhost/kefu/retrieval", "localhost/kefu/generation"]
    if missing := [name for name in names if not has_image(name)]:
        return f"podman has no {', '.join(missing)}: make images, then podman pull docker-daemon:NAME:TAG for each"
    return ""


def has_image(name: str) -> bool:
    """Whether podman has an image of this name."""
    return name in podman("images", "--format", "{{.Repository}}").split()


@dataclass
class Played:
    """Pods of an overlay, while they are up."""

    objects: Sequence[Object]
    """All of the overlay, and the secrets."""
    folder: Path
    pods: dict[str, Playable] = field(default_factory=dict[str, Playable])
    addresses: dict[str, str] = field(default_factory=dict[str, str])
    """A pod's is the same each time that it is played."""
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    """How long each took until it was ready."""

    def announce(self, pods: Sequence[Playable]) -> None:
        """Give addresses to pods."""
        [subnet] = json.loads(podman("network", "inspect", NETWORK))[0]["subnets"]
        hosts = ipaddress.ip_network(subnet["subnet"])
        for pod in pods:
            self.pods[pod.name] = pod
            self.addresses.setdefault(pod.name, str(hosts[FIRST_ADDRESS + len(self.addresses)]))

    def play(self, name: str) -> None:
        """Start a pod, without waiting for it."""
        pod = self.pods[name]
        volumes = make_volumes(pod, self.objects, self.folder)
        manifest = [one for one in self.objects if one["kind"] == "ConfigMap"]
        manifest.append(pod.manifest(IMAGES, volumes))
        file = self.folder / f"{name}.yaml"
        file.write_text(yaml.safe_dump_all(manifest), "utf-8")
        options = ",".join((f"ip={self.addresses[name]}", *(f"alias={one}" for one in pod.names)))
        podman("kube", "play", "--network", f"{NETWORK}:{options}", str(file), seconds=300)

    def until_ready(self, *names: str) -> None:
        """Return when these pods are ready by their own probes, with their logs when one does not get so far."""
        for name in names or tuple(self.pods):
            began = time.monotonic()
            try:
                until_started(self.pods[name], self.addresses[name], self.executor(name))
            except AssertionError:
                sys.stderr.write(self.logs(name))
                raise
            self.seconds[name] = time.monotonic() - began

    def ready(self) -> str:
        """How long each pod took, in words."""
        return ", ".join(f"{name} {seconds:.0f} s" for name, seconds in self.seconds.items())

    def executor(self, name: str) -> Any:
        """For probes that are commands."""

        def execute(container: str, command: Sequence[str], timeout: float) -> int:
            return _podman(["exec", f"{name}-{container}", *command], timeout + 5).returncode

        return execute

    def probes(self, *names: str) -> list[Probe]:
        """Readiness and liveness of these pods."""
        return [
            probe
            for name in names
            for kind in PROBE_KINDS
            for probe in probes_of(self.pods[name], kind, self.addresses[name], self.executor(name))
        ]

    def inspect(self, name: str, container: str) -> dict[str, Any]:
        """All that podman knows of a container."""
        [found] = json.loads(podman("inspect", f"{name}-{container}"))
        return found

    def logs(self, *names: str) -> str:
        """Of all containers of these pods."""
        found = [(name, one["name"]) for name in names for one in self.pods[name].every_container]
        read = [_podman(["logs", "--tail", "60", f"{name}-{one}"]) for name, one in found]
        return "".join(
            f"--- {name} {one}\n{done.stdout.decode()}{done.stderr.decode()}"
            for (name, one), done in zip(found, read, strict=True)
        )

    def inside(self, name: str, container: str, script: str, user: str = "") -> subprocess.CompletedProcess[bytes]:
        """A shell script in a container, as its own user or as another."""
        options = ["--user", user] if user else []
        return _podman(["exec", *options, f"{name}-{container}", "sh", "-c", script])

    def ended(self, name: str, container: str, seconds: float) -> int:
        """Wait until a container has ended, for so many seconds at most: its exit status."""
        return int(podman("wait", f"{name}-{container}", seconds=seconds))

    def leave(self, name: str) -> dict[str, int]:
        """Order a pod to leave, as a kubelet does: preStop's pause, SIGTERM, and SIGKILL when its grace is over.

        Returns when it has gone: the exit status of each container.
        """
        pod, began = self.pods[name], time.monotonic()
        pauses = [
            one.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0) for one in pod.containers
        ]
        time.sleep(max(pauses))
        left = round(pod.grace_seconds - (time.monotonic() - began))
        podman("stop", "--time", str(left), *(f"{name}-{one['name']}" for one in pod.containers), seconds=left + 60)
        ended = {one["name"]: self.inspect(name, one["name"])["State"]["ExitCode"] for one in pod.containers}
        self.remove(name)
        return ended

    def remove(self, name: str) -> None:
        """At once; its claims stay."""
        podman("pod", "rm", "--force", "--ignore", "--time", "0", name)


def has_weights_here() -> bool:
    """Whether this machine has the default model's."""
    return (WEIGHTS_FOLDER / MODEL).exists()


def bring_weights(folder: Path, claim: str) -> None:
    """Fill a claim of the models' as deploy/offline/README.md says."""
    for part in (MODEL, "hashes"):
        source, target = WEIGHTS_FOLDER / part, claimed(folder, claim) / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        elif source.exists():
            shutil.copy2(source, target)


@contextmanager
def network(secrets: Sequence[Object], *, outside: bool) -> Iterator[None]:
    """A network, without a road outside unless weights have to be fetched, and the secrets that variables come from."""
    _clear(secrets)
    try:
        podman("network", "create", "--interface-name", BRIDGE, *([] if outside else ["--internal"]), NETWORK)
        _rule("-I")
        podman("kube", "play", "--network", NETWORK, "-", given=yaml.safe_dump_all(secrets).encode())
        yield
    finally:
        _clear(secrets)


def _clear(secrets: Sequence[Object]) -> None:
    for _ in range(5):  # on a busy machine a container outlives the time that podman gives it to be killed
        found = podman("pod", "ps", "--quiet", "--filter", f"label={LABEL}").split()
        for pod in found:
            _podman(["pod", "rm", "--force", "--time", "0", pod])
        if not found:
            break
    if secrets:
        _podman(["secret", "rm", "--ignore", *(one["metadata"]["name"] for one in secrets)])
    while _rule("-D"):
        pass
    podman("network", "rm", "--force", NETWORK)


def _rule(change: str) -> bool:
    """Docker, where it runs, lets nothing through bridges but its own: let our pods speak among themselves."""
    if shutil.which("iptables") is None:
        return False
    rule = ("DOCKER-USER", "-i", BRIDGE, "-o", BRIDGE, "-j", "ACCEPT")
    return subprocess.run(["iptables", change, *rule], capture_output=True, timeout=30, check=False).returncode == 0


def secret(name: str, values: Mapping[str, bytes]) -> Object:
    """As `kubectl create secret generic` makes it."""
    data = {key: base64.b64encode(value).decode() for key, value in values.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}
