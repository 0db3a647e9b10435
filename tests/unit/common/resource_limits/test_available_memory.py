"""How much memory a process may still take, over trees as Linux shows them."""

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from kefu.common.resource_limits.memory_budget import available_memory
from tests.support.control_groups import write_control_groups

AVAILABLE = 64_000


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=AVAILABLE))


STAT = "anon 700\nactive_file 200\ninactive_file 50\n"
V1_STAT = "cache 9\ntotal_active_file 200\ntotal_inactive_file 50\n"


@pytest.mark.parametrize(
    ("membership", "files", "left"),
    [
        ("0::/\n", {"memory.max": "4000\n", "memory.current": "1000\n"}, 3000),
        ("0::/\n", {"memory.max": "4000", "memory.current": "1000", "memory.stat": STAT}, 3250),
        ("0::/\n", {"memory.max": "max\n", "memory.current": "1000\n"}, AVAILABLE),
        ("0::/\n", {}, AVAILABLE),  # the root of a machine has no memory.max
        ("0::/\n", {"memory.max": "900000", "memory.current": "1"}, AVAILABLE),  # a limit above what there is
        ("0::/a/b\n", {"a/b/memory.max": "max", "a/b/memory.current": "1",
                       "a/memory.max": "5000", "a/memory.current": "1000"}, 4000),  # the group above sets the limit
        ("0::/kubepods/pod1\n", {"memory.max": "4000", "memory.current": "1000"}, 3000),  # the node's path
        ("0::/\n", {"memory.max": "1000", "memory.current": "1200"}, 0),
        ("8:memory:/a\n", {"memory/a/memory.limit_in_bytes": "4000", "memory/a/memory.usage_in_bytes": "1000",
                           "memory/a/memory.stat": V1_STAT}, 3250),
        ("8:memory:/a\n", {"memory/a/memory.limit_in_bytes": "9223372036854771712",
                           "memory/a/memory.usage_in_bytes": "1000"}, AVAILABLE),
        ("4:cpu:/a\n", {"memory/a/memory.limit_in_bytes": "4000", "memory/a/memory.usage_in_bytes": "0"}, AVAILABLE),
        ("nonsense\n\n0::/\n", {"memory.max": "", "memory.current": "x"}, AVAILABLE),
    ],
)  # fmt: skip
def test_available_memory_is_the_least_of_the_machine_and_of_what_limits_leave(
    tmp_path: Path, membership: str, files: dict[str, str], left: int
) -> None:
    groups = write_control_groups(tmp_path, membership, files)
    assert available_memory(*groups) == left


def test_a_system_without_control_groups_sets_no_limit(tmp_path: Path) -> None:
    assert available_memory(tmp_path / "absent", tmp_path / "absent") == AVAILABLE
