"""What `kubectl delete -k` of an overlay takes with it: never the namespace, never the volume of Redis (B5)."""

from pathlib import Path

import pytest

from kefu.testing.kustomize import CLUSTER, builds, objects_of, of_kind

every_build = pytest.mark.parametrize("folder", builds(), ids=lambda folder: folder.name)
WITHOUT_A_NAMESPACE = {
    "Namespace",
    "PriorityClass",
    "StorageClass",
    "RuntimeClass",
    "PersistentVolume",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
}


@every_build
def test_b5_deleting_an_overlay_leaves_the_namespace_and_with_it_all_that_is_in_it(folder: Path) -> None:
    kinds = {one["kind"] for one in objects_of(folder)}
    assert not kinds & WITHOUT_A_NAMESPACE, "a namespace's administrator can apply an overlay, and delete it"
    assert not kinds & {"PersistentVolumeClaim", "Secret"}, "an overlay's own, they would go with it"


@every_build
def test_b5_deleting_or_shrinking_redis_leaves_its_volume(folder: Path) -> None:
    for one in of_kind(folder, "StatefulSet"):
        if one["metadata"]["name"] == "kefu-redis":
            kept = one["spec"]["persistentVolumeClaimRetentionPolicy"]
            assert kept == {"whenDeleted": "Retain", "whenScaled": "Retain"}


def test_b5_the_namespace_is_applied_beforehand_and_no_tool_prunes_it() -> None:
    assert {one["kind"] for one in objects_of(CLUSTER)} == {"Namespace", "PriorityClass"}
    [namespace] = of_kind(CLUSTER, "Namespace")
    assert namespace["metadata"]["annotations"] == {
        "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
        "kustomize.toolkit.fluxcd.io/prune": "disabled",
    }
