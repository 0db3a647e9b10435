"""Kill what a dead service leaves behind: `python reaper.py MARKER`, its standard input held open by the service.

vLLM's engine core and workers outlive a parent that is killed with SIGKILL. A parent-death signal would have to be set
inside each of them, while they are still importing, and follows the thread that started them, not the process. This
little process instead waits for the end of its standard input, which the kernel closes however the service ends, and
then kills every process that carries MARKER in its environment. It imports nothing but the standard library.
"""

import os
import signal
import sys
import time

ATTEMPTS_SECONDS = 3.0
"""Look again for so long: a child may have been starting another one."""


def carriers(marker: bytes, proc: str = "/proc") -> list[int]:
    """Ids of the processes that were started with this `NAME=value` in their environment, but for our own."""
    found: list[int] = []
    for entry in os.listdir(proc):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f"{proc}/{entry}/environ", "rb") as environ:
                if marker in environ.read().split(b"\0"):
                    found.append(int(entry))
        except OSError:  # gone meanwhile, or someone else's
            continue
    return found


def reap(marker: bytes) -> None:
    """Kill the carriers, looking again until none has been seen for a while."""
    deadline = time.monotonic() + ATTEMPTS_SECONDS
    while time.monotonic() < deadline:
        for pid in carriers(marker):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.1)


def main() -> None:
    """Wait for the service's end, then reap."""
    while sys.stdin.buffer.read(1):
        continue
    reap(os.fsencode(sys.argv[1]))


if __name__ == "__main__":
    main()
