"""Health checks that end what is unhealthy for long, over small real processes."""

import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kefu.common.probe_liveness import MOST_FAILURES, note_health

REDIS_CHECK = Path(__file__).parents[3] / "deploy" / "compose" / "redis-health.sh"
REDIS_FAILURES = 12


@contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def service(module: str) -> tuple[str, ...]:
    """A process with the command line of a service that ignores SIGTERM."""
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    return (sys.executable, "-c", code, "-m", module)


def test_a_service_is_killed_after_many_failed_checks_in_a_row_and_no_other_is(tmp_path: Path) -> None:
    module = f"kefu.{uuid.uuid4().hex}"
    with running(*service(module)) as ours, running(*service(module + "x")) as other:
        note_health(module, healthy=True, folder=tmp_path)
        for _ in range(MOST_FAILURES - 1):
            note_health(module, healthy=False, folder=tmp_path)
        note_health(module, healthy=True, folder=tmp_path)  # the count begins anew
        for _ in range(MOST_FAILURES - 1):
            note_health(module, healthy=False, folder=tmp_path)
        assert ours.poll() is None
        note_health(module, healthy=False, folder=tmp_path)
        assert ours.wait(20) in (-signal.SIGKILL, -signal.SIGTERM)
        assert other.poll() is None


def test_a_service_that_was_never_healthy_still_loads_and_is_left_alone(tmp_path: Path) -> None:
    module = f"kefu.{uuid.uuid4().hex}"
    with running(*service(module)) as loading:
        for _ in range(3 * MOST_FAILURES):
            note_health(module, healthy=False, folder=tmp_path)
        assert loading.poll() is None


@pytest.fixture
def redis_check(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path, list[str]]]:
    """A stand-in for the server, the file that its `redis-cli` reads its answer from, and the check's command."""
    program, answer, tools = tmp_path / f"r{uuid.uuid4().hex[:12]}", tmp_path / "answer", tmp_path / "bin"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    tools.mkdir()
    (tools / "redis-cli").write_text(f"#!/bin/sh\ncat {answer}\n")
    (tools / "redis-cli").chmod(0o755)
    path = f"{tools}:{os.environ['PATH']}"
    command = ["env", f"PATH={path}", "sh", str(REDIS_CHECK), str(tmp_path / "failed"), program.name]
    with running(str(program), "600") as server:
        yield server, answer, command


def test_a_redis_that_hangs_is_killed_after_a_minute_of_checks_and_not_while_it_loads(
    redis_check: tuple[subprocess.Popen[bytes], Path, list[str]],
) -> None:
    server, answer, command = redis_check

    def check(said: str) -> int:
        answer.write_text(said)
        return subprocess.run(command, check=False).returncode

    assert {check("LOADING Redis is loading the dataset in memory") for _ in range(REDIS_FAILURES + 2)} == {1}
    assert check("PONG") == 0
    assert {check("") for _ in range(REDIS_FAILURES - 1)} == {1}
    assert check("NOAUTH Authentication required.") == 0
    assert {check("") for _ in range(REDIS_FAILURES - 1)} == {1}
    assert server.poll() is None
    assert check("") == 1
    assert server.wait(20) == -signal.SIGKILL
