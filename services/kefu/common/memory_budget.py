"""Memory budget: the memory that this process may use, by its machine and by its container's limit."""

from pathlib import Path

import psutil

from kefu.common.control_groups import CGROUPS, MEMBERSHIP, group_folders, read_text


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
