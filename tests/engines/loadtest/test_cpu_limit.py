"""Processes held to a part of a core, with the files of control groups imitated."""

from pathlib import Path

import pytest

from loadtest.harness.cpu_limit import CannotLimit, limited_cpu


def group(root: Path, name: str, *files: str) -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    for file in ("cgroup.procs", *files):
        (folder / file).write_text("")
    return folder


def stay(folder: Path) -> None:
    """In place of rmdir: the kernel's folders of groups hold no files of their own."""


def test_each_group_of_processes_has_its_part_under_either_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "v1", tmp_path / "v2"
    group(first, "cpu")
    group(second, ".")
    monkeypatch.setattr(Path, "rmdir", stay)
    with limited_cpu({"retrieval": [12], "retrieval-2": [13]}, 0.3, first):
        for name, pid in (("retrieval", "12"), ("retrieval-2", "13")):
            own = first / "cpu" / f"kefu-load-{name}"
            assert (own / "cpu.cfs_period_us").read_text() == "20000"
            assert (own / "cpu.cfs_quota_us").read_text() == "6000"
            assert (own / "cgroup.procs").read_text() == pid
    assert (first / "cpu" / "cgroup.procs").read_text() in ("12", "13"), "they go back to where all are"
    with limited_cpu({"retrieval": [12]}, 1.5, second):
        assert (second / "kefu-load-retrieval" / "cpu.max").read_text() == "30000 20000"


def test_without_the_right_to_it_that_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(CannotLimit, match=r"cannot be held to 0\.3 cores here"),
        limited_cpu({"x": [1]}, 0.3, tmp_path / "no"),
    ):
        pass
