"""The supervisor of the local suite: starts services in order, restarts what crashed or hangs, and stops all."""

import asyncio
import itertools
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kefu.common.errors import CANNOT_START
from kefu.local import log_files, processes
from kefu.local.data_dir import StartTime, start_time_of
from kefu.local.health_probes import Probe

CRASHES_BEFORE_GIVING_UP = 5
CRASH_WINDOW_SECONDS = 60.0
FIRST_BACKOFF_SECONDS = 0.5
_LONGEST_BACKOFF_SECONDS = 10.0
_PROBE_SECONDS_STARTING = 0.2
_PROBE_SECONDS_READY = 1.0
_PROBES_BEFORE_UNRESPONSIVE = 5
_SECONDS_BEFORE_UNRESPONSIVE = 3.0
_LAST_LINES = 12


class ServiceStatus(StrEnum):
    """The status of a service."""

    WAITING = "waiting"
    """The services that it needs are not ready yet."""
    STARTING = "starting"
    """Its process runs, and its probe has not succeeded yet."""
    READY = "ready"
    """Its probe succeeds."""
    UNRESPONSIVE = "not answering"
    """It was ready, and its probe fails. After a while it is killed and started again, see `RestartPolicy`."""
    RESTARTING = "restarting"
    """It crashed or was killed, and starts again after its backoff."""
    FAILED = "failed"
    """It cannot start, or crashed too often, and is not started again."""
    STOPPED = "stopped"
    """It was asked to stop, and has ended."""


@dataclass(frozen=True)
class RestartPolicy:
    """When a service that was ready is killed, and how soon what has ended starts again. All in seconds."""

    first_backoff_seconds: float = FIRST_BACKOFF_SECONDS
    """Wait before the first restart. Each further one waits twice as long, at most 10 s."""
    silent_seconds: float = 10.0
    """A service that has answered no probe for this long, and for no less than its grace, is killed: it hangs, and a
    stop signal would not reach it. The grace is for one that somebody told to stop."""
    unhealthy_seconds: float = 60.0
    """A service that answers, and says that it cannot serve, is killed after this long."""


