"""An overlay with components more, built in a folder of its own."""

import os
from collections.abc import Sequence
from pathlib import Path

import yaml

from kefu.testing.kustomize import K8S, Object, objects_of


def with_components(overlay: str, components: Sequence[str], folder: Path) -> tuple[Object, ...]:
    """The objects of an overlay with these components more (their paths below k8s/components). Raises BuildFailed."""
    base = folder.resolve()
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": "kefu",
        "resources": [os.path.relpath(K8S / "overlays" / overlay, base)],
        "components": [os.path.relpath(K8S / "components" / one, base) for one in components],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), "utf-8")
    return objects_of(folder)
