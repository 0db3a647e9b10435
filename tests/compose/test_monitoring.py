"""Prometheus beside the suite in containers: it finds every service, and takes the alerts."""

import json
import os

import pytest

from tests.compose.containers import Containers, docker, until

IMAGE = os.environ.get("KEFU_PROMETHEUS_IMAGE", "")
SERVICES = {"router": 2, "gateway": 1, "retrieval": 1, "generation": 1}
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not IMAGE, reason="KEFU_PROMETHEUS_IMAGE names no image of Prometheus"),
]


def asked(kefu: Containers, path: str) -> dict[str, object]:
    """What Prometheus says; asked by a router, since nobody outside reaches it."""
    [router, *_] = kefu.ids("router")
    script = f"import urllib.request as r; print(r.urlopen('http://prometheus:9090{path}', timeout=10).read().decode())"
    return json.loads(docker("exec", router, "python", "-c", script))["data"]


def test_prometheus_reads_the_metrics_of_every_container_and_evaluates_every_alert(kefu: Containers) -> None:
    kefu.up("--no-recreate", "prometheus")

    def up() -> dict[str, int]:
        found = asked(kefu, "/api/v1/query?query=count%20by%20(app_kubernetes_io_component)%20(up%20%3D%3D%201)")
        results: list[dict[str, dict[str, str] | list[str]]] = found["result"]  # pyright: ignore
        return {one["metric"]["app_kubernetes_io_component"]: int(one["value"][1]) for one in results}  # pyright: ignore

    until(lambda: up() == SERVICES, 120)
    until(lambda: states(kefu) == {"ok"}, 120)


def states(kefu: Containers) -> set[str]:
    """How the alerts' expressions fare."""
    groups: list[dict[str, list[dict[str, str]]]] = asked(kefu, "/api/v1/rules")["groups"]  # pyright: ignore
    assert groups
    return {rule["health"] for group in groups for rule in group["rules"]}


def test_promtool_finds_nothing_wrong(kefu: Containers) -> None:
    [prometheus] = kefu.ids("prometheus")
    assert "SUCCESS" in docker("exec", prometheus, "promtool", "check", "config", "/etc/prometheus/prometheus.yml")
