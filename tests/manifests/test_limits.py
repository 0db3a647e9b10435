"""Limits along the path of an answer: what an overlay promises, each of them lets through."""

import re
from pathlib import Path

import pytest

from kefu.edge.kubernetes import DESCRIPTORS, render_pod
from kefu.retrieval.config import RetrievalConfig
from kefu.router.config import RouterConfig
from kefu.testing.kustomize import (
    K8S,
    ROOT,
    Object,
    builds,
    containers,
    environment,
    kustomization,
    name_of,
    named,
    of_kind,
    overlays,
    pod_of,
    with_jobs,
    workloads,
)

every_overlay = pytest.mark.parametrize("folder", overlays(), ids=lambda folder: folder.name)


def nginx_conf(folder: Path) -> str:
    [found] = [one for one in of_kind(folder, "ConfigMap") if one["metadata"]["name"].startswith("kefu-nginx-")]
    return found["data"]["nginx.conf"]


def streams(folder: Path) -> int:
    """What an overlay promises: said once, in what nginx was rendered for."""
    [promised] = re.findall(r"http2_max_concurrent_streams (\d+);", nginx_conf(folder))
    return int(promised)


def the_container(folder: Path, kind: str, name: str) -> Object:
    return pod_of(named(folder, kind, name))["containers"][0]


def quantity(written: str) -> float:
    """Bytes of memory, or cores."""
    for suffix, factor in (("Gi", 2.0**30), ("Mi", 2.0**20), ("gb", 2.0**30), ("m", 0.001)):
        if written.endswith(suffix):
            return float(written.removesuffix(suffix)) * factor
    return float(written)


@every_overlay
def test_nginx_is_configured_as_it_is_rendered_for_the_promised_streams(folder: Path) -> None:
    assert nginx_conf(folder) == render_pod(streams(folder)), (
        f"python -m kefu.edge.kubernetes --streams {streams(folder)}"
    )
    assert f"--streams {streams(folder)}" in (folder / "kustomization.yaml").read_text("utf-8")


@every_overlay
def test_nginx_listens_at_every_port_that_its_container_names(folder: Path) -> None:
    listening = set(re.findall(r"listen 0\.0\.0\.0:(\d+)", nginx_conf(folder)))
    ports = the_container(folder, "Deployment", "kefu-nginx")["ports"]
    assert {str(one["containerPort"]) for one in ports} == listening, "the metrics of nginx too"


@every_overlay
def test_nginx_keeps_no_connection_to_a_service_although_newer_ones_would(folder: Path) -> None:
    """A connection that is kept races with a router's GOAWAY, and kube-proxy draws a router for each connection."""
    upstreams = re.findall(r"upstream (\w+) \{(.*?)\n    \}", nginx_conf(folder), re.DOTALL)
    assert {name for name, _ in upstreams} == {"kefu_gateway", "kefu_router", "kefu_retrieval"}
    assert all("keepalive_requests 1;" in directives for _, directives in upstreams)


@every_overlay
def test_nginx_has_the_descriptors_and_ports_for_them(folder: Path) -> None:
    [descriptors] = re.findall(r"worker_rlimit_nofile (\d+);", nginx_conf(folder))
    assert 2 * streams(folder) < int(descriptors) <= DESCRIPTORS
    [sysctl] = pod_of(named(folder, "Deployment", "kefu-nginx"))["securityContext"]["sysctls"]
    assert sysctl["name"] == "net.ipv4.ip_local_port_range", "one of the few that the restricted profile allows"
    low, high = map(int, sysctl["value"].split())
    assert high - low > 1.5 * streams(folder), "a stream is a connection to the one address of the routers' service"


@every_overlay
def test_routers_hold_them_even_when_one_has_gone(folder: Path) -> None:
    variables = environment(folder, the_container(folder, "Deployment", "kefu-router"))
    each = int(variables["KEFU_ROUTER_MAX_CONCURRENT_TURNS"])
    scaled = [
        one["spec"]["minReplicaCount"]
        for one in of_kind(folder, "ScaledObject")
        if one["metadata"]["name"] == "kefu-router"
    ]
    replicas = named(folder, "Deployment", "kefu-router")["spec"].get("replicas") or scaled[0]
    assert each * max(replicas - 1, 1) >= streams(folder)
    assert each <= 10_000, "ServiceConfig.max_streams_per_connection"


