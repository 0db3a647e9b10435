"""The whole suite as its users start it: `kefu up` in a process of its own, with its own ports and folder."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from kefu.local.data_dir import DataDir, ServiceState, SuiteState
from kefu.testing.ports import free_port

SERVICES = ("redis", "retrieval", "generation", "router", "gateway")
UNHURRIED = {"KEFU_ROUTER_SEARCH_SECONDS": "30", "KEFU_RETRIEVAL_READ_MILLISECONDS": "10000"}
"""Settings of a suite whose words count, not how soon they come: a busy machine searches and reads as a quiet one."""
READY_SECONDS = {"simulated": 60.0, "vllm": 300.0}


class CommandResult(NamedTuple):
    """The exit status and the output of a command."""

    status: int
    out: str
    err: str


async def run_kefu(*arguments: str, stdin: bytes = b"", seconds: float = 120.0) -> CommandResult:
    """Run a `kefu` command without the Kefu variables of this process's environment."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kefu.cli", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=clean_environment(),
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(stdin), seconds)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return CommandResult(process.returncode, out.decode(), err.decode())


def clean_environment() -> dict[str, str]:
    """This environment without Kefu's variables, except for the models' folder, which is not filled for each test."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith("KEFU_") or name == "KEFU_CACHE_DIR"
    }


class Suite:
    """A `kefu up` that was started as `process`. Addresses and keys can be read once the suite is ready."""

    run_kefu = staticmethod(run_kefu)
    """How commands are run; tests have a cheaper way."""

    def __init__(self, folder: DataDir, process: asyncio.subprocess.Process, output: Path) -> None:
        self.folder = folder
        self.process = process
        self.output = output

    @property
    def router(self) -> str:
        """The address of the router."""
        return self.state().router

    @property
    def retrieval(self) -> str:
        """The address of the first retrieval service."""
        return self.state().retrieval

    @property
    def key(self) -> str:
        """The bootstrap key, with every scope but internal."""
        keys = self.folder.keys()
        assert keys is not None
        return keys.bootstrap

    @property
    def internal_key(self) -> str:
        """The services' own key."""
        keys = self.folder.keys()
        assert keys is not None
        return keys.internal

    @property
    def redis_url(self) -> str:
        """The URL of Redis, with the password."""
        keys = self.folder.keys()
        assert keys is not None
        return f"redis://:{keys.redis_password}@{self.service('redis').address}/0"

    def printed(self) -> str:
        """The output of `kefu up` so far, errors included."""
        return self.output.read_text(errors="replace")

    def state(self) -> SuiteState:
        """The content of the state file now."""
        state = self.folder.read_state()
        assert state is not None, self.printed()
        return state

    def service(self, name: str) -> ServiceState:
        """The state of one service in the state file."""
        return next(one for one in self.state().services if one.name == name)

    def processes(self, name: str = "") -> list[psutil.Process]:
        """All processes of a service, or all below `kefu up`: a snapshot for `still_running`."""
        with suppress(psutil.NoSuchProcess):
            if not name:
                return psutil.Process(self.process.pid).children(recursive=True)
            leader = psutil.Process(self.service(name).pid)
            return [leader, *leader.children(recursive=True)]
        return []

    def kill(self, name: str) -> None:
        """Send SIGKILL to one service."""
        os.kill(self.service(name).pid, signal.SIGKILL)

    async def until_ready(self, seconds: float = 60.0) -> None:
        """Wait until every service is ready; the test fails when `kefu up` ends, or after `seconds`."""
        await wait_until(self._is_ready, seconds, self.printed)

    async def until_restarted(self, name: str, old_pid: int, seconds: float = 60.0) -> None:
        """Wait until a service is ready in another process than `old_pid`."""

        def restarted() -> bool:
            one = self.service(name)
            return one.state == "ready" and one.pid not in (0, old_pid)

        await wait_until(restarted, seconds, self.printed)

    async def kefu(self, *arguments: str, stdin: bytes = b"", seconds: float = 120.0) -> CommandResult:
        """Run a `kefu` command against this suite, as a person would. It may take `seconds`."""
        return await self.run_kefu(*arguments, "--data-dir", str(self.folder.path), stdin=stdin, seconds=seconds)

    async def kefu_json(self, *arguments: str) -> Any:
        """The JSON output of a command that has to succeed."""
        done = await self.kefu(*arguments, "--json")
        assert done.status == 0, done
        return json.loads(done.out)

    async def end(self, number: signal.Signals = signal.SIGTERM, seconds: float = 60.0) -> int:
        """Send a signal, and wait at most `seconds` for the end. Returns the exit status."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), seconds)

    def _is_ready(self) -> bool:
        assert self.process.returncode is None, self.printed()
        state = self.folder.read_state()
        return (
            state is not None
            and state.pid == self.process.pid
            and state.phase == "ready"
            and all(one.state == "ready" for one in state.services)
        )


@asynccontextmanager
async def running_suite(
    tmp_path: Path, engine: str = "simulated", model: str = "", *extra: str, **environment: str
) -> AsyncIterator[Suite]:
    """A ready suite while the block runs; afterwards no process of it is left. `extra` are options of `kefu up`."""
    options = ("--engine", engine, *(("--model", model) if model else ()), *extra)
    async with starting_suite(tmp_path, *options, **environment) as suite:
        await suite.until_ready(READY_SECONDS.get(engine, 60.0))
        yield suite


@asynccontextmanager
async def starting_suite(tmp_path: Path, *options: str, **environment: str) -> AsyncIterator[Suite]:
    """A `kefu up` that was just started and may fail. It is killed with all its processes at the end of the block."""
    folder = DataDir(tmp_path / "kefu")
    output = tmp_path / "up.txt"
    ports = [
        word
        for option in ("--port", "--retrieval-port", "--generation-port", "--redis-port", "--gateway-port")
        if option not in options
        for word in (option, str(free_port(4)))  # a second replica takes the next one
    ]
    with output.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "kefu.cli", "up", "--data-dir", str(folder.path), *ports, *options),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=clean_environment() | {"PYTHONUNBUFFERED": "1"} | environment,
            cwd=tmp_path,
        )
    suite = Suite(folder, process, output)
    try:
        yield suite
    finally:
        below = suite.processes() if process.returncode is None else []
        try:
            await suite.end()
        finally:
            for one in below:
                with suppress(psutil.NoSuchProcess):
                    one.kill()
            if process.returncode is None:
                process.kill()
                await process.wait()


def still_running(processes: list[psutil.Process]) -> list[str]:
    """The processes of a snapshot that still run, as "name pid"."""
    found: list[str] = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{process.name()} {process.pid}")
    return found


async def wait_until(condition: Callable[[], bool], seconds: float, context: Callable[[], str]) -> None:
    """Wait for a condition. After `seconds` the test fails with the text of `context`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s:\n{context()}"
        await asyncio.sleep(0.05)
