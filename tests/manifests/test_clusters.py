"""The clusters that people have: by their documentation names resolve there and routers find the API server (B2)."""

import dataclasses
import re
from pathlib import Path

import pytest

from kefu.testing.kustomize import K8S, ROOT, builds, name_of, of_kind, pod_labels, selects, workloads
from tests.manifests.clusters import CLUSTERS, Cluster, Target, leaves_for
from tests.manifests.composing import with_components
from tests.manifests.schemas import problems_of

DEMO = K8S / "overlays" / "cpu-demo"
ANYWHERE = K8S / "checks" / "your-cluster"
every_cluster = pytest.mark.parametrize("cluster", CLUSTERS, ids=lambda cluster: cluster.name)
ROUTER = {"app.kubernetes.io/name": "kefu-router"}


@every_cluster
def test_b2_every_pod_may_ask_for_names_wherever_the_cluster_answers_for_them(cluster: Cluster) -> None:
    assert cluster.source
    for folder in (DEMO, ANYWHERE):
        for one in workloads(folder):
            for udp in cluster.names:
                for target in (udp, dataclasses.replace(udp, protocol="TCP")):
                    assert leaves_for(folder, pod_labels(one), target), f"{name_of(one)}: {target}"


@every_cluster
def test_b2_routers_reach_the_api_server_and_no_other_pod_does(cluster: Cluster) -> None:
    folder = ANYWHERE if cluster.cilium else DEMO
    assert leaves_for(folder, ROUTER, cluster.api, cilium=cluster.cilium)
    if cluster.api.port != 443:  # at 443 there are hubs of models and the pages of sources too
        for one in workloads(folder):
            if one["metadata"]["name"] != "kefu-router":
                assert not leaves_for(folder, pod_labels(one), cluster.api), name_of(one)


def test_with_replicas_by_dns_no_pod_reaches_any_api_server() -> None:
    folder = K8S / "checks" / "sentinel"
    for cluster in CLUSTERS:
        if cluster.api.port != 443:
            assert not any(leaves_for(folder, pod_labels(one), cluster.api) for one in workloads(folder))
    assert not leaves_for(folder, ROUTER, Target(443, "203.0.113.1"))


def test_the_operators_page_has_a_row_for_every_cluster_of_the_table() -> None:
    page = (ROOT / "docs" / "operate" / "kubernetes.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    for cluster in CLUSTERS:
        name = cluster.name.removesuffix(" with IPv6").removesuffix(" with NodeLocal DNSCache")
        assert any(name in row for row in rows), name


@pytest.mark.parametrize("cluster", [one for one in CLUSTERS if one.takes], ids=lambda cluster: cluster.name)
def test_what_a_cluster_wants_goes_together_and_is_valid(cluster: Cluster, tmp_path: Path) -> None:
    objects = with_components("gpu-small", cluster.takes, tmp_path)
    assert {name_of(one): problems_of(one) for one in objects if problems_of(one)} == {}
    page = (ROOT / "docs" / "operate" / "kubernetes.md").read_text("utf-8")
    row = next(line for line in page.splitlines() if re.match(rf"\| {re.escape(cluster.name)}( \||,| \()", line))
    assert [one for one in cluster.takes if f"`{one}`" not in row] == []


def test_b2_cilium_takes_no_node_for_an_address_so_that_its_own_policy_is_needed() -> None:
    [node] = [one.api for one in CLUSTERS if one.cilium]
    assert not leaves_for(DEMO, ROUTER, node, cilium=True)
    [policy] = of_kind(ANYWHERE, "CiliumNetworkPolicy")
    chosen = [
        one["metadata"]["name"]
        for one in workloads(ANYWHERE)
        if selects(policy["spec"]["endpointSelector"], pod_labels(one))
    ]
    assert chosen == ["kefu-router"]


@pytest.mark.parametrize("folder", builds(), ids=lambda folder: folder.name)
def test_b2_a_way_to_names_is_no_way_to_anything_else(folder: Path) -> None:
    nginx = {"app.kubernetes.io/name": "kefu-nginx", "app.kubernetes.io/part-of": "kefu"}
    for target in (
        Target(80, "169.254.169.254"),  # a cloud's metadata server, which hands out credentials
        Target(53, "8.8.8.8", protocol="UDP"),
        Target(53, namespace="kube-system", labels=(("k8s-app", "else"),), protocol="UDP"),
        Target(53, namespace="elsewhere", labels=(("k8s-app", "kube-dns"),), protocol="UDP"),
        Target(9153, namespace="kube-system", labels=(("k8s-app", "kube-dns"),)),
        Target(443, "10.100.0.10"),
    ):
        assert not leaves_for(folder, nginx, target), target
