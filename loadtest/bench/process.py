"""A process under test, and ports that stay free while it is down."""

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from kefu.local import pdeathsig
from kefu.local.health_probes import Probe
from kefu.local.ports import HOST, is_free
from kefu.local.processes import kill_group

_START_SECONDS = 90.0
_PROBE_SECONDS = 0.1
_PORTS = (20_000, 32_000)  # below the range that the kernel hands out: a port must still be free after a kill


class Process:
    """One process under test: killed, frozen and started again at the same port."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        port: int,
        metrics: int,
        folder: Path,
        ready: Probe,
        *,
        start_seconds: float = _START_SECONDS,
    ) -> None:
        self.name = name
        self.port = port
        self.metrics_port = metrics
        """Port of its Prometheus metrics; 0: it has none."""
        self.address = f"{HOST}:{port}"
        self.log = folder / f"{name}.log"
        self.environment: dict[str, str] = {}
        self._command = command
        self._start_seconds = start_seconds
        self._folder = folder
        self._ready = ready
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """Process id; 0 when the process does not run."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if running and self._process else 0

    async def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start the process, and return when it is ready. `environment` is for this start. TimeoutError: not ready."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("KEFU_")}
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", pdeathsig.__file__, str(os.getpid())),  # it ends when we do
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**clean, **self.environment, **(environment or {})},
                cwd=self._folder,
                start_new_session=True,
            )
        await self.wait_until_ready()

    async def wait_until_ready(self) -> None:
        """Return when the health check passes. TimeoutError names the log."""
        deadline = time.monotonic() + self._start_seconds
        while not await self._ready():
            if not self.pid or time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} is not ready: see {self.log}")
            await asyncio.sleep(_PROBE_SECONDS)

    async def is_ready(self) -> bool:
        """Result of the health check now."""
        return await self._ready() is True

    async def kill(self) -> None:
        """Kill the process group (SIGKILL), and wait for its end."""
        if self._process is not None and self._process.returncode is None:
            kill_group(self._process.pid)
            await self._process.wait()

    async def terminate(self, seconds: float) -> int:
        """Send SIGTERM, and wait for the end. Returns the exit status. TimeoutError after `seconds`."""
        self.signal(signal.SIGTERM)
        return await self.wait_until_ended(seconds)

    async def wait_until_ended(self, seconds: float) -> int:
        """Wait for the end. Returns the exit status. TimeoutError after `seconds`."""
        if self._process is None:
            return 0
        async with asyncio.timeout(seconds):
            return await self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process, if it runs."""
        if pid := self.pid:
            os.kill(pid, number)


class PortAllocator:
    """Free ports of loopback, none twice, in rising order."""

    def __init__(self) -> None:
        self._next = random.randrange(_PORTS[0], _PORTS[1] - 1000)

    def allocate(self) -> int:
        """The next free port."""
        while True:
            self._next += 1
            if is_free(self._next):
                return self._next
