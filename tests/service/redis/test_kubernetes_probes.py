"""The probes of Redis on Kubernetes, as the manifests have them, against a real server: running, hung, gone."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kefu.testing.kustomize import K8S, named, pod_of
from kefu.testing.redis_server import redis_server

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
REDIS_CLI = """#!{python} -IS
import socket
answer = socket.create_connection(("127.0.0.1", {port}))
answer.sendall(b"PING\\r\\n")
print(answer.makefile().readline().strip())
"""
"""What the probes want of redis-cli, which the server's package for tests does not bring; it waits without end, too."""


def probes(container: str) -> list[dict[str, Any]]:
    """The probes of a container of the pods with Sentinels."""
    pod = pod_of(named(K8S / "checks" / "sentinel", "StatefulSet", "kefu-redis"))
    [found] = [one for one in pod["containers"] if one["name"] == container]
    return [found[kind] for kind in PROBES]


def passes(probe: dict[str, Any], cli: Path) -> bool:
    """Run a probe's command with this redis-cli, within the probe's own time."""
    environment = {"PATH": f"{cli.parent}:{os.environ['PATH']}"}
    return not subprocess.run(
        probe["exec"]["command"], env=environment, timeout=probe["timeoutSeconds"], check=False
    ).returncode


@pytest.fixture
def cli(tmp_path: Path) -> Path:
    path = tmp_path / "bin" / "redis-cli"
    path.parent.mkdir()
    path.touch(0o755)
    return path


@pytest.mark.parametrize("password", ["", "a-password"])
async def test_a_redis_that_runs_passes_and_one_that_hangs_does_not(password: str, cli: Path, tmp_path: Path) -> None:
    async with redis_server(tmp_path / "data", password=password) as server:
        cli.write_text(REDIS_CLI.format(python=sys.executable, port=server.port))
        for probe in probes("redis"):
            assert passes(probe, cli)
        server.freeze()  # the kernel goes on accepting connections
        assert not any(passes(probe, cli) for probe in probes("redis"))
        server.thaw()
        assert passes(probes("redis")[0], cli)
        server.kill()
        assert not passes(probes("redis")[0], cli)


def test_a_redis_that_reads_its_file_passes(cli: Path) -> None:
    cli.write_text("#!/bin/sh\necho LOADING Redis is loading the dataset in memory\n")
    assert all(passes(probe, cli) for probe in probes("redis"))


@pytest.mark.parametrize(("said", "alive"), [("PONG", True), ("NOAUTH Authentication required.", True), ("", False)])
def test_a_sentinel_passes_by_its_answer(said: str, alive: bool, cli: Path) -> None:
    cli.write_text(f'#!/bin/sh\n[ "$1 $2 $3" = "-p 26379 ping" ] && echo "{said}"\n')
    assert [passes(probe, cli) for probe in probes("sentinel")] == [alive] * len(PROBES)
