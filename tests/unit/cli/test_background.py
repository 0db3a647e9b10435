"""`kefu down`, over a small real process in place of `kefu up`."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kefu.cli.commands.background import down
from kefu.local.data_dir import DataDir, ServiceState, SuiteState, start_time_of


@contextmanager
def suite_that_ends_after(seconds: float, folder: DataDir, *services: ServiceState) -> Iterator[None]:
    """A process that ends so long after SIGTERM, and its state file."""
    code = f"""
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (time.sleep({seconds}), sys.exit(0)))
print("runs", flush=True)
time.sleep(600)
"""
    folder.create()
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        folder.write_state(
            SuiteState(process.pid, start_time_of(process.pid), "run", "stopping", services=list(services))
        )
        yield
    finally:
        process.kill()
        process.communicate()


def service(name: str, pid: int) -> ServiceState:
    """A service, whose process has ended where it has no pid. No process has these pids."""
    return ServiceState(name, "", "", pid=pid)


def test_a_long_stop_says_which_service_it_waits_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = DataDir(tmp_path)
    services = (service("redis", 2**22 + 1), service("router", 2**22 + 2), service("gateway", 0))
    with suite_that_ends_after(3.0, folder, *services):
        down(folder)
    printed = capsys.readouterr().out
    assert printed == "Waiting for router, which has some seconds to finish what is in progress …\nStopped.\n"


def test_a_short_stop_says_no_more_than_that(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = DataDir(tmp_path)
    with suite_that_ends_after(0.0, folder, service("router", 2**22 + 2)):
        down(folder)
    assert capsys.readouterr().out == "Stopped.\n"
