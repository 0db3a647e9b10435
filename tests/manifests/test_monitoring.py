"""Queries of alerts, dashboard and autoscalers ask for metrics that are counted, in PromQL."""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import promql_parser
import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard
from prometheus_client import REGISTRY, CollectorRegistry

import kefu.gateway
import kefu.retrieval
import kefu.router
from kefu.generation.engine_metrics import EngineMetrics
from kefu.testing.kustomize import K8S, ROOT, builds, named, of_kind
from tests.support.generation_harness import ScriptedEngine

LABELS_OF_OTHERS = {"le", "pod", "namespace", "app_kubernetes_io_component", "container", "reason"} | {
    *("scaledObject", "Hostname", "gpu", "horizontalpodautoscaler"),
}
EVERYTHING = K8S / "checks" / "everything"
OTHERS = {
    "up",  # Prometheus' own
    "redis_up",
    "vllm:num_preemptions_total",  # vLLM's own
    "kefu_edge_connections",
    "kefu_edge_connections_idle",
    "kefu_edge_connections_limit",  # nginx'
    "redis_memory_used_bytes",
    "redis_memory_max_bytes",
    "redis_aof_last_write_status",
    "redis_latency_spike_duration_seconds",
    "redis_latency_spike_last",  # redis_exporter's
    "kefu_backup_last_success_timestamp_seconds",  # where backups are made
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",  # the kubelet's
    "kube_pod_container_status_waiting_reason",
    "kube_pod_init_container_status_waiting_reason",
    "kube_pod_status_phase",
    "kube_horizontalpodautoscaler_status_desired_replicas",
    "kube_horizontalpodautoscaler_spec_max_replicas",
    "kube_horizontalpodautoscaler_status_condition",  # kube-state-metrics'
    "keda_scaler_detail_errors_total",  # KEDA's operator's
    "DCGM_FI_DEV_XID_ERRORS",
    "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS",
    "DCGM_FI_DEV_ROW_REMAP_FAILURE",
    "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL",
    "DCGM_FI_DEV_GPU_TEMP",
    "DCGM_FI_DEV_GPU_UTIL",
    "DCGM_FI_DEV_FB_USED",
    "DCGM_FI_DEV_POWER_USAGE",  # NVIDIA's dcgm-exporter's
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",  # prometheus_client's
}


def all_rules() -> list[dict[str, Any]]:
    groups = [group for one in of_kind(EVERYTHING, "PrometheusRule") for group in one["spec"]["groups"]]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    return [rule for rule in all_rules() if "alert" in rule]


def boards() -> dict[str, dict[str, Any]]:
    """Grafana's dashboards, by the names of their files."""
    files: dict[str, str] = named(EVERYTHING, "ConfigMap", "kefu-dashboard")["data"]
    return {name: json.loads(text) for name, text in files.items()}


every_board = pytest.mark.parametrize("name", ["kefu.json", "kefu-engine.json", "kefu-edge.json", "kefu-capacity.json"])


def queries() -> Iterator[str]:
    yield from (rule["expr"] for rule in all_rules())
    for board in boards().values():
        for panel in board["panels"]:
            yield from (
                target["expr"].replace("$__rate_interval", "1m").replace("$price", "2.5") for target in panel["targets"]
            )
    for folder in builds():
        for one in of_kind(folder, "ScaledObject"):
            for trigger in one["spec"]["triggers"]:
                if trigger["type"] == "prometheus":
                    yield trigger["metadata"]["query"]
    config = yaml.safe_load((K8S / "components" / "prometheus-adapter" / "config.yaml").read_text("utf-8"))
    for rule in config["externalRules"]:
        yield rule["metricsQuery"].replace("<<.LabelMatchers>>", 'namespace="kefu"')


def counted() -> set[str]:
    """Names of all series that the services export."""
    engines = CollectorRegistry()
    EngineMetrics(ScriptedEngine(()), engines)
    for package in (kefu.gateway, kefu.router, kefu.retrieval):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            if not module.ispkg and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    registries = (REGISTRY, engines)
    return {name for one in registries for name in one._names_to_collectors}  # pyright: ignore[reportPrivateUsage] - a registry has no public list


def test_every_query_parses() -> None:
    found = set(queries())
    assert len(found) > 100
    assert {query: told for query in found if (told := syntax_error(query))} == {}


def syntax_error(query: str) -> str:
    """What PromQL does not allow in a query; empty if nothing."""
    try:
        promql_parser.parse(query)
    except ValueError as exc:
        return str(exc)
    return ""


