"""Progress of a long download or conversion: a bar on a terminal, else a log line every few seconds."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TransferSpeedColumn

_log = structlog.stdlib.get_logger()
_LOG_INTERVAL_SECONDS = 5.0

Advance = Callable[[int], None]
"""To be called with the bytes done so far."""


@contextmanager
def show_progress(what: str, total: int = 0) -> Iterator[Advance]:
    """Show the progress of `what` while the block runs. `total` is in bytes; 0: only time can be shown."""
    began = time.monotonic()
    if sys.stderr.isatty():
        sizes = (DownloadColumn(), TransferSpeedColumn()) if total else ()
        columns = (TextColumn("{task.description}"), BarColumn(), *sizes, TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task(what, total=total or None)
            yield lambda done: bar.update(task, completed=done)
        return
    _log.info("progress.began", what=what)
    last = began

    def advance(done: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _LOG_INTERVAL_SECONDS:
            last = time.monotonic()
            sizes = {"megabytes": done // 1_000_000, "of": total // 1_000_000} if total else {}
            _log.info("progress", what=what, seconds=round(last - began), **sizes)

    yield advance
    _log.info("progress.done", what=what, seconds=round(time.monotonic() - began, 1))
