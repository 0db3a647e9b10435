"""Control groups: the folders in which Linux tells what a process may use of its machine, versions 1 and 2."""

from pathlib import Path
from typing import NamedTuple

CGROUPS = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")


class GroupFolders(NamedTuple):
    """Folders of the groups that a process is in, and of all above them, which limit it too. Some may not exist."""

    v1: list[Path]
    v2: list[Path]


def group_folders(controller: str, cgroups: Path = CGROUPS, membership: Path = MEMBERSHIP) -> GroupFolders:
    """Where the limits of a controller ("cpu", "memory") stand. Empty on systems without control groups."""
    found = GroupFolders([], [])
    for line in read_text(membership).splitlines():
        controllers, _, group = line.partition(":")[2].partition(":")
        if not controllers:  # version 2: "0::/kubepods/pod1"
            found.v2.extend(_upward(cgroups, group))
        elif controller in controllers.split(","):  # version 1: "4:cpu,cpuacct:/kubepods/pod1"
            found.v1.extend(_upward(cgroups / controllers, group))
            found.v1.extend(_upward(cgroups / controller, group))
    return found


def read_text(file: Path) -> str:
    """Text of a file, stripped; empty when there is none, or none that can be read."""
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _upward(root: Path, group: str) -> list[Path]:
    """Folders of a group and of all above it. A container may be told a group that only its node can see."""
    parts = [part for part in group.split("/") if part not in ("", "..")]
    return [root.joinpath(*parts[:depth]) for depth in range(len(parts) + 1)]
