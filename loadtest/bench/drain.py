"""A process that drains, seen from outside: its new work, its last calls, its exit status."""

import asyncio
import signal
import time
from dataclasses import dataclass

from loadtest.bench.process import Process
from loadtest.bench.scraping import accepted_calls

_METHODS = {"generation": "Generate", "retrieval": "Search", "router": "Converse"}
_QUIET_AFTER_SECONDS = 1.0
"""A replica under drain gets no new work after this."""
_GRACE_SECONDS = 10.0


@dataclass(frozen=True)
class Drain:
    """The drain of one process. `late` calls were accepted more than a second after SIGTERM."""

    name: str
    exit_status: int | None
    """None: the process had to be killed."""
    seconds: float
    unready: float | None
    """Seconds from SIGTERM until the health check failed. None: it never failed."""
    late: int | None
    """None: the process had ended, or answered no more, before a second had passed."""

    @property
    def problem(self) -> bool:
        """Whether the drain broke a rule: killed, bad exit status, or late calls."""
        return self.exit_status != 0 or bool(self.late) or self.unready is None or self.unready > _QUIET_AFTER_SECONDS

    def __str__(self) -> str:
        """For people."""
        left = "had to be killed" if self.exit_status is None else f"left with status {self.exit_status}"
        late = "" if self.late is None else f", {self.late} calls taken later than a second after SIGTERM"
        unready = "always ready" if self.unready is None else f"not ready after {self.unready:.1f} s"
        return f"{self.name} was {unready} and {left} after {self.seconds:.1f} s{late}"


async def watch_drain(process: Process, drain_seconds: float) -> Drain:
    """Send SIGTERM and watch the drain. A process that outlives its drain by _GRACE_SECONDS is killed."""
    method = _METHODS[process.name.partition("-")[0]]
    began = time.monotonic()
    process.signal(signal.SIGTERM)
    quiet: int | None = None
    unready: float | None = None
    last = 0
    while process.pid and time.monotonic() - began < drain_seconds + _GRACE_SECONDS:
        if unready is None and not await process.is_ready():
            unready = time.monotonic() - began
        taken = await accepted_calls(process, method)
        if taken is not None and time.monotonic() - began > _QUIET_AFTER_SECONDS:
            quiet, last = taken if quiet is None else quiet, taken
        await asyncio.sleep(0.1)
    status: int | None = None
    if process.pid:
        await process.kill()
    else:
        status = await process.wait_until_ended(1.0)
    seconds = time.monotonic() - began
    unready = seconds if unready is None and status is not None else unready
    return Drain(process.name, status, seconds, unready, None if quiet is None else last - quiet)
