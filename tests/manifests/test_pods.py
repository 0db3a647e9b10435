"""What every pod has to have, whatever components an overlay takes."""

import re
from pathlib import Path
from typing import Any

import pytest

from kefu.common.config import ServiceConfig
from kefu.common.config_reference import variables_of
from kefu.edge.kubernetes import SHUTDOWN_SECONDS, render_pod
from kefu.gateway.config import GatewayConfig
from kefu.generation.config import GenerationConfig
from kefu.retrieval.config import RetrievalConfig
from kefu.router.config import RouterConfig
from kefu.testing.kustomize import (
    CLUSTER,
    K8S,
    Object,
    builds,
    containers,
    environment,
    name_of,
    named,
    objects_of,
    of_kind,
    pod_labels,
    pod_of,
    secrets_used,
    selects,
    with_jobs,
    workloads,
)

CONFIGS: dict[str, type[ServiceConfig]] = {
    "router": RouterConfig,
    "gateway": GatewayConfig,
    "retrieval": RetrievalConfig,
    "generation": GenerationConfig,
}
NOT_OURS = {
    "HF_TOKEN": "the Hugging Face hub's own: for models that it gives to signed-in users alone",
    "HF_HOME": "the Hugging Face hub's own: what it keeps outlives the pod",
    "HOME": "libraries write beneath it, and the root file system is read-only",
    "VLLM_CACHE_ROOT": "vLLM's own: what it compiled outlives the pod",
    "TRITON_CACHE_DIR": "Triton's own: likewise",
    "FLASHINFER_WORKSPACE_BASE": "FlashInfer's own: likewise",
    "POD_NAME": "of the pod itself: a part of the three before",
    "VLLM_ENABLE_CUDA_COMPATIBILITY": "vLLM's own: for data-centre cards with an older driver",
}
SECRETS = {
    "kefu-keys",
    "kefu-redis",
    "kefu-redis-authority",
    "kefu-edge-tls",
    "kefu-inside-tls",
    "kefu-archive",
    "kefu-milvus",
    "kefu-model-hub",
    "kefu-model-server",
    "kefu-operations",
    "kefu-backup",
    "kefu-backup-identity",
}
every_build = pytest.mark.parametrize("folder", builds(), ids=lambda folder: folder.name)


def service_containers(folder: Path) -> list[tuple[str, Object, Object]]:
    """Workload and container of each service of ours, by the service's name."""
    return [
        (container["name"], workload, container)
        for workload in workloads(folder)
        for container in pod_of(workload)["containers"]
        if container["name"] in CONFIGS
    ]


