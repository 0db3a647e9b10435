"""Configuration: frozen, from the environment, and silent about secrets."""

import pathlib

import pytest
from pydantic import ValidationError

from kefu.common.config import StoredConfig


class ExampleConfig(StoredConfig, env_prefix="KEFU_EXAMPLE_"):
    """A service's configuration."""

    listen: str = "127.0.0.1:1"
    """Where it listens."""

    count: int
    """How many."""


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.setenv("KEFU_INTERNAL_KEY", "kefu_internal_secret")
    monkeypatch.setenv("KEFU_EXAMPLE_COUNT", "3")


def load() -> ExampleConfig:
    return ExampleConfig()  # pyright: ignore[reportCallIssue] - from the environment


def test_shared_and_own_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEFU_REDIS_URL", "redis://shared:6379/0")
    monkeypatch.setenv("KEFU_EXAMPLE_LISTEN", "0.0.0.0:9")
    config = load()
    assert (config.count, config.listen) == (3, "0.0.0.0:9")
    assert config.redis_url.get_secret_value() == "redis://shared:6379/0"


def test_a_wrong_variable_is_named_and_no_value_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEFU_EXAMPLE_COUNT", "hunter2")
    with pytest.raises(ValidationError) as caught:
        load()
    assert "count" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "kefu_internal_secret" not in str(caught.value)


def test_configuration_does_not_change_and_does_not_print_secrets() -> None:
    config = load()
    with pytest.raises(ValidationError):
        config.count = 4
    assert "kefu_internal_secret" not in repr(config)


def test_a_dot_env_file_is_read(tmp_path: object) -> None:
    with open(".env", "w", encoding="utf-8") as file:
        file.write("KEFU_EXAMPLE_LISTEN=1.2.3.4:5\n")
    assert load().listen == "1.2.3.4:5"


def test_a_variable_may_be_a_file_and_the_environment_wins(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kefu_redis_url").write_text("redis://:secret@store:6379/0\n")
    (tmp_path / "kefu_internal_key").write_text("from a file")
    (tmp_path / "kefu_example_listen").write_text("0.0.0.0:7\n")
    monkeypatch.setenv("KEFU_SECRETS_FOLDER", str(tmp_path))
    config = load()
    assert config.redis_url.get_secret_value() == "redis://:secret@store:6379/0"
    assert config.internal_key.get_secret_value() == "kefu_internal_secret"
    assert config.listen == "0.0.0.0:7"
    assert "secret" not in repr(config)


def test_tls_files_are_given_together_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().tls is None
    monkeypatch.setenv("KEFU_TLS_CERTIFICATE", "certificate.pem")
    with pytest.raises(ValidationError, match="or none of them"):
        load()
    monkeypatch.setenv("KEFU_TLS_KEY", "key.pem")
    monkeypatch.setenv("KEFU_TLS_AUTHORITY", "authority.pem")
    tls = load().tls
    assert tls is not None
    assert tls.certificate == pathlib.Path("certificate.pem")
