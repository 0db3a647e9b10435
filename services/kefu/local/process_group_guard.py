"""Launcher of a command whose children must not outlive `kefu up`: `python process_group_guard.py COMMAND ARGUMENT...`.

nginx's workers are children of its master. The kernel kills the master when `kefu up` ends in any way (see
pdeathsig.py), but would leave the workers and the port that they hold. The guard is the master's parent: it forwards
signals, ends as the command ends, and kills its whole process group when its own parent is gone. The file is started by
path, behind pdeathsig.py.
"""

import ctypes
import os
import signal
import subprocess
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PARENT_DEATH_SIGNAL = signal.SIGUSR2
_FORWARDED_SIGNALS = (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT, signal.SIGHUP)


def main(command: list[str]) -> int:
    """Run `command` until it ends. Returns its exit status."""
    parent = os.getppid()
    signal.signal(_PARENT_DEATH_SIGNAL, _kill_process_group)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        # In place of the SIGKILL that pdeathsig.py asked for, which would leave no time to do anything.
        if libc.prctl(_PR_SET_PDEATHSIG, _PARENT_DEATH_SIGNAL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
        if os.getppid() != parent:
            return 1
    signal.pthread_sigmask(signal.SIG_BLOCK, _FORWARDED_SIGNALS)  # none is lost before there is someone to pass it to
    process = subprocess.Popen(
        command, preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, _FORWARDED_SIGNALS)
    )
    for number in _FORWARDED_SIGNALS:
        signal.signal(number, lambda number, _: process.send_signal(number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _FORWARDED_SIGNALS)
    status = process.wait()
    if status < 0:  # end in the same way, so that the parent sees the same status
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    return status


def _kill_process_group(_number: int, _frame: object) -> None:
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
