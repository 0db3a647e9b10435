"""`kefu up --detach` and `kefu down`: a suite that outlives the terminal."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

from kefu.cli.console import CommandFailed, console
from kefu.local import processes
from kefu.local.data_dir import DataDir, SuiteState, start_time_of, wait_until_gone
from kefu.local.log_files import tail

_POLL_SECONDS = 0.2
_DOWN_SECONDS = 60.0


def up_detached(folder: DataDir, arguments: Sequence[str]) -> None:
    """Start `kefu up` with these arguments in the background. Returns when it is ready, or raises CommandFailed."""
    folder.create()
    with folder.locked():
        pass  # a suite that runs already is reported here, not only in a log
    log = folder.logs / "up.log"
    offset = log.stat().st_size if log.exists() else 0
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "kefu.cli", "up", *arguments, "--data-dir", str(folder.path)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    out = console()
    shown = 0
    while True:
        lines = tail(log, 10_000, offset)
        for line in lines[shown:]:
            out.print(line, soft_wrap=True)
        shown = len(lines)
        if (status := process.poll()) is not None:
            raise CommandFailed(f"Kefu did not start, see above; the log is {log}.", status or 1)
        state = folder.running()
        if state and state.pid == process.pid and state.phase == "ready":
            out.print(f"It runs in the background (process {process.pid}); `kefu down` stops it.", soft_wrap=True)
            return
        time.sleep(_POLL_SECONDS)


def down(folder: DataDir) -> None:
    """Stop a suite, and the processes that a killed `kefu up` left behind. Raises CommandFailed if they do not end."""
    out = console()
    state = folder.read_state()
    if state is None:
        raise CommandFailed(f"Kefu is not running in {folder.path}.")
    if start_time_of(state.pid) and folder.running():
        _stop_process(state)
        out.print("Stopped.")
    for what in processes.kill_leftovers(state):
        out.print(f"Ended {what}, which `kefu up` had left behind.")
    folder.remove_state()


def _stop_process(state: SuiteState) -> None:
    os.kill(state.pid, signal.SIGTERM)
    if not wait_until_gone(state.pid, state.start_time, _DOWN_SECONDS):
        os.kill(state.pid, signal.SIGKILL)
        if not wait_until_gone(state.pid, state.start_time, 5):
            raise CommandFailed(f"Process {state.pid} does not end.")
