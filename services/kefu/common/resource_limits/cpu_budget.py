"""CPU budget: the processor time that this process may use, by its affinity and by its container's quota."""

import os
from pathlib import Path

from kefu.common.resource_limits.control_groups import CGROUPS, MEMBERSHIP, group_folders, read_text


def usable_cores(cgroups: Path = CGROUPS, membership: Path = MEMBERSHIP) -> float:
    """Cores that this process may keep busy, maybe a fraction: 1.5 in a container with a limit of 1500m.

    The least of the cores that it may run on and of the quotas of its control groups (versions 1 and 2) and of those
    above them. A container sees every core of its node: a thread for each would be throttled to its quota. What cannot
    be read sets no limit.
    """
    folders = group_folders("cpu", cgroups, membership)
    quotas = [*map(_v1_quota, folders.v1), *map(_v2_quota, folders.v2)]
    return min([float(cores_to_run_on()), *(cores for cores in quotas if cores is not None)])


def cores_to_run_on() -> int:
    """Number of cores that this process may be scheduled on, whatever its quota."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # macOS and Windows


def _v1_quota(folder: Path) -> float | None:
    """Microseconds in each period; a quota of -1 is no limit."""
    return _cores(read_text(folder / "cpu.cfs_quota_us"), read_text(folder / "cpu.cfs_period_us"))


def _v2_quota(folder: Path) -> float | None:
    """The same in one file, as "150000 100000"; "max 100000" is no limit."""
    quota, _, period = read_text(folder / "cpu.max").partition(" ")
    return _cores(quota, period)


def _cores(quota: str, period: str) -> float | None:
    if not (quota.isdecimal() and period.isdecimal() and int(quota) and int(period)):
        return None
    return int(quota) / int(period)
