"""A real Redis for tests: its own folder, a free port, killed and started again at will."""

import asyncio
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import redis.exceptions
from redis.asyncio import Redis

from kefu.common.redis.client import SCHEMA, SCHEMA_KEY
from kefu.local.redis_server import server_arguments, server_binary
from kefu.testing.ports import free_port


class RedisServer:
    """A server process. `url` stays the same over restarts; it has the password, when there is one."""

    def __init__(self, directory: Path, *extra: str, password: str = "") -> None:
        self.directory = directory
        self.port = free_port()
        self.url = f"redis://{f':{password}@' if password else ''}127.0.0.1:{self.port}/0"
        self._extra = (*extra, *(("--requirepass", password, "--masterauth", password) if password else ()))
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it, and return when it answers."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [str(server_binary()), *server_arguments(self.directory, self.port), *self._extra],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        async with Redis.from_url(self.url) as client:  # pyright: ignore[reportUnknownMemberType]
            while True:
                try:
                    await client.ping()  # pyright: ignore[reportUnknownMemberType, reportGeneralTypeIssues]
                except (redis.exceptions.ConnectionError, redis.exceptions.BusyLoadingError):
                    if time.monotonic() > deadline:
                        raise
                    await asyncio.sleep(0.01)
                else:
                    return

    async def wait_durable(self) -> None:
        """Return once all that was written so far is on disk: a busy disk may hold it back for up to two seconds."""
        async with Redis.from_url(self.url) as client:  # pyright: ignore[reportUnknownMemberType]
            await client.set(SCHEMA_KEY, SCHEMA)  # WAITAOF covers what stands before a write of its own connection
            on_disk = await client.execute_command("WAITAOF", 1, 0, 10_000)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            assert on_disk[0] == 1  # pyright: ignore[reportOptionalSubscript]

    def freeze(self) -> None:
        """Stop it where it is: connections are taken, by the kernel, and nothing is answered, until `thaw`."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill it as a power cut would; what it had not written is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@asynccontextmanager
async def redis_server(directory: Path, *extra: str, password: str = "") -> AsyncIterator[RedisServer]:
    """A running server while the block runs. `extra` are further arguments, such as "--appendonly", "no"."""
    server = RedisServer(directory, *extra, password=password)
    try:
        await server.start()
        yield server
    finally:
        server.kill()
