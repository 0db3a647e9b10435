"""The queries of Grafana's dashboards, for whoever asks a real Prometheus."""

import json

from tests.manifests import rules

OF_OTHERS = {
    "Redis memory": "of redis_exporter",
    "Preemptions a second": "of vLLM",
    "GPU: busy": "of dcgm-exporter",
    "GPU: memory in use, MiB": "of dcgm-exporter",
    "GPU: temperature": "of dcgm-exporter",
    "GPU: power": "of dcgm-exporter",
    "GPU: last Xid": "of dcgm-exporter",
    "Autoscalers: wanted, and at most": "of kube-state-metrics",
    "Volumes: share in use": "of the kubelet",
}
"""Panels whose data come from others than Kefu's own processes on CPUs, and from whom."""
SELDOM = {
    "Failed turns": "nothing fails",
    "Identities verified, and not": "nobody signs in",
    "Refused, and answered with less, a second": "there is room for all",
}
"""Panels without data while all is well, and why."""


def panels(rate_interval: str) -> dict[str, list[str]]:
    """The queries of all dashboards' panels, by their titles."""
    found: dict[str, list[str]] = {}
    for path in sorted(rules.MONITORING.glob("dashboard*.json")):
        for panel in json.loads(path.read_text("utf-8"))["panels"]:
            queries = [target["expr"].replace("$__rate_interval", rate_interval) for target in panel["targets"]]
            found.setdefault(panel["title"], []).extend(query.replace("$price", "2.5") for query in queries)
    return found