def configured(folder: Path, service: str, container: Object, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The configuration that the service reads from a container's variables."""
    for variable in variables_of(CONFIGS[service]):
        monkeypatch.delenv(variable.name, raising=False)
    for name, value in environment(folder, container).items():
        monkeypatch.setenv(name, value)
    return CONFIGS[service](_env_file=None)  # pyright: ignore[reportCallIssue] - pydantic-settings' own argument


@every_build
def test_services_that_are_expected_are_there(folder: Path) -> None:
    assert {service for service, _, _ in service_containers(folder)} == set(CONFIGS)


@every_build
def test_a_pod_has_drained_before_its_grace_period_is_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for service, workload, container in service_containers(folder):
        config = configured(folder, service, container, monkeypatch)
        pre_stop = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert pre_stop >= 5, "the endpoints have to be withdrawn first"
        needed = pre_stop + config.settle_seconds + config.listener_grace_seconds + config.drain_seconds
        assert needed + 5 < pod_of(workload)["terminationGracePeriodSeconds"], name_of(workload)
    for workload in workloads(folder):
        if workload["metadata"]["name"] == "kefu-nginx":
            [container] = pod_of(workload)["containers"]
            pre_stop = container["lifecycle"]["preStop"]["sleep"]["seconds"]
            assert pre_stop + SHUTDOWN_SECONDS < pod_of(workload)["terminationGracePeriodSeconds"]
            assert pre_stop >= 30, "GKE's balancer takes 24 s to hear of it, others longer (gpu-production/README.md)"


@every_build
def test_every_container_has_requests_and_limits(folder: Path) -> None:
    for workload in with_jobs(folder):
        for container in containers(workload):
            resources = container["resources"]
            for kind in ("requests", "limits"):
                assert {"cpu", "memory"} <= resources[kind].keys(), f"{name_of(workload)} {container['name']} {kind}"
        for volume in pod_of(workload).get("volumes", []):
            if "emptyDir" in volume:
                assert "sizeLimit" in volume["emptyDir"], f"{name_of(workload)}: {volume['name']} could fill the node"


@every_build
def test_every_container_that_stays_is_probed(folder: Path) -> None:
    for workload in workloads(folder):
        for container in pod_of(workload)["containers"]:
            ports = {port["name"]: port["containerPort"] for port in container["ports"]}
            for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
                probe = container[kind]
                [how] = {"grpc", "tcpSocket", "httpGet", "exec"} & probe.keys()
                if how == "exec" and container["name"] in ("redis", "sentinel"):
                    assert (
                        " redis-cli " in probe["exec"]["command"][-1]
                    )  # tests/service/redis/test_kubernetes_probes.py
                    assert probe["timeoutSeconds"] > 3, "what its own timeout ends leaves no process"
                    continue
                if how == "exec":
                    program = "kefu.gateway.probe" if "http" in ports else "kefu.common.probe"
                    listening = ports["http"] if "http" in ports else ports["grpc"]
                    generates = container["name"] == "generation" and kind == "startupProbe"
                    alive = generates or (program == "kefu.common.probe" and kind == "livenessProbe")
                    words = ["python", "-m", program, str(listening), *(["--alive"] if alive else [])]
                    assert probe["exec"]["command"] == words
                    continue
                port = probe[how]["port"]
                assert ports.get(port, port) in ports.values(), f"{name_of(workload)} {container['name']} {kind}"
            if container["name"] in CONFIGS:
                kind = "http" if container["name"] == "gateway" else "grpc"
                how = "httpGet" if kind == "http" else "grpc"
                how = "exec" if "inside-tls" in _components_of(folder) else how
                assert how in container["livenessProbe"]
                assert how == "exec" or container["livenessProbe"][how]["port"] == ports[kind]
                if how == "grpc" and container["name"] in ("router", "retrieval"):
                    assert container["livenessProbe"]["grpc"]["service"] == "grpc.health.v1.Health"
                    assert "service" not in container["readinessProbe"]["grpc"]


@every_build
def test_a_start_has_several_times_the_time_that_was_measured(folder: Path) -> None:
    # Two CPU cores; llama.cpp with the 0.5B model. vLLM's is its CPU build's: nothing was measured on a GPU.
    measured = {"router": 1.5, "gateway": 1.5, "retrieval": 4.0, "generation": 1.4}
    if "gpu" in _components_of(folder):
        measured["generation"] = 38.0
    for service, _, container in service_containers(folder):
        probe = container["startupProbe"]
        assert probe["periodSeconds"] * probe["failureThreshold"] >= 10 * measured[service]
        assert probe["periodSeconds"] <= max(measured[service] / 5, 3), "or a pod that is ready waits to be seen"


@every_build
def test_pods_are_restricted(folder: Path) -> None:
    assert (
        named(CLUSTER, "Namespace", "kefu")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    )
    for workload in with_jobs(folder):
        pod = pod_of(workload)
        assert pod["securityContext"]["runAsNonRoot"] is True
        if "openshift" not in folder.name:  # whose own constraint gives the numbers
            assert pod["securityContext"]["runAsUser"] >= 10_000
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        assert not any("hostPath" in volume for volume in pod.get("volumes", []))
        for container in containers(workload):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


@every_build
def test_only_the_router_has_a_token_and_may_watch_endpoint_slices_and_nothing_else(folder: Path) -> None:
    with_token = [one for one in with_jobs(folder) if pod_of(one).get("automountServiceAccountToken") is not False]
    by_dns = "replicas-by-dns" in _components_of(folder)
    assert [name_of(one) for one in with_token] == ([] if by_dns else ["Deployment/kefu-router"])
    assert all(one["automountServiceAccountToken"] is False for one in of_kind(folder, "ServiceAccount"))
    accounts = {one["metadata"]["name"] for one in of_kind(folder, "ServiceAccount")}
    assert {pod_of(one)["serviceAccountName"] for one in with_jobs(folder)} == accounts
    roles = {one["metadata"]["name"]: one["rules"] for one in of_kind(folder, "Role")}
    watching = {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]}
    assert roles == ({} if by_dns else {"kefu-router": [watching]})
    bound = {
        one["metadata"]["name"]: [subject["name"] for subject in one["subjects"]]
        for one in of_kind(folder, "RoleBinding")
    }
    assert bound == ({} if by_dns else {"kefu-router": ["kefu-router"]})
    assert of_kind(folder, "ClusterRole", "ClusterRoleBinding") == []


