"""
Clusters, as their documentation describes them: where pods ask for names, and where the API server listens.

What is written here was read and not tried. A row is what a network policy gets to see: an address where a cache on the
node or the Service itself is asked, and a pod where the Service's address has been replaced before.
"""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from kefu.testing.kustomize import Object, of_kind, selects

NODE_LOCAL = "169.254.20.10"
KUBE_SYSTEM = "kube-system"


@dataclass(frozen=True)
class Target:
    """Whom a pod speaks to: a pod of a namespace, or an address."""

    port: int
    address: str = ""
    namespace: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    protocol: str = "TCP"
    node_of_the_cluster: bool = False
    """Its address is a node's, which Cilium takes for no address at all."""


def _pod(namespace: str, key: str, value: str, port: int = 53) -> Target:
    return Target(port, namespace=namespace, labels=((key, value),), protocol="UDP")


def _address(address: str) -> Target:
    return Target(53, address, protocol="UDP")


_COREDNS = _pod(KUBE_SYSTEM, "k8s-app", "kube-dns")
_CACHE = _pod(KUBE_SYSTEM, "k8s-app", "node-local-dns")
_GKE = "https://cloud.google.com/kubernetes-engine/docs/how-to/nodelocal-dns-cache"


@dataclass(frozen=True)
class Cluster:
    """One kind of cluster, and the page that says so."""

    name: str
    names: tuple[Target, ...]
    """Each of them is asked by some cluster of this kind."""
    api: Target
    source: str
    cilium: bool = False
    takes: tuple[str, ...] = ()
    """Components that it wants, with a GPU; the operators' page names them."""


CLUSTERS = (
    Cluster("kind", (_COREDNS,), Target(6443, "172.18.0.2"), "https://kind.sigs.k8s.io/docs/user/configuration/"),
    Cluster(
        "k3s",
        (_COREDNS,),
        Target(6443, "192.168.1.10"),
        "https://docs.k3s.io/networking/networking-services, https://docs.k3s.io/installation/requirements",
        takes=("runtime-class",),
    ),
    Cluster("minikube", (_COREDNS,), Target(8443, "192.168.49.2"), "https://minikube.sigs.k8s.io/docs/commands/start/"),
    Cluster("MicroK8s", (_COREDNS,), Target(16443, "192.168.1.10"), "https://microk8s.io/docs/services-and-ports"),
    Cluster(
        "kubeadm with NodeLocal DNSCache",
        (_COREDNS, _address(NODE_LOCAL), _address("10.96.0.10"), _address("169.254.25.10")),  # the last is Kubespray's
        Target(6443, "192.168.1.10"),
        "https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/, kubespray docs/advanced/dns-stack.md",
    ),
    Cluster(
        "RKE2 with Cilium",
        (_COREDNS, _CACHE, _address(NODE_LOCAL), _address("10.43.0.10")),
        Target(6443, "192.168.1.10", node_of_the_cluster=True),
        "https://docs.rke2.io/networking/networking_services, "
        "https://docs.cilium.io/en/stable/network/kubernetes/local-redirect-policy/",
        cilium=True,
        takes=("clusters/cilium", "gpu-nodes/gpu-operator", "runtime-class"),
    ),
    Cluster(
        "GKE Standard",
        (_COREDNS, _CACHE, _address(NODE_LOCAL), _address("169.254.169.254"), _address("34.118.224.10")),
        Target(443, "172.16.0.2"),
        f"{_GKE}, https://cloud.google.com/kubernetes-engine/docs/how-to/cloud-dns, gke-labs/kube-agents#687",
        takes=("gpu-nodes/gke", "desk", "monitoring/gke"),
    ),
    Cluster(
        "GKE Autopilot",
        (_CACHE, _address(NODE_LOCAL), _address("169.254.169.254"), _address("34.118.224.10")),
        Target(443, "34.118.224.1"),
        _GKE,
        takes=("gpu-nodes/gke", "desk", "monitoring/gke"),
    ),
    Cluster(
        "EKS",
        (_COREDNS,),
        Target(443, "10.0.12.34"),
        "https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html",
        takes=("storage-class", "gpu-nodes/karpenter", "desk"),
    ),
    Cluster(
        "EKS with IPv6",
        (_COREDNS,),
        Target(443, "2001:db8::1"),
        "https://docs.aws.amazon.com/eks/latest/userguide/cni-ipv6.html",
    ),
    Cluster(
        "EKS Auto Mode",
        (_address("10.100.0.10"), _address("172.20.0.10")),
        Target(443, "10.0.12.34"),
        "https://docs.aws.amazon.com/eks/latest/userguide/auto-net-pol.html, aws/containers-roadmap#2552",
        takes=("storage-class", "gpu-nodes/eks", "desk"),
    ),
    Cluster(
        "AKS",
        (_COREDNS, _address("169.254.10.11")),
        Target(443, "20.50.1.2"),
        "https://learn.microsoft.com/azure/aks/localdns-custom",
        takes=("gpu-nodes/aks", "desk"),
    ),
    Cluster(
        "ACK",
        (_COREDNS, _address(NODE_LOCAL)),
        Target(6443, "192.168.0.20"),
        "https://www.alibabacloud.com/help/en/ack/ack-managed-and-ack-dedicated/user-guide/configure-nodelocal-dnscache",
        takes=("gpu-nodes/ack", "desk", "mirror"),
    ),
    Cluster(
        "OpenShift",
        (_pod("openshift-dns", "dns.operator.openshift.io/daemonset-dns", "default", 5353),),
        Target(6443, "10.0.0.5"),
        "https://docs.openshift.com/container-platform/latest/networking/networking_operators/dns-operator.html",
        takes=("gpu-nodes/gpu-operator", "clusters/openshift"),
    ),
)


def _matches(peer: Object, target: Target, *, cilium: bool) -> bool:
    if "ipBlock" in peer:
        if not target.address or (cilium and target.node_of_the_cluster):
            return False
        address, block = ipaddress.ip_address(target.address), peer["ipBlock"]
        return address in ipaddress.ip_network(block["cidr"]) and not any(
            address in ipaddress.ip_network(one) for one in block.get("except", [])
        )
    namespace = {"kubernetes.io/metadata.name": target.namespace or "none"}
    if target.address or "namespaceSelector" not in peer or not selects(peer["namespaceSelector"], namespace):
        return False
    return selects(peer.get("podSelector", {}), dict(target.labels))


def leaves_for(folder: Path, labels: dict[str, str], target: Target, *, cilium: bool = False) -> bool:
    """Whether the policies of a build let a pod with these labels speak to somebody outside the namespace."""
    if cilium and target.node_of_the_cluster:
        for policy in of_kind(folder, "CiliumNetworkPolicy"):
            entities = {entity for rule in policy["spec"]["egress"] for entity in rule.get("toEntities", [])}
            if selects(policy["spec"]["endpointSelector"], labels) and "kube-apiserver" in entities:
                return True
    return any(
        _matches(peer, target, cilium=cilium)
        for policy in of_kind(folder, "NetworkPolicy")
        if "Egress" in policy["spec"]["policyTypes"] and selects(policy["spec"]["podSelector"], labels)
        for rule in policy["spec"].get("egress", [])
        if not rule.get("ports")
        or any(one.get("protocol", "TCP") == target.protocol and one["port"] == target.port for one in rule["ports"])
        for peer in rule.get("to") or [{"ipBlock": {"cidr": "0.0.0.0/0"}}]
    )
