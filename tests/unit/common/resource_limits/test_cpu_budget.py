"""How many cores a process may keep busy, over trees as Linux shows them."""

from pathlib import Path

import pytest

from kefu.common.resource_limits import cpu_budget
from kefu.common.resource_limits.cpu_budget import usable_cores
from tests.support.control_groups import write_control_groups

CORES = 64


@pytest.fixture(autouse=True)
def node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_budget, "cores_to_run_on", lambda: CORES)


@pytest.mark.parametrize(
    ("membership", "files", "cores"),
    [
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 1.5),
        ("0::/\n", {"cpu.max": "max 100000\n"}, CORES),
        ("0::/\n", {}, CORES),  # the root of a machine has no cpu.max
        ("0::/\n", {"cpu.max": "9000000 100000\n"}, CORES),  # a quota above what the process may run on
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000", "a/cpu.max": "200000 100000"}, 2),  # the group above sets the limit
        ("0::/a/b\n", {"a/b/cpu.max": "50000 100000", "a/cpu.max": "200000 100000"}, 0.5),
        ("0::/kubepods/pod1/container\n", {"cpu.max": "400000 100000"}, 4),  # the node's path, the container's mount
        ("0::/../x\n", {"x/cpu.max": "300000 100000"}, 3),  # outside the root of the namespace
        ("4:cpu,cpuacct:/a\n3:memory:/b\n", {"cpu,cpuacct/a/cpu.cfs_quota_us": "250000",
                                             "cpu,cpuacct/a/cpu.cfs_period_us": "100000"}, 2.5),
        ("4:cpuacct,cpu:/a\n", {"cpu/a/cpu.cfs_quota_us": "250000", "cpu/a/cpu.cfs_period_us": "100000"}, 2.5),
        ("4:cpu:/a\n", {"cpu/a/cpu.cfs_quota_us": "-1", "cpu/a/cpu.cfs_period_us": "100000"}, CORES),
        ("5:cpuset:/a\n", {"cpuset/a/cpu.cfs_quota_us": "1000", "cpuset/a/cpu.cfs_period_us": "1000"}, CORES),
        ("4:cpu:/a\n0::/a\n", {"cpu/a/cpu.cfs_quota_us": "100000", "cpu/a/cpu.cfs_period_us": "100000",
                               "unified/a/cpu.max": "max 100000"}, 1),  # both versions at once
        ("", {"cpu.max": "100000 100000"}, CORES),
        ("nonsense\n\n0::/\n", {"cpu.max": "100000 0"}, CORES),
        ("0::/\n", {"cpu.max": ""}, CORES),
    ],
)  # fmt: skip
def test_usable_cores_are_the_least_of_affinity_and_quotas(
    tmp_path: Path, membership: str, files: dict[str, str], cores: float
) -> None:
    groups = write_control_groups(tmp_path, membership, files)
    assert usable_cores(*groups) == cores


def test_a_system_without_control_groups_sets_no_limit(tmp_path: Path) -> None:
    assert usable_cores(tmp_path / "absent", tmp_path / "absent") == CORES


def test_files_that_cannot_be_read_set_no_limit(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_bytes(b"\xff\xfe")
    (tmp_path / "membership").mkdir()
    assert usable_cores(tmp_path, tmp_path / "membership") == CORES
    (tmp_path / "own").write_text("0::/\n")
    assert usable_cores(tmp_path, tmp_path / "own") == CORES
