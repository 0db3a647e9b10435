"""What the pods of cpu-demo are, once podman has started them from the manifests, and what they answer."""

import http.client
import ssl
from pathlib import Path

import pytest

from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.kustomize import Object
from tests.compose.asking import CHINESE, ENGLISH, ask
from tests.pods.installed import CUSTOMERS_PORT, Installed
from tests.pods.playable import Playable

pytestmark = pytest.mark.timeout(600)
STRANGER = "12345:12345"
TOKEN = "/var/run/secrets/kubernetes.io"


def test_every_pod_was_ready_by_its_own_probes_and_its_init_containers_have_ended_well(kefu: Installed) -> None:
    assert kefu.pods.seconds.keys() == {name for name, pod in kefu.pods.pods.items() if pod.workload != "kefu-toolbox"}
    for pod in playing(kefu):
        for container in pod.spec.get("initContainers", []):
            state = kefu.pods.inspect(pod.name, container["name"])["State"]
            assert (state["Status"], state["ExitCode"]) == ("exited", 0), kefu.pods.logs(pod.name)
        for container in pod.containers:
            found = kefu.pods.inspect(pod.name, container["name"])
            assert found["State"]["Status"] == "running"
            if pod.workload != "kefu-nginx":  # which ends until it can look its services up
                assert found["RestartCount"] == 0, kefu.pods.logs(pod.name)


async def test_questions_in_both_languages_are_answered_through_nginx_with_sources(kefu: Installed) -> None:
    for nginx in ("kefu-nginx-0", "kefu-nginx-1"):
        async with kefu.customers(nginx) as channel:
            for question, expected in ((ENGLISH, "3 years"), (CHINESE, "24")):
                answer = await ask(channel, kefu.key, question)
                assert expected in answer.text.decode()
                assert answer.completed.source == pb.ANSWER_SOURCE_EXTRACTIVE, "a model of this size is not asked"
                assert answer.completed.citations


def test_the_customers_page_comes_through_nginx_from_the_gateway(kefu: Installed) -> None:
    trusted = ssl.create_default_context(cafile=kefu.folder / "secrets" / "edge.pem")
    connection = http.client.HTTPSConnection(
        kefu.pods.addresses["kefu-nginx-0"], CUSTOMERS_PORT, timeout=30, context=trusted
    )
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert answer.status == 200
        assert b"<html" in answer.read()
    finally:
        connection.close()


def test_the_smoke_test_says_that_all_is_well_and_ends(kefu: Installed) -> None:
    with kefu.job("kefu-smoke-test") as smoke:
        status = kefu.pods.ended(smoke, "smoke-test", 300)
        printed = kefu.pods.logs(smoke)
    assert status == 0, printed
    assert "3 years" in printed


def test_containers_run_as_their_manifest_says_without_capabilities_and_with_seccomp(kefu: Installed) -> None:
    for pod in playing(kefu):
        said = pod.spec["securityContext"]
        for container in pod.containers:
            pid = kefu.pods.inspect(pod.name, container["name"])["State"]["Pid"]
            status = dict(
                line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line
            )
            assert set(status["Uid"].split()) == {str(said["runAsUser"])}, pod.name
            assert set(status["Gid"].split()) == {str(said["runAsGroup"])}
            assert set(status["Groups"].split()) <= {str(said["runAsGroup"]), str(said["fsGroup"])}
            for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                assert int(status[kind], 16) == 0, f"{pod.name} {kind}"
            assert status["NoNewPrivs"] == "1"
            assert status["Seccomp"] == "2", "a filter"


def test_memory_is_limited_as_the_manifest_says(kefu: Installed) -> None:
    for pod in playing(kefu):
        for container in pod.containers:
            limits = container["resources"]["limits"]
            found = kefu.pods.inspect(pod.name, container["name"])["HostConfig"]
            assert found["Memory"] == in_bytes(limits["memory"]), pod.name
            assert found["NanoCpus"] == float(limits["cpu"]) * 10**9


