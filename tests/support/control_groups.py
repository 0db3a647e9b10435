"""Trees of control groups as Linux shows them."""

from collections.abc import Mapping
from pathlib import Path


def write_control_groups(folder: Path, membership: str, files: Mapping[str, str]) -> tuple[Path, Path]:
    """Write the files of groups, and in which of them a process is; returns where both stand, in this order."""
    (folder / "membership").write_text(membership)
    for name, text in files.items():
        file = folder / "cgroup" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder / "cgroup", folder / "membership"
