"""Where images come from (B1): no name leaves the registry open, and one component moves all of them to another."""

import re
import tomllib
from pathlib import Path

import pytest

from kefu.testing.kustomize import K8S, ROOT, builds, containers, kustomization, of_kind, pod_of, with_jobs

every_build = pytest.mark.parametrize("folder", builds(), ids=lambda folder: folder.name)
YOURS = K8S / "checks" / "your-cluster"
RELEASE: str = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
MIRROR = "registry.example.com"
FIXED = {
    # CVE-2025-49844 (code from a Lua script, fixed in 8.2.2) and what came later, up to the release of 2026-09-18:
    # docker-library/official-images#20011, #20902, #21922, #22078, #22312. 8.0 and 8.4 get no fixes any more.
    "redis": {(8, 2): 10, (8, 6): 7, (8, 8): 3, (8, 10): 2},
    # CVE-2026-42945 (fixed in 1.30.1) and what came later: docker-library/official-images#21467 to #22274. 1.28 gets
    # no fixes any more.
    "nginx": {(1, 30): 5, (1, 31): 6},
    # redis_exporter#1182: its newest, with the libraries of its time.
    "redis_exporter": {(1, 91): 1},
    # The newest of its line on 2026-12-06, by uv's list of builds: 3.13 gets fixes until October 2029.
    "python": {(3, 13): 18},
    # 2.53 gets no fixes since July 2025. 3.13 went on after 3.14.0; its newest, by its packages in npm.
    "prometheus": {(3, 13): 3},
    # CVE-2026-28380 reaches 11.6.14. The newest of the last line of 12, by its packages in npm.
    "grafana": {(12, 4): 10},
}
"""By line of versions the first patch without a hole known on 2026-12-06. A line that is not here: look it up."""


def images(folder: Path) -> set[str]:
    return {one["image"] for workload in with_jobs(folder) for one in containers(workload)}


def registry(image: str) -> str:
    """The host in an image's name, as container runtimes read it; empty where they would ask Docker Hub."""
    first, _, rest = image.partition("/")
    return first if rest and ("." in first or ":" in first or first == "localhost") else ""


@every_build
def test_b1_every_image_names_its_registry_and_a_version(folder: Path) -> None:
    for image in images(folder):
        assert registry(image), f"{image} would be Docker Hub's, whoever has that name there"
        _, _, tag = image.removeprefix(registry(image)).partition(":")
        assert "@sha256:" in image or (tag and tag != "latest"), image


@every_build
def test_b1_our_own_images_are_nobodys_until_a_registry_is_named_and_of_this_release(folder: Path) -> None:
    ours = {image for image in images(folder) if "/kefu/" in image}
    assert {image.rpartition("/")[2].partition(":")[0] for image in ours} == {
        "router",
        "gateway",
        "retrieval",
        "generation",
    }
    mirrored = {registry(image) for image in images(folder)} == {MIRROR}
    assert mirrored or folder != YOURS
    assert {registry(image) for image in ours} == {MIRROR if mirrored else "localhost"}
    tags = {image.rpartition(":")[2].removesuffix("-gpu").removesuffix("-cpu") for image in ours}
    assert tags == {RELEASE}


def test_images_are_built_under_the_names_that_the_manifests_and_compose_pull() -> None:
    built = re.findall(r'echo "\$\{REGISTRY:-([^}]*)\}kefu/', (ROOT / "deploy" / "build.sh").read_text("utf-8"))
    pulled = re.findall(r"\$\{KEFU_REGISTRY:-([^}]*)\}kefu/", (ROOT / "deploy" / "compose.yaml").read_text("utf-8"))
    assert set(built) == set(pulled) == {"localhost/"}


def test_b1_the_component_mirror_forgets_no_image() -> None:
    renamed = {one["name"] for one in kustomization(K8S / "components" / "mirror")["images"]}
    assert renamed == {image.rpartition(":")[0] for folder in builds() if folder != YOURS for image in images(folder)}
    assert {registry(image) for image in images(YOURS)} == {MIRROR}


def test_the_component_pull_secrets_reaches_every_pod() -> None:
    accounts = of_kind(YOURS, "ServiceAccount")
    assert {pod_of(one)["serviceAccountName"] for one in with_jobs(YOURS)} == {
        one["metadata"]["name"] for one in accounts
    }
    assert all(one["imagePullSecrets"] == [{"name": "kefu-registry"}] for one in accounts)


@every_build
def test_pods_of_our_images_go_to_the_processors_that_the_images_are_for(folder: Path) -> None:
    for workload in with_jobs(folder):
        ours = any("/kefu/" in one["image"] for one in containers(workload))
        arch = pod_of(workload).get("nodeSelector", {}).get("kubernetes.io/arch")
        assert arch == ("amd64" if ours else None), "nginx, Redis and the exporter are for several"


def foreign_images() -> set[str]:
    """Images that are not ours, of the manifests and of compose, and the one that ours are made from."""
    [base] = re.findall(r"^ARG BASE=(\S+)$", (ROOT / "deploy" / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    written = (ROOT / "deploy" / "compose.yaml").read_text("utf-8")
    of_compose = set(re.findall(r"image: \$\{\w+:-([^}]+)\}$", written, re.MULTILINE))
    assert of_compose
    return (
        {f"docker.io/library/{base}"}
        | of_compose
        | {image for folder in builds() for image in images(folder) if "/kefu/" not in image}
    )


@pytest.mark.parametrize("name", FIXED)
def test_b9_no_image_has_a_hole_that_was_known_when_it_was_pinned(name: str) -> None:
    found = {image.rpartition(":")[2] for image in foreign_images() if re.search(f"/{name}:", image)}
    assert len(found) == 1, f"{found}: one version of {name} everywhere"
    major, minor, patch = map(int, found.pop().removeprefix("v").partition("-")[0].split("."))
    assert (major, minor) in FIXED[name], f"nobody knows whether {major}.{minor} of {name} still gets fixes"
    assert patch >= FIXED[name][major, minor]
