"""deploy/compose.backup.yaml, read and not run: locked in, reachable by nobody, the same program as in a cluster."""

import re
from typing import Any

import pytest
import yaml

from kefu.backup.config import BackupConfig
from kefu.backup.scratch import SERVER_ARGUMENTS
from tests.unit.repository.test_compose_file import COMPOSE, DEPLOY, RELEASE, SERVICES

FILE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.backup.yaml").read_text("utf-8"))
BACKUP, SCRATCH = FILE["services"]["backup"], FILE["services"]["scratch"]


@pytest.mark.parametrize("name", ["backup", "scratch"])
def test_both_are_locked_in_and_run_only_when_they_are_told_to(name: str) -> None:
    service = FILE["services"][name]
    assert service["profiles"] == ["backup"]
    assert service["restart"] == "no"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == "10001:10001", "they share files"
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert "ports" not in service


def test_redis_alone_is_reached_and_its_password_is_a_file() -> None:
    assert BACKUP["networks"] == ["store"] == SERVICES["redis"]["networks"]
    assert SCRATCH["network_mode"] == "none"
    assert BACKUP["secrets"] == [{"source": "redis_url", "target": "kefu_redis_url"}]
    assert "redis_url" in COMPOSE["secrets"]


def test_the_copy_is_loaded_by_the_redis_that_it_is_of() -> None:
    assert SCRATCH["image"] == SERVICES["redis"]["image"]
    assert BACKUP["image"] == SERVICES["retrieval"]["image"]
    assert BACKUP["image"].endswith(f"-{RELEASE}}}")
    assert SCRATCH["command"] == [*SERVER_ARGUMENTS, "--dir", "/scratch", "--unixsocket", "/scratch/redis.sock"]
    memory = SERVICES["redis"]["deploy"]["resources"]["limits"]["memory"]
    assert SCRATCH["deploy"]["resources"]["limits"]["memory"] == memory == "2g"


def test_the_program_takes_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in BACKUP["environment"].items():
        monkeypatch.setenv(name, value)
    config = BackupConfig(_env_file=None)  # pyright: ignore[reportCallIssue] - pydantic-settings' own argument
    mounted = {re.sub(r"\$\{[^}]*\}", "", one).partition(":")[2] for one in BACKUP["volumes"]}
    assert mounted == {config.to, str(config.scratch).removesuffix("/redis.sock")}