@every_build
def test_every_variable_exists_and_has_a_value_that_its_service_takes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for service, workload, container in service_containers(folder):
        known = {variable.name for variable in variables_of(CONFIGS[service])} | NOT_OURS.keys()
        for one in (container, *pod_of(workload).get("initContainers", [])):
            unknown = environment(folder, one).keys() - known
            assert not unknown, f"{service} does not know {unknown}"
        configured(folder, service, container, monkeypatch)  # raises for a value that is none


@every_build
def test_ports_are_those_that_the_services_listen_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listening: dict[str, int] = {}
    configs: dict[str, Any] = {}
    for service, _, container in service_containers(folder):
        config = configured(folder, service, container, monkeypatch)
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        listening[service] = ports["http" if service == "gateway" else "grpc"]
        assert config.listen == f"0.0.0.0:{listening[service]}"
        assert config.metrics_listen == f"0.0.0.0:{ports['metrics']}"
        configs[service] = config
    router = configs["router"]
    assert router.retrieval == f"dns:///kefu-retrieval:{listening['retrieval']}"
    scheme = "dns" if "replicas-by-dns" in _components_of(folder) else "k8s"
    assert router.generation == f"{scheme}:///kefu-generation:{listening['generation']}"
    gateway = configs["gateway"]
    assert gateway.router == f"dns:///kefu-routers:{listening['router']}"
    assert gateway.retrieval == router.retrieval
    for one in of_kind(folder, "Service"):
        targets = [
            workload
            for workload in workloads(folder)
            if selects({"matchLabels": one["spec"]["selector"]}, pod_labels(workload) | _pod_name(one, workload))
        ]
        assert len(targets) == 1, f"{name_of(one)} has to lead to one workload"
        ports = {
            port["name"]: port["containerPort"] for each in pod_of(targets[0])["containers"] for port in each["ports"]
        }
        for port in one["spec"]["ports"]:
            assert port["targetPort"] in ports
            if one["metadata"]["name"] not in ("kefu", "kefu-operations", "kefu-desk"):
                assert port["port"] == ports[port["targetPort"]]


def _pod_name(service: Object, workload: Object) -> dict[str, str]:
    """The label that a StatefulSet gives the one pod which a service selects by it."""
    label = "statefulset.kubernetes.io/pod-name"
    wanted = service["spec"]["selector"].get(label)
    if workload["kind"] != "StatefulSet" or wanted is None:
        return {}
    names = [f"{workload['metadata']['name']}-{number}" for number in range(workload["spec"].get("replicas", 1))]
    return {label: wanted} if wanted in names else {}


@every_build
def test_routers_see_each_replica_and_nginx_an_address_that_stays(folder: Path) -> None:
    headless = {one["metadata"]["name"] for one in of_kind(folder, "Service") if one["spec"].get("clusterIP") == "None"}
    expected = {"kefu-routers", "kefu-retrieval", "kefu-generation"}
    pods = {"kefu-redis-0", "kefu-redis-1", "kefu-redis-2"}
    assert headless == expected | (pods if "redis-sentinel" in _components_of(folder) else set())


