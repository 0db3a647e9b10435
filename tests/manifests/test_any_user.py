"""Pods as whichever user the cluster gives them, in group 0: OpenShift's default constraint."""

import re
from pathlib import Path

from kefu.testing.kustomize import K8S, ROOT, containers, kustomization, name_of, pod_of, with_jobs
from tests.manifests.composing import with_components
from tests.manifests.schemas import problems_of

NUMBERS = {"runAsUser", "runAsGroup", "fsGroup", "fsGroupChangePolicy"}


def test_on_openshift_no_pod_names_a_user_and_each_is_as_restricted_as_before(tmp_path: Path) -> None:
    taken = kustomization(K8S / "checks" / "your-cluster")["components"]
    names = [path.removeprefix("../../components/") for path in taken]
    objects = with_components("cpu-demo", [*names, "clusters/openshift"], tmp_path)
    assert {name_of(one): problems_of(one) for one in objects if problems_of(one)} == {}
    pods = with_jobs(tmp_path)
    assert len(pods) > 6
    for workload in pods:
        assert pod_of(workload)["securityContext"].keys() & NUMBERS == set(), name_of(workload)
        assert pod_of(workload)["securityContext"]["runAsNonRoot"] is True
        for container in containers(workload):
            assert not container["securityContext"].keys() & NUMBERS
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert not [one for one in objects if "use" in str(one.get("rules", ""))], "and no right is asked for"


def test_images_run_as_any_user_of_group_0() -> None:
    written = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    made = re.findall(r"install -d ([^/&]*)((?: ?/\w+)+)", written)
    assert {folder for _, folders in made for folder in folders.split()} == {"/snapshots", "/models"}
    assert all(options.split() == ["-o", "10001", "-g", "0", "-m", "0775"] for options, _ in made)
    environments = re.findall(r"^ENV PATH=(.*)$", written, re.MULTILINE)
    assert len(environments) == 2, "the base's, and the GPU image's, which has another"
    for one in environments:  # a user without an entry in /etc/passwd: getpass.getuser, Path.home
        assert {"HOME=/tmp", "USER=kefu", "LOGNAME=kefu"} <= set(one.split())
