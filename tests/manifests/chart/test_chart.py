"""The chart: what is committed is what is generated, and with default values it is the overlays, object by object."""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from kefu.edge.kubernetes import render_pod
from kefu.testing.kustomize import (
    K8S,
    Object,
    checks,
    kustomization,
    name_of,
    objects_in,
    objects_of,
    overlays,
    pod_labels,
    selects,
)
from tests.manifests.chart.helm import CHART, MISSING, HelmFailed, helm, rendered, run, template
from tests.manifests.chart.source import BY_VALUES, COMPONENTS
from tests.manifests.chart.source import name_of as chart_name
from tests.manifests.chart.tokens import hash_of
from tests.manifests.chart.writing import not_current, release
from tests.manifests.composing import with_components
from tests.manifests.schemas import problems_of

needs_helm = pytest.mark.skipif(helm() is None, reason=MISSING)
EXAMPLES = {
    "mirror": ["--set", "image.registry=registry.example.com"],
    "pull-secrets": ["--set", "image.pullSecrets={kefu-registry}"],
    "storage-class": ["--set", "storage.className=gp3"],
    "runtime-class": ["--set", "generation.runtimeClassName=nvidia"],
    "monitoring/kube-prometheus-stack": ["--set", "monitoring.labels.release=kube-prometheus-stack"],
}
"""Values that say what the components do which the chart does not have."""
IN_NO_CHECK = (
    ("monitoring", "monitoring/gke"),
    ("jobs/toolbox", "jobs/smoke-test", "jobs/backup", "jobs/migrate", "monitoring", "clusters/openshift"),
)
"""Components that a check of their own would cost a build, after those that they change."""
SERVICES = ("router", "gateway", "retrieval", "generation", "redis", "nginx")
TAKEN = ["retrieval-gpu", "desk", "cert-manager", "oidc", "toolbox", "smoke-test", "openshift", "cilium", "inside-tls"]
WHOLE = ["--set", "profile=gpu-production", *(part for one in TAKEN for part in ("--set", f"components.{one}=true"))]


def values_of(folder: Path) -> list[str]:
    """The values that make what a check is made of."""
    file = kustomization(folder)
    wanted = ["--set", f"profile={Path(file['resources'][0]).name}"]
    for path in (one.rpartition("/components/")[2] for one in file["components"]):
        wanted += EXAMPLES.get(path) or ["--set", f"components.{chart_name(path)}=true"]
    return wanted


def by_name(objects: tuple[Object, ...]) -> dict[str, Object]:
    found = {name_of(one): one for one in objects}
    assert len(found) == len(objects)
    return found


def test_what_is_committed_is_what_is_generated() -> None:
    assert not_current() == [], "run python -m tests.manifests.chart"


def test_every_component_is_in_the_chart_or_said_by_a_value_and_in_a_build_that_is_compared() -> None:
    folders = {
        str(path.parent.relative_to(K8S / "components")) for path in (K8S / "components").rglob("kustomization.yaml")
    }
    assert folders == set(COMPONENTS.values()) | BY_VALUES.keys()
    assert EXAMPLES.keys() == BY_VALUES.keys()
    compared = {one for folder in (*checks(), *overlays()) for one in kustomization(folder).get("components", [])}
    compared |= {f"../../components/{one}" for one in folders if one.startswith("gpu-nodes/")}  # test_clusters.py
    compared |= {f"../../components/{paths[-1]}" for paths in IN_NO_CHECK}
    assert {one.removeprefix("../../components/") for one in compared} == folders, "put it into a check"


def test_all_that_a_component_adds_is_part_of_kefu() -> None:
    for path in sorted((CHART / "files" / "components").iterdir()):
        for one in objects_in(path.read_text("utf-8"))[0]["add"]:
            labels = one["metadata"].get("labels", {})
            assert labels.get("app.kubernetes.io/part-of") == "kefu", f"{path.name}: {name_of(one)}"
            if "template" in one.get("spec", {}):
                assert pod_labels(one)["app.kubernetes.io/part-of"] == "kefu", "the policy for names goes by it"


