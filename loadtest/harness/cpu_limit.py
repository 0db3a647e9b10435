"""Processes held to a part of a core by control groups: a small machine imitates one with more, slower cores."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from kefu.common.resource_limits.control_groups import CGROUPS

_PERIOD_MICROSECONDS = 20_000
"""A fifth of the kernel's own: a process that has used up its part stands still for a shorter time."""


class CannotLimit(RuntimeError):
    """Control groups cannot be written here."""


@contextmanager
def limited_cpu(processes: Mapping[str, Sequence[int]], cores: float, cgroups: Path = CGROUPS) -> Iterator[None]:
    """Hold each group of processes, by name, to so many cores while the block runs.

    Children that a process starts meanwhile are held with it. Raises CannotLimit: it takes root.
    """
    with ExitStack() as stack:
        for name, pids in processes.items():
            stack.enter_context(_limited(f"kefu-load-{name}", pids, cores, cgroups))
        yield


@contextmanager
def _limited(name: str, pids: Sequence[int], cores: float, cgroups: Path) -> Iterator[None]:
    quota = round(cores * _PERIOD_MICROSECONDS)
    root = cgroups / "cpu" if (cgroups / "cpu").is_dir() else cgroups
    group = root / name
    try:
        group.mkdir(exist_ok=True)
        if root == cgroups:
            (group / "cpu.max").write_text(f"{quota} {_PERIOD_MICROSECONDS}")
        else:
            (group / "cpu.cfs_period_us").write_text(str(_PERIOD_MICROSECONDS))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        for pid in pids:
            (group / "cgroup.procs").write_text(str(pid))
    except OSError as error:
        raise CannotLimit(f"Processes cannot be held to {cores:g} cores here: {error}.") from None
    try:
        yield
    finally:
        # A group goes once it is empty: those that still run go back to where all are.
        for pid in (group / "cgroup.procs").read_text().split():
            (root / "cgroup.procs").write_text(pid)
        group.rmdir()