def test_every_metric_that_is_asked_for_is_counted() -> None:
    asked = {name for query in queries() for name in re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?=\{)", query)}
    recorded = {rule["record"] for rule in all_rules() if "record" in rule}
    assert len(asked) > 20
    assert asked - OTHERS - recorded - counted() == set()


def test_the_promise_of_half_a_second_is_a_boundary_of_the_histogram() -> None:
    from kefu.router.metrics import FIRST_TEXT_SECONDS

    [family] = FIRST_TEXT_SECONDS.collect()
    assert '"0.5"' in "".join(rule["expr"] for rule in all_rules() if "first_text_late" in rule.get("record", ""))
    assert "0.5" in {sample.labels.get("le") for sample in family.samples}


def test_labels_that_are_grouped_by_exist() -> None:
    by = {
        label
        for query in queries()
        for group in re.findall(r"by \(([^)]*)\)", query)
        for label in re.split(r",\s*", group)
    }
    labels = set(LABELS_OF_OTHERS)
    labels |= {"model_name", "finished_reason"}  # the engines'
    for collector in set(REGISTRY._names_to_collectors.values()):  # pyright: ignore[reportPrivateUsage] - as above
        labels |= set(getattr(collector, "_labelnames", ()))
    assert by <= labels


def test_every_alert_says_what_it_means_and_what_to_do_also_in_the_operators_page() -> None:
    page = (ROOT / "docs/operate/monitoring.md").read_text("utf-8")
    for rule in alerts():
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"].keys() == {"summary", "runbook"}
        assert len(rule["annotations"]["runbook"]) > 60
        [row] = re.findall(rf"^\| `{rule['alert']}` \|(.+)\|$", page, re.MULTILINE)
        assert all(len(cell.strip()) > 3 for cell in row.split(" | "))
    assert len({rule["alert"] for rule in alerts()}) == len(alerts())


def test_what_operators_are_promised_to_be_told_has_an_alert() -> None:
    names = {rule["alert"] for rule in alerts()}
    promised = {
        "KefuFirstTextLate",
        "KefuTurnsShed",
        "KefuTargetDown",
        "KefuNoReplica",
        "KefuNoRetrieval",
        "KefuEndpointWatchLost",
        "KefuBackupOld",
        "KefuRedisEmptied",
        "KefuKnowledgeShrank",
        "KefuVolumeNearlyFull",
        "KefuPodPending",
        "KefuAutoscalerAtMaximum",
        "KefuQueueOld",
        "KefuRedisMemory",
    }
    assert promised | {"KefuHandoversMany"} <= names


@every_board
def test_a_dashboard_is_one_to_grafana_and_places_each_panel_once(name: str) -> None:
    """By the types that Grafana makes from its schemas: what they do not know is lost on the way through them."""
    board = boards()[name]
    assert _missing(board, json.loads(JSONEncoder().encode(Dashboard.from_json(board)))) == []
    panels = board["panels"]
    assert board["uid"] == name.removesuffix(".json")
    assert len({panel["title"] for panel in panels}) == len(panels)
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}) == len(panels)


def test_a_misspelt_field_of_a_dashboard_is_found() -> None:
    board = boards()["kefu.json"]
    board["panels"][0]["gridpos"] = board["panels"][0].pop("gridPos")
    assert _missing(board, json.loads(JSONEncoder().encode(Dashboard.from_json(board)))) == [".panels.0.gridpos"]


def test_compose_gives_grafana_the_same_dashboards() -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))
    given = {
        Path(one["target"]).name: (ROOT / "deploy" / compose["configs"][one["source"]]["file"]).resolve()
        for one in compose["services"]["grafana"]["configs"]
        if one["target"].startswith("/etc/kefu-dashboards/")
    }
    assert {name: json.loads(path.read_text("utf-8")) for name, path in given.items()} == boards()


def _missing(wanted: Any, found: Any, at: str = "") -> list[str]:
    """Where `found` lacks, or has otherwise, what `wanted` has."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        mine, theirs = cast("dict[str, Any]", wanted), cast("dict[str, Any]", found)
    elif isinstance(wanted, list) and isinstance(found, list):
        mine = {str(n): one for n, one in enumerate(cast("list[Any]", wanted))}
        theirs = {str(n): one for n, one in enumerate(cast("list[Any]", found))}
    else:
        return [] if wanted == found else [at]
    lacking = [f"{at}.{key}" for key in mine.keys() - theirs.keys()]
    return lacking + [
        one for key in mine.keys() & theirs.keys() for one in _missing(mine[key], theirs[key], f"{at}.{key}")
    ]


def test_monitors_name_ports_that_pods_have() -> None:
    from kefu.testing.kustomize import pod_labels, pod_of, selects, workloads

    for folder in builds():
        for monitor in of_kind(folder, "PodMonitor"):
            chosen = [one for one in workloads(folder) if selects(monitor["spec"]["selector"], pod_labels(one))]
            assert chosen
            for one in chosen:
                ports = {port["name"] for container in pod_of(one)["containers"] for port in container["ports"]}
                assert {endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"]} <= ports


def test_an_overlay_in_the_readme_is_one_that_exists() -> None:
    text = "".join(path.read_text("utf-8") for path in (K8S / "README.md", ROOT / "docs/operate/kubernetes.md"))
    named_paths = set(re.findall(r"k8s/(?:overlays|components|checks)/[a-z-]+", text))
    assert named_paths
    assert [path for path in named_paths if not (ROOT / path).is_dir()] == []


def test_folders_of_components_are_explained_and_built() -> None:
    from kefu.testing.kustomize import components, kustomization

    taken: set[Path] = set()
    for folder in builds():
        taken |= {(folder / path).resolve() for path in kustomization(folder).get("components", [])}
    families = {path.parent for path in taken}
    for component in components():
        family = component if component.parent == K8S / "components" else component.parent
        assert (family / "README.md").exists(), component.name
        assert component.name in (family / "README.md").read_text("utf-8")
        assert component.resolve() in taken or family.resolve() in families, (
            f"{component.name} is in no overlay or check"
        )
        assert f"  {family.name} " in (K8S / "README.md").read_text("utf-8")
