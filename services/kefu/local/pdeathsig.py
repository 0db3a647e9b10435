"""Launcher of a command that dies with its parent: `python pdeathsig.py PARENT_PID COMMAND ARGUMENT...`.

The file is started by path and imports nothing of Kefu, because it runs before every service and has to be quick.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(parent: int, command: list[str]) -> None:
    """Become `command`, which the kernel kills when the process `parent` ends in any way.

    Only Linux can do that. On other systems the next `kefu up` cleans up.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
        if os.getppid() != parent:  # the parent ended before the call of prctl
            sys.exit(1)
    try:
        os.execv(command[0], command)  # noqa: S606 - the point of it
    except OSError as exc:
        sys.stderr.write(f"{command[0]} cannot be run: {exc.strerror}\n")
        sys.exit(78)  # EX_CONFIG: trying again would not help


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
