"""An overlay, installed as k8s/README.md says: its secrets, its pods, its knowledge by the toolbox."""

import io
import secrets
import shutil
import subprocess
import tarfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc.aio

from kefu.client.channels import channel_to
from kefu.testing.kustomize import ROOT, WORKLOADS, Object
from tests.manifests.composing import with_components
from tests.pods.playable import Playable, playable
from tests.pods.podman import Played, bring_weights, has_weights_here, network, podman, secret
from tests.pods.volumes import CLAIMS, decoded

SAMPLE = ROOT / "services" / "kefu" / "sample" / "help_center"
CUSTOMERS_PORT = 8443
"""nginx's port: its pod is called itself, for no Service gives it another."""
COMPONENTS = {
    "cpu-demo": ("replicas-by-dns", "jobs/toolbox", "jobs/smoke-test"),
    "gpu-small": ("replicas-by-dns", "jobs/toolbox"),
    "gpu-production": ("replicas-by-dns", "jobs/toolbox", "redis-sentinel", "shared-weights"),
}
"""What each overlay is played with. Replicas are found by DNS, since no API server tells of them."""
ONE_REDIS = "redis://:{password}@kefu-redis:6379/0"


@dataclass
class Installed:
    """An overlay's pods, and how they are called from outside."""

    pods: Played
    folder: Path

    @property
    def key(self) -> str:
        """A key for everything: the first one."""
        [keys] = [
            one for one in self.pods.objects if one["kind"] == "Secret" and one["metadata"]["name"] == "kefu-keys"
        ]
        return decoded(keys)["bootstrap"].decode()

    @asynccontextmanager
    async def customers(self, nginx: str = "kefu-nginx-0") -> AsyncIterator[grpc.aio.Channel]:
        """A channel to the customers' port of one nginx."""
        address = f"https://{self.pods.addresses[nginx]}:{CUSTOMERS_PORT}"
        async with channel_to(address, str(self.folder / "secrets" / "edge.pem")) as channel:
            yield channel

    def import_sample(self) -> None:
        """From the toolbox, as k8s/components/jobs/toolbox/README.md says; `kubectl cp` is tar at both ends."""
        with self.job("kefu-toolbox") as toolbox:
            packed = io.BytesIO()
            with tarfile.open(fileobj=packed, mode="w") as archive:
                archive.add(SAMPLE, "help-centre")
            container = f"{toolbox}-toolbox"
            podman("exec", "--interactive", container, "tar", "xmf", "-", "-C", "/tmp", given=packed.getvalue())
            command = ("import", "/tmp/help-centre", "--collection", "help", "--create")
            printed = podman("exec", container, "python", "-m", "kefu.cli", *command, seconds=600)
            assert "0 failed" in printed, printed

    @contextmanager
    def job(self, workload: str) -> Iterator[str]:
        """As `kubectl create job --from=cronjob/…`: the pod's name, while the block runs."""
        [found] = [one for one in self.pods.objects if one["metadata"]["name"] == workload and one["kind"] == "CronJob"]
        pod = playable(self.pods.objects, as_workload(found), 0)
        self.pods.announce([pod])
        self.pods.play(pod.name)
        try:
            yield pod.name
        finally:
            self.pods.remove(pod.name)


def as_workload(one: Object) -> Object:
    """A CronJob's job in the form of a workload."""
    return one | {"spec": one["spec"]["jobTemplate"]["spec"]} if one["kind"] == "CronJob" else one


@contextmanager
def installed(
    overlay: str,
    folder: Path,
    counts: Mapping[str, int],
    changed: Callable[[Object], Object | None] = lambda one: one,
    redis: str = ONE_REDIS,
) -> Iterator[Installed]:
    """Two pods of each workload, or as many as `counts` says, all ready; everything is removed at the end.

    `changed` is asked for each object of the overlay, and may leave it out.
    """
    (folder / "build").mkdir()
    built = [one for each in with_components(overlay, COMPONENTS[overlay], folder / "build") if (one := changed(each))]
    workloads = [one for one in built if one["kind"] in WORKLOADS]
    pods = [
        playable(built, one, number) for one in workloads for number in range(counts.get(one["metadata"]["name"], 2))
    ]
    claims = {claim for pod in pods if (claim := _models_of(pod))}  # one for all, with shared weights
    has_weights = has_weights_here()
    for claim in claims if has_weights else ():
        bring_weights(folder, claim)
    values = _secrets(redis)
    ordered = {
        one["metadata"]["name"]
        for one in workloads
        if one["kind"] == "StatefulSet" and one["spec"].get("podManagementPolicy") != "Parallel"
    }
    with network(values, outside=bool(claims) and not has_weights), _removed(folder / CLAIMS):
        played = Played([*built, *values], folder)
        played.announce(pods)
        edges = [played.addresses[pod.name] for pod in pods if pod.workload == "kefu-nginx"]
        script = ROOT / "deploy" / "compose" / "secrets.sh"  # for its certificate
        subprocess.run([str(script), str(folder / "secrets"), *edges], check=True, timeout=60)
        names = {"tls.crt": "edge.pem", "tls.key": "edge-key.pem"}
        files = {name: (folder / "secrets" / file).read_bytes() for name, file in names.items()}
        played.objects = [*played.objects, secret("kefu-edge-tls", files)]
        # In the order of an apply, the alphabet's: nobody waits for anybody. But nginx, which ends until all names are
        # known, comes last: podman starts it anew at once each time, a kubelet after longer and longer pauses.
        for pod in sorted(pods, key=lambda pod: pod.workload == "kefu-nginx"):
            played.play(pod.name)
            if pod.workload in ordered:
                played.until_ready(pod.name)
        played.until_ready(*(pod.name for pod in pods))
        yield Installed(played, folder)


@contextmanager
def _removed(folder: Path) -> Iterator[None]:
    """Weights and what Redis wrote are not kept with the logs of a run."""
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _models_of(pod: Playable) -> str:
    """The claim for weights of a replica of the model that fetches them."""
    claims = [
        one["persistentVolumeClaim"]["claimName"] for one in pod.spec.get("volumes", []) if one["name"] == "models"
    ]
    return claims[0] if claims and pod.spec.get("initContainers") else ""


def _secrets(redis: str) -> list[Object]:
    """As k8s/README.md makes them."""
    bootstrap = f"kefu_bootstrap_{secrets.token_hex(32)}".encode()
    password = secrets.token_hex(24)
    return [
        secret(
            "kefu-keys",
            {
                "internal": f"kefu_internal_{secrets.token_hex(32)}".encode(),
                "bootstrap": bootstrap,
                "visitors": secrets.token_hex(32).encode(),
            },
        ),
        secret("kefu-operations", {"key": bootstrap}),
        secret(
            "kefu-redis",
            {
                "url": redis.format(password=password).encode(),
                "requirepass.conf": f"requirepass {password}".encode(),
            },
        ),
    ]
