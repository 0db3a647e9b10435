"""`kefu up`: the whole suite on this machine, in child processes."""

import asyncio
import os
import shlex
import shutil
import sys
import time
import uuid
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from rich.console import Console

from kefu.cli.commands.demo.demo_setup import Demo, run_demo
from kefu.cli.console import CommandFailed, console, print_table
from kefu.cli.remote.connection import Remote
from kefu.cli.view.service_status import StatusView
from kefu.common.errors import CANNOT_START
from kefu.common.resource_limits.memory_budget import available_memory
from kefu.common.telemetry import set_up_logging
from kefu.generation.config import configuration_without_key
from kefu.generation.engine_choice import choose_engine, nvidia_gpus
from kefu.generation.model_choice import choose_and_fetch, is_auto, reader_of
from kefu.generation.models.preflight import check_model
from kefu.local import processes
from kefu.local.data_dir import DEFAULT, DataDir, ServiceState, SuiteState, start_time_of
from kefu.local.ports import PortAllocator
from kefu.local.suite import ORDER_SYSTEM, LocalSuite, SuiteOptions, compose
from kefu.local.supervisor import ServiceStatus, SupervisedService, Supervisor
from kefu.text.terminal_text import printable

T = TypeVar("T")


def up(options: SuiteOptions, folder: DataDir) -> None:
    """Run the suite until Ctrl-C or SIGTERM. Raises CommandFailed when a service does not start."""
    folder.create()
    out = console()
    with folder.locked(), PortAllocator(lambda sentence: out.print(sentence, soft_wrap=True)) as allocator:
        if earlier_state := folder.read_state():
            for what in processes.kill_leftovers(earlier_state):
                out.print(f"Ended {what}, which an earlier `kefu up` had left behind.")
        options = with_model(options, out)
        keys = folder.make_keys()
        run_id, pid = uuid.uuid4().hex, os.getpid()
        suite = compose(options, folder, keys, run_id, allocator)
        state = SuiteState(
            pid,
            start_time_of(pid),
            run_id,
            router=suite.router,
            retrieval=suite.retrieval,
            root_certificate=suite.root_certificate,
            gateway=suite.gateway,
        )
        run = _Run(suite, folder, state, out)
        remote = Remote(suite.router, suite.retrieval, keys.bootstrap, folder, True, suite.root_certificate)
        try:
            shop = Demo(suite.order_system, folder.make_order_system_key()) if options.demo else None
            asyncio.run(run.until_stopped(remote, shop))
        finally:
            folder.remove_state()


def with_model(options: SuiteOptions, out: Console) -> SuiteOptions:
    """The options with the model that this machine chooses, where that is wanted: fetched, with reasons printed.

    Raises StartupError for a model that cannot be run here: before all else has started for nothing.
    """
    try:
        read = configuration_without_key()
    except ValidationError:
        return options  # the service says what is wrong
    engine = choose_engine(options.engine or read.engine)  # pyright: ignore[reportArgumentType] - see EngineSetting
    model = options.model or read.model
    gpu = nvidia_gpus() > 0
    if is_auto(model):
        if engine != "llamacpp":
            return options  # the service knows its default
        # On a terminal a bar shows how a fetch goes on; in a log, lines do.
        set_up_logging("up", "warning" if out.is_terminal else "info", "console")
        chosen = asyncio.run(choose_and_fetch(read, lambda sentence: out.print(sentence, soft_wrap=True)))
        model = chosen.name
    if reader := reader_of(engine, read, gpu=gpu):
        check_model(model, read.cache_dir, reader, available_memory())
    return replace(options, model=model)


