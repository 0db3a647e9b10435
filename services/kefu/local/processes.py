"""Processes of a `kefu up`: they cannot outlive it, and end with all that they started."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
from dotenv import dotenv_values

from kefu.local import pdeathsig
from kefu.local.data_dir import SuiteState, is_process

RUN_VARIABLE = "KEFU_RUN"
"""Environment variable with the id of the run to which a process belongs."""
SHOP_SIGNAL = signal.SIGUSR1
"""At this signal `kefu up --demo` stops the sample shop, and goes on without it."""
_EXIT_CHECKS = 100
_EXIT_CHECK_SECONDS = 0.05


async def start(command: Sequence[str], environment: Mapping[str, str], log: Path) -> asyncio.subprocess.Process:
    """Start a service in a process group of its own, with its output appended to `log`.

    The kernel kills the service when this process ends. Call this on the main thread: the kernel watches the thread
    that starts the service.
    """
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", pdeathsig.__file__, str(os.getpid())),
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            env={**os.environ, **environment},
            start_new_session=True,  # Ctrl-C in the terminal is for `kefu up`, which stops the services in order
        )
    finally:
        os.close(descriptor)


def kill_group(leader: int) -> None:
    """Kill the remaining processes of a service's process group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


async def end_group(leader: int) -> None:
    """Kill the remaining processes of a service's process group, and wait up to 5 s for their end."""
    kill_group(leader)
    for _ in range(_EXIT_CHECKS):
        if not _is_alive(leader):
            return
        await asyncio.sleep(_EXIT_CHECK_SECONDS)


def _is_alive(group: int) -> bool:
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                return True
    return False


def kill_leftovers(state: SuiteState) -> list[str]:
    """Kill the processes that a dead `kefu up` left behind. Returns their names, for people.

    Only processes that surely belong to that run are killed. These are the ones recorded with their start time, all in
    the group of a recorded one, and those with the run's id in their environment.
    """
    groups = {
        service.pid: service.name
        for service in state.services
        if service.pid and (is_process(service.pid, service.start_time) or not psutil.pid_exists(service.pid))
    }
    found: list[str] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid in (os.getpid(), os.getppid()) or process.uids().real != os.getuid():
                continue
            if process.status() == psutil.STATUS_ZOMBIE:
                continue  # the process has ended, and waits for its parent
            name = groups.get(os.getpgid(process.pid), "")
            if not name and process.environ().get(RUN_VARIABLE) == state.run_id:
                name = process.name()
            if name:
                process.kill()
                found.append(f"{name} (process {process.pid})")
    return found


def variables_of(pid: int) -> dict[str, str]:
    """The variables that a service's process read when it began: its environment, and the `.env` file in its folder.

    Raises psutil.Error for a process that is gone, or is another user's.
    """
    process = psutil.Process(pid)
    read = {**dotenv_values(Path(process.cwd()) / ".env"), **process.environ()}
    return {name.upper(): value for name, value in read.items() if value is not None}


def listener_on(port: int) -> str:
    """The process that listens on a TCP port, such as "python (process 123)"; "another program" if that is hidden."""
    with suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
                if connection.pid:
                    return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
                break
    return "another program"


def on_stop_signals(callback: Callable[[], None]) -> None:
    """Call `callback` at each Ctrl-C, SIGTERM and hang-up, on the running loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, callback)