@every_overlay
def test_a_router_has_the_memory_for_its_turns(folder: Path) -> None:
    container = the_container(folder, "Deployment", "kefu-router")
    turns = int(environment(folder, container)["KEFU_ROUTER_MAX_CONCURRENT_TURNS"])
    measured = 672 * 2**20 / 2_500  # docs/benchmarks/traffic.md
    assert quantity(container["resources"]["limits"]["memory"]) > 1.2 * measured * turns


@pytest.mark.parametrize("folder", builds(), ids=lambda folder: folder.name)
def test_redis_refuses_writes_before_its_container_is_killed(folder: Path) -> None:
    for workload in workloads(folder):
        if workload["metadata"]["name"] == "kefu-redis":
            container = next(one for one in pod_of(workload)["containers"] if one["name"] == "redis")
            most = quantity(container["args"][container["args"].index("--maxmemory") + 1])
            assert most <= quantity(container["resources"]["limits"]["memory"]) / 2
            claim = workload["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"]
            assert quantity(claim) >= 4 * most, "the file is rewritten beside itself"
    for one in of_kind(folder, "ConfigMap"):
        if "redis.conf" in one["data"]:
            conf = one["data"]["redis.conf"]
            assert "appendonly yes" in conf
            assert "maxmemory-policy noeviction" in conf
            assert "include /etc/redis-secret/requirepass.conf" in conf


def test_a_gateway_has_room_for_what_production_promises_and_no_limit_on_an_answers_time() -> None:
    folder = K8S / "checks" / "everything-else"
    most = max(streams(overlay) for overlay in overlays())
    backend = named(folder, "BackendTrafficPolicy", "kefu")
    assert all(
        backend["spec"]["circuitBreaker"][name] >= 2 * most
        for name in ("maxConnections", "maxPendingRequests", "maxParallelRequests")
    )
    assert backend["spec"]["timeout"]["http"]["requestTimeout"] == "0s"
    client = named(folder, "ClientTrafficPolicy", "kefu")
    assert client["spec"]["http2"]["maxConcurrentStreams"] >= most
    assert client["spec"]["timeout"]["http"]["idleTimeout"] == "1h"
    assert client["spec"]["timeout"]["http"]["streamIdleTimeout"] == "15m"
    assert RouterConfig.model_fields["queue_seconds"].default + 60 < 15 * 60


@pytest.mark.parametrize("folder", builds(), ids=lambda folder: folder.name)
def test_no_container_asks_for_more_than_it_may_have(folder: Path) -> None:
    for workload in workloads(folder):
        for container in containers(workload):
            requests, limits = container["resources"]["requests"], container["resources"]["limits"]
            for name in ("cpu", "memory"):
                assert quantity(str(requests[name])) <= quantity(str(limits[name])), f"{name_of(workload)} {name}"


@pytest.mark.parametrize("folder", builds(), ids=lambda folder: folder.name)
def test_a_pod_asks_for_the_disk_that_its_volumes_may_take(folder: Path) -> None:
    """GKE Autopilot gives 1 GiB to a pod that asks for none, and evicts it when it takes more."""
    for workload in with_jobs(folder):
        volumes = [one["emptyDir"] for one in pod_of(workload).get("volumes", []) if "emptyDir" in one]
        most = sum(quantity(one["sizeLimit"]) for one in volumes if one.get("medium") != "Memory")
        asked = sum(
            quantity(str(one["resources"]["requests"].get("ephemeral-storage", "0")))
            for one in pod_of(workload)["containers"]
        )
        assert asked >= most or most < 2**29, f"{name_of(workload)} may take {most / 2**30:.1f} GiB"


