"""An overlay with components more, built in a folder of its own."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from kefu.testing.kustomize import K8S, Object, components, objects_of

_NOTHING: Object = {}
FIRST = {"jobs/backup-to-bucket": ("jobs/backup",)}
"""Components that come after another one, by their READMEs."""


def with_components(
    overlay: str, components: Sequence[str], folder: Path, more: Mapping[str, Any] = _NOTHING
) -> tuple[Object, ...]:
    """The objects of an overlay with these components more (their paths below k8s/components). Raises BuildFailed.

    `more`: further fields of the kustomization, such as `patches`.
    """
    base = folder.resolve()
    kustomization: Object = {
        **more,
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": "kefu",
        "resources": [os.path.relpath(K8S / "overlays" / overlay, base)],
        "components": [os.path.relpath(K8S / "components" / one, base) for one in components],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), "utf-8")
    return objects_of(folder)


@cache
def demo_with_each_component() -> dict[str, tuple[Object, ...]]:
    """The demo with one component more, by the component's path below k8s/components. Raises BuildFailed."""
    names = [one.relative_to(K8S / "components").as_posix() for one in components()]

    def built(name: str) -> tuple[Object, ...]:
        with tempfile.TemporaryDirectory() as folder:
            return with_components("cpu-demo", [*FIRST.get(name, ()), name], Path(folder))

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(names, pool.map(built, names), strict=True))
