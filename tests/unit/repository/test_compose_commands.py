"""deploy/compose/rolling-update.sh against a `docker` of ours, and the files as `docker compose` reads them."""

import asyncio
import os
import shutil
import signal
import subprocess
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from tests.support.waiting import wait_until

DEPLOY = Path(__file__).parents[3] / "deploy"
SCRIPT = DEPLOY / "compose" / "rolling-update.sh"
DOCKER = r"""#!/usr/bin/env bash
# Containers are lines of the file `up`, what is asked for is a line of `calls`. A new one is healthy when asked twice.
cd "$(dirname "$0")"
echo "$*" >> calls
[ "$1" = compose ] && shift 3 # its option
case "$1" in
  ps) cat up ;;
  up)
    case "$*" in
      *--force-recreate*) echo anew > up ;;
      *) echo "new$(($(wc -l < up) + $(grep -c ^stop calls)))" >> up ;;
    esac ;;
  inspect)
    name="${@: -1}"
    case "$*" in
      *Health*) [ "$(grep -c "Health.* $name$" calls)" -lt 2 ] && echo starting || cat health ;;
      *Running*) cat running ;;
      *) echo "$name" ;;
    esac ;;
  stop) sed -i "/^$2$/d" up ;;
esac
"""


class Account:
    """A folder with that `docker` in it, and what it was asked."""

    def __init__(self, folder: Path, containers: list[str]) -> None:
        self._folder = folder
        (folder / "docker").write_text(DOCKER)
        (folder / "docker").chmod(0o755)
        self.set(up="".join(f"{one}\n" for one in containers), calls="", health="healthy\n", running="true\n")

    def set(self, **files: str) -> None:
        """What the containers are like."""
        for name, text in files.items():
            (self._folder / name).write_text(text)

    def run(self, service: str) -> subprocess.CompletedProcess[str]:
        """The script, without its pauses."""
        (self._folder / "sleep").write_text("#!/bin/sh\n")
        (self._folder / "sleep").chmod(0o755)
        environment = {**os.environ, "PATH": f"{self._folder}:{os.environ['PATH']}"}
        command = ["bash", str(SCRIPT), service, "-f", "compose.yaml"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    @property
    def up(self) -> list[str]:
        """The containers that run."""
        return (self._folder / "up").read_text().split()

    @property
    def calls(self) -> list[str]:
        """What was asked, questions about health and the like left out."""
        lines = (self._folder / "calls").read_text().splitlines()
        changing = ("up", "stop", "rm")
        short = [line.replace("compose -f compose.yaml ", "") for line in lines]
        return [line for line in short if line.split()[0] in changing]


def test_a_new_container_is_there_before_an_old_one_goes(tmp_path: Path) -> None:
    account = Account(tmp_path, ["old1", "old2"])
    done = account.run("router")
    assert done.returncode == 0, done.stderr
    assert account.calls == [
        "up --detach --no-recreate --scale router=3 router",
        "stop old1",
        "rm old1",
        "up --detach --no-recreate --scale router=3 router",
        "stop old2",
        "rm old2",
    ]
    assert len(account.up) == 2
    assert not {"old1", "old2"} & set(account.up)


def test_no_old_container_goes_when_the_new_one_does_not_stay(tmp_path: Path) -> None:
    account = Account(tmp_path, ["old1", "old2"])
    account.set(health="starting\n", running="false\n")
    assert account.run("router").returncode == 1
    assert {"old1", "old2"} <= set(account.up)
    assert account.run("gateway").returncode == 1


@pytest.mark.parametrize(("service", "grace"), [("nginx", 10), ("redis", 60)])
def test_what_there_is_one_of_is_made_anew_even_where_only_its_configuration_changed(
    tmp_path: Path, service: str, grace: int
) -> None:
    account = Account(tmp_path, ["old1"])
    assert account.run(service).returncode == 0
    assert account.calls == [f"up --detach --no-deps --force-recreate --timeout {grace} {service}"]
    assert account.up == ["anew"]


def test_docker_compose_reads_the_files_whatever_stands_beside_them() -> None:
    """It finds unknown keys, secrets and networks that nobody defines, merges that contradict themselves."""
    found = (
        subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        if shutil.which("docker")
        else None
    )
    if found is None or found.returncode != 0:
        pytest.skip(
            "there is no `docker compose` here: apt-get install docker-cli docker-compose (no server is needed)"
        )
    beside = sorted(DEPLOY.glob("compose.*.yaml"))
    assert len(beside) == 5
    for files in (chosen for count in (0, 1, len(beside)) for chosen in combinations(beside, count)):
        options = [part for one in (DEPLOY / "compose.yaml", *files) for part in ("-f", str(one))]
        command = ["docker", "compose", *options, "--profile", "*", "config"]
        read = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert read.returncode == 0, f"{files}: {read.stderr}"
        services = yaml.safe_load(read.stdout)["services"]
        assert {
            "nginx",
            "router",
            "gateway",
            "retrieval",
            "generation",
            "redis",
            "prometheus",
            "grafana",
        } <= services.keys()
        assert read.stderr == ""


async def test_nginx_reads_its_configuration_again_when_two_services_have_exchanged_their_addresses(
    tmp_path: Path,
) -> None:
    for name, script in (
        ("getent", 'cat "$(dirname "$0")/$2"'),
        ("sleep", "exec /bin/sleep 0.05"),
        ("nginx", 'echo "$*" >> "$(dirname "$0")/calls"; case "$*" in *reload) ;; *) exec /bin/sleep 60 ;; esac'),
    ):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    services = ("kefu-router", "kefu-retrieval", "kefu-gateway")
    for number, service in enumerate(services):
        (tmp_path / service).write_text(f"10.0.0.{number} STREAM {service}\n10.0.0.{number} DGRAM\n")

    def reloads() -> int:
        return (tmp_path / "calls").read_text().count("reload") if (tmp_path / "calls").exists() else -1

    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = ["sh", str(DEPLOY / "compose" / "nginx.sh")]
    nginx = subprocess.Popen(command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        await wait_until(lambda: reloads() == 0)
        await asyncio.sleep(0.5)
        assert reloads() == 0, "nothing has changed"
        router = (tmp_path / "kefu-router").read_text()
        (tmp_path / "kefu-router").write_text((tmp_path / "kefu-retrieval").read_text())
        (tmp_path / "kefu-retrieval").write_text(router)
        await wait_until(lambda: reloads() >= 1)
    finally:
        os.killpg(nginx.pid, signal.SIGKILL)
        nginx.wait()
