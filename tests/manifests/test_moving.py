"""
From one overlay to another, and with each component added: nothing changes that the API server lets nobody change (B6).

The fields are those that Kubernetes' validation refuses to update: an apply that changes one of them ends half done.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kefu.testing.kustomize import K8S, Object, name_of, objects_of, overlays
from tests.manifests.composing import demo_with_each_component

DEMO = K8S / "overlays" / "cpu-demo"
STATEFUL_SET_MAY_CHANGE = {
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
}
"""Kubernetes' own list (ValidateStatefulSetUpdate): every other field of a StatefulSet stays as it was made."""
FIXED: dict[str, tuple[str, ...]] = {
    "Deployment": ("spec.selector",),
    "DaemonSet": ("spec.selector",),
    "Job": ("spec.selector", "spec.template", "spec.completionMode", "spec.podFailurePolicy", "spec.completions"),
    "Pod": ("spec",),
    "Service": ("spec.clusterIP", "spec.clusterIPs", "spec.loadBalancerClass"),
    "RoleBinding": ("roleRef",),
    "PersistentVolumeClaim": ("spec",),
    "PriorityClass": ("value", "preemptionPolicy"),
    "StorageClass": ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"),
    "RuntimeClass": ("handler",),
    "ConfigMap": ("immutable",),
    "Secret": ("immutable", "type"),
}
DEFAULT = {"podManagementPolicy": "OrderedReady"}
CHOSEN_ONCE = {
    "storage-class": "a volume cannot change its class; its README says how one moves",
    "shared-weights": "a StatefulSet cannot change its claims; the same",
}
"""Components for the first apply, and why."""


def _at(one: Object, path: str) -> Any:
    *parents, last = path.split(".")
    for key in parents:
        one = one.get(key, {})
    return one.get(last)


def _fixed(one: Object) -> dict[str, Any]:
    """The fields of an object that stay as they were when it was made, with their values."""
    if one["kind"] == "StatefulSet":
        spec: Object = DEFAULT | one["spec"]
        return {f"spec.{key}": value for key, value in spec.items() if key not in STATEFUL_SET_MAY_CHANGE}
    found = {path: _at(one, path) for path in FIXED.get(one["kind"], ())}
    if one["kind"] == "Service" and found["spec.clusterIP"] != "None":
        found["spec.clusterIP"] = "an address that the cluster chose"
    return found


def refused(before: tuple[Object, ...], after: tuple[Object, ...]) -> Iterator[str]:
    """What the API server would refuse of an apply of `after` where `before` has been applied."""
    was = {name_of(one): one for one in before}
    for one in after:
        if name_of(one) in was:
            old, new = _fixed(was[name_of(one)]), _fixed(one)
            yield from (f"{name_of(one)} {path}" for path in sorted(old | new) if old.get(path) != new.get(path))


@pytest.mark.parametrize(
    ("first", "second"), list(itertools.permutations(overlays(), 2)), ids=lambda folder: folder.name
)
def test_b6_every_overlay_can_be_applied_over_every_other_one(first: Path, second: Path) -> None:
    assert list(refused(objects_of(first), objects_of(second))) == []


def test_b6_every_component_can_be_added_to_what_runs_and_taken_away_again() -> None:
    with_each_component = demo_with_each_component()
    assert len(with_each_component) > 15
    demo = objects_of(DEMO)
    found = {name: {*refused(demo, objects), *refused(objects, demo)} for name, objects in with_each_component.items()}
    assert {name: problems for name, problems in found.items() if problems and name not in CHOSEN_ONCE} == {}
    assert all(found.get(name, True) for name in CHOSEN_ONCE), "and these are really chosen once"


def test_a_change_that_the_api_server_refuses_is_found() -> None:
    claim = [{"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "10Gi"}}}}]
    stateful: Object = {
        "kind": "StatefulSet",
        "metadata": {"name": "a"},
        "spec": {"volumeClaimTemplates": claim, "replicas": 1},
    }
    service: Object = {"kind": "Service", "metadata": {"name": "a"}, "spec": {"selector": {}}}
    changes: list[tuple[Object, Object, str]] = [
        (stateful, {"spec": {"volumeClaimTemplates": [], "replicas": 1}}, "spec.volumeClaimTemplates"),
        (stateful, {"spec": stateful["spec"] | {"serviceName": "other"}}, "spec.serviceName"),
        (service, {"spec": {"clusterIP": "None"}}, "spec.clusterIP"),
    ]
    for old, new, path in changes:
        assert list(refused((old,), (old | new,))) == [f"{old['kind']}/a {path}"]
    same: Object = {"spec": stateful["spec"] | {"replicas": 3, "podManagementPolicy": "OrderedReady"}}
    assert list(refused((stateful,), (stateful | same,))) == []
