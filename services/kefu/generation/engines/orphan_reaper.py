"""
Orphan reaper: kills the processes that a dead service leaves behind, `python orphan_reaper.py MARKER`.

vLLM's engine core and workers outlive a parent that is killed with SIGKILL. A parent-death signal would have to be set
inside each of them, while they are still importing, and follows the thread that started them, not the process. The
reaper instead waits for the end of its standard input. The service holds that open, and the kernel closes it however
the service ends. Then the reaper kills every process that has MARKER in its environment. It imports the standard
library alone.
"""

import os
import signal
import sys
import time

REAP_SECONDS = 3.0
"""The reaper looks again for so long, in seconds: a child may have been starting another one."""


def marked_processes(marker: bytes, proc: str = "/proc") -> list[int]:
    """Ids of the other processes that have this `NAME=value` in their environment."""
    found: list[int] = []
    for entry in os.listdir(proc):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f"{proc}/{entry}/environ", "rb") as environ:
                if marker in environ.read().split(b"\0"):
                    found.append(int(entry))
        except OSError:  # ended meanwhile, or of another user
            continue
    return found


def reap(marker: bytes) -> None:
    """Kill the marked processes, looking again for `REAP_SECONDS`."""
    deadline = time.monotonic() + REAP_SECONDS
    while time.monotonic() < deadline:
        for pid in marked_processes(marker):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.1)


def main() -> None:
    """Wait for the end of the service, then reap."""
    while sys.stdin.buffer.read(1):
        continue
    reap(os.fsencode(sys.argv[1]))


if __name__ == "__main__":
    main()
