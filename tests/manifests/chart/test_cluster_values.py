"""A file of values for each cluster of the operators' page: kustomize's objects, held against the tests of overlays."""

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from kefu.testing import kustomize
from kefu.testing.kustomize import ROOT, builds, name_of
from tests.manifests import test_clusters, test_images, test_limits, test_network, test_pods
from tests.manifests.chart.helm import CHART, MISSING, helm, rendered, template
from tests.manifests.chart.source import BY_VALUES, COMPONENTS, profiles
from tests.manifests.clusters import CLUSTERS, leaves_for
from tests.manifests.composing import with_components
from tests.manifests.schemas import problems_of

pytestmark = pytest.mark.skipif(helm() is None, reason=MISSING)
FILES = sorted((CHART / "clusters").glob("*.yaml"))
OF_THE_TABLE = {one.name.lower().replace(" ", "-"): one for one in CLUSTERS if one.takes or one.name == "kind"}
NOT_FOR_A_MIRROR = {"test_our_own_images_are_nobodys_until_a_registry_is_named_and_of_this_release"}


def every_builds_tests(module: ModuleType) -> Iterator[tuple[str, Callable[..., None]]]:
    """The tests of a module that are run for each overlay and check."""
    for name, test in vars(module).items():
        marks: list[pytest.Mark] = getattr(test, "pytestmark", [])
        if name not in NOT_FOR_A_MIRROR and any(
            one.name == "parametrize" and one.args[0] == "folder" and list(one.args[1]) == builds() for one in marks
        ):
            yield name, test


TESTS = [
    test
    for one in (test_pods, test_network, test_limits, test_clusters, test_images)
    for test in every_builds_tests(one)
]


def takes(values: dict[str, Any]) -> set[str]:
    """The components, by their folders, that values ask for beside the profile's."""
    found = {COMPONENTS[name] for name, wanted in values.get("components", {}).items() if wanted}
    for component, path in BY_VALUES.items():
        place: Any = values
        for key in path.split("."):
            place = place.get(key) if place else None
        found |= {component} if place else set()
    return found


@pytest.fixture(scope="module")
def as_builds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """What helm makes of each file, as folders that the tests of overlays read."""
    found: dict[str, Path] = {}
    for file in FILES:
        folder = found[file.stem] = tmp_path_factory.mktemp(file.stem)
        values = yaml.safe_load(file.read_text("utf-8"))
        of_profile = [COMPONENTS[name] for name in profiles()[values["profile"]]]
        (folder / "kustomization.yaml").write_text(
            yaml.safe_dump({"components": [*of_profile, *takes(values)]}), "utf-8"
        )
        (folder / "helm.yaml").write_text(template("-f", file), "utf-8")
    kubectls = kustomize.text_of

    def text_of(folder: Path) -> str:
        return (folder / "helm.yaml").read_text("utf-8") if folder in found.values() else kubectls(folder)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kustomize, "text_of", text_of)
        yield found


def test_there_is_a_file_for_each_cluster_of_the_table_and_the_page_names_it() -> None:
    assert {file.stem for file in FILES} == OF_THE_TABLE.keys()
    page = (ROOT / "docs" / "operate" / "kubernetes.md").read_text("utf-8")
    for file in FILES:
        assert f"`{file.stem}`" in page, file.name


@pytest.mark.parametrize("name", OF_THE_TABLE)
def test_its_objects_are_those_of_the_components_that_the_page_names(name: str, tmp_path: Path) -> None:
    file, cluster = CHART / "clusters" / f"{name}.yaml", OF_THE_TABLE[name]
    values = yaml.safe_load(file.read_text("utf-8"))
    assert takes(values) == set(cluster.takes)
    expected = with_components(values["profile"], cluster.takes, tmp_path)
    assert {name_of(one): one for one in rendered(["-f", file])} == {name_of(one): one for one in expected}


@pytest.mark.parametrize("name", OF_THE_TABLE)
def test_it_is_held_against_all_that_overlays_are_held_against(
    name: str, as_builds: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = as_builds[name]
    assert {name_of(one): problems_of(one) for one in kustomize.objects_of(folder) if problems_of(one)} == {}
    for title, test in TESTS:
        more = {"monkeypatch": monkeypatch} if "monkeypatch" in inspect.signature(test).parameters else {}
        test(folder=folder, **more)
        assert title
    assert len(TESTS) > 25, "of pods, network policies, limits, clusters and images"
    assert test_pods.test_pods_are_restricted in [test for _, test in TESTS]
    assert test_network.test_nobody_speaks_to_anybody_but_those_who_are_named in [test for _, test in TESTS]


@pytest.mark.parametrize("name", OF_THE_TABLE)
def test_names_resolve_and_routers_reach_the_api_server_there(name: str, as_builds: dict[str, Path]) -> None:
    folder, cluster = as_builds[name], OF_THE_TABLE[name]
    for one in kustomize.workloads(folder):
        for target in cluster.names:
            assert leaves_for(folder, kustomize.pod_labels(one), target, cilium=cluster.cilium), name_of(one)
    assert leaves_for(folder, test_clusters.ROUTER, cluster.api, cilium=cluster.cilium)


def test_values_that_are_yours_are_marked() -> None:
    for file in FILES:
        for line in file.read_text("utf-8").splitlines():
            if re.search(r"(className|registry|/.*): ", line) and not line.startswith("#"):
                assert "# yours" in line, f"{file.name}: {line}"
