"""Memory budget: the memory that this process may use, and what of it is left, by its machine and its container."""

from pathlib import Path

import psutil

from kefu.common.resource_limits.control_groups import CGROUPS, MEMBERSHIP, group_folders, read_text


def usable_memory(cgroups: Path = CGROUPS, membership: Path = MEMBERSHIP) -> int:
    """Bytes of memory that there are for this process, whatever is free of them now: the same at every start.

    The least of the machine's memory and of the limits of its control groups (versions 1 and 2) and of those above
    them. What cannot be read sets no limit.
    """
    folders = group_folders("memory", cgroups, membership)
    limits = [
        *(read_text(folder / "memory.limit_in_bytes") for folder in folders.v1),  # a huge number where there is none
        *(read_text(folder / "memory.max") for folder in folders.v2),  # "max" where there is none
    ]
    return min([psutil.virtual_memory().total, *(int(limit) for limit in limits if limit.isdecimal())])


def available_memory(cgroups: Path = CGROUPS, membership: Path = MEMBERSHIP) -> int:
    """Bytes of memory that this process may still take now, without anything being pushed out or killed for it.

    The least of what the machine has available and of what the limits of the control groups leave. Files that the
    kernel keeps in memory count as free: it gives them up. What cannot be read sets no limit.
    """
    folders = group_folders("memory", cgroups, membership)
    left = [
        *(_left(folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_") for folder in folders.v1),
        *(_left(folder, "memory.max", "memory.current", "") for folder in folders.v2),
    ]
    return max(0, min([psutil.virtual_memory().available, *(one for one in left if one is not None)]))


def _left(folder: Path, limit_file: str, used_file: str, prefix: str) -> int | None:
    limit, used = read_text(folder / limit_file), read_text(folder / used_file)
    if not (limit.isdecimal() and used.isdecimal()):
        return None
    statistics = dict(line.split(" ", 1) for line in read_text(folder / "memory.stat").splitlines() if " " in line)
    files = sum(int(statistics.get(f"{prefix}{kind}_file", "0")) for kind in ("active", "inactive"))
    return int(limit) - int(used) + files
