"""How much memory a process may use, over trees as Linux shows them."""

from pathlib import Path

import psutil
import pytest

from kefu.common.resource_limits.memory_budget import usable_memory
from tests.support.control_groups import write_control_groups

GIB = 2**30
MACHINE = psutil.virtual_memory().total


@pytest.mark.parametrize(
    ("membership", "files", "usable"),
    [
        ("0::/\n", {"memory.max": f"{GIB}\n"}, GIB),
        ("0::/\n", {"memory.max": "max\n"}, MACHINE),
        ("0::/a/b\n", {"a/b/memory.max": "max", "a/memory.max": f"{GIB // 2}"}, GIB // 2),
        ("0::/seen/by/the/node\n", {"memory.max": f"{GIB}"}, GIB),
        ("3:memory:/a\n", {"memory/a/memory.limit_in_bytes": f"{GIB}"}, GIB),
        ("3:memory:/a\n", {"memory/a/memory.limit_in_bytes": "9223372036854771712"}, MACHINE),
        ("3:cpu:/a\n", {"cpu/a/memory.limit_in_bytes": "1"}, MACHINE),
        ("", {}, MACHINE),
    ],
)
def test_usable_memory_is_the_least_of_the_machines_and_the_groups(
    tmp_path: Path, membership: str, files: dict[str, str], usable: int
) -> None:
    groups = write_control_groups(tmp_path, membership, files)
    assert usable_memory(*groups) == usable
