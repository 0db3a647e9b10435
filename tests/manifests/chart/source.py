"""What the chart is generated from: the overlays and components of k8s/, and the order in which they go together."""

import os
import re
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import yaml

from kefu.testing.kustomize import K8S, Object, kustomization, objects_of, overlays
from tests.manifests.chart.changes import Layer, both, key_of, layer_between
from tests.manifests.chart.tokens import Tokens, plain_name
from tests.manifests.composing import FIRST, demo_with_each_component

COMPONENTS = {
    "gpu": "gpu",
    "retrieval-gpu": "retrieval-gpu",
    "shared-weights": "shared-weights",
    "model-elsewhere": "model-elsewhere",
    "monitoring": "monitoring",
    "autoscaling": "autoscaling",
    "autoscaling-hpa": "autoscaling-hpa",
    "prometheus-adapter": "prometheus-adapter",
    "gateway-api": "gateway-api",
    "cert-manager": "cert-manager",
    "external-redis": "external-redis",
    "redis-sentinel": "redis-sentinel",
    "replicas-by-dns": "replicas-by-dns",
    "inside-tls": "inside-tls",
    "oidc": "oidc",
    "sources": "sources",
    "desk": "desk",
    "egress-otlp": "egress/otlp",
    "egress-milvus": "egress/milvus",
    "egress-webhooks": "egress/webhooks",
    "egress-archive": "egress/archive",
    "toolbox": "jobs/toolbox",
    "smoke-test": "jobs/smoke-test",
    "backup": "jobs/backup",
    "backup-to-bucket": "jobs/backup-to-bucket",
    "migrate": "jobs/migrate",
    "gateway-api-desk": "gateway-api/desk",
    "gateway-api-http-01": "gateway-api/http-01",
    "monitoring-gke": "monitoring/gke",
    "external-redis-private-authority": "external-redis/private-authority",
    "cilium": "clusters/cilium",
    "gpu-nodes-gke": "gpu-nodes/gke",
    "gpu-nodes-eks": "gpu-nodes/eks",
    "gpu-nodes-karpenter": "gpu-nodes/karpenter",
    "gpu-nodes-aks": "gpu-nodes/aks",
    "gpu-nodes-ack": "gpu-nodes/ack",
    "gpu-nodes-gpu-operator": "gpu-nodes/gpu-operator",
    "openshift": "clusters/openshift",
}
"""Components by the chart's name for them, with their folders below k8s/components, in the order of application."""
BY_VALUES = {
    "mirror": "image.registry",
    "pull-secrets": "image.pullSecrets",
    "storage-class": "storage.className",
    "runtime-class": "generation.runtimeClassName",
    "monitoring/kube-prometheus-stack": "monitoring.labels",
}
"""Components that the chart does not have, and the value that does the same."""
_ALSO_ON = {
    "inside-tls": ("model-elsewhere",),
    "monitoring-gke": ("monitoring",),
    "gateway-api-http-01": ("gateway-api",),
    "external-redis-private-authority": ("monitoring", "backup", "migrate"),
    "openshift": ("monitoring", "model-elsewhere", "toolbox", "smoke-test", "backup", "migrate"),
}
"""Components that do something else beside another one."""
_COMPLETED = {"inside-tls": K8S / "checks" / "inside-tls"}
"""Components that want something from the overlay, and the check that has it: nginx.conf."""


def name_of(folder: str) -> str:
    """The chart's name of a component, by its folder below k8s/components."""
    return next(name for name, path in COMPONENTS.items() if path == folder)


def profiles() -> dict[str, list[str]]:
    """The overlays, with the components that they take, by the chart's names for them."""
    found: dict[str, list[str]] = {}
    for folder in overlays():
        paths = [one.removeprefix("../../components/") for one in kustomization(folder).get("components", [])]
        found[folder.name] = [name_of(path) for path in paths]
    return found


def streams_of(build: Path) -> int:
    """The streams that a build's nginx is configured for."""
    [conf] = [one["data"]["nginx.conf"] for one in objects_of(build) if "nginx.conf" in one.get("data", {})]
    return int(re.findall(r"http2_max_concurrent_streams (\d+);", conf)[0])


DEMO = K8S / "overlays" / "cpu-demo"


class Source:
    """All builds that the chart is generated from, made at once."""

    def __init__(self) -> None:
        """Builds them. Raises BuildFailed."""
        with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(2) as pool:
            wanted: dict[tuple[str, ...], Path] = {(): DEMO, ("base",): _folder(Path(scratch), [K8S / "base"], [])}
            for name, folder in _COMPLETED.items():
                wanted[(name,)] = folder
            for name, others in _ALSO_ON.items():
                for other in others:
                    paths = [COMPONENTS[other], COMPONENTS[name]]
                    wanted[(other, name)] = _folder(Path(scratch), [DEMO], paths)
            for overlay in overlays():
                paths = [COMPONENTS[one] for one in profiles()[overlay.name]]
                wanted[("profile", overlay.name)] = overlay
                wanted[("before", overlay.name)] = _folder(Path(scratch), [K8S / "base"], paths)
            built = dict(zip(wanted, pool.map(objects_of, wanted.values()), strict=True))
        each = demo_with_each_component()
        built = {(name,): each[path] for name, path in COMPONENTS.items()} | built
        names = {
            (plain_name(one) if one["kind"] == "ConfigMap" else None) or one["metadata"]["name"]
            for objects in built.values()
            for one in objects
        }
        self._streams = {overlay.name: streams_of(overlay) for overlay in overlays()}
        tokens = Tokens(names)
        self._built = {
            key: tokens.put(objects, self._streams[key[-1] if key[:1] == ("profile",) else DEMO.name])
            for key, objects in built.items()
        }

    def base(self) -> list[Object]:
        """The objects of the base, with nginx's configuration, which every overlay brings."""
        return [*self._built[("base",)], self._nginx()]

    def component(self, name: str) -> Layer:
        """What a component does."""
        first = tuple(name_of(folder) for folder in FIRST.get(COMPONENTS[name], ()))
        found = layer_between(self._built[first], self._built[(name,)])
        for other in _ALSO_ON.get(name, ()):
            found = both(found, layer_between(self._built[(other,)], self._built[(other, name)]))
        return found

    def profile(self, name: str) -> tuple[Layer, int]:
        """What an overlay itself does, after its components, and its streams."""
        before = [*self._built[("before", name)], self._nginx()]
        return layer_between(before, self._built[("profile", name)]), self._streams[name]

    def _nginx(self) -> Object:
        [found] = [one for one in self._built[()] if key_of(one) == ("ConfigMap", "%{name}-nginx-%{hash}")]
        return found


def _folder(scratch: Path, resources: Sequence[Path], components: Sequence[str]) -> Path:
    """A folder that kustomize builds from others."""
    folder = Path(tempfile.mkdtemp(dir=scratch)).resolve()
    content = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": "kefu",
        "resources": [os.path.relpath(one, folder) for one in resources],
        "components": [os.path.relpath(K8S / "components" / one, folder) for one in components],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(content), "utf-8")
    return folder


@cache
def source() -> Source:
    """The builds, made once."""
    return Source()
