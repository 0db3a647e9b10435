"""The jobs that back up and restore: what they run with, what they may reach, what outlives an overlay."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from kefu.backup.config import BackupConfig
from kefu.backup.scratch import SERVER_ARGUMENTS
from kefu.testing.kustomize import (
    K8S,
    ROOT,
    Object,
    builds,
    containers,
    environment,
    jobs,
    named,
    objects_of,
    of_kind,
    pod_labels,
    pod_of,
    workloads,
)
from tests.manifests.clusters import Target, leaves_for
from tests.manifests.composing import with_components
from tests.manifests.schemas import problems_of
from tests.manifests.test_limits import quantity

NAMES = ("kefu-backup", "kefu-restore")
CLAIM = K8S / "components" / "jobs" / "backup" / "claim.yaml"
BUCKET = K8S / "checks" / "your-cluster"
FOLDERS = [K8S / "checks" / name for name in ("sentinel", "external-redis-monitored")]
with_backups = pytest.mark.parametrize("folder", [BUCKET, *FOLDERS], ids=lambda folder: folder.name)


def backup_jobs(folder: Path) -> list[Object]:
    found = [one for one in jobs(folder) if one["metadata"]["name"] in NAMES]
    assert len(found) == 2
    return found


def parts(job: Object) -> tuple[Object, Object]:
    """The scratch Redis and the program."""
    [scratch] = pod_of(job)["initContainers"]
    [program] = pod_of(job)["containers"]
    return scratch, program


@with_backups
def test_the_program_takes_the_configuration_and_the_password_stands_on_no_command_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for job in backup_jobs(folder):
        scratch, program = parts(job)
        for name, value in environment(folder, program).items():
            monkeypatch.setenv(name, value)
        config = BackupConfig(_env_file=None)  # pyright: ignore[reportCallIssue] - pydantic-settings' own argument
        assert config.to == ("s3://kefu-backups/kefu" if folder == BUCKET else "/backups")
        mounts = {one["mountPath"] for one in program["volumeMounts"]}
        assert ("/backups" in mounts) == (config.to == "/backups")
        assert str(config.scratch) == "/scratch/redis.sock"
        assert {"/scratch"} <= mounts & {one["mountPath"] for one in scratch["volumeMounts"]}
        secrets = {one["name"]: one["valueFrom"]["secretKeyRef"] for one in program["env"] if "valueFrom" in one}
        assert secrets["KEFU_REDIS_URL"] == {"name": "kefu-redis", "key": "url"}
        assert ("KEFU_BACKUP_IDENTITY" in secrets) == (job["metadata"]["name"] == "kefu-restore"), (
            "who makes backups cannot read one"
        )
        assert all(one.get("optional") for name, one in secrets.items() if name != "KEFU_REDIS_URL")


@with_backups
def test_the_copy_is_loaded_by_the_redis_that_it_is_of_in_a_sidecar_that_listens_at_no_port(folder: Path) -> None:
    for job in backup_jobs(folder):
        scratch, _ = parts(job)
        assert scratch["restartPolicy"] == "Always", "a sidecar: it ends when the program has ended"
        arguments = scratch["args"]
        own = [arguments[number : number + 2] for number in range(0, len(arguments), 2)]
        known = [list(SERVER_ARGUMENTS[number : number + 2]) for number in range(0, len(SERVER_ARGUMENTS), 2)]
        assert [one for one in own if one[0] not in ("--dir", "--unixsocket")] == known
        assert "ports" not in scratch
        for one in workloads(folder):
            if one["metadata"]["name"] == "kefu-redis":
                assert scratch["image"] == next(each["image"] for each in containers(one) if each["name"] == "redis")


@with_backups
def test_there_is_memory_and_disk_for_all_that_redis_may_hold(folder: Path) -> None:
    for job in backup_jobs(folder):
        assert_room(folder, job)


def assert_room(folder: Path, job: Object) -> None:
    for one in workloads(folder):
        if one["metadata"]["name"] == "kefu-redis":
            redis = next(each for each in containers(one) if each["name"] == "redis")
            most = quantity(redis["args"][redis["args"].index("--maxmemory") + 1])
            scratch, _ = parts(job)
            assert quantity(scratch["resources"]["limits"]["memory"]) >= 1.25 * most
            [volume] = [each for each in pod_of(job)["volumes"] if each["name"] == "scratch"]
            assert quantity(volume["emptyDir"]["sizeLimit"]) >= 2 * most, "the copy, and the copy encrypted"


def test_production_has_the_room_with_the_patch_that_the_readme_shows(tmp_path: Path) -> None:
    plain, patched = tmp_path / "plain", tmp_path / "patched"
    plain.mkdir()
    patched.mkdir()
    with_components("gpu-production", ["jobs/backup"], plain)
    written = (CLAIM.parent / "README.md").read_text("utf-8")
    [patch] = [block.removeprefix("yaml\n") for block in written.split("```")[1::2] if "kind: CronJob," in block]
    file = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": ["../plain"]}
    (patched / "kustomization.yaml").write_text(yaml.safe_dump(file | yaml.safe_load(patch)), "utf-8")
    assert [problem for one in objects_of(patched) for problem in problems_of(one)] == []
    for job in backup_jobs(patched):
        assert_room(patched, job)


def test_backups_outlive_the_overlay_that_they_are_of() -> None:
    claim = yaml.safe_load(CLAIM.read_text("utf-8"))
    assert problems_of(claim) == []
    for folder in FOLDERS:
        for job in backup_jobs(folder):
            used = [one["persistentVolumeClaim"] for one in pod_of(job)["volumes"] if "persistentVolumeClaim" in one]
            assert used == [{"claimName": claim["metadata"]["name"]}]
    assert not any(of_kind(folder, "PersistentVolumeClaim") for folder in builds())


def test_redis_is_all_that_they_reach_and_the_bucket_where_there_is_one() -> None:
    store, inside, api = Target(443, "203.0.113.1"), Target(443, "10.0.0.5"), Target(6443, "192.168.1.10")
    for folder in (BUCKET, *FOLDERS):
        for job in backup_jobs(folder):
            assert leaves_for(folder, pod_labels(job), store) == (folder == BUCKET)
            assert not leaves_for(folder, pod_labels(job), inside)
            assert not leaves_for(folder, pod_labels(job), api)
    elsewhere = FOLDERS[1]
    for job in backup_jobs(elsewhere):
        assert leaves_for(elsewhere, pod_labels(job), Target(6380, "10.0.0.5")), "the Redis outside"


def test_a_restore_is_a_look_until_it_is_told_otherwise_as_the_page_tells_it() -> None:
    [restore] = [one for one in of_kind(BUCKET, "CronJob") if one["metadata"]["name"] == "kefu-restore"]
    _, program = parts(restore["spec"]["jobTemplate"])
    values = {one["name"]: one.get("value") for one in program["env"]}
    assert (values["RESTORE_NAME"], values["RESTORE_OPTIONS"]) == ("latest", "--dry-run")
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "restore"}}
    job["spec"] = restore["spec"]["jobTemplate"]["spec"]
    kubectl = str(Path(sys.executable).with_name("kubectl"))
    page = (CLAIM.parent / "README.md").read_text("utf-8")
    told = "set env --local -f - RESTORE_OPTIONS= -o yaml"
    assert f"kubectl {told} |" in page
    done = subprocess.run(
        [kubectl, *told.split()], input=json.dumps(job), capture_output=True, text=True, check=True, timeout=30
    )
    [changed] = yaml.safe_load(done.stdout)["spec"]["template"]["spec"]["containers"]
    assert [one for one in changed["env"] if one["name"] == "RESTORE_OPTIONS"] == [{"name": "RESTORE_OPTIONS"}]


def test_the_image_of_the_jobs_holds_what_the_program_imports() -> None:
    [image] = {parts(job)[1]["image"].rpartition("/")[2].partition(":")[0] for job in backup_jobs(BUCKET)}
    program = [sys.executable, "-m", "tests.manifests.command_line", image, "kefu.backup", "--help"]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "restore" in done.stdout


def test_named_is_what_a_policy_of_redis_names() -> None:
    sentinel = FOLDERS[0]
    [rule] = named(sentinel, "NetworkPolicy", "kefu-redis")["spec"]["ingress"]
    assert any(
        set(NAMES) <= set(peer["podSelector"].get("matchExpressions", [{}])[0].get("values", []))
        for peer in rule["from"]
    )
