"""A cluster without the operators whose kinds the chart has: it installs the rest there, and says what it left out."""

import shutil
from pathlib import Path

import pytest

from kefu.testing.kustomize import K8S, Object, name_of, objects_in, objects_of
from tests.manifests.chart.helm import CHART, MISSING, HelmFailed, helm, rendered, template

pytestmark = pytest.mark.skipif(helm() is None, reason=MISSING)
FILES = sorted((CHART / "clusters").glob("*.yaml"))
A_CLUSTER = ["--api-versions", "apps/v1/Deployment"]
"""As helm knows a cluster whose kinds it asked for; by itself `helm template` knows groups alone."""
BRINGS = {
    "gke-autopilot": ["monitoring.googleapis.com/v1/PodMonitoring", "monitoring.googleapis.com/v1/Rules"],
    "gke-standard": ["monitoring.googleapis.com/v1/PodMonitoring", "monitoring.googleapis.com/v1/Rules"],
    "openshift": ["monitoring.coreos.com/v1/PodMonitor", "monitoring.coreos.com/v1/PrometheusRule"],
    "rke2-with-cilium": ["cilium.io/v2/CiliumNetworkPolicy"],
}
"""The kinds of others that a cluster has by itself, by its documentation."""
BUILT_IN = {
    "v1",
    "apps/v1",
    "batch/v1",
    "autoscaling/v2",
    "policy/v1",
    "networking.k8s.io/v1",
    "rbac.authorization.k8s.io/v1",
}


def kinds(objects: tuple[Object, ...]) -> set[str]:
    """Kinds that Kubernetes itself does not have, as `apiVersion/kind`."""
    return {f"{one['apiVersion']}/{one['kind']}" for one in objects if one["apiVersion"] not in BUILT_IN}


def known(*more: str) -> list[str]:
    return [*A_CLUSTER, *(part for kind in more for part in ("--api-versions", kind))]


def notes(tmp_path: Path, *arguments: str | Path) -> str:
    """What `helm install` would print; `helm template` prints no notes, so they become an object."""
    chart = tmp_path / "chart"
    shutil.copytree(CHART, chart, dirs_exist_ok=True)
    text = (chart / "templates" / "NOTES.txt").read_text("utf-8")
    (chart / "templates" / "notes.yaml").write_text(
        f'{{{{ define "notes" }}}}{text}{{{{ end }}}}\nkind: Notes\ntext: {{{{ include "notes" . | toJson }}}}\n',
        "utf-8",
    )
    printed = template(*arguments, "--show-only", "templates/notes.yaml", chart=chart)
    [found] = objects_in(printed)
    return found["text"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
@pytest.mark.parametrize("profile", ["its own", "gpu-production"])
def test_on_each_cluster_what_it_knows_is_installed(file: Path, profile: str, tmp_path: Path) -> None:
    values = ["-f", file, *(["--set", f"profile={profile}"] if profile != "its own" else [])]
    whole, brings = rendered(values), BRINGS.get(file.stem, [])
    found = rendered([*values, *known(*brings)])
    assert kinds(found) <= set(brings)
    left_out = kinds(whole) - set(brings)
    names = {name_of(one) for one in found}
    assert {name_of(one) for one in whole} - names == {
        name_of(one) for one in whole if f"{one['apiVersion']}/{one['kind']}" in left_out
    }
    said = notes(tmp_path, *values, *known(*brings))
    assert ("LEFT OUT" in said) is bool(left_out)
    for kind in left_out:
        assert f"{kind.rpartition('/')[2]} ({kind.split('/')[0]}): " in said


def test_without_keda_each_service_has_its_smallest_number_of_replicas() -> None:
    values = ["--set", "profile=gpu-production"]
    scaled = {
        f"{one['spec']['scaleTargetRef']['kind']}/{one['spec']['scaleTargetRef']['name']}": one["spec"][
            "minReplicaCount"
        ]
        for one in rendered(values)
        if one["kind"] == "ScaledObject"
    }
    found = {name_of(one): one for one in rendered([*values, *A_CLUSTER])}
    assert len(scaled) == 4
    assert {name: found[name]["spec"]["replicas"] for name in scaled} == scaled


def test_where_all_kinds_are_known_or_no_cluster_was_asked_nothing_is_left_out(tmp_path: Path) -> None:
    values = ["--set", "profile=gpu-production"]
    whole = rendered(values)
    assert kinds(whole) == kinds(objects_of(K8S / "overlays" / "gpu-production")) != set()
    assert rendered([*values, *known(*kinds(whole))]) == whole
    assert "LEFT OUT" not in notes(tmp_path, *values)


@pytest.mark.parametrize("component", ["cert-manager", "gateway-api", "cilium"])
def test_what_cannot_be_left_out_is_refused_with_what_to_do(component: str) -> None:
    with pytest.raises(HelmFailed, match=r"knows no \w+ .*install what brings that kind first"):
        template("--set", f"components.{component}=true", *A_CLUSTER)


def test_the_groups_that_count_as_kubernetes_own_are_those_of_the_chart() -> None:
    text = (CHART / "templates" / "_objects.tpl").read_text("utf-8")
    groups = {api.rpartition("/")[0] for api in BUILT_IN}
    assert all(f'"{group}"' in text for group in groups)