def in_bytes(quantity: str) -> int:
    return int(quantity[:-2]) * {"Mi": 2**20, "Gi": 2**30}[quantity[-2:]]


def test_nothing_can_be_written_but_to_volumes_that_are_for_it(kefu: Installed) -> None:
    for pod in playing(kefu):
        for container in pod.containers:
            name = container["name"]
            for path in ("/", "/etc", "/usr/bin", "/app", "/opt/kefu", "/models/..", *locked(pod, container)):
                written = kefu.pods.inside(pod.name, name, f"touch {path}/written")
                assert written.returncode != 0, f"{pod.name} writes to {path}"
            for path in writable(pod, container):
                done = kefu.pods.inside(pod.name, name, f"touch {path}/written && rm {path}/written")
                assert done.returncode == 0, f"{pod.name}: {done.stderr.decode()}"


def writable(pod: Playable, container: Object) -> list[str]:
    """Where claims and empty folders are mounted."""
    kinds = {one["name"]: one.keys() & {"persistentVolumeClaim", "emptyDir"} for one in pod.spec.get("volumes", [])}
    return [one["mountPath"] for one in container.get("volumeMounts", []) if kinds[one["name"]]]


def locked(pod: Playable, container: Object) -> list[str]:
    """Where secrets and configuration are mounted."""
    mounts = {one["mountPath"] for one in container.get("volumeMounts", [])}
    return sorted(mounts - set(writable(pod, container)))


def test_secrets_are_read_by_the_service_and_by_nobody_else(kefu: Installed) -> None:
    seen: set[str] = set()
    for pod in playing(kefu):
        secrets = {one["name"]: one["secret"]["secretName"] for one in pod.spec.get("volumes", []) if "secret" in one}
        for container in pod.containers:
            for mount in container.get("volumeMounts", []):
                if mount["name"] not in secrets:
                    continue
                seen.add(secrets[mount["name"]])
                script = f"cat {mount['mountPath']}/* | wc -c"
                mine = kefu.pods.inside(pod.name, container["name"], script)
                theirs = kefu.pods.inside(pod.name, container["name"], script, user=STRANGER)
                assert int(mine.stdout) > 40, f"{pod.name}: {mine.stderr.decode()}"
                assert int(theirs.stdout) == 0, f"{pod.name}: a stranger reads {mount['mountPath']}"
            said = {
                one["name"]: secret
                for one in container.get("env", [])
                if (secret := one.get("valueFrom", {}).get("secretKeyRef"))
            }
            seen |= {one["name"] for one in said.values()}
            if said:
                given = kefu.pods.inside(pod.name, container["name"], "env").stdout.decode()
                assert {f"{name}=" for name in said} <= {f"{line.partition('=')[0]}=" for line in given.splitlines()}
    assert seen == {"kefu-keys", "kefu-redis", "kefu-edge-tls"}


def test_no_pod_has_a_token_of_the_api_server(kefu: Installed) -> None:
    for pod in playing(kefu):
        assert pod.spec["automountServiceAccountToken"] is False
        for container in pod.containers:
            assert kefu.pods.inside(pod.name, container["name"], f"test -e {TOKEN}").returncode == 1


def test_nginx_has_the_ports_that_its_manifest_asks_the_kernel_for(kefu: Installed) -> None:
    nginx = kefu.pods.pods["kefu-nginx-0"]
    for asked in nginx.spec["securityContext"]["sysctls"]:
        path = "/proc/sys/" + asked["name"].replace(".", "/")
        read = kefu.pods.inside(nginx.name, "nginx", f"cat {path}").stdout.decode()
        assert read.split() == asked["value"].split()


def playing(kefu: Installed) -> list[Playable]:
    """All that stay."""
    return [pod for pod in kefu.pods.pods.values() if pod.workload not in ("kefu-toolbox", "kefu-smoke-test")]
