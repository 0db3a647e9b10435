"""Folders with what a pod's volumes hold, owned and readable as the kubelet makes them.

By pkg/volume of Kubernetes: a secret's or ConfigMap's files are root's, with `defaultMode`; fsGroup gives all of a
volume the group, and the group what it needs to read (secrets, ConfigMaps) or to write (the others), with setgid on
folders.
"""

import base64
import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from kefu.testing.kustomize import Object
from tests.pods.playable import Playable

_READ, _WRITE, _ENTER = 0o440, 0o660, 0o110
CLAIMS = "claims"


def make_volumes(pod: Playable, objects: Sequence[Object], folder: Path) -> dict[str, Path]:
    """A folder for each volume of a pod, below `folder`; a claim's is the one that it had, with what it holds."""
    found: dict[str, Path] = {}
    for volume in pod.spec.get("volumes", []):
        claim = volume.get("persistentVolumeClaim")
        path = claimed(folder, claim["claimName"]) if claim else folder / pod.name / volume["name"]
        if not claim:
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir(parents=True)
        for name, (data, mode) in _files_of(volume, objects).items():
            (path / name).write_bytes(data)
            (path / name).chmod(mode)
        if "emptyDir" in volume:
            path.chmod(0o777)
        _give(path, pod.group, _READ if volume.keys() & {"secret", "configMap"} else _WRITE)
        found[volume["name"]] = path
    return found


def claimed(folder: Path, claim: str) -> Path:
    """The folder of a claim. It begins as a new file system does: root's, and with its lost+found."""
    path = folder / CLAIMS / claim
    if not path.exists():
        (path / "lost+found").mkdir(parents=True)
        (path / "lost+found").chmod(0o700)
        path.chmod(0o755)
    return path


def decoded(secret: Object) -> dict[str, bytes]:
    """What a secret holds."""
    return {key: base64.b64decode(value) for key, value in secret["data"].items()}


def _files_of(volume: Object, objects: Sequence[Object]) -> Mapping[str, tuple[bytes, int]]:
    if source := volume.get("secret"):
        data = decoded(_named(objects, "Secret", source["secretName"]))
        items = source.get("items") or [{"key": key, "path": key} for key in data]
        return {item["path"]: (data[item["key"]], source.get("defaultMode", 0o644)) for item in items}
    if source := volume.get("configMap"):
        data = _named(objects, "ConfigMap", source["name"])["data"]
        return {key: (text.encode(), source.get("defaultMode", 0o644)) for key, text in data.items()}
    return {}


def _named(objects: Sequence[Object], kind: str, name: str) -> Object:
    [found] = [one for one in objects if one["kind"] == kind and one["metadata"]["name"] == name]
    return found


def _give(path: Path, group: int, mode: int) -> None:
    for one in (path, *path.rglob("*")):
        os.chown(one, -1, group)
        before = stat.S_IMODE(one.stat().st_mode)
        one.chmod(before | mode | (stat.S_ISGID | _ENTER if one.is_dir() else 0))
