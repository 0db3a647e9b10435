"""The files of a release, and the examples for Argo CD and Flux."""

import hashlib
import re
import tarfile
from pathlib import Path

import pytest

from kefu.testing.kustomize import (
    CLUSTER,
    K8S,
    Object,
    containers,
    name_of,
    objects_in,
    objects_of,
    overlays,
    workloads,
)
from tests.manifests.chart.helm import MISSING, helm, rendered, template
from tests.manifests.chart.release import image_values, write_release
from tests.manifests.chart.writing import release
from tests.manifests.schemas import problems_of

needs_helm = pytest.mark.skipif(helm() is None, reason=MISSING)
GITOPS = sorted((K8S / "gitops").glob("*/*.yaml"))
DIGEST = "sha256:" + "b" * 64


@needs_helm
def test_a_release_has_each_overlay_rendered_and_the_chart_and_their_sums(tmp_path: Path) -> None:
    written = write_release(tmp_path / "dist")
    names = {
        "kefu-cluster.yaml",
        f"kefu-{release()}.tgz",
        "SHA256SUMS",
        *(f"kefu-{one.name}.yaml" for one in overlays()),
    }
    assert {path.name for path in written} == {path.name for path in (tmp_path / "dist").iterdir()} == names
    for folder in overlays():
        objects = objects_in((tmp_path / "dist" / f"kefu-{folder.name}.yaml").read_text("utf-8"))
        assert {name_of(one): one for one in objects} == {name_of(one): one for one in objects_of(folder)}
    assert objects_in((tmp_path / "dist" / "kefu-cluster.yaml").read_text("utf-8")) == objects_of(CLUSTER)
    for line in (tmp_path / "dist" / "SHA256SUMS").read_text("utf-8").splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((tmp_path / "dist" / name).read_bytes()).hexdigest() == digest
    with tarfile.open(tmp_path / "dist" / f"kefu-{release()}.tgz") as package:
        packed = {name.removeprefix("kefu/") for name in package.getnames()}
    assert packed >= {"Chart.yaml", "values.yaml", "values.schema.json", "README.md", "clusters/gke-standard.yaml"}


@needs_helm
def test_a_release_names_the_images_that_were_published_and_leaves_the_others(tmp_path: Path) -> None:
    write_release(tmp_path, "ghcr.io/example", {"router": DIGEST, "generation-gpu": DIGEST})

    def images(objects: tuple[Object, ...]) -> set[str]:
        pods = (one for one in objects if one["kind"] in ("Deployment", "StatefulSet"))
        return {container["image"] for one in pods for container in containers(one)}

    ours = f"ghcr.io/example/kefu/{{}}:{release()}"
    demo = images(objects_in((tmp_path / "kefu-cpu-demo.yaml").read_text("utf-8")))
    foreign = {image for image in images(objects_of(overlays()[0])) if "/kefu/" not in image}
    assert demo - foreign == {
        ours.format("router") + f"@{DIGEST}",
        ours.format("gateway"),
        ours.format("retrieval"),
        ours.format("generation") + "-cpu",
    }
    assert foreign < demo
    packed = images(objects_in(template("--set", "profile=gpu-small", chart=tmp_path / f"kefu-{release()}.tgz")))
    assert ours.format("generation") + f"-gpu@{DIGEST}" in packed


@pytest.mark.parametrize(("name", "digest"), [("ruoter", DIGEST), ("router", "sha256:short"), ("nginx", DIGEST)])
def test_a_digest_that_is_none_is_refused(name: str, digest: str) -> None:
    with pytest.raises(ValueError, match=name):
        image_values("", {name: digest})


@pytest.mark.parametrize("file", GITOPS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_an_example_is_valid_names_what_is_there_and_a_release(file: Path) -> None:
    for one in objects_in(file.read_text("utf-8")):
        assert problems_of(one) == [], name_of(one)
        wrong: Object = one | {"spec": {**one["spec"], "unknown": 1}}
        assert problems_of(wrong) != []
    text = file.read_text("utf-8")
    for path in re.findall(r"path: (?:\./)?(\S+)", text):
        assert (K8S.parent / path / "kustomization.yaml").exists(), path
    assert set(re.findall(r"(?:targetRevision|tag): v?(\S+?)[ }\n]", text)) <= {release()}
    assert "example.com" in text or "dependsOn" in text


def test_the_cluster_comes_first_and_is_never_pruned() -> None:
    [first] = objects_in((K8S / "gitops" / "argocd" / "cluster.yaml").read_text("utf-8"))
    for name in ("overlay", "chart"):
        [then] = objects_in((K8S / "gitops" / "argocd" / f"{name}.yaml").read_text("utf-8"))
        waves = [int(one["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"]) for one in (first, then)]
        assert waves[0] < waves[1]
        assert "PruneLast=true" in then["spec"]["syncPolicy"]["syncOptions"], "a pod may still want its ConfigMap"
    assert first["spec"]["syncPolicy"]["automated"]["prune"] is False
    _, cluster = objects_in((K8S / "gitops" / "flux" / "cluster.yaml").read_text("utf-8"))
    [overlay] = objects_in((K8S / "gitops" / "flux" / "overlay.yaml").read_text("utf-8"))
    assert cluster["spec"]["prune"] is False
    assert overlay["spec"]["dependsOn"] == [{"name": cluster["metadata"]["name"]}]
    made = {(one["kind"], one["metadata"]["name"]) for one in workloads(K8S / "overlays" / "gpu-small")}
    waited_for = {(one["kind"], one["name"]) for one in overlay["spec"]["healthChecks"]}
    assert waited_for == made - {("Deployment", "kefu-redis-exporter")}


@needs_helm
@pytest.mark.parametrize("place", ["argocd", "flux"])
def test_the_examples_values_are_the_charts(place: str, tmp_path: Path) -> None:
    *_, one = objects_in((K8S / "gitops" / place / "chart.yaml").read_text("utf-8"))
    values = one["spec"]["values"] if place == "flux" else one["spec"]["source"]["helm"]["valuesObject"]
    found = rendered(
        ["--set", f"profile={values['profile']}", *(f"--set=components.{name}=true" for name in values["components"])]
    )
    assert "Service/kefu-desk" in {name_of(each) for each in found}