@needs_helm
@pytest.mark.parametrize("folder", overlays(), ids=lambda folder: folder.name)
def test_by_default_a_profile_is_its_overlay_object_by_object(folder: Path) -> None:
    assert by_name(rendered(["--set", f"profile={folder.name}"])) == by_name(objects_of(folder))


@needs_helm
@pytest.mark.parametrize("folder", checks(), ids=lambda folder: folder.name)
def test_components_go_together_as_they_do_with_kustomize(folder: Path) -> None:
    assert by_name(rendered(values_of(folder))) == by_name(objects_of(folder))


@needs_helm
@pytest.mark.parametrize("paths", IN_NO_CHECK, ids=lambda paths: paths[-1].replace("/", "-"))
def test_components_of_one_kind_of_cluster_go_with_others_as_with_kustomize(
    paths: tuple[str, ...], tmp_path: Path
) -> None:
    wanted = by_name(with_components("cpu-demo", paths, tmp_path))
    assert by_name(rendered(values_of(tmp_path))) == wanted


@needs_helm
def test_a_class_for_volumes_makes_none_where_the_weights_are_shared() -> None:
    found = by_name(rendered(["--set", "components.shared-weights=true", "--set", "storage.className=gp3"]))
    [claim] = found["StatefulSet/kefu-redis"]["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["storageClassName"] == "gp3"
    assert "volumeClaimTemplates" not in found["StatefulSet/kefu-generation"]["spec"]


@needs_helm
def test_a_component_of_the_profile_can_be_left_out() -> None:
    kinds = {one["kind"] for one in rendered(["--set", "profile=gpu-small", "--set", "components.monitoring=false"])}
    assert not kinds & {"PodMonitor", "PrometheusRule"}
    production = rendered(["--set", "profile=gpu-production", "--set", "components.autoscaling=false"])
    replicas = {
        one["metadata"]["name"]: one["spec"]["replicas"]
        for one in production
        if one["kind"] in ("Deployment", "StatefulSet")
    }
    assert replicas["kefu-router"] == 2
    assert "ScaledObject" not in {one["kind"] for one in production}


@needs_helm
def test_where_an_autoscaler_has_the_number_the_chart_writes_none_and_takes_none() -> None:
    production = rendered(["--set", "profile=gpu-production", "--set", "router.maxReplicas=20"])
    scaled = {one["metadata"]["name"]: one["spec"] for one in production if one["kind"] == "ScaledObject"}
    assert scaled["kefu-router"]["maxReplicaCount"] == 20
    for one in production:
        if one["kind"] in ("Deployment", "StatefulSet") and one["metadata"]["name"] in scaled:
            assert "replicas" not in one["spec"], name_of(one)
    with pytest.raises(HelmFailed, match=r"router\.replicas: an autoscaler has this number"):
        template("--set", "profile=gpu-production", "--set", "router.replicas=3")
    with pytest.raises(HelmFailed, match=r"and there is none: set router\.replicas"):
        template("--set", "router.maxReplicas=3")


@needs_helm
def test_a_second_release_shares_no_name_and_no_pod_with_the_first() -> None:
    first, second = rendered(WHOLE), rendered(WHOLE, name="shop")
    assert not by_name(first).keys() & by_name(second).keys()
    pods = [one for one in (*first, *second) if one["kind"] in ("Deployment", "StatefulSet")]
    for mine, others in ((first, second), (second, first)):
        names = {name_of(one) for one in mine if one in pods}
        for one in mine:
            spec = one.get("spec", {})
            selector = spec.get("selector") if one["kind"] != "NetworkPolicy" else spec["podSelector"]
            if one["kind"] == "Service":
                selector = {"matchLabels": selector}
            if selector and "part-of" not in str(selector):  # the policy for names is for all
                chosen = {name_of(pod) for pod in pods if selects(selector, pod_labels(pod))}
                assert chosen <= names, f"{name_of(one)} selects pods of the other release"
        assert others


@needs_helm
def test_names_namespaces_queries_and_addresses_follow_the_release() -> None:
    text = template(*WHOLE, name="shop", namespace="two")
    assert re.findall(rf"^.*(?<![\w/-])kefu-(?:{'|'.join(SERVICES)}|keys|edge-tls)\b.*$", text, re.MULTILINE) == []
    assert re.findall(r"namespace(?:: |=)\W*kefu\b.*", text) == []
    back = text.replace("shop-kefu", "kefu").replace("system:serviceaccounts:two", "system:serviceaccounts:kefu")
    back = re.sub(r"(namespace(?:: |=)\W*)two\b", r"\1kefu", back)

    def without_hashes(manifest: str) -> dict[str, Object]:
        plain = re.sub(
            rf"(kefu-(?:{'|'.join(SERVICES)}))-[2-9a-z]{{10}}(?='?$)", r"\1-hash", manifest, flags=re.MULTILINE
        )
        return by_name(objects_in(plain))

    assert without_hashes(back) == without_hashes(template(*WHOLE))


@needs_helm
def test_nothing_of_the_cluster_is_in_the_chart() -> None:
    objects = rendered(WHOLE, namespace="two")
    assert {one["metadata"].get("namespace") for one in objects} == {"two"}
    assert not {one["kind"] for one in objects} & {
        "Namespace",
        "PriorityClass",
        "ClusterRole",
        "ClusterRoleBinding",
        "Secret",
    }


@needs_helm
@pytest.mark.parametrize("streams", [50, 750, 20_000])
def test_nginx_follows_from_the_streams_without_python(streams: int) -> None:
    for more, inside_tls in (([], False), (["--set", "components.inside-tls=true"], True)):
        objects = rendered(["--set", f"streams={streams}", *more])
        [conf] = [one["data"]["nginx.conf"] for one in objects if "nginx.conf" in one.get("data", {})]
        assert conf == render_pod(streams, inside_tls=inside_tls)
        [turns] = [found for one in objects if (found := one.get("data", {}).get("KEFU_ROUTER_MAX_CONCURRENT_TURNS"))]
        assert turns == str(streams)


@needs_helm
def test_a_configuration_of_nginx_of_ones_own_has_the_names_of_the_release(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text(render_pod(500), "utf-8")
    objects = rendered(["--set-file", f"edge.nginxConf={tmp_path}/nginx.conf"], name="shop")
    assert by_name(objects) == by_name(rendered(name="shop"))


_POD = ("spec", "template", "spec")
_FIRST = (*_POD, "containers", 0)
_KEY = (*_FIRST, "env", 0, "valueFrom", "secretKeyRef", "name")
_NETWORKS = ("spec", "ingress", 0, "from")
_DIGEST = "sha256:" + "a" * 64
Places = dict[str, list[tuple[str, tuple[Any, ...], Any]]]
"""By value as it is given: an object, a place in it, and what has to be there."""
OF_THE_DEMO: Places = {
    f"images.router.digest={_DIGEST}": [
        ("Deployment/kefu-router", (*_FIRST, "image"), f"localhost/kefu/router:{release()}@{_DIGEST}")
    ],
    "images.generation.tag=next": [
        ("StatefulSet/kefu-generation", (*_POD, part, 0, "image"), "localhost/kefu/generation:next")
        for part in ("containers", "initContainers")
    ],
    "secrets.keys=mine": [("Deployment/kefu-router", _KEY, "mine"), ("Deployment/kefu-gateway", _KEY, "mine")],
    "secrets.edgeTls=tls": [("Deployment/kefu-nginx", (*_POD, "volumes", 1, "secret", "secretName"), "tls")],
    "storage.redis=100Gi": [
        (
            "StatefulSet/kefu-redis",
            ("spec", "volumeClaimTemplates", 0, "spec", "resources", "requests", "storage"),
            "100Gi",
        )
    ],
    "redis.maxMemory=3gb": [("StatefulSet/kefu-redis", (*_FIRST, "args"), ["--maxmemory", "3gb"])],
    "redis.resources.limits.memory=6Gi": [
        ("StatefulSet/kefu-redis", (*_FIRST, "resources", "limits"), {"cpu": "1", "memory": "6Gi"})
    ],
    "gateway.replicas=4": [("Deployment/kefu-gateway", ("spec", "replicas"), 4)],
    "router.nodeSelector.pool=a": [
        ("Deployment/kefu-router", (*_POD, "nodeSelector"), {"kubernetes.io/arch": "amd64", "pool": "a"})
    ],
    "nginx.tolerations[0].key=edge": [("Deployment/kefu-nginx", (*_POD, "tolerations"), [{"key": "edge"}])],
    "priorityClasses.path=ours": [("Deployment/kefu-nginx", (*_POD, "priorityClassName"), "ours")],
    "edge.service.type=LoadBalancer": [("Service/kefu", ("spec", "type"), "LoadBalancer")],
    "edge.service.annotations.a\\.b/c=d": [("Service/kefu", ("metadata", "annotations"), {"a.b/c": "d"})],
    "components.cert-manager=true": [],
    "domain=help.example.org": [("Certificate/kefu-edge", ("spec", "dnsNames"), ["help.example.org"])],
    "edge.issuer.name=us": [("Certificate/kefu-edge", ("spec", "issuerRef"), {"kind": "ClusterIssuer", "name": "us"})],
    "components.desk=true": [],
    "desk.networks={10.9.0.0/16}": [
        ("Service/kefu-desk", ("spec", "loadBalancerSourceRanges"), ["10.9.0.0/16"]),
        ("NetworkPolicy/kefu-desk", _NETWORKS, [{"ipBlock": {"cidr": "10.9.0.0/16"}}]),
    ],
}
OF_PRODUCTION: Places = {
    "profile=gpu-production": [],
    "image.registry=10.0.0.1:5000/team": [
        ("StatefulSet/kefu-generation", (*_FIRST, "image"), f"10.0.0.1:5000/team/kefu/generation:{release()}-gpu")
    ],
    "monitoring.labels.release=kps": [
        (name, ("metadata", "labels", "release"), "kps") for name in ("PodMonitor/kefu-redis", "PrometheusRule/kefu")
    ],
    "monitoring.namespace=obs": [
        (
            "NetworkPolicy/kefu-metrics",
            (*_NETWORKS, 0, "namespaceSelector", "matchLabels"),
            {"kubernetes.io/metadata.name": "obs"},
        )
    ],
    "monitoring.prometheus=http://p:9090": [
        ("ScaledObject/kefu-router", ("spec", "triggers", 0, "metadata", "serverAddress"), "http://p:9090")
    ],
    "generation.model=Qwen/Qwen3-8B": [],
}


@needs_helm
def test_a_value_comes_where_it_belongs() -> None:
    once = [["--set", ",".join(values)] for values in (OF_PRODUCTION, OF_THE_DEMO)]
    for arguments, expected in zip(once, (OF_PRODUCTION, OF_THE_DEMO), strict=True):
        objects = by_name(rendered(arguments))
        touched = {name for places in expected.values() for name, _, _ in places}
        assert [problem for name in touched for problem in problems_of(objects[name])] == []
        for given, places in expected.items():
            for name, place, value in places:
                found: Any = objects[name]
                for step in place:
                    found = found[step]
                assert found == value, given


@needs_helm
def test_a_changed_variable_rolls_the_pods_of_its_service_and_of_no_other() -> None:
    def maps(*arguments: str) -> dict[str, tuple[str, Any]]:
        return {
            one["metadata"]["name"].rpartition("-")[0]: (one["metadata"]["name"], one["data"])
            for one in rendered(arguments)
            if one["kind"] == "ConfigMap"
        }

    changed = (
        "--set",
        "router.env.KEFU_ROUTER_MAX_PASSAGES=7",
        "--set",
        "router.env.KEFU_ROUTER_SEARCH_SECONDS=0.5",
    )
    before, after = maps(), maps(*changed)
    assert {name for name in before if before[name] != after[name]} == {"kefu-router"}
    name, data = after["kefu-router"]
    assert (data["KEFU_ROUTER_MAX_PASSAGES"], data["KEFU_ROUTER_SEARCH_SECONDS"]) == ("7", "0.5")
    assert before["kefu-router"][0] != name == f"kefu-router-{hash_of(data)}"
    router = by_name(rendered(changed))["Deployment/kefu-router"]
    assert router["spec"]["template"]["spec"]["containers"][0]["envFrom"] == [{"configMapRef": {"name": name}}]
    levels = maps("--set", "logLevel=debug")
    assert {name for name, (_, data) in levels.items() if data.get("KEFU_LOG_LEVEL") == "debug"} == {
        "kefu-router", "kefu-gateway", "kefu-retrieval", "kefu-generation",
    }  # fmt: skip


@needs_helm
def test_anything_else_is_reached_by_changes(tmp_path: Path) -> None:
    [block] = re.findall(r"```yaml\n(.*?)```", (CHART / "README.md").read_text("utf-8"), re.DOTALL)
    (tmp_path / "mine.yaml").write_text(block.replace("\n  ", "\n").removeprefix("  "), "utf-8")
    objects = by_name(rendered(["--set", "components.external-redis=true", "-f", tmp_path / "mine.yaml"]))
    policy = objects["NetworkPolicy/kefu-external-redis"]
    assert policy["spec"]["egress"][0]["to"] == [{"ipBlock": {"cidr": "10.1.2.3/32"}}]
    nginx = objects["Deployment/kefu-nginx"]
    assert nginx["spec"]["template"]["metadata"]["annotations"] == {"example.com/team": "support"}


@needs_helm
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("profile=huge", "profile"),
        ("components.monitorin=true", "monitorin"),
        ("router.replica=2", "replica"),
        ("streams=many", "streams"),
        ("images.ruoter.tag=1", "ruoter"),
        (f"fullnameOverride={'a' * 31}", "fullnameOverride"),
        ("desk.networks={everywhere}", "networks"),
    ],
)
def test_a_value_that_is_none_is_refused_by_its_name(given: str, says: str) -> None:
    with pytest.raises(HelmFailed, match=says):
        template("--set", given)


