"""Every field of a pod is played by `make kube-play`, or named as not played (tests/pods/playable.py)."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from kefu.testing.kustomize import Object, builds, containers, name_of, objects_of, pod_of, with_jobs
from tests.manifests.composing import with_components
from tests.pods.installed import COMPONENTS
from tests.pods.playable import NOT_PLAYED, PLAYED, PROBES, playable

every_build = pytest.mark.parametrize("folder", builds(), ids=lambda folder: folder.name)


def fields(workload: Object) -> Iterable[tuple[str, Object]]:
    """Each part of a pod, and what kind of part it is."""
    pod = pod_of(workload)
    yield "pod", pod
    yield "security", pod["securityContext"]
    for container in containers(workload):
        yield "container", container
        yield "container's security", container["securityContext"]
    yield from (("volume", volume) for volume in pod.get("volumes", []))


@every_build
def test_every_field_of_a_pod_is_played_or_named(folder: Path) -> None:
    for workload in with_jobs(folder):
        for kind, part in fields(workload):
            unknown = part.keys() - PLAYED[kind] - NOT_PLAYED
            assert not unknown, (
                f"{name_of(workload)}: {kind} {unknown}: play it, or say in tests/pods/playable.py why not"
            )


@pytest.mark.parametrize("overlay", COMPONENTS)
def test_what_is_played_builds_and_has_the_jobs_that_bring_knowledge(overlay: str, tmp_path: Path) -> None:
    built = with_components(overlay, COMPONENTS[overlay], tmp_path)
    assert "kefu-toolbox" in {one["metadata"]["name"] for one in built if one["kind"] == "CronJob"}


@every_build
def test_a_pod_for_podman_differs_from_its_manifest_in_what_is_named_alone(folder: Path) -> None:
    for workload in with_jobs(folder):
        pod = playable(objects_of(folder), workload, 0)
        volumes = {one["name"]: Path("/somewhere") / one["name"] for one in pod.spec.get("volumes", [])}
        made = pod.manifest({}, volumes)["spec"]
        for before, after in zip(
            pod.every_container, [*made.get("initContainers", []), *made["containers"]], strict=True
        ):
            assert {
                key: value for key, value in before.items() if key not in (*PROBES, "lifecycle", "volumeMounts")
            } == {key: value for key, value in after.items() if key != "volumeMounts"}
        assert {one["name"] for one in made["volumes"]} == volumes.keys()
        assert made.keys() - {"volumes"} <= PLAYED["pod"] & pod.spec.keys()


def test_the_names_of_a_pod_are_its_services() -> None:
    folder = next(one for one in builds() if one.name == "sentinel")
    named = {one["metadata"]["name"]: one for one in with_jobs(folder)}
    assert playable(objects_of(folder), named["kefu-redis"], 1).names == ("kefu-redis", "kefu-redis-1")
    assert playable(objects_of(folder), named["kefu-router"], 0).names == ("kefu-router", "kefu-routers")
