"""The base of every service's configuration: frozen, from environment variables and a `.env` file."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceConfig(BaseSettings):
    """What every service needs to know. A variable given with the service's own prefix wins over `KEFU_…`."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",  # one `.env` serves all services
        frozen=True,
        hide_input_in_errors=True,  # a missing variable must not print the secrets beside it
        populate_by_name=True,
        use_attribute_docstrings=True,
    )

    metrics_listen: str = ""
    """Address of the Prometheus metrics, such as 0.0.0.0:9090. Empty: none."""

    internal_key: Annotated[SecretStr, Field(validation_alias="KEFU_INTERNAL_KEY")]
    """The services' own key, the same for all of them: `kefu_internal_` and 64 hexadecimal digits."""

    log_level: Annotated[Literal["debug", "info", "warning", "error"], Field(validation_alias="KEFU_LOG_LEVEL")] = (
        "info"
    )
    """Least level that is logged."""

    log_format: Annotated[Literal["auto", "json", "console"], Field(validation_alias="KEFU_LOG_FORMAT")] = "auto"
    """`json`, `console`, or `auto`: console on a terminal, else json."""

    drain_seconds: Annotated[float, Field(validation_alias="KEFU_DRAIN_SECONDS", ge=0)] = 20.0
    """After SIGTERM, calls in flight have this long to end. Keep it below the platform's grace period."""

    otlp_endpoint: Annotated[str, Field(validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")] = ""
    """Where traces go (OTLP over gRPC), such as http://collector:4317. Empty: nowhere."""


class StoredConfig(ServiceConfig):
    """What a service with Redis behind it needs to know as well."""

    redis_url: Annotated[SecretStr, Field(validation_alias="KEFU_REDIS_URL")] = SecretStr("redis://127.0.0.1:6379/0")
    """Where all state lives: redis:// or rediss://, at least Redis 7.2 or Valkey. May hold a password."""

    bootstrap_key: Annotated[SecretStr | None, Field(validation_alias="KEFU_BOOTSTRAP_KEY")] = None
    """The first key of tenant `default` (chat, knowledge and operator): `kefu_bootstrap_` and 64 hex digits."""
