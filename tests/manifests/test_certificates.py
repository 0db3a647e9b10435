"""Certificates that end (B8): a renewed one is taken without a restart, one that is not rings before its end."""

import re
from pathlib import Path
from typing import Any

import pytest

from kefu.testing.kustomize import K8S, Object, builds, environment, named, of_kind, pod_of, workloads

every_build = pytest.mark.parametrize("folder", builds(), ids=lambda folder: folder.name)
EDGE = "kefu-edge-tls"


def nginx_conf(folder: Path) -> str:
    [found] = [one["data"]["nginx.conf"] for one in of_kind(folder, "ConfigMap") if "nginx.conf" in one["data"]]
    return found


def secret_volumes(workload: Object, secret: str) -> list[tuple[Any, Any]]:
    """Volumes of a pod that hold this secret, each with the mount of it in the pod's main container."""
    return [
        (volume["secret"], mount)
        for volume in pod_of(workload).get("volumes", [])
        if volume.get("secret", {}).get("secretName") == secret
        for mount in pod_of(workload)["containers"][0]["volumeMounts"]
        if mount["name"] == volume["name"]
    ]


@every_build
def test_b8_nginx_reads_its_certificate_at_each_handshake(folder: Path) -> None:
    """A path in a variable is read anew; one that is written out is read when nginx starts."""
    conf = nginx_conf(folder)
    named_paths = re.findall(r"^\s*(?:ssl|grpc_ssl|proxy_ssl)_certificate(?:_key)? (\S+);", conf, re.MULTILINE)
    assert named_paths
    assert all(path.startswith("$") for path in named_paths), named_paths
    for variable in set(named_paths):
        assert re.search(rf"map \$ssl_server_name {re.escape(variable)} ", conf)


@every_build
def test_b8_certificates_reach_pods_as_folders_which_the_kubelet_writes_anew(folder: Path) -> None:
    """By Kubernetes' documentation a secret mounted by subPath, or read into a variable, is never updated."""
    for workload in workloads(folder):
        for secret in (EDGE, "kefu-inside-tls", "kefu-redis-authority"):
            for _, mount in secret_volumes(workload, secret):
                assert "subPath" not in mount, workload["metadata"]["name"]
        for container in pod_of(workload)["containers"]:
            for variable in container.get("env", []):
                source = variable.get("valueFrom", {}).get("secretKeyRef", {}).get("name", "")
                assert not source.endswith("-tls"), variable["name"]


@every_build
def test_b8_the_gateway_watches_the_edges_certificate_of_which_nginx_has_no_metric(folder: Path) -> None:
    gateway = named(folder, "Deployment", "kefu-gateway")
    [(volume, mount)] = secret_volumes(gateway, EDGE)
    assert volume["items"] == [{"key": "tls.crt", "path": "tls.crt"}], "the key is nginx's alone"
    assert volume["optional"] is True, "a secret that is missing is told by the alert, and must not stop the gateway"
    [container] = pod_of(gateway)["containers"]
    assert environment(folder, container)["KEFU_WATCHED_CERTIFICATES"] == f"{mount['mountPath']}/tls.crt"


def test_b8_an_alert_rings_while_there_is_time_to_renew() -> None:
    groups = named(K8S / "checks" / "everything", "PrometheusRule", "kefu")["spec"]["groups"]
    [rule] = [rule for group in groups for rule in group["rules"] if rule["alert"] == "KefuCertificateEnds"]
    assert "kefu_certificate_expires_timestamp_seconds" in rule["expr"]
    [certificate] = of_kind(K8S / "checks" / "inside-tls", "Certificate")
    [days] = re.findall(r"< (\d+) \* 86400", rule["expr"])
    before = int(certificate["spec"]["renewBefore"].removesuffix("h")) / 24
    assert 0 < int(days) < before, "it rings for a renewal that did not happen, not for one that is not due yet"
