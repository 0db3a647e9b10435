"""The folder of `kefu up`: one holder, private keys, a state that is not believed when its process is gone."""

import json
import os
import re
import stat
from pathlib import Path
from unittest.mock import Mock

import psutil
import pytest

from kefu.cli.commands.doctor.findings import Verdict
from kefu.cli.commands.doctor.machine import examine
from kefu.local import ports
from kefu.local.data_dir import DataDir, ServiceState, StartTime, SuiteState, is_process, start_time_of
from kefu.local.errors import LocalError


@pytest.fixture
def folder(tmp_path: Path) -> DataDir:
    made = DataDir(tmp_path / "kefu")
    made.create()
    return made


def state(pid: int, start_time: StartTime) -> SuiteState:
    service = ServiceState("router", "127.0.0.1:1", "router.log", "ready", pid=pid, start_time=start_time)
    return SuiteState(pid, start_time, "run", "ready", "127.0.0.1:1", "127.0.0.1:2", [service])


def test_a_second_holder_is_refused_and_told_the_process(folder: DataDir) -> None:
    refused = pytest.raises(LocalError, match=rf"process {os.getpid()}.*--data-dir")
    with folder.locked(), refused, folder.locked():
        pass
    with folder.locked():
        pass  # and free again


def test_keys_are_made_once_and_only_their_owner_reads_them(folder: DataDir) -> None:
    assert folder.keys() is None
    keys = folder.make_keys()
    assert folder.make_keys() == keys == folder.keys()
    assert re.fullmatch(r"kefu_bootstrap_[0-9a-f]{64}", keys.bootstrap)
    assert re.fullmatch(r"kefu_internal_[0-9a-f]{64}", keys.internal)
    assert stat.S_IMODE((folder.path / "keys.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_the_files_of_the_order_system_are_told_from_all_others(folder: DataDir) -> None:
    folder.make_keys()
    folder.make_order_system_key()
    shop = ("orders.db", "orders.db-wal", "orders.identity.pem", "logs/orders.log", "logs/orders.log.1")
    for name in (*shop, "logs/router.log", "visitor_secret"):
        (folder.path / name).write_text("")
    found = {str(file.relative_to(folder.path)) for file in folder.order_system_files()}
    assert found == {*shop, "order_system_key"}


def test_damaged_keys_are_a_sentence(folder: DataDir) -> None:
    (folder.path / "keys.json").write_text("{")
    with pytest.raises(LocalError, match="damaged"):
        folder.keys()


@pytest.mark.parametrize(
    "keys",
    [
        {"bootstrap": "x; touch pwned; echo", "internal": "y", "redis_password": "z"},
        {"bootstrap": "kefu_bootstrap_" + "a" * 64, "internal": "$(touch pwned)", "redis_password": "z"},
    ],
)
def test_keys_that_are_none_are_not_believed(folder: DataDir, keys: dict[str, str]) -> None:
    (folder.path / "keys.json").write_text(json.dumps(keys))
    with pytest.raises(LocalError, match="damaged"):
        folder.keys()


@pytest.mark.parametrize(("what", "readers"), [("", "keys running"), ("keys.json", "keys"), ("state.json", "running")])
def test_a_folder_that_others_may_write_is_not_trusted(folder: DataDir, what: str, readers: str) -> None:
    folder.make_keys()
    folder.write_state(state(os.getpid(), start_time_of(os.getpid())))
    path = folder.path / what
    path.chmod(path.stat().st_mode | stat.S_IWOTH)
    for reader in readers.split():
        with pytest.raises(LocalError, match=r"not trusted.*--data-dir"):
            getattr(folder, reader)()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_not_trusted(folder: DataDir) -> None:
    folder.make_keys()
    os.chown(folder.path, 12345, 12345)
    for read in (folder.keys, folder.running):
        with pytest.raises(LocalError, match="belongs to another user"):
            read()


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalError, match="--data-dir"):
        DataDir(tmp_path / "file").create()


def test_state_is_read_as_it_was_written(folder: DataDir) -> None:
    written = state(os.getpid(), start_time_of(os.getpid()))
    folder.write_state(written)
    assert folder.read_state() == written == folder.running()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"services": [{"colour": 1}]}'])
def test_a_damaged_state_is_none(folder: DataDir, text: str) -> None:
    (folder.path / "state.json").write_text(text)
    assert folder.read_state() is None


def test_a_pid_that_was_given_to_another_process_is_not_taken_for_the_old_one(folder: DataDir) -> None:
    boot, _, ticks = str(start_time_of(os.getpid())).rpartition(" ")
    before = f"{boot} {int(float(ticks)) - 1}" if boot else float(ticks) - 3600
    folder.write_state(state(os.getpid(), before))
    assert folder.running() is None
    assert not is_process(os.getpid(), before)


def test_a_clock_that_is_set_makes_no_stranger_of_a_process(folder: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    if not isinstance(start_time_of(os.getpid()), str):
        pytest.skip("this kernel notes the start once: the clock does not move it")
    folder.write_state(state(os.getpid(), start_time_of(os.getpid())))
    moved = psutil.Process().create_time() + 19
    monkeypatch.setattr(psutil.Process, "create_time", Mock(return_value=moved))
    assert folder.running()


def test_the_pid_and_the_ticks_of_another_boot_are_a_stranger() -> None:
    before = start_time_of(os.getpid())
    if not isinstance(before, str):
        pytest.skip("this kernel counts from the epoch: no two boots have one start")
    assert is_process(os.getpid(), before)
    assert not is_process(os.getpid(), "00000000-0000-0000-0000-000000000000 " + before.rpartition(" ")[2])


def test_the_state_of_an_earlier_release_is_known(folder: DataDir) -> None:
    folder.write_state(state(os.getpid(), psutil.Process().create_time()))
    assert folder.running()
    folder.write_state(state(os.getpid(), psutil.Process().create_time() - 3600))
    assert folder.running() is None


def test_doctor_knows_the_ports_of_the_kefu_that_runs_here(folder: DataDir) -> None:
    own = f"{ports.HOST}:{ports.ROUTER}", f"http://{ports.HOST}:{ports.GATEWAY}"
    services = [ServiceState(name, address, "log") for name, address in zip(("router", "gateway"), own, strict=True)]
    me = os.getpid()
    folder.write_state(SuiteState(me, start_time_of(me), "run", "ready", own[0], "127.0.0.1:2", services))
    findings = {finding.subject: finding for finding in examine(folder)}
    for port, name in ((ports.ROUTER, "router"), (ports.GATEWAY, "gateway")):
        found = findings[f"Port {port}"]
        assert (found.verdict, found.found) == (Verdict.GOOD, f"{name}, of the Kefu that runs here")
