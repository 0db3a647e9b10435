"""Jobs that nothing starts but an operator: a toolbox with the command line, a smoke test, a restore."""

import re
import subprocess
import sys

import pytest

from kefu.testing.kustomize import K8S, ROOT, Object, containers, jobs, of_kind, pod_of
from tests.manifests.clusters import Target, leaves_for

YOURS = K8S / "checks" / "your-cluster"
SCHEDULED = "kefu-backup"
ASKING = ("kefu-toolbox", "kefu-smoke-test")
MIGRATES = "kefu-migrate"


def named_job(name: str) -> Object:
    [found] = [one for one in jobs(YOURS) if one["metadata"]["name"] == name]
    return found


every_job = pytest.mark.parametrize("job", jobs(YOURS), ids=lambda job: job["metadata"]["name"])
every_asking_job = pytest.mark.parametrize("job", [named_job(name) for name in ASKING], ids=ASKING)


def test_the_jobs_are_there_and_wait_for_an_operator() -> None:
    found = of_kind(YOURS, "CronJob")
    assert {one["metadata"]["name"] for one in found} == {*ASKING, SCHEDULED, "kefu-restore", MIGRATES}
    assert {one["metadata"]["name"] for one in found if not one["spec"].get("suspend")} == {SCHEDULED}


@every_job
def test_a_job_ends_by_itself_and_is_forgotten(job: Object) -> None:
    assert 0 < job["spec"]["activeDeadlineSeconds"] <= 3700
    assert job["spec"]["ttlSecondsAfterFinished"] <= (600 if job["metadata"]["name"] in ASKING else 3 * 86_400)
    assert job["spec"]["backoffLimit"] == (2 if job["metadata"]["name"] == SCHEDULED else 0)
    assert pod_of(job)["restartPolicy"] == "Never"


@every_asking_job
def test_a_job_asks_the_services_where_they_listen_with_a_key_that_is_on_no_command_line(job: Object) -> None:
    [container] = containers(job)
    variables = {one["name"]: one.get("value") for one in container["env"]}
    for variable, service in (("KEFU_SERVER", "kefu-router"), ("KEFU_KNOWLEDGE_SERVER", "kefu-knowledge")):
        name, _, port = (variables[variable] or "").partition(":")
        [target] = [one for one in of_kind(YOURS, "Service") if one["metadata"]["name"] == name]
        assert name == service
        assert int(port) in {one["port"] for one in target["spec"]["ports"]}
    [key] = [one["valueFrom"] for one in container["env"] if one["name"] == "KEFU_KEY"]
    assert key == {"secretKeyRef": {"name": "kefu-operations", "key": "key"}}
    assert {one["name"]: one["mountPath"] for one in container["volumeMounts"]}["tmp"] == variables["HOME"] == "/tmp"


@every_asking_job
def test_a_job_reaches_nothing_outside_the_cluster(job: Object) -> None:
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert not leaves_for(YOURS, labels, Target(443, "203.0.113.1"))
    assert not leaves_for(YOURS, labels, Target(6443, "192.168.1.10"))


def test_the_migration_runs_the_command_over_the_redis_of_the_services_and_reaches_nothing_else() -> None:
    [job] = [job for job in jobs(YOURS) if job["metadata"]["name"] == MIGRATES]
    [container] = containers(job)
    assert container["command"] == ["python", "-m", "kefu.cli", "data", "migrate"]
    [url] = [one["valueFrom"] for one in container["env"] if one["name"] == "KEFU_REDIS_URL"]
    [router] = [one for one in of_kind(YOURS, "Deployment") if one["metadata"]["name"] == "kefu-router"]
    assert url in [one.get("valueFrom") for one in containers(router)[0]["env"]]
    assert {one["name"]: one["mountPath"] for one in container["volumeMounts"]}["tmp"] == "/tmp"


@pytest.mark.parametrize("command", ["ask", "import", "data check"])
def test_the_image_of_the_jobs_holds_all_that_the_command_line_needs(command: str) -> None:
    """The routers' does not, although it holds the code."""
    [image] = {found for job in jobs(YOURS) for found in re.findall(r"/kefu/([a-z]+):", containers(job)[-1]["image"])}
    program = [sys.executable, "-m", "tests.manifests.command_line", image, "kefu.cli", *command.split(), "--help"]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Usage:" in done.stdout