@needs_helm
def test_a_release_with_a_long_name_is_told_what_to_do() -> None:
    with pytest.raises(HelmFailed, match="set fullnameOverride"):
        template(name="a-release-with-a-very-long-name")
    assert template("--set", "fullnameOverride=short", name="a-release-with-a-very-long-name")


@needs_helm
def test_helm_finds_nothing_amiss_and_a_release_fits_its_secret(tmp_path: Path) -> None:
    assert "0 chart(s) failed" in run("lint", "--strict", CHART)
    run("package", CHART, "--destination", tmp_path)
    [package] = tmp_path.iterdir()
    assert os.path.getsize(package) < 300_000, "helm keeps the chart and what it rendered in a secret of 1 MiB at most"


@needs_helm
def test_values_of_what_a_component_took_away_do_nothing() -> None:
    objects = rendered(
        [
            "--set",
            "components.gateway-api=true",
            "--set",
            "nginx.replicas=3",
            "--set",
            "components.model-elsewhere=true",
        ]
    )
    assert not any(name.endswith("kefu-nginx") for name in by_name(objects)), "not even a part of one"


@needs_helm
def test_tls_inside_goes_with_a_model_elsewhere(tmp_path: Path) -> None:
    expected = with_components("cpu-demo", ["model-elsewhere", "inside-tls"], tmp_path)
    found = rendered(["--set", "components.model-elsewhere=true", "--set", "components.inside-tls=true"])
    [model] = [one for one in expected if name_of(one) == "Deployment/kefu-generation"]
    assert by_name(found)["Deployment/kefu-generation"] == model