@every_build
def test_what_a_service_writes_goes_to_a_volume(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for service, workload, container in service_containers(folder):
        config = configured(folder, service, container, monkeypatch)
        written = {Path("/tmp")}
        written |= {
            Path(path)
            for path in (getattr(config, "snapshot_folder", None), getattr(config, "cache_dir", None))
            if path
        }
        mounts = {Path(mount["mountPath"]) for mount in container["volumeMounts"]}
        elsewhere = {path for path in written if not any(path.is_relative_to(mount) for mount in mounts)}
        assert elsewhere == set(), f"{name_of(workload)} {mounts}"


def test_what_libraries_keep_for_the_next_start_is_on_the_replicas_volume() -> None:
    """In /tmp it would be compiled again at each start, and evict the pod when it grows."""
    folder = next(one for one in builds() if one.name == "gpu-small")
    [container] = [one for name, _, one in service_containers(folder) if name == "generation"]
    variables = environment(folder, container)
    caches = ("KEFU_CACHE_DIR", "VLLM_CACHE_ROOT", "TRITON_CACHE_DIR", "FLASHINFER_WORKSPACE_BASE", "HF_HOME")
    assert all(Path("/models") in (Path(variables[name]), *Path(variables[name]).parents) for name in caches)


@every_build
def test_volumes_configuration_and_secrets_that_are_used_exist(folder: Path) -> None:
    maps = {one["metadata"]["name"] for one in of_kind(folder, "ConfigMap")}
    used_maps: set[str] = set()
    for workload in with_jobs(folder):
        pod = pod_of(workload)
        assert set(secrets_used(pod)) <= SECRETS
        claims = {claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", [])}
        volumes = {volume["name"] for volume in pod.get("volumes", [])} | claims
        mounted = {mount["name"] for one in containers(workload) for mount in one.get("volumeMounts", [])}
        assert mounted == volumes, name_of(workload)
        used_maps |= {volume["configMap"]["name"] for volume in pod.get("volumes", []) if "configMap" in volume}
        used_maps |= {
            source["configMapRef"]["name"] for one in containers(workload) for source in one.get("envFrom", [])
        }
    assert used_maps <= maps
    unused = {re.sub(r"-[a-z0-9]{10}$", "", name) for name in maps - used_maps}
    assert unused <= {"kefu-dashboard", "kefu-prometheus-adapter", *_nginx_left(folder)}
    assert of_kind(folder, "Secret") == [], "secrets are made by the operator, never kept here"


def _nginx_left(folder: Path) -> set[str]:
    """The ConfigMap of an nginx that the component gateway-api took away."""
    return set() if any(one["metadata"]["name"] == "kefu-nginx" for one in workloads(folder)) else {"kefu-nginx"}


@every_build
def test_a_disruption_budget_and_a_priority_stand_behind_every_service(folder: Path) -> None:
    classes = {one["metadata"]["name"] for one in of_kind(CLUSTER, "PriorityClass")}
    budgets = of_kind(folder, "PodDisruptionBudget")
    for workload in workloads(folder):
        if workload["metadata"]["name"] == "kefu-redis-exporter":
            continue  # customers do not notice when it is away
        assert pod_of(workload)["priorityClassName"] in classes
        matching = [one for one in budgets if selects(one["spec"]["selector"], pod_labels(workload))]
        assert len(matching) == 1, name_of(workload)
    for budget in budgets:
        assert any(selects(budget["spec"]["selector"], pod_labels(one)) for one in workloads(folder)), name_of(budget)


@every_build
def test_replicas_are_spread_over_nodes_and_zones(folder: Path) -> None:
    for _, workload, _ in service_containers(folder):
        constraints = pod_of(workload)["topologySpreadConstraints"]
        keys = {one["topologyKey"] for one in constraints}
        assert keys == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
        assert all(selects(one["labelSelector"], pod_labels(workload)) for one in constraints)


@pytest.mark.parametrize("overlay", ["gpu-small", "gpu-production"])  # cpu-demo is for a first look on a laptop
def test_redis_has_the_memory_that_it_may_hold(overlay: str) -> None:
    [container] = pod_of(named(K8S / "overlays" / overlay, "StatefulSet", "kefu-redis"))["containers"]
    assert container["resources"]["requests"]["memory"] == container["resources"]["limits"]["memory"]


def test_redis_with_sentinels_is_spread_over_nodes_and_zones() -> None:
    constraints = pod_of(named(K8S / "checks" / "sentinel", "StatefulSet", "kefu-redis"))["topologySpreadConstraints"]
    assert {one["topologyKey"]: one["whenUnsatisfiable"] for one in constraints} == {
        "kubernetes.io/hostname": "DoNotSchedule",
        "topology.kubernetes.io/zone": "ScheduleAnyway",
    }


@every_build
def test_selectors_match_their_own_pods_and_all_is_in_one_namespace(folder: Path) -> None:
    for workload in workloads(folder):
        assert selects(workload["spec"]["selector"], pod_labels(workload))
        assert pod_labels(workload)["app.kubernetes.io/part-of"] == "kefu", "the policy for names goes by it"
    assert {one["metadata"].get("namespace") for one in objects_of(folder)} == {"kefu"}


@every_build
def test_gpus_are_asked_for_where_the_image_wants_one_and_nowhere_else(folder: Path) -> None:
    for service, _, container in service_containers(folder):
        gpus = container["resources"]["limits"].get("nvidia.com/gpu", 0)
        component = {"generation": "gpu", "retrieval": "retrieval-gpu"}.get(service)
        assert bool(gpus) == (component in _components_of(folder))


def test_retrieval_with_a_gpu_leaves_vllm_its_share_of_the_memory_and_waits_for_no_second_one() -> None:
    folder = next(one for one in builds() if one.name == "everything")
    assert "retrieval-gpu" in _components_of(folder)
    [(workload, container)] = [(one, other) for name, one, other in service_containers(folder) if name == "retrieval"]
    assert workload["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    share = float(environment(folder, container)["KEFU_RETRIEVAL_GPU_MEMORY_UTILIZATION"])
    assert share + 0.05 + 0.8 <= 1, "the README's share of vLLM beside it"


def _components_of(folder: Path) -> set[str]:
    """Names of the components that a build takes, itself or by what it builds on."""
    from kefu.testing.kustomize import kustomization

    file = kustomization(folder)
    found = {Path(path).name for path in file.get("components", [])}
    for path in file.get("resources", []):
        base = (folder / path).resolve()
        if (base / "kustomization.yaml").exists():
            found |= _components_of(base)
    return found


def test_with_tls_inside_all_of_kefu_has_the_certificate_and_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = next(one for one in builds() if one.name == "inside-tls")
    names = set(named(folder, "Certificate", "kefu-inside")["spec"]["dnsNames"])
    assert {"kefu-router", "kefu-retrieval", "kefu-generation", "localhost"} <= names
    for service, _, container in service_containers(folder):
        tls = configured(folder, service, container, monkeypatch).tls
        mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
        assert {str(path.parent) for path in (tls.certificate, tls.key, tls.authority)} <= mounts
    [conf] = [one["data"]["nginx.conf"] for one in of_kind(folder, "ConfigMap") if "nginx.conf" in one["data"]]
    assert conf == render_pod(500, inside_tls=True)
    assert set(re.findall("grpc_ssl_name (.+);", conf)) <= names


@every_build
def test_a_gpu_is_for_vllm_and_the_model_elsewhere_wants_neither_gpu_nor_volume(folder: Path) -> None:
    [(workload, container)] = [
        (workload, container) for service, workload, container in service_containers(folder) if service == "generation"
    ]
    engine = environment(folder, container).get("KEFU_GENERATION_ENGINE", "auto")
    taken = _components_of(folder) & {"gpu", "model-elsewhere"}
    assert engine == {"gpu": "vllm", "model-elsewhere": "openai", "": "auto"}["".join(taken)]
    mounts = {one["mountPath"] for one in container["volumeMounts"]}
    assert ("/dev/shm" in mounts) == (engine == "vllm"), "vLLM's processes speak through it"
    assert ("/models" in mounts) == (engine != "openai")
    assert workload["kind"] == ("Deployment" if engine == "openai" else "StatefulSet")
    fetching = [one for one in of_kind(folder, "NetworkPolicy") if one["metadata"]["name"] == "kefu-generation-weights"]
    assert bool(fetching) == (engine != "openai")
    images = {one["image"] for one in containers(workload)}
    assert all(image.endswith("-gpu" if engine == "vllm" else "-cpu") for image in images)


def test_the_model_elsewhere_is_reached_and_nothing_else_is() -> None:
    folder = next(one for one in builds() if one.name == "model-elsewhere")
    out = [
        one["spec"]["egress"]
        for one in of_kind(folder, "NetworkPolicy")
        if "Egress" in one["spec"]["policyTypes"]
        and one["spec"]["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "kefu-generation"}}
    ]
    server = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "model-server"}}}
    assert out == [[{"to": [server], "ports": [{"protocol": "TCP", "port": 8000}]}]]


def test_weights_are_fetched_for_the_model_that_is_served() -> None:
    stateful = [folder for folder in builds() if folder.name != "model-elsewhere"]
    assert stateful
    for folder in stateful:
        workload = named(folder, "StatefulSet", "kefu-generation")
        [weights] = pod_of(workload)["initContainers"]
        assert weights["command"] == ["python", "-m", "kefu.generation.weights", "$(KEFU_GENERATION_MODEL)"]
        [serving] = pod_of(workload)["containers"]
        model = environment(folder, weights)["KEFU_GENERATION_MODEL"]
        assert model
        assert model == environment(folder, serving)["KEFU_GENERATION_MODEL"]
