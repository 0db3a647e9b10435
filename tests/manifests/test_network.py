"""Who may speak to whom: the policies, evaluated."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kefu.testing.kustomize import Object, builds, name_of, named, of_kind, pod_labels, selects, with_jobs, workloads

every_build = pytest.mark.parametrize("folder", builds(), ids=lambda folder: folder.name)
OURS = {"kubernetes.io/metadata.name": "kefu"}
ALLOWED = {
    ("kefu-nginx", "kefu-router", 50051),
    ("kefu-nginx", "kefu-retrieval", 50052),
    ("kefu-nginx", "kefu-gateway", 8080),
    ("kefu-nginx", "kefu-gateway", 5514),  # UDP
    ("kefu-gateway", "kefu-router", 50051),
    ("kefu-gateway", "kefu-retrieval", 50052),
    ("kefu-router", "kefu-retrieval", 50052),
    ("kefu-router", "kefu-generation", 50053),
    ("kefu-router", "kefu-redis", 6379),
    ("kefu-retrieval", "kefu-redis", 6379),
    ("kefu-redis-exporter", "kefu-redis", 6379),
    ("kefu-backup", "kefu-redis", 6379),
    ("kefu-restore", "kefu-redis", 6379),
    ("kefu-toolbox", "kefu-router", 50051),
    ("kefu-toolbox", "kefu-retrieval", 50052),
    ("kefu-smoke-test", "kefu-router", 50051),
    ("kefu-smoke-test", "kefu-retrieval", 50052),
    ("kefu-migrate", "kefu-redis", 6379),
}
PORTS = (50051, 50052, 50053, 6379, 26379, 5514, 8080, 8443, 8444, 9090, 9121)


def _peers(rules: list[Object], side: str, port: int) -> Iterator[Object]:
    """The peers that rules name for a port; an empty one stands for anybody."""
    for rule in rules:
        if not rule.get("ports") or any(one["port"] == port for one in rule["ports"]):
            yield from rule.get(side) or [{}]


def _takes(peer: Object, labels: dict[str, str], namespace: dict[str, str]) -> bool:
    if not peer:
        return True
    if "ipBlock" in peer:
        return False  # of addresses outside; pods' addresses are not known here
    if "namespaceSelector" in peer and not selects(peer["namespaceSelector"], namespace):
        return False
    if "namespaceSelector" not in peer and namespace != OURS:
        return False
    return selects(peer.get("podSelector", {}), labels)


def may(folder: Path, labels: dict[str, str], namespace: dict[str, str], target: dict[str, str], port: int) -> bool:
    """Whether a pod may open a connection to a pod of ours: both ends have to allow it."""
    policies = [one["spec"] for one in of_kind(folder, "NetworkPolicy")]
    into = [one for one in policies if "Ingress" in one["policyTypes"] and selects(one["podSelector"], target)]
    out = [one for one in policies if "Egress" in one["policyTypes"] and selects(one["podSelector"], labels)]
    enters = any(
        _takes(peer, labels, namespace) for one in into for peer in _peers(one.get("ingress", []), "from", port)
    )
    leaves = namespace != OURS or any(
        _takes(peer, target, OURS) for one in out for peer in _peers(one.get("egress", []), "to", port)
    )
    return enters and leaves


@every_build
def test_nobody_speaks_to_anybody_but_those_who_are_named(folder: Path) -> None:
    pods = {one["metadata"]["name"]: pod_labels(one) for one in with_jobs(folder)}
    found = {
        (caller, target, port)
        for caller, labels in pods.items()
        for target, target_labels in pods.items()
        for port in PORTS
        if may(folder, labels, OURS, target_labels, port)
    }
    found -= {(caller, "kefu-nginx", 8443) for caller in pods}  # open to all, but nobody of ours may leave for it
    peers = {("kefu-redis", "kefu-redis", 6379), ("kefu-redis", "kefu-redis", 26379)}
    asking = ("kefu-router", "kefu-retrieval", "kefu-backup", "kefu-restore", "kefu-migrate")
    sentinel = {(caller, "kefu-redis", 26379) for caller in asking} | peers
    allowed = ALLOWED | sentinel if "sentinel" in folder.name else ALLOWED
    assert found == {edge for edge in allowed if {edge[0], edge[1]} <= pods.keys()}


@every_build
def test_a_pod_without_a_policy_of_its_own_may_nothing(folder: Path) -> None:
    default = named(folder, "NetworkPolicy", "kefu-default-deny")["spec"]
    assert default == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for one in workloads(folder):
        for port in PORTS:
            assert not may(folder, {"app": "stranger"}, OURS, pod_labels(one), port) or port == 8443


@every_build
def test_strangers_reach_the_customers_port_and_no_other(folder: Path) -> None:
    elsewhere = {"kubernetes.io/metadata.name": "elsewhere"}
    reached = {
        (one["metadata"]["name"], port)
        for one in workloads(folder)
        for port in PORTS
        if may(folder, {"app": "stranger"}, elsewhere, pod_labels(one), port)
    }
    assert reached <= {("kefu-nginx", 8443)}


@every_build
def test_operators_pods_reach_operations_and_prometheus_the_metrics(folder: Path) -> None:
    operator, elsewhere = {"kefu/operations": "allowed"}, {"kubernetes.io/metadata.name": "elsewhere"}
    pods = {one["metadata"]["name"]: pod_labels(one) for one in workloads(folder)}
    if "kefu-nginx" in pods:
        assert may(folder, operator, elsewhere, pods["kefu-nginx"], 8444)
        assert not may(folder, operator, elsewhere, pods["kefu-router"], 50051)
        assert not may(folder, operator, elsewhere, pods["kefu-gateway"], 8080)
    else:
        assert may(folder, operator, elsewhere, pods["kefu-router"], 50051)
        assert may(folder, operator, elsewhere, pods["kefu-retrieval"], 50052)
        assert may(folder, operator, elsewhere, pods["kefu-gateway"], 8080)
    monitored = bool(of_kind(folder, "PodMonitor"))
    prometheus, monitoring = {"app.kubernetes.io/name": "prometheus"}, {"kubernetes.io/metadata.name": "monitoring"}
    edge = {"kefu-nginx"} & pods.keys()
    for name in ("kefu-router", "kefu-gateway", "kefu-retrieval", "kefu-generation", *edge):
        assert may(folder, prometheus, monitoring, pods[name], 9090) == monitored
        assert not may(folder, prometheus, elsewhere, pods[name], 9090)


@every_build
def test_every_policy_selects_something(folder: Path) -> None:
    for policy in of_kind(folder, "NetworkPolicy"):
        if policy["metadata"]["name"] == "kefu-acme":
            continue  # for a pod that cert-manager makes
        chosen = [one for one in with_jobs(folder) if selects(policy["spec"]["podSelector"], pod_labels(one))]
        assert chosen, name_of(policy)


@every_build
def test_all_pods_may_ask_for_names_and_only_the_router_for_the_api(folder: Path) -> None:
    names = named(folder, "NetworkPolicy", "kefu-names")["spec"]
    assert all(selects(names["podSelector"], pod_labels(one)) for one in with_jobs(folder))
    ports = {(one["protocol"], one["port"]) for rule in names["egress"] for one in rule["ports"]}
    assert ports == {(protocol, port) for protocol in ("UDP", "TCP") for port in (53, 5353)}, (
        "test_clusters.py knows more"
    )
    api = [one for one in of_kind(folder, "NetworkPolicy") if one["metadata"]["name"] == "kefu-router-apiserver"]
    assert len(api) == (0 if folder.name == "sentinel" else 1), "it takes replicas-by-dns"
    for policy in api:
        asking = [one for one in workloads(folder) if selects(policy["spec"]["podSelector"], pod_labels(one))]
        assert [one["metadata"]["name"] for one in asking] == ["kefu-router"]


@every_build
def test_what_may_leave_by_ipv4_may_leave_by_ipv6(folder: Path) -> None:
    opened = 0
    for policy in of_kind(folder, "NetworkPolicy"):
        for rule in policy["spec"].get("egress", []):
            blocks = {peer["ipBlock"]["cidr"] for peer in rule.get("to", []) if "ipBlock" in peer}
            if "0.0.0.0/0" in blocks:
                opened += 1
                assert blocks & {"::/0", "2000::/3"}, (
                    f"{policy['metadata']['name']} fetches nothing where there is no IPv4"
                )
    assert opened