def test_the_demo_fits_a_node_of_four_cores_and_twelve_gib() -> None:
    folder = K8S / "overlays" / "cpu-demo"
    for name, room in (("cpu", 4.0), ("memory", 12 * 2.0**30)):
        asked = sum(
            quantity(str(one["resources"]["requests"][name])) * workload["spec"]["replicas"]
            for workload in workloads(folder)
            for one in pod_of(workload)["containers"]
        )
        assert asked < 0.9 * room
    assert {"kefu-nginx", "kefu-router"} == {one["name"] for one in kustomization(folder)["configMapGenerator"]}


MODELS = 700 * 2.0**20
PASSAGE = 11_000.0
"""Memory of a process of retrieval without knowledge, and of a passage: five vectors of 768 halves, 3 KB of words."""


def index_of(passages: int) -> float:
    return MODELS + PASSAGE * passages


def conversions(folder: Path) -> float:
    """The most that processes which read documents may take: converters, and the one for customers' files."""
    variables = environment(folder, the_container(folder, "Deployment", "kefu-retrieval"))

    def chosen(field: str) -> int:
        default: int = RetrievalConfig.model_fields[field].default
        return int(variables.get(f"KEFU_RETRIEVAL_{field.upper()}", default))

    return (chosen("converters") + 1) * chosen("conversion_memory_mib") * 2.0**20


@pytest.mark.parametrize("folder", builds(), ids=lambda folder: folder.name)
def test_retrieval_holds_its_index_while_as_many_documents_as_may_be_are_converted(
    folder: Path,
) -> None:
    assert index_of(10_000) == pytest.approx(806 * 2**20, rel=0.01), "docs/benchmarks/traffic.md"
    limit = quantity(the_container(folder, "Deployment", "kefu-retrieval")["resources"]["limits"]["memory"])
    assert index_of(10_000) + conversions(folder) < limit


def test_the_operators_page_sizes_retrieval_by_its_knowledge() -> None:
    page = (ROOT / "docs" / "operate" / "kubernetes.md").read_text("utf-8")
    rows = re.findall(r"^  \| ([\d,]+) \| ([\d.]+) GiB \| (\d+) GiB.*\| (\d+) GiB", page, re.MULTILINE)
    assert len(rows) == 4
    beside = conversions(K8S / "overlays" / "gpu-production")
    for passages, index, limit, snapshots in rows:
        needed = index_of(int(passages.replace(",", "")))
        assert float(index) == pytest.approx(needed / 2**30, abs=0.06)
        assert 0 <= float(limit) - (needed + beside) / 2**30 < 1.0, "to the next whole GiB, and no more"
        assert float(snapshots) > 2 * needed / 2**30 - 2, "the last one stays while the next is written"


MACHINES = {
    # CPUs and GiB of one-GPU machines, by the clouds' pages. What a node keeps for itself is GKE's, by its page on
    # allocatable resources: 25 % of 4 GiB, 20 % of the next 4, 10 % of the next 8, 0.1; of 4 cores 0.08. EKS and AKS
    # keep less of 16 GiB.
    "g5.xlarge": (4, 16),
    "g6.xlarge": (4, 16),
    "g2-standard-4": (4, 16),
    "NC4as_T4_v3": (4, 28),
}


@pytest.mark.parametrize("machine", MACHINES)
def test_a_replica_fits_the_smallest_machines_with_a_gpu(machine: str) -> None:
    cores, memory = MACHINES[machine]
    kept = 0.25 * 4 + 0.2 * 4 + 0.1 * 8 + 0.1
    daemons = 0.5, 1.0  # logs, metrics, the device plugin, the network's agent
    resources = the_container(K8S / "overlays" / "gpu-small", "StatefulSet", "kefu-generation")["resources"]
    assert quantity(resources["requests"]["cpu"]) <= cores - 0.08 - daemons[0]
    assert quantity(resources["requests"]["memory"]) <= (memory - kept - daemons[1]) * 2**30
    assert resources["limits"]["nvidia.com/gpu"] == 1
