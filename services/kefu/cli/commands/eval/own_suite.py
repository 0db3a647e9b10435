"""A suite of its own for a measurement, in a temporary folder and on unused ports; it is gone afterwards."""

import asyncio
import os
import tempfile
import uuid
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
from rich.console import Console

from kefu.cli.console import CommandFailed
from kefu.cli.remote.connection import Remote
from kefu.cli.view.service_status import StatusView
from kefu.common.errors import CANNOT_START
from kefu.local.data_dir import DataDir
from kefu.local.ports import PortAllocator, unused_ports
from kefu.local.suite import SuiteOptions, compose
from kefu.local.supervisor import Service, ServiceStatus, SupervisedService, Supervisor
from kefu.text.terminal_text import printable

_SETTINGS = {
    "router": {
        "KEFU_ROUTER_DESK_CONVERSATIONS": "0",  # hundreds of questions are handed over, and nobody comes
        "KEFU_ROUTER_CACHE_ANSWERS": "false",  # each question is measured by itself, in whatever order it comes
    },
    "retrieval": {"KEFU_RETRIEVAL_CALIBRATION_SECONDS": "0"},  # it is asked for: none runs beside the questions
}
"""Settings of the services that differ from those of `kefu up`. A variable of the environment goes before them."""
_NOT_NEEDED = ("gateway",)
_PORTS = ("port", "retrieval_port", "generation_port", "redis_port", "gateway_port")
_DEATH_SECONDS = 0.01
_READY_SECONDS = 0.1


@dataclass(frozen=True)
class OwnSuite:
    """A suite that runs for a measurement."""

    remote: Remote
    supervisor: Supervisor

    @property
    def names(self) -> list[str]:
        """What its services are called."""
        return [one.service.name for one in self.supervisor.services]

    async def until_ready(self) -> None:
        """Wait until all services serve. Raises CommandFailed when one has died too often."""
        while any(one.state is not ServiceStatus.READY for one in self.supervisor.services):
            if failed := self.supervisor.failed():
                raise _failure(failed)
            await asyncio.sleep(_READY_SECONDS)

    async def kill(self, name: str) -> None:
        """Kill a service at once, as kill -9 does, and return once it has died. It is started again."""
        process = psutil.Process(next(one.pid for one in self.supervisor.services if one.service.name == name))
        process.kill()
        with suppress(psutil.NoSuchProcess):
            # Its parent, this process, waits for it elsewhere.
            while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110
                await asyncio.sleep(_DEATH_SECONDS)


@asynccontextmanager
async def own_suite(options: SuiteOptions, out: Console) -> AsyncIterator[Remote]:
    """Run a suite while the block runs, see `open_own_suite`."""
    async with open_own_suite(options, out) as suite:
        yield suite.remote


@asynccontextmanager
async def open_own_suite(
    options: SuiteOptions,
    out: Console,
    *,
    router: Mapping[str, str] | None = None,
    without: Collection[str] = (),
) -> AsyncIterator[OwnSuite]:
    """Run a suite while the block runs. Raises CommandFailed when a service does not start.

    `options` names the model; the ports are chosen here, away from the usual ones: whoever asks "the Kefu of this
    machine" meanwhile does not mean this one. `router`: more settings of the router. `without`: services to leave out.
    """
    chosen = dict(zip(_PORTS, unused_ports(len(_PORTS)), strict=True))
    options = replace(options, **chosen)
    with tempfile.TemporaryDirectory(prefix="kefu-eval-") as path, PortAllocator(out.print) as allocator:
        folder = DataDir(Path(path))
        folder.create()
        keys = folder.make_keys()
        suite = compose(options, folder, keys, uuid.uuid4().hex, allocator)
        view = StatusView(out)
        services = [
            _with_settings(one, router or {}) for one in suite.services if one.name not in {*_NOT_NEEDED, *without}
        ]
        async with Supervisor(services, view.on_change) as supervisor:
            view.watch(supervisor.services)
            with view:
                ready = await supervisor.settled()
            if not ready:
                raise _failure(supervisor.failed())
            remote = Remote(suite.router, suite.retrieval, keys.bootstrap, folder, waits_for_restart=True)
            yield OwnSuite(remote, supervisor)


def _with_settings(service: Service, router: Mapping[str, str]) -> Service:
    settings = {**_SETTINGS.get(service.name, {}), **(router if service.name == "router" else {})}
    chosen = {name: os.environ.get(name, value) for name, value in settings.items()}
    return replace(service, environment={**service.environment, **chosen})


def _failure(failed: list[SupervisedService]) -> CommandFailed:
    lines = ["The suite for the measurement did not start, or stopped."]
    for one in failed:
        lines.append(f"{one.service.name}: {printable(one.detail)}")
        if one.exit_status != CANNOT_START:  # then the detail says it all
            lines += [f"  {line}" for line in one.last_lines()]  # its log is gone with the folder
    return CommandFailed(
        "\n".join(lines), CANNOT_START if any(one.exit_status == CANNOT_START for one in failed) else 1
    )
