"""`kefu up --detach` and `kefu down`: a suite that outlives the terminal."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from kefu.cli.console import CommandFailed, console
from kefu.local import processes
from kefu.local.data_dir import DataDir, SuiteState, is_process, start_time_of, wait_until_gone
from kefu.local.log_files import read_new_lines

_POLL_SECONDS = 0.2
_SILENT_SECONDS = 2.0
_DOWN_SECONDS = 60.0


def up_detached(folder: DataDir, arguments: Sequence[str]) -> None:
    """Start `kefu up` with these arguments in the background, and print what it prints until it is ready.

    With --demo it is ready when the sample's questions are answered. Raises CommandFailed when it ends before.
    """
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
    try:
        _print_until_ready(process, folder, log, offset)
    except KeyboardInterrupt:
        where = f"in the background (process {process.pid})"
        raise CommandFailed(f"Kefu goes on starting {where}; `kefu down` stops it.") from None


def _print_until_ready(process: subprocess.Popen[bytes], folder: DataDir, log: Path, offset: int) -> None:
    out = console()
    while True:
        status, state = process.poll(), folder.running()  # before the log: it holds what was printed until then
        lines, offset = read_new_lines(log, offset)
        for line in lines:
            out.print(Text.from_ansi(line), soft_wrap=True)
        if status is not None:
            raise CommandFailed(f"Kefu did not start, see above; the log is {log}.", status or 1)
        if state and state.pid == process.pid and state.phase == "ready":
            out.print(f"It runs in the background (process {process.pid}).", soft_wrap=True)
            return
        time.sleep(_POLL_SECONDS)


def down(folder: DataDir) -> None:
    """Stop a suite, and the processes that a killed `kefu up` left behind. Raises CommandFailed if they do not end."""
    out = console()
    state = folder.read_state()
    if state is None:
        raise CommandFailed(f"Kefu is not running in {folder.path}.")
    if start_time_of(state.pid) and folder.running():
        _stop_process(state, folder, out)
        out.print("Stopped.")
    for what in processes.kill_leftovers(state):
        out.print(f"Ended {what}, which `kefu up` had left behind.")
    folder.remove_state()


def _stop_process(state: SuiteState, folder: DataDir, out: Console) -> None:
    os.kill(state.pid, signal.SIGTERM)
    if not _wait_aloud(state, folder, out):
        os.kill(state.pid, signal.SIGKILL)
        if not wait_until_gone(state.pid, state.start_time, 5):
            raise CommandFailed(f"Process {state.pid} does not end.")


def _wait_aloud(state: SuiteState, folder: DataDir, out: Console) -> bool:
    """Wait for the end, and say what takes longer than two seconds. False when it has not come after 60 s."""
    began = since = time.monotonic()
    awaited = told = ""
    while is_process(state.pid, state.start_time):
        now = time.monotonic()
        if now - began > _DOWN_SECONDS:
            return False
        if (what := _awaited(folder)) != awaited:
            awaited, since = what, now
        if awaited != told and now - (since if told else began) > _SILENT_SECONDS:
            out.print(f"Waiting for {awaited} …", soft_wrap=True)
            told = awaited
        time.sleep(_POLL_SECONDS)
    return True


def _awaited(folder: DataDir) -> str:
    """What a suite that stops waits for: the last service that has not ended."""
    state = folder.read_state()
    alive = [one.name for one in state.services if one.pid] if state else []
    return f"{alive[-1]}, which has some seconds to finish what is in progress" if alive else "`kefu up` to end"
