"""A real Redis for tests, with a folder and a port of its own, which can be frozen, filled, killed and restarted."""

import asyncio
import resource
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import redis.exceptions
from redis.asyncio import Redis

from kefu.common.redis.schema.version import SCHEMA, SCHEMA_KEY
from kefu.local.redis_server import server_arguments, server_binary
from kefu.testing.ports import free_port

PERMISSIONS = ("~kefu:*", "&kefu:*", "+@all", "-@admin", "-@dangerous", "+info")
"""What the services' user of Redis may do: an ACL's rules. k8s/components/external-redis/README.md gives the same."""
JOBS_PERMISSIONS = ("+client|list", "+replconf", "+sync", "+restore")
"""What backup, restore and `kefu data` may do besides."""


class RedisServer:
    """A Redis server process. `url`, which stays the same over restarts, is of a user with `PERMISSIONS` alone.

    `jobs_url` is of one who backs up, restores and migrates; with `admin_url` a test configures, empties and looks.
    Where there is a `password`, all three are the default user's. `extra` are further arguments of redis-server.
    """

    def __init__(self, directory: Path, *extra: str, password: str = "") -> None:
        self.directory = directory
        self.port = free_port()
        address = f"127.0.0.1:{self.port}/0"
        if password:
            self.url = self.jobs_url = self.admin_url = f"redis://:{password}@{address}"
            self._extra = (*extra, "--requirepass", password, "--masterauth", password)
        else:
            self.url, self.jobs_url = f"redis://kefu:kefu@{address}", f"redis://kefu-jobs:kefu@{address}"
            self.admin_url = f"redis://{address}"
            users = ("kefu", *PERMISSIONS), ("kefu-jobs", *PERMISSIONS, *JOBS_PERMISSIONS)
            self._extra = (*extra, *(word for name, *may in users for word in ("--user", name, "on", ">kefu", *may)))
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start the server, and return when it answers; an error after 20 s."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [str(server_binary()), *server_arguments(self.directory, self.port), *self._extra],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            restore_signals=False,  # a write beyond `fill_disk` is an error and no signal, as on a full disk
        )
        deadline = time.monotonic() + 20
        async with Redis.from_url(self.admin_url) as client:  # pyright: ignore[reportUnknownMemberType]
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
        """Return once all earlier writes are on disk, which a busy disk may delay for up to two seconds."""
        async with Redis.from_url(self.admin_url) as client:  # pyright: ignore[reportUnknownMemberType]
            await client.set(SCHEMA_KEY, SCHEMA)  # WAITAOF covers what stands before a write of its own connection
            on_disk = await client.execute_command("WAITAOF", 1, 0, 10_000)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            assert on_disk[0] == 1  # pyright: ignore[reportOptionalSubscript]

    def freeze(self) -> None:
        """Stop the process where it is: until `thaw` the kernel accepts connections, and nothing is answered."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Continue the process after `freeze`."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def fill_disk(self) -> None:
        """Let no file of the server grow any more until `make_room`; it cannot write to its append-only file."""
        if self._process is not None:
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))

    def make_room(self) -> None:
        """Let files grow again after `fill_disk`."""
        if self._process is not None:
            unbounded = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, unbounded)

    def kill(self) -> None:
        """Kill the process; unwritten data is lost, as in a power cut."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@asynccontextmanager
async def redis_server(directory: Path, *extra: str, password: str = "") -> AsyncIterator[RedisServer]:
    """A running server in the block. `extra` are further arguments, such as "--appendonly", "no"."""
    server = RedisServer(directory, *extra, password=password)
    try:
        await server.start()
        yield server
    finally:
        server.kill()
