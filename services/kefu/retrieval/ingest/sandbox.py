"""
Sandbox of a process that reads strangers' documents: Linux' Landlock, which a process puts upon itself without rights.

From then on the process and its threads read code and libraries alone: no other file, none of another process' entries
in /proc (its parent's environment holds the service's keys), nothing under /run/secrets. They write nothing, and open
no TCP connection. See landlock(7). Not covered by it: UDP, and sockets with a path.
"""

import ctypes
import os
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38
_READ = 0b1100  # files and folders
_READ_FILE = 0b0100
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""All rights over files that a version knows, from that version on."""
_TCP_SINCE, _TCP_RIGHTS = 4, 0b11
_SCOPE_SINCE, _SCOPES = 6, 0b11  # abstract sockets, and signals to processes outside
_SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/dev/urandom",
    "/dev/null",
)


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("tcp", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def confine() -> bool:
    """Confine this process for good. False, and nothing is done, where the kernel has no Landlock (before Linux 5.13).

    Raises OSError when the kernel has it and refuses.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, 0, _VERSION)
    if version < 1:
        return False
    rules = _Ruleset(
        files=_FILE_RIGHTS[max(known for known in _FILE_RIGHTS if known <= version)],
        tcp=_TCP_RIGHTS if version >= _TCP_SINCE else 0,
        scoped=_SCOPES if version >= _SCOPE_SINCE else 0,
    )
    ruleset = _checked(libc.syscall(_CREATE_RULESET, ctypes.byref(rules), ctypes.sizeof(rules), 0))
    try:
        for path in _readable():
            _permit(libc, ruleset, path)
        _checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        _checked(libc.syscall(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)
    return True


def _readable() -> Iterable[Path]:
    """What Python needs for imports that are still to come, and the system's libraries."""
    code = (sys.prefix, sys.base_prefix, *sys.path, *sysconfig.get_paths().values())
    return {Path(each).resolve() for each in (*code, *_SYSTEM) if each and Path(each).exists()}


def _permit(libc: ctypes.CDLL, ruleset: int, path: Path) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _PathBeneath(allowed=_READ if path.is_dir() else _READ_FILE, parent=descriptor)
        _checked(libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(descriptor)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
