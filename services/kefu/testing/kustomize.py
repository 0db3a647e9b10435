"""The overlays and checks of k8s/, rendered by kubectl, and queries on their objects."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
K8S = ROOT / "k8s"
CLUSTER = K8S / "cluster"
"""What is applied once, before any overlay: the namespace and what has none."""
_KEPT = ROOT / "build/kustomize"
_KUBECTL = Path(sys.executable).with_name("kubectl")
Object = dict[str, Any]
WORKLOADS = ("Deployment", "StatefulSet")


class BuildFailed(Exception):
    """kubectl cannot build a folder; the message is kubectl's."""


def overlays() -> list[Path]:
    """The folders of the overlays, which are applied."""
    return sorted(path.parent for path in (K8S / "overlays").glob("*/kustomization.yaml"))


def checks() -> list[Path]:
    """The folders of the checks, which are only built."""
    return sorted(path.parent for path in (K8S / "checks").glob("*/kustomization.yaml"))


def builds() -> list[Path]:
    """The folders of all overlays and checks."""
    return [*overlays(), *checks()]


def components() -> list[Path]:
    """The folders of the components."""
    return sorted(path.parent for path in (K8S / "components").rglob("kustomization.yaml"))


@cache
def text_of(folder: Path) -> str:
    """The manifest that `kubectl apply -k` would send. Raises BuildFailed.

    Of a folder of k8s/ it is kept below build/, for the next process, as long as no file of k8s/ changes.
    """
    kept = _KEPT / _digest() / f"{'.'.join(folder.relative_to(K8S).parts)}.yaml" if folder.is_relative_to(K8S) else None
    if kept is not None and kept.exists():
        return kept.read_text("utf-8")
    done = subprocess.run([str(_KUBECTL), "kustomize", str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildFailed(f"{folder.name}: {done.stderr.strip()}")
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        for other in _KEPT.iterdir():
            if other != kept.parent:  # it follows from files that have changed since
                shutil.rmtree(other, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=kept.parent, delete=False) as file:
            file.write(done.stdout)
        os.replace(file.name, kept)
    return done.stdout


@cache
def _digest() -> str:
    """What a manifest follows from: all files of k8s/, and kubectl."""
    binary = _KUBECTL.stat()
    digest = hashlib.sha256(f"{binary.st_size} {binary.st_mtime_ns}".encode())
    for path in sorted(path for path in K8S.rglob("*") if path.is_file()):
        digest.update(f"\0{path.relative_to(K8S)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def objects_of(folder: Path) -> tuple[Object, ...]:
    """The objects of a folder's manifest. Raises BuildFailed."""
    return objects_in(text_of(folder))


def objects_in(text: str) -> tuple[Object, ...]:
    """The objects of a manifest. By libyaml where PyYAML has it: ten times as fast."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return tuple(one for one in yaml.load_all(text, Loader=loader) if one)


def of_kind(folder: Path, *kinds: str) -> list[Object]:
    """The objects of these kinds in a folder's manifest."""
    return [one for one in objects_of(folder) if one["kind"] in kinds]


def named(folder: Path, kind: str, name: str) -> Object:
    """The one object of this kind and name."""
    [found] = [one for one in of_kind(folder, kind) if one["metadata"]["name"] == name]
    return found


def name_of(one: Object) -> str:
    """The kind and name of an object, as kubectl prints them."""
    return f"{one['kind']}/{one['metadata']['name']}"


def workloads(folder: Path) -> list[Object]:
    """The objects that make pods."""
    return of_kind(folder, *WORKLOADS)


def jobs(folder: Path) -> list[Object]:
    """The jobs that an operator may start, each in the form of a workload: `spec.template` is its pod."""
    return [
        {"kind": one["kind"], "metadata": one["metadata"], "spec": one["spec"]["jobTemplate"]["spec"]}
        for one in of_kind(folder, "CronJob")
    ]


def with_jobs(folder: Path) -> list[Object]:
    """Everything that makes pods, by itself or when it is told to."""
    return [*workloads(folder), *jobs(folder)]


def pod_of(workload: Object) -> Object:
    """The pod spec of a workload."""
    return workload["spec"]["template"]["spec"]


def pod_labels(workload: Object) -> dict[str, str]:
    """The labels of a workload's pods."""
    return workload["spec"]["template"]["metadata"]["labels"]


def containers(workload: Object) -> list[Object]:
    """All containers of a pod, the init containers included."""
    pod = pod_of(workload)
    return [*pod.get("initContainers", []), *pod["containers"]]


def selects(selector: Object, labels: dict[str, str]) -> bool:
    """Whether a label selector matches these labels; an empty one matches all."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for wanted in selector.get("matchExpressions", []):
        if wanted["operator"] != "In":
            raise NotImplementedError(wanted["operator"])
        if labels.get(wanted["key"]) not in wanted["values"]:
            return False
    return True


def environment(folder: Path, container: Object) -> dict[str, str]:
    """The environment variables of a container. The value of one from a secret is the secret's name and key, of one
    from the pod the field's path.
    """
    found: dict[str, str] = {}
    for source in container.get("envFrom", []):
        found |= named(folder, "ConfigMap", source["configMapRef"]["name"])["data"]
    for variable in container.get("env", []):
        if "value" in variable:
            found[variable["name"]] = variable["value"]
        elif field := variable["valueFrom"].get("fieldRef"):
            found[variable["name"]] = field["fieldPath"]
        else:
            reference = variable["valueFrom"]["secretKeyRef"]
            # Padded to the least length of a secret.
            found[variable["name"]] = f"secret {reference['name']}/{reference['key']}".ljust(32, ".")
    return found


def secrets_used(pod: Object) -> Iterator[str]:
    """The names of the secrets that a pod needs."""
    for container in (*pod.get("initContainers", []), *pod["containers"]):
        for variable in container.get("env", []):
            if secret := variable.get("valueFrom", {}).get("secretKeyRef"):
                yield secret["name"]
    for volume in pod.get("volumes", []):
        if "secret" in volume:
            yield volume["secret"]["secretName"]


def kustomization(folder: Path) -> Object:
    """The content of a folder's kustomization.yaml."""
    [found] = objects_in((folder / "kustomization.yaml").read_text("utf-8"))
    return found