@dataclass(frozen=True)
class Service:
    """A service to run."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    """Variables beside those of this process."""
    address: str
    log: Path
    """The file to which its output is appended."""
    ready: Probe
    after: Sequence[str] = ()
    """Names of services that have to be ready before the first start."""
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 10.0
    """Time from the stop signal to SIGKILL."""


class SupervisedService:
    """One service and its process. `on_change` is called after each change of its status or detail."""

    def __init__(
        self, service: Service, on_change: Callable[["SupervisedService"], None], policy: RestartPolicy
    ) -> None:
        self.service = service
        self.state = ServiceStatus.WAITING
        self.detail = ""
        """One line: the progress of the start, or why the service is not ready."""
        self.pid = 0
        self.start_time: StartTime = 0.0
        self.restarts = 0
        self.exit_status: int | None = None
        self._on_change = on_change
        self._policy = policy
        self._process: asyncio.subprocess.Process | None = None
        self._crashes = deque[float](maxlen=CRASHES_BEFORE_GIVING_UP)
        self.was_ready = asyncio.Event()
        self._stopping = asyncio.Event()
        self._log_offset = 0
        self._killed_because = ""

    async def run(self) -> None:
        """Start the service, and again after each crash or hang, until it is stopped or has failed."""
        for attempt in itertools.count():
            try:
                log_files.rotate(self.service.log)
                await self._run_once()
            except OSError as exc:  # the log cannot be written, or there is no memory for another process
                self._set(ServiceStatus.FAILED, f"cannot be started: {exc}")
                return
            if self._stopping.is_set():
                self._set(ServiceStatus.STOPPED)
                return
            if self._should_give_up():
                return
            self.restarts = attempt + 1
            delay = min(self._policy.first_backoff_seconds * 2 ** (len(self._crashes) - 1), _LONGEST_BACKOFF_SECONDS)
            log_line = log_files.last_log_line(self.service.log, self._log_offset)
            self._set(
                ServiceStatus.RESTARTING,
                f"{self._end_text()}; again in {delay:g} s{': ' if log_line else ''}{log_line}",
            )
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)
            if self._stopping.is_set():
                self._set(ServiceStatus.STOPPED)
                return

    async def stop(self, *, at_once: asyncio.Event) -> None:
        """Send the stop signal, and kill the process after its grace, or as soon as `at_once` is set."""
        self._stopping.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(self.service.stop_signal)
        at_once_task = asyncio.create_task(at_once.wait())
        exit_task = asyncio.create_task(process.wait())
        try:
            await asyncio.wait(
                {at_once_task, exit_task}, timeout=self.service.grace_seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            at_once_task.cancel()
            processes.kill_group(process.pid)
        await exit_task
        await processes.end_group(process.pid)

    def kill(self) -> None:
        """Kill the process and all processes that it started."""
        self._stopping.set()
        if self._process is not None and self._process.returncode is None:
            processes.kill_group(self._process.pid)

    def last_lines(self) -> list[str]:
        """The last lines of the log since the last start, for people."""
        return [log_files.readable(line) for line in log_files.tail(self.service.log, _LAST_LINES, self._log_offset)]

    async def _run_once(self) -> None:
        log = self.service.log
        self._log_offset = log.stat().st_size if log.exists() else 0
        process = self._process = await processes.start(self.service.command, self.service.environment, log)
        self.pid, self.start_time = process.pid, start_time_of(process.pid)
        if self._stopping.is_set():  # while it was being started
            processes.kill_group(process.pid)
        self._killed_because = ""
        self._set(ServiceStatus.STARTING)
        probe_task = asyncio.create_task(self._probe(), name=f"probe {self.service.name}")
        try:
            self.exit_status = await process.wait()
        finally:
            probe_task.cancel()
            processes.kill_group(process.pid)  # the processes that it started must not outlive it
            with suppress(asyncio.CancelledError):
                await probe_task
        self.pid, self.start_time = 0, 0.0

    async def _probe(self) -> None:
        failed_probes, failing_since, silent = 0, 0.0, True
        while True:
            began = time.monotonic()
            try:
                health = await self.service.ready()
            except Exception as error:  # a fault of our own; untold, the service would be starting for ever
                self._set(ServiceStatus.FAILED, f"its health check failed: {error!r}")
                raise
            if health:
                failed_probes = 0
                self.was_ready.set()
                self._set(ServiceStatus.READY)
            elif self.state in (ServiceStatus.READY, ServiceStatus.UNRESPONSIVE):
                if not failed_probes:
                    failing_since, silent = began, True
                failed_probes += 1
                silent = silent and health is None
                self._judge(failed_probes, time.monotonic() - failing_since, silent=silent)
            else:
                self._set(ServiceStatus.STARTING, log_files.progress(self.service.log, self._log_offset))
            ready = self.state is ServiceStatus.READY
            await asyncio.sleep(_PROBE_SECONDS_READY if ready else _PROBE_SECONDS_STARTING)
            if ready:
                log_files.rotate(self.service.log)

    def _judge(self, failed_probes: int, seconds: float, *, silent: bool) -> None:
        """Say that a service whose probes have failed for `seconds` does not answer, and kill it after long."""
        if failed_probes < _PROBES_BEFORE_UNRESPONSIVE and seconds < _SECONDS_BEFORE_UNRESPONSIVE:
            return
        self._set(ServiceStatus.UNRESPONSIVE, "it does not answer" if silent else "its health check fails")
        policy = self._policy
        limit = max(policy.silent_seconds, self.service.grace_seconds) if silent else policy.unhealthy_seconds
        if failed_probes < _PROBES_BEFORE_UNRESPONSIVE or seconds < limit or self._stopping.is_set():
            return
        did = "did not answer" if silent else "was not healthy"
        self._killed_because = f"{did} for {seconds:.0f} s and was killed"
        processes.kill_group(self.pid)

    def _should_give_up(self) -> bool:
        if self.exit_status == CANNOT_START:
            lines = log_files.tail(self.service.log, 1, self._log_offset)
            self._set(ServiceStatus.FAILED, log_files.readable(lines[0]) if lines else "It cannot start.")
            return True
        now = time.monotonic()
        self._crashes.append(now)
        while now - self._crashes[0] > CRASH_WINDOW_SECONDS and self.was_ready.is_set():
            self._crashes.popleft()  # a service that never was ready has no good minute to start counting from
        if len(self._crashes) < CRASHES_BEFORE_GIVING_UP:
            return False
        span = now - self._crashes[0]
        self._set(
            ServiceStatus.FAILED,
            f"crashed {CRASHES_BEFORE_GIVING_UP} times in {span:.0f} s ({self._end_text()})",
        )
        return True

    def _end_text(self) -> str:
        return self._killed_because or _exit_text(self.exit_status)

    def _set(self, state: ServiceStatus, detail: str = "") -> None:
        if (state, detail) != (self.state, self.detail):
            self.state, self.detail = state, detail
            self._on_change(self)


class Supervisor:
    """Runs services while its block runs. At the end they are stopped in reverse order.

    Args:
        services: in the order of their start.
        on_change: called after each change of a service's status or detail.
        policy: when what hangs is killed, and how soon what has ended starts again.
    """

    def __init__(
        self,
        services: Sequence[Service],
        on_change: Callable[[SupervisedService], None],
        *,
        policy: RestartPolicy = RestartPolicy(),
    ) -> None:
        self._notify = on_change
        self._changed = asyncio.Event()
        self._stop_at_once = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.services = [SupervisedService(service, self._on_change, policy) for service in services]

    async def __aenter__(self) -> "Supervisor":
        """Begin to start the services."""
        for one in self.services:
            self._tasks.append(asyncio.create_task(self._run(one), name=one.service.name))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop the services one after the other, the last one first."""
        try:
            for one, task in zip(reversed(self.services), reversed(self._tasks), strict=True):
                if one.state is ServiceStatus.WAITING:
                    task.cancel()
                await one.stop(at_once=self._stop_at_once)
        finally:
            for one in self.services:
                one.kill()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop_service(self, name: str) -> None:
        """Stop one service for good; the others go on. Without one of this name nothing is done."""
        for one in self.services:
            if one.service.name == name:
                await one.stop(at_once=self._stop_at_once)

    def skip_grace(self) -> None:
        """Stop without grace, now or when the stop comes."""
        self._stop_at_once.set()

    async def settled(self) -> bool:
        """Wait until all services are ready (True) or one has failed (False)."""
        while True:
            self._changed.clear()
            if any(one.state is ServiceStatus.FAILED for one in self.services):
                return False
            if all(one.state is ServiceStatus.READY for one in self.services):
                return True
            await self._changed.wait()

    def failed(self) -> list[SupervisedService]:
        """The services that are not started again."""
        return [one for one in self.services if one.state is ServiceStatus.FAILED]

    async def _run(self, one: SupervisedService) -> None:
        needed = [other for other in self.services if other.service.name in one.service.after]
        for other in needed:
            await other.was_ready.wait()
        await one.run()

    def _on_change(self, one: SupervisedService) -> None:
        self._changed.set()
        self._notify(one)


def _exit_text(status: int | None) -> str:
    if status is None:
        return "did not run"
    if status < 0:
        with suppress(ValueError):
            return f"killed by {signal.Signals(-status).name}"
    return f"ended with status {status}"
