"""Every overlay and check of k8s/, rendered by kubectl, and small questions about the objects."""

import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
K8S = ROOT / "k8s"
Object = dict[str, Any]
WORKLOADS = ("Deployment", "StatefulSet")


class BuildFailed(Exception):
    """kubectl's words, when it cannot build a folder."""


def overlays() -> list[Path]:
    """What is applied."""
    return sorted(path.parent for path in (K8S / "overlays").glob("*/kustomization.yaml"))


def checks() -> list[Path]:
    """What is only built."""
    return sorted(path.parent for path in (K8S / "checks").glob("*/kustomization.yaml"))


def builds() -> list[Path]:
    """All of them."""
    return [*overlays(), *checks()]


def components() -> list[Path]:
    """The components' folders."""
    return sorted(path.parent for path in (K8S / "components").glob("*/kustomization.yaml"))


@cache
def text_of(folder: Path) -> str:
    """The manifest that `kubectl apply -k` would send. Raises BuildFailed."""
    kubectl = Path(sys.executable).with_name("kubectl")
    done = subprocess.run([str(kubectl), "kustomize", str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildFailed(f"{folder.relative_to(ROOT)}: {done.stderr.strip()}")
    return done.stdout


@cache
def objects_of(folder: Path) -> tuple[Object, ...]:
    """Its objects. Raises BuildFailed."""
    return tuple(yaml.safe_load_all(text_of(folder)))


def of_kind(folder: Path, *kinds: str) -> list[Object]:
    """Its objects of these kinds."""
    return [one for one in objects_of(folder) if one["kind"] in kinds]


def named(folder: Path, kind: str, name: str) -> Object:
    """The one object of that kind and name."""
    [found] = [one for one in of_kind(folder, kind) if one["metadata"]["name"] == name]
    return found


def name_of(one: Object) -> str:
    """As kubectl would print it."""
    return f"{one['kind']}/{one['metadata']['name']}"


def workloads(folder: Path) -> list[Object]:
    """Whatever makes pods."""
    return of_kind(folder, *WORKLOADS)


def pod_of(workload: Object) -> Object:
    """A workload's pod spec."""
    return workload["spec"]["template"]["spec"]


def pod_labels(workload: Object) -> dict[str, str]:
    """The labels of a workload's pods."""
    return workload["spec"]["template"]["metadata"]["labels"]


def containers(workload: Object) -> list[Object]:
    """All containers of a pod, those that run first included."""
    pod = pod_of(workload)
    return [*pod.get("initContainers", []), *pod["containers"]]


def selects(selector: Object, labels: dict[str, str]) -> bool:
    """Whether a label selector takes these labels; an empty one takes all."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for wanted in selector.get("matchExpressions", []):
        if wanted["operator"] != "In":
            raise NotImplementedError(wanted["operator"])
        if labels.get(wanted["key"]) not in wanted["values"]:
            return False
    return True


def environment(folder: Path, container: Object) -> dict[str, str]:
    """A container's variables; those that come from a secret have the secret's name and key as their value."""
    found: dict[str, str] = {}
    for source in container.get("envFrom", []):
        found |= named(folder, "ConfigMap", source["configMapRef"]["name"])["data"]
    for variable in container.get("env", []):
        if "value" in variable:
            found[variable["name"]] = variable["value"]
        else:
            reference = variable["valueFrom"]["secretKeyRef"]
            # As long as a secret has to be.
            found[variable["name"]] = f"secret {reference['name']}/{reference['key']}".ljust(32, ".")
    return found


def secrets_used(pod: Object) -> Iterator[str]:
    """Names of the secrets that a pod needs."""
    for container in (*pod.get("initContainers", []), *pod["containers"]):
        for variable in container.get("env", []):
            if "valueFrom" in variable:
                yield variable["valueFrom"]["secretKeyRef"]["name"]
    for volume in pod.get("volumes", []):
        if "secret" in volume:
            yield volume["secret"]["secretName"]


def kustomization(folder: Path) -> Object:
    """What a folder's kustomization.yaml says."""
    return yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))