class _Run:
    """One run of the suite, with its output on the terminal and its state file."""

    def __init__(self, suite: LocalSuite, folder: DataDir, state: SuiteState, out: Console) -> None:
        self._suite = suite
        self._folder = folder
        self._state = state
        self._out = out
        self._view = StatusView(out)
        self._stop = asyncio.Event()
        self._shop_stop: asyncio.Task[None] | None = None
        self._supervisor = Supervisor(suite.services, self._on_change)
        self._view.watch(self._supervisor.services)

    async def until_stopped(self, remote: Remote, demo: Demo | None) -> None:
        """Start all services, run the demo unless that is None, wait for a signal, and stop all."""
        began = time.monotonic()
        processes.on_stop_signals(self._on_signal)
        if demo is not None:
            asyncio.get_running_loop().add_signal_handler(processes.SHOP_SIGNAL, self._on_shop_signal)
        failed: Sequence[SupervisedService] = ()
        async with self._supervisor:
            self._record("starting")
            with self._view:
                ready = await self._unless_stopped(self._supervisor.settled())
            if ready:
                self._print_ready(time.monotonic() - began)
                if demo is not None:
                    self._record("demo")
                if demo is None or await self._unless_stopped(run_demo(remote, demo, self._out)):
                    self._print_next_steps()
                    self._record("ready")  # whoever waits for this may read at once what was printed
                    await self._stop.wait()
            elif ready is False:
                failed = self._supervisor.failed()
                for one in failed:
                    self._print_failure(one)
            self._record("stopping")
            self._out.print("Stopping …")
        self._out.print("Stopped: no process is left.")
        if failed:
            names = " and ".join(one.service.name for one in failed)
            permanent = any(one.exit_status == CANNOT_START for one in failed)
            raise CommandFailed(f"Kefu did not start: {names} failed, see above.", CANNOT_START if permanent else 1)

    async def _unless_stopped(self, work: Coroutine[Any, Any, T]) -> T | None:
        """The result of `work`; None when a signal came first, and the work was cancelled."""
        task = asyncio.create_task(work)
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            task.cancel()
            stopping.cancel()
            await asyncio.gather(task, stopping, return_exceptions=True)

    def _on_signal(self) -> None:
        if self._stop.is_set():
            self._supervisor.skip_grace()
        self._stop.set()

    def _on_shop_signal(self) -> None:
        if self._shop_stop is None:
            self._shop_stop = asyncio.create_task(self._stop_shop())

    async def _stop_shop(self) -> None:
        await self._supervisor.stop_service(ORDER_SYSTEM)
        self._out.print("The sample shop was stopped, by `kefu demo remove`.")

    def _on_change(self, one: SupervisedService) -> None:
        self._record(self._state.phase)
        if self._state.phase == "stopping":
            return
        self._view.on_change(one)
        if one.state is ServiceStatus.FAILED and self._state.phase in ("demo", "ready"):
            self._print_failure(one)
            self._out.print(f"The other services go on. When it is mended: {self._stopped_by}, and `kefu up` again.")

    def _record(self, phase: str) -> None:
        self._state.phase = phase
        self._state.services = [
            ServiceState(
                name=one.service.name,
                address=one.service.address,
                log=str(one.service.log),
                state=str(one.state),
                detail=one.detail,
                pid=one.pid,
                start_time=one.start_time,
                restarts=one.restarts,
            )
            for one in self._supervisor.services
            if phase == "stopping" or one.state is not ServiceStatus.STOPPED  # a shop that was stopped is no service
        ]
        self._folder.write_state(self._state)

    def _print_ready(self, seconds: float) -> None:
        self._out.print()
        self._out.print(f"Kefu is ready ({seconds:.0f} s).", style="bold green")
        print_table(
            ("service", "state", "address", "process"),
            [
                (one.service.name, str(one.state), one.service.address, str(one.pid))
                for one in self._supervisor.services
            ],
        )

    @property
    def _stopped_by(self) -> str:
        # Without a terminal, as in the background, there is nobody to press Ctrl-C.
        return "Ctrl-C" if sys.stdin.isatty() else f"`kefu down{self._folder_option}`"

    @property
    def _folder_option(self) -> str:
        is_usual = self._folder.path == DEFAULT.absolute()
        return "" if is_usual else f" --data-dir {shlex.quote(str(self._folder.path))}"

    def _print_next_steps(self) -> None:
        here = self._folder_option
        commands = [
            (f"kefu chat{here}", "talk to it"),
            (f"kefu import FOLDER --create{here}", "add your own documents"),
            (f'kefu search "…"{here}', "see what a question finds"),
            (f"kefu keys create --role agent{here}", "make a key for the desk; for a lead: --role lead"),
            (f"kefu status{here}", "see how it is; also kefu logs -f, kefu doctor"),
            (f'eval "$(kefu env{here})"', "set KEFU_SERVER and KEFU_KEY for your own programs"),
        ]
        if self._suite.order_system:
            commands.append((f"kefu demo remove{here}", "take the sample away when you go on without it"))
        if shutil.which("kefu") is None:
            activate = Path(sys.executable).absolute().with_name("activate")
            if activate.exists():
                commands.insert(0, (f"source {shlex.quote(str(activate))}", "so that `kefu` is found"))
        pages = [(self._suite.gateway, "talk to it; the support team's desk is at /desk")]
        if self._suite.order_system:
            pages.append((self._suite.order_system, 'the sample shop: sign in as a customer, ask "where is my order"'))
        width = max(len(command) for command, _ in (*pages, *commands))
        self._out.print()
        terminal = "another terminal" if sys.stdin.isatty() else "a terminal"
        for heading, lines in (("Go on in a browser:", pages), (f"Or in {terminal}:", commands)):
            self._out.print(heading, style="bold")
            for command, what in lines:
                self._out.print(f"  {command:<{width}}  {what}", soft_wrap=True)
        self._out.print(f"Everything is kept in {self._folder.path}. {self._stopped_by} stops Kefu.", soft_wrap=True)

    def _print_failure(self, one: SupervisedService) -> None:
        self._out.print()
        self._out.print(f"{one.service.name}: {printable(one.detail)}", style="bold red", soft_wrap=True)
        if one.exit_status != CANNOT_START:
            self._out.print(f"The last lines of {one.service.log}:", soft_wrap=True)
            for line in one.last_lines():
                self._out.print(f"  {line}", style="dim", soft_wrap=True)
