"""Components that fit Kefu to a cluster: storage class, runtime class, kind of GPU, ways out."""

import ipaddress
from pathlib import Path

import pytest
import yaml

from kefu.testing.kustomize import (
    K8S,
    containers,
    environment,
    name_of,
    named,
    of_kind,
    pod_labels,
    pod_of,
    with_jobs,
    workloads,
)
from tests.manifests.clusters import Target, leaves_for
from tests.manifests.composing import with_components
from tests.manifests.schemas import problems_of

YOURS = K8S / "checks" / "your-cluster"
GPU_NODES = K8S / "components" / "gpu-nodes"
LABELS = {
    "gke": {"cloud.google.com/gke-accelerator": "nvidia-l4"},
    "eks": {"eks.amazonaws.com/instance-gpu-name": "l4"},
    "karpenter": {"karpenter.k8s.aws/instance-gpu-name": "l4"},
    "aks": {"kubernetes.azure.com/accelerator": "nvidia"},
    "ack": {"aliyun.accelerator/nvidia_name": "NVIDIA-L20"},
    "gpu-operator": {"nvidia.com/gpu.product": "NVIDIA-L4"},
}
"""Labels of nodes, by the pages that gpu-nodes/README.md names."""
TAINTS = {"aks": {"sku", "nvidia.com/gpu"}}
"""By cloud what its nodes with GPUs keep away; elsewhere it is NVIDIA's own name."""


@pytest.mark.parametrize("cluster", sorted(path.name for path in GPU_NODES.iterdir() if path.is_dir()))
def test_replicas_of_the_model_go_to_a_gpu_of_the_clusters_own_kind(cluster: str, tmp_path: Path) -> None:
    objects = with_components("gpu-small", [f"gpu-nodes/{cluster}"], tmp_path)
    assert [problem for one in objects for problem in problems_of(one)] == []
    [model] = [pod_of(one) for one in workloads(tmp_path) if one["metadata"]["name"] == "kefu-generation"]
    assert model["nodeSelector"] == {"kubernetes.io/arch": "amd64"} | LABELS[cluster]
    assert {one["key"] for one in model["tolerations"]} == TAINTS.get(cluster, {"nvidia.com/gpu"})
    for one in workloads(tmp_path):
        if one["metadata"]["name"] != "kefu-generation":
            assert not pod_of(one).get("nodeSelector", {}).keys() & LABELS[cluster].keys()


def test_every_volume_gets_the_storage_class_and_the_model_the_runtime_class() -> None:
    stateful = [one for one in workloads(YOURS) if one["kind"] == "StatefulSet"]
    assert {one["metadata"]["name"] for one in stateful} == {"kefu-redis", "kefu-generation"}
    for one in stateful:
        assert [claim["spec"]["storageClassName"] for claim in one["spec"]["volumeClaimTemplates"]] == ["gp3"]
    classes = {one["metadata"]["name"]: pod_of(one).get("runtimeClassName") for one in workloads(YOURS)}
    assert {name: found for name, found in classes.items() if found} == {"kefu-generation": "nvidia"}


