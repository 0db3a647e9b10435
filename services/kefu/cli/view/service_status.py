"""The status of starting services: a table that redraws itself on a terminal, lines elsewhere."""

import time
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from kefu.local.supervisor import ServiceStatus, SupervisedService
from kefu.text.terminal_text import one_line

_STYLES = {
    ServiceStatus.READY: "green",
    ServiceStatus.FAILED: "bold red",
    ServiceStatus.UNRESPONSIVE: "red",
    ServiceStatus.RESTARTING: "yellow",
    ServiceStatus.STARTING: "cyan",
}
_REPEAT_SECONDS = 10.0


class StatusView:
    """Shows the services' changes on `console` while its block runs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._services: Sequence[SupervisedService] = ()
        self._shown = dict[str, tuple[ServiceStatus, str, float]]()
        self._live: Live | None = None

    def watch(self, services: Sequence[SupervisedService]) -> None:
        """Set the services to show."""
        self._services = services

    def __enter__(self) -> "StatusView":
        """Begin to draw, if the console is a terminal."""
        if self._console.is_terminal:
            self._live = Live(get_renderable=self._table, console=self._console, refresh_per_second=8, transient=True)
            self._live.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        """Remove the drawing."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def on_change(self, one: SupervisedService) -> None:
        """Print a service's change, except on a terminal: each new status, and a new detail after 10 s."""
        if self._live is not None or one.state is ServiceStatus.WAITING:
            return
        now, name = time.monotonic(), one.service.name
        state, detail, since = self._shown.get(name, (None, "", 0.0))
        if one.state is state and (one.detail == detail or now - since < _REPEAT_SECONDS):
            return
        self._shown[name] = (one.state, one.detail, now)
        seconds = f"{now - self._began:6.1f} s"
        text = one_line(one.detail, 400 if one.state is ServiceStatus.FAILED else 110)
        self._console.print(f"{seconds}  {name:<13} {one.state}{': ' if text else ''}{text}", soft_wrap=True)

    def _table(self) -> Table:
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
        room = max(20, self._console.width - 34)
        for one in self._services:
            mark = (
                Spinner("dots")
                if one.state in (ServiceStatus.STARTING, ServiceStatus.RESTARTING)
                else Text(_MARKS[one.state])
            )
            style = _STYLES.get(one.state, "dim")
            detail = Text(one_line(one.detail, room), style="dim", no_wrap=True)
            table.add_row(mark, Text(one.service.name), Text(str(one.state), style=style), detail)
        table.add_row("", Text(f"{time.monotonic() - self._began:.0f} s", style="dim"), "", "")
        return table


_MARKS = {
    ServiceStatus.READY: "✓",
    ServiceStatus.FAILED: "✗",
    ServiceStatus.UNRESPONSIVE: "?",
    ServiceStatus.WAITING: "·",
    ServiceStatus.STOPPED: "·",
}
