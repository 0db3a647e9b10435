"""CPU budget: the processor time that this process may use, by its affinity and by its container's quota."""

import os
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")


def usable_cores(cgroups: Path = _CGROUPS, membership: Path = _MEMBERSHIP) -> float:
    """Cores that this process may keep busy, maybe a fraction: 1.5 in a container with a limit of 1500m.

    The least of the cores that it may run on and of the quotas of its control groups (versions 1 and 2) and of those
    above them. A container sees every core of its node: a thread for each would be throttled to its quota. What cannot
    be read sets no limit.
    """
    return min([float(cores_to_run_on()), *_quotas(cgroups, membership)])


def cores_to_run_on() -> int:
    """Number of cores that this process may be scheduled on, whatever its quota."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # macOS and Windows


def _quotas(cgroups: Path, membership: Path) -> list[float]:
    found: list[float | None] = []
    for line in _read(membership).splitlines():
        controllers, _, group = line.partition(":")[2].partition(":")
        if not controllers:  # version 2: "0::/kubepods/pod1"
            found += [_v2_quota(folder) for folder in _folders(cgroups, group)]
        elif "cpu" in controllers.split(","):  # version 1: "4:cpu,cpuacct:/kubepods/pod1"
            found += [_v1_quota(folder) for folder in _folders(cgroups / controllers, group)]
            found += [_v1_quota(folder) for folder in _folders(cgroups / "cpu", group)]
    return [cores for cores in found if cores is not None]


def _folders(root: Path, group: str) -> list[Path]:
    """Folders of a group and of all above it. A container may be told a group that only its node can see."""
    parts = [part for part in group.split("/") if part not in ("", "..")]
    return [root.joinpath(*parts[:depth]) for depth in range(len(parts) + 1)]


def _v2_quota(folder: Path) -> float | None:
    """From "150000 100000", microseconds in each period; "max 100000" is no limit."""
    return _cores(*_read(folder / "cpu.max").partition(" ")[::2])


def _v1_quota(folder: Path) -> float | None:
    """The same in two files; a quota of -1 is no limit."""
    return _cores(_read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us"))


def _cores(quota: str, period: str) -> float | None:
    quota, period = quota.strip(), period.strip()
    if not (quota.isdecimal() and period.isdecimal() and int(quota) and int(period)):
        return None
    return int(quota) / int(period)


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError):
        return ""
