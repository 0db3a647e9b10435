"""Liveness of a service in a container, for engines that mark a container unhealthy and leave it so, as Docker does.

A health check that is given the service's module notes each outcome here. After too many failures in a row the service
is killed, and the container's restart policy starts it again. Kubernetes has probes of its own for this.
"""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

MOST_FAILURES = 9
"""At one check in 10 s this is longer than a service drains after SIGTERM, when it is rightly not healthy."""


def note_health(module: str, *, healthy: bool, folder: Path | None = None) -> None:
    """Note the outcome of a health check of `python -m MODULE`, and kill that after `MOST_FAILURES` in a row.

    Failures count only after a first success: what still loads is left alone. `folder` keeps the count; None: the
    folder for temporary files, which is the container's own.
    """
    count = (folder or Path(tempfile.gettempdir())) / f".{module}-failed-health-checks"
    if healthy:
        count.write_text("0")
        return
    try:
        failures = int(count.read_text()) + 1
    except (FileNotFoundError, ValueError):
        return
    count.write_text(str(failures))
    if failures < MOST_FAILURES:
        return
    count.unlink()
    for process in _processes_of(module):
        # Without an init process the service is process 1, which SIGKILL from inside does not reach.
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(OSError):
                os.kill(process, number)


def _processes_of(module: str) -> Iterator[int]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
            if ("-m", module) in pairwise(words):
                yield int(folder.name)
