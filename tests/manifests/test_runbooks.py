"""The runbooks: objects, settings, metrics, alerts and commands that they name exist."""

import re
from pathlib import Path

import pytest

from kefu.gateway.config import GatewayConfig
from kefu.generation.config import GenerationConfig
from kefu.retrieval.config import RetrievalConfig
from kefu.router.config import RouterConfig
from kefu.testing.kustomize import K8S, ROOT, named, objects_of
from tests.manifests import rules

PAGES = ("runbooks.md", "slo.md")
OVERLAYS = [K8S / "overlays" / "gpu-production", K8S / "checks" / "everything", K8S / "checks" / "inside-tls"]
SECRETS = {"kefu-edge-tls", "kefu-inside-tls"}
"""Made by people or cert-manager, in no overlay."""
SUBJECTS = {
    "A node upgrade",
    "A node is lost",
    "A zone is lost",
    "No GPU to be had",
    "The hub is down",
    "A bad model",
    "A certificate has run out",
    "A schema changes",
}


def text_of(page: str) -> str:
    return (ROOT / "docs/operate" / page).read_text("utf-8")


def test_there_is_a_runbook_for_each_of_these() -> None:
    assert set(re.findall(r"^## (.+)$", text_of("runbooks.md"), re.MULTILINE)) == SUBJECTS


def test_objects_that_the_runbooks_name_are_in_the_manifests() -> None:
    known = {one["metadata"]["name"] for folder in OVERLAYS for one in objects_of(folder)} | SECRETS
    for folder in OVERLAYS:
        for one in objects_of(folder):
            if one["kind"] == "StatefulSet":
                name = one["metadata"]["name"]
                pods = {f"{name}-{n}" for n in ("0", "1", "2", "N")}
                claims = {claim["metadata"]["name"] for claim in one["spec"].get("volumeClaimTemplates", [])}
                known |= pods | {f"{claim}-{pod}" for claim in claims for pod in pods}
    asked = set(re.findall(r"\b(?:(?:data|models)-)?kefu-[a-z]+(?:-[a-z]+)*(?:-[0-9N])?\b", text_of("runbooks.md")))
    assert len(asked) > 10
    assert asked - known == set()


def test_kinds_and_names_of_the_commands_belong_together() -> None:
    pairs = re.findall(r"\b(deployment|statefulset|scaledobject)/(kefu-[a-z]+)", text_of("runbooks.md"))
    kinds = {"deployment": "Deployment", "statefulset": "StatefulSet", "scaledobject": "ScaledObject"}
    assert pairs
    for kind, name in pairs:
        assert named(OVERLAYS[0], kinds[kind], name)
    assert named(OVERLAYS[0], "PodDisruptionBudget", "kefu-redis")["spec"]["maxUnavailable"] == 0


@pytest.mark.parametrize("page", PAGES)
def test_settings_and_alerts_of_the_page_exist(page: str) -> None:
    configs = (RouterConfig, RetrievalConfig, GenerationConfig, GatewayConfig)
    settings = {variable for config in configs for variable in config.variables().values()}
    assert set(re.findall(r"`(KEFU_[A-Z_]+)`", text_of(page))) <= settings
    groups = rules.groups_of(*rules.EVERYWHERE, rules.CLUSTER)
    alerts = {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}
    assert set(re.findall(r"`(Kefu[A-Z]\w+)`", text_of(page))) <= alerts


def test_the_time_that_a_replica_has_to_leave_is_the_manifests() -> None:
    spec = named(OVERLAYS[0], "StatefulSet", "kefu-generation")["spec"]["template"]["spec"]
    assert f"leaves within {spec['terminationGracePeriodSeconds']} s" in text_of("runbooks.md")


def test_an_older_page_of_a_component_that_is_named_exists() -> None:
    links = re.findall(r"\]\(([^)#]+\.md)", text_of("runbooks.md") + text_of("slo.md"))
    assert [link for link in links if "://" not in link and not (Path(ROOT, "docs/operate") / link).exists()] == []