def test_replicas_of_the_model_share_one_volume_and_compile_apart(tmp_path: Path) -> None:
    with_components("gpu-small", ["shared-weights"], tmp_path)
    [model] = [one for one in workloads(tmp_path) if one["metadata"]["name"] == "kefu-generation"]
    assert "volumeClaimTemplates" not in model["spec"], "or each replica has one all the same, and is tied to its zone"
    claim = yaml.safe_load((K8S / "components/shared-weights/claim.yaml").read_text("utf-8"))
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    [models] = [one for one in pod_of(model)["volumes"] if one["name"] == "models"]
    assert models["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    for container in containers(model):
        assert {"name": "models", "mountPath": "/models"} in container["volumeMounts"]
    [serving] = [one for one in containers(model) if one["name"] == "generation"]
    told = environment(tmp_path, serving)
    compiled = {name for name, value in told.items() if value.startswith("/models/")} - {"HF_HOME"}
    assert compiled == {"VLLM_CACHE_ROOT", "TRITON_CACHE_DIR", "FLASHINFER_WORKSPACE_BASE"}
    assert all(told[name].startswith("/models/compiled/$(POD_NAME)/") for name in compiled)
    names = [one["name"] for one in serving["env"]]
    assert all(names.index("POD_NAME") < names.index(name) for name in compiled), "or the name is not put in"


def test_spans_reach_the_collector_that_every_service_is_told_of() -> None:
    collector = Target(4317, namespace="observability")
    elsewhere = Target(4317, namespace="elsewhere")
    for one in workloads(YOURS):
        for container in containers(one):
            if container["name"] in ("router", "gateway", "retrieval", "generation"):
                assert environment(YOURS, container)["OTEL_EXPORTER_OTLP_ENDPOINT"].endswith(".observability:4317")
                assert leaves_for(YOURS, pod_labels(one), collector)
                assert not leaves_for(YOURS, pod_labels(one), elsewhere)


def test_retrieval_alone_reaches_milvus() -> None:
    milvus = Target(19530, namespace="milvus")
    assert [one["metadata"]["name"] for one in workloads(YOURS) if leaves_for(YOURS, pod_labels(one), milvus)] == [
        "kefu-retrieval"
    ]


def test_webhooks_leave_when_the_api_servers_policy_has_been_narrowed_and_reach_nothing_inside() -> None:
    blocks = [
        peer["ipBlock"]
        for rule in named(YOURS, "NetworkPolicy", "kefu-webhooks")["spec"]["egress"]
        for peer in rule["to"]
    ]

    def reached(address: str) -> bool:
        there = ipaddress.ip_address(address)
        return any(
            there in ipaddress.ip_network(block["cidr"])
            and not any(there in ipaddress.ip_network(one) for one in block["except"])
            for block in blocks
        )

    assert reached("203.0.113.10")
    assert not any(
        reached(address)
        for address in ("10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "100.64.0.1", "127.0.0.1")
    )
    assert named(YOURS, "NetworkPolicy", "kefu-webhooks")["spec"]["podSelector"] == {
        "matchLabels": {"app.kubernetes.io/name": "kefu-router"}
    }


def test_models_and_milvus_that_want_a_token_get_it_in_every_container_that_asks_them() -> None:
    asked = {
        (one["metadata"]["name"], container["name"], variable["name"]): variable["valueFrom"]["secretKeyRef"]
        for one in workloads(YOURS)
        for container in containers(one)
        for variable in container.get("env", [])
        if variable["name"] in ("HF_TOKEN", "KEFU_RETRIEVAL_MILVUS_TOKEN")
    }
    hub = {"name": "kefu-model-hub", "key": "token", "optional": True}
    assert asked == {
        ("kefu-generation", "weights", "HF_TOKEN"): hub,
        ("kefu-generation", "generation", "HF_TOKEN"): hub,
        ("kefu-retrieval", "retrieval", "KEFU_RETRIEVAL_MILVUS_TOKEN"): hub | {"name": "kefu-milvus"},
    }


def test_the_archive_has_its_keys_where_there_are_any_and_a_way_to_its_bucket() -> None:
    asked = {
        variable["name"]: variable["valueFrom"]["secretKeyRef"]
        for container in containers(named(YOURS, "Deployment", "kefu-router"))
        for variable in container.get("env", [])
        if variable["name"].startswith("KEFU_ROUTER_S3_")
    }
    assert asked == {
        f"KEFU_ROUTER_S3_{name.upper()}_KEY": {"name": "kefu-archive", "key": f"{name}-key", "optional": True}
        for name in ("access", "secret")
    }
    policies = [named(YOURS, "NetworkPolicy", name)["spec"] for name in ("kefu-archive", "kefu-webhooks")]
    assert policies[0] == policies[1]


def test_kube_prometheus_stack_finds_monitors_and_rules_by_its_label() -> None:
    folder = K8S / "checks" / "external-redis-monitored"
    found = of_kind(folder, "PodMonitor", "PrometheusRule")
    assert len(found) == 5
    assert all(one["metadata"]["labels"]["release"] == "kube-prometheus-stack" for one in found)


def test_googles_managed_prometheus_gets_the_same_monitors_and_rules_in_its_own_words(tmp_path: Path) -> None:
    objects = with_components("gpu-small", ["monitoring/gke"], tmp_path)
    assert {name_of(one): problems_of(one) for one in objects if problems_of(one)} == {}
    plain = K8S / "overlays" / "gpu-small"
    assert of_kind(tmp_path, "PodMonitor", "PrometheusRule") == []
    rules, written = (
        {one["metadata"]["name"]: one["spec"] for one in of_kind(folder, kind)}
        for folder, kind in ((tmp_path, "Rules"), (plain, "PrometheusRule"))
    )
    assert rules == written
    assert len(rules) > 1
    monitors = {one["metadata"]["name"]: one["spec"] for one in of_kind(plain, "PodMonitor")}
    for one in of_kind(tmp_path, "PodMonitoring"):
        spec, other = one["spec"], monitors.pop(one["metadata"]["name"])
        assert spec["selector"] == other["selector"]
        assert [(each["port"], each["interval"], each["timeout"]) for each in spec["endpoints"]] == [
            (each["port"], each["interval"], each["scrapeTimeout"]) for each in other["podMetricsEndpoints"]
        ]
        labels = [each["from"] for each in spec.get("targetLabels", {}).get("fromPod", [])]
        assert labels == other.get("podTargetLabels", [])
    assert monitors == {}
    [rule] = named(tmp_path, "NetworkPolicy", "kefu-metrics")["spec"]["ingress"]
    [peer] = rule["from"]
    assert peer["namespaceSelector"]["matchExpressions"][0]["values"] == ["gmp-system", "gke-gmp-system"]


def test_whoever_speaks_to_redis_takes_a_private_authoritys_certificate_where_one_is_named() -> None:
    folder = K8S / "checks" / "external-redis-monitored"
    speaking = {"router": "KEFU_REDIS_AUTHORITY", "retrieval": "KEFU_REDIS_AUTHORITY"}
    speaking |= {"backup": "KEFU_REDIS_AUTHORITY", "restore": "KEFU_REDIS_AUTHORITY", "migrate": "KEFU_REDIS_AUTHORITY"}
    speaking |= {"exporter": "REDIS_EXPORTER_TLS_CA_CERT_FILE"}
    found: dict[str, str] = {}
    for one in with_jobs(folder):
        [secret] = [each["secret"] for each in pod_of(one).get("volumes", []) if each["name"] == "redis-authority"] or [
            None
        ]
        for container in containers(one):
            variables = environment(folder, container)
            if any(value.startswith("secret kefu-redis/") for value in variables.values()):
                assert secret["secretName"] == "kefu-redis-authority"
                [mount] = [each for each in container["volumeMounts"] if each["name"] == "redis-authority"]
                assert variables[speaking[container["name"]]] == f"{mount['mountPath']}/ca.crt"
                found[container["name"]] = speaking[container["name"]]
    assert found == speaking
