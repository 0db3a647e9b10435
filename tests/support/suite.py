"""The whole suite as its users start it: `kefu up` in a process of its own, on free ports, in a folder of its own."""

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

from kefu.cli.data_dir import DataDir, ServiceState, SuiteState
from tests.support.ports import free_port

SERVICES = ("redis", "retrieval", "generation", "router", "gateway")
READY_SECONDS = {"simulated": 60.0, "vllm": 300.0}


class Done(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


class Suite:
    """A `kefu up` that was started. `process` is it; addresses and keys are there once it is ready."""

    def __init__(self, folder: DataDir, process: asyncio.subprocess.Process, output: Path) -> None:
        self.folder = folder
        self.process = process
        self.output = output

    @property
    def router(self) -> str:
        """Address of the router."""
        return self.state().router

    @property
    def retrieval(self) -> str:
        """Address of the (first) retrieval service."""
        return self.state().retrieval

    @property
    def key(self) -> str:
        """A key that may do everything for people: chat, knowledge, operator."""
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
        """Redis, with its password."""
        keys = self.folder.keys()
        assert keys is not None
        return f"redis://:{keys.redis_password}@{self.service('redis').address}/0"

    def printed(self) -> str:
        """What `kefu up` printed so far, errors included."""
        return self.output.read_text(errors="replace")

    def state(self) -> SuiteState:
        """What the state file says now."""
        state = self.folder.read_state()
        assert state is not None, self.printed()
        return state

    def service(self, name: str) -> ServiceState:
        """One service as the state file has it."""
        return next(one for one in self.state().services if one.name == name)

    def processes(self, name: str = "") -> list[psutil.Process]:
        """All processes of a service, or everything below `kefu up`: a snapshot to look at later with `alive`."""
        with suppress(psutil.NoSuchProcess):
            if not name:
                return psutil.Process(self.process.pid).children(recursive=True)
            leader = psutil.Process(self.service(name).pid)
            return [leader, *leader.children(recursive=True)]
        return []

    def kill(self, name: str) -> None:
        """kill -9 one service."""
        os.kill(self.service(name).pid, signal.SIGKILL)

    async def until_ready(self, seconds: float = 60.0) -> None:
        """Wait until every service is ready; the test fails when `kefu up` ends, or after `seconds`."""
        await until(self._is_ready, seconds, self.printed)

    async def until_restarted(self, name: str, old_pid: int, seconds: float = 60.0) -> None:
        """Wait until a service is ready in another process than `old_pid`."""

        def restarted() -> bool:
            one = self.service(name)
            return one.state == "ready" and one.pid not in (0, old_pid)

        await until(restarted, seconds, self.printed)

    async def kefu(self, *arguments: str, stdin: bytes = b"", seconds: float = 120.0) -> Done:
        """Run a command against it, as a person would."""
        return await run_kefu(*arguments, "--data-dir", str(self.folder.path), stdin=stdin, seconds=seconds)

    async def kefu_json(self, *arguments: str) -> Any:
        """What a command that has to succeed prints with --json."""
        done = await self.kefu(*arguments, "--json")
        assert done.status == 0, done
        return json.loads(done.out)

    async def end(self, number: signal.Signals = signal.SIGTERM, seconds: float = 60.0) -> int:
        """Send a signal and wait for the end; returns the exit status."""
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
    """The suite, ready, while the block runs; then stopped, and nothing of it is left. `extra` goes to `kefu up`."""
    options = ("--engine", engine, *(("--model", model) if model else ()), *extra)
    async with starting_suite(tmp_path, *options, **environment) as suite:
        await suite.until_ready(READY_SECONDS.get(engine, 60.0))
        yield suite


@asynccontextmanager
async def starting_suite(tmp_path: Path, *options: str, **environment: str) -> AsyncIterator[Suite]:
    """`kefu up` just started, whatever will become of it; killed with all that belongs to it at the end."""
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


async def run_kefu(*arguments: str, stdin: bytes = b"", seconds: float = 120.0) -> Done:
    """Run a command with nothing of this shell's Kefu settings."""
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
    return Done(process.returncode, out.decode(), err.decode())


def clean_environment() -> dict[str, str]:
    """This environment without Kefu's variables, but for the folder of models, which is not fetched for each test."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith("KEFU_") or name == "KEFU_CACHE_DIR"
    }


def alive(processes: list[psutil.Process]) -> list[str]:
    """Those of a snapshot that still run."""
    found: list[str] = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{process.name()} {process.pid}")
    return found


async def until(condition: Callable[[], bool], seconds: float, context: Callable[[], str]) -> None:
    """Wait for a condition; the test fails with `context` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s:\n{context()}"
        await asyncio.sleep(0.05)
