"""Processes of Kefu's programs, forked from one that has imported them: in 50 ms rather than 1.5 s or more each.

A process gets its own standard streams, environment and folder, and ends as one that a shell starts. What is about the
start itself (imports, signals, terminals) starts `python -m` instead.
"""

import asyncio
import atexit
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path

from kefu.testing.suite import CommandResult, clean_environment

_MOST_BYTES = 2**20
_START_SECONDS = 60
_STREAMS = 3
_COMMANDS = "kefu.cli"
_ALSO_IMPORTED = {_COMMANDS: ("kefu.cli.commands.eval.retrieval",)}
"""What a program imports only when it runs, and takes seconds."""


class ForkedProcess:
    """A process that was forked, as far as its caller can tell one of `asyncio.subprocess`."""

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid = pid
        self._connection = connection
        self._status: int | None = None

    @property
    def returncode(self) -> int | None:
        """The exit status, negative where a signal ended it; None while it runs."""
        if self._status is None:
            with suppress(BlockingIOError):
                self._ended(self._connection.recv(4))
        return self._status

    async def wait(self) -> int:
        """Wait for the end. Returns the exit status."""
        if self._status is None:
            self._ended(await asyncio.get_running_loop().sock_recv(self._connection, 4))
        assert self._status is not None
        return self._status

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing where it has ended."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, status: bytes) -> None:
        self._connection.close()
        assert len(status) == 4, "what waits for the process has ended"
        self._status = int.from_bytes(status, signed=True)


async def fork(
    module: str,
    *arguments: str,
    environment: Mapping[str, str],
    folder: Path | None = None,
    stdin: int | None = None,
    stdout: int = 1,
    stderr: int = 2,
) -> ForkedProcess:
    """Start `python -m MODULE ARGUMENTS...`. Streams are descriptors of this process; without `stdin` it is empty."""
    request = json.dumps([module, arguments, dict(environment), str(folder or Path.cwd())]).encode()
    server = await asyncio.to_thread(_server, module)
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(server))
    with open(os.devnull, "rb") as nothing:
        streams = [nothing.fileno() if stdin is None else stdin, stdout, stderr]
        socket.send_fds(connection, [len(request).to_bytes(4)], streams)
        connection.sendall(request)
    connection.setblocking(False)
    started = await asyncio.get_running_loop().sock_recv(connection, 4)
    assert len(started) == 4, "the server of processes has ended"
    return ForkedProcess(int.from_bytes(started), connection)


async def run_command(
    *arguments: str, environment: Mapping[str, str], folder: Path | None = None, stdin: bytes = b""
) -> CommandResult:
    """Run `kefu ARGUMENTS...` to its end. A command of a call that is cancelled is killed."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        streams = {"stdin": given.fileno(), "stdout": out.fileno(), "stderr": err.fileno()}
        process = await fork(_COMMANDS, *arguments, environment=environment, folder=folder, **streams)
        try:
            await process.wait()
        finally:
            process.kill()
            status = await process.wait()
        for file in (out, err):
            file.seek(0)
        return CommandResult(status, out.read().decode(), err.read().decode())


async def run_kefu(*arguments: str, stdin: bytes = b"", seconds: float = 120.0) -> CommandResult:
    """See `kefu.testing.suite.run_kefu`."""
    return await asyncio.wait_for(run_command(*arguments, environment=clean_environment(), stdin=stdin), seconds)


@cache
def _server(module: str) -> Path:
    """The socket of this process's server for a module, which ends with this process."""
    folder = tempfile.TemporaryDirectory(prefix="kefu-forked-")
    path = Path(folder.name) / "socket"
    process = subprocess.Popen([sys.executable, "-m", __name__, str(path), module], stdin=subprocess.PIPE)

    def end() -> None:
        process.kill()
        process.communicate()
        folder.cleanup()

    atexit.register(end)
    deadline = time.monotonic() + _START_SECONDS
    while not path.exists():
        assert process.poll() is None, "the server of processes has ended"
        assert time.monotonic() < deadline, "the server of processes does not start"
        time.sleep(0.01)
    return path


def _serve(path: str) -> str:
    """Start a process for each connection. Returns only in that process: with the module that it has to run."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait for a process
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{path}.new")
        listener.listen(16)
        os.rename(f"{path}.new", path)
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                break
            connection.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    head, streams, _, _ = socket.recv_fds(connection, 4, _STREAMS)
    request = b""
    while len(request) < int.from_bytes(head):
        request += connection.recv(_MOST_BYTES)
    if process := os.fork():
        for stream in streams:
            os.close(stream)  # whoever reads what the process writes sees its end
        connection.sendall(process.to_bytes(4))
        _, ended = os.waitpid(process, 0)
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(os.waitstatus_to_exitcode(ended).to_bytes(4, signed=True))
        os._exit(0)
    connection.close()
    module, arguments, environment, folder = json.loads(request)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["kefu" if module == _COMMANDS else module, *arguments]
    sys.modules["__main__"].__package__ = None  # how it was started: as the program `kefu`
    for known in (module, f"{module}.__main__"):
        if not hasattr(sys.modules.get(known), "__path__"):
            sys.modules.pop(known, None)  # it runs anew, as __main__
    return module


if __name__ == "__main__":
    _, socket_path, first = sys.argv
    with suppress(ModuleNotFoundError):  # a module, not a package
        import_module(f"{first}.__main__")
    for name in (first, *_ALSO_IMPORTED.get(first, ())):
        import_module(name)
    gc.freeze()  # what is imported stays shared with the processes that are forked
    runpy.run_module(_serve(socket_path), run_name="__main__")
