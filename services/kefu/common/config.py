"""The base of every service's configuration: frozen, from environment variables and a `.env` file."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field, SecretStr, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from kefu.common.grpc_options import Transport
from kefu.common.redis.redis_tls import RedisTls
from kefu.common.tls import Tls

SECRETS_FOLDER = "/run/secrets"
"""Where container engines put secrets as files; KEFU_SECRETS_FOLDER names another folder."""


_FIXED = "fixed"
_T = TypeVar("_T")
Fixed = Annotated[_T, _FIXED]
"""The type of a value that no variable sets. Tests and measurements give another one to the constructor."""


class Settings(BaseSettings):
    """Where values come from: the environment, `.env`, and the folder of secrets, in which a variable is a file."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",  # one `.env` serves all services
        frozen=True,
        hide_input_in_errors=True,  # a missing variable must not print the secrets beside it
        populate_by_name=True,
        use_attribute_docstrings=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources of values, in order: the first one that has a value wins. See pydantic-settings."""
        folder = os.environ.get("KEFU_SECRETS_FOLDER", SECRETS_FOLDER)
        files = (SecretsSettingsSource(settings_cls, secrets_dir=folder),) if os.path.isdir(folder) else ()
        return init_settings, *(_Variables(source) for source in (env_settings, dotenv_settings, *files))

    @classmethod
    def variables(cls) -> dict[str, str]:
        """The variable that sets each field which one may set."""
        prefix = cls.model_config.get("env_prefix", "")
        return {
            name: info.validation_alias if isinstance(info.validation_alias, str) else f"{prefix}{name}".upper()
            for name, info in cls.model_fields.items()
            if not _is_fixed(info)
        }

    @classmethod
    def unread(cls, environment: Iterable[str]) -> list[str]:
        """Variables with the prefix of this class that nothing reads: mistyped ones, and those of another release."""
        prefix = cls.model_config.get("env_prefix", "")
        fields = (name for name, info in cls.model_fields.items() if not _is_fixed(info))
        known = {f"{prefix}{name}".upper() for name in fields} | set(cls.variables().values())
        return sorted(name for name in environment if prefix and name.startswith(prefix) and name not in known)


class _Variables(PydanticBaseSettingsSource):
    """A source of values without those that no variable sets."""

    def __init__(self, source: PydanticBaseSettingsSource) -> None:
        super().__init__(source.settings_cls)
        self._source = source

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self._source.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        fields = self.settings_cls.model_fields
        return {
            name: value for name, value in self._source().items() if name not in fields or not _is_fixed(fields[name])
        }


def _is_fixed(info: FieldInfo) -> bool:
    return _FIXED in info.metadata


class RedisSettings(Settings):
    """The variables by which Redis is reached."""

    redis_url: Annotated[SecretStr, Field(validation_alias="KEFU_REDIS_URL")] = SecretStr("redis://127.0.0.1:6379/0")
    """Where all state lives: redis:// or rediss://, or redis+sentinel://HOST:26379,HOST:26379/SERVICE for whichever
    server the Sentinels name (?sentinel_password=… at its end where they want one). At least Redis 7.2 or Valkey. May
    hold a password."""

    redis_authority: Annotated[Path | None, Field(validation_alias="KEFU_REDIS_AUTHORITY")] = None
    """PEM file with the authority whose certificate Redis shows at a rediss:// URL, where it is a private one. Unset:
    those that the system knows. Read at start, as the next two are."""

    redis_certificate: Annotated[Path | None, Field(validation_alias="KEFU_REDIS_CERTIFICATE")] = None
    """PEM file with a certificate for Redis, where it wants one of its callers; with KEFU_REDIS_KEY."""

    redis_key: Annotated[Path | None, Field(validation_alias="KEFU_REDIS_KEY")] = None
    """PEM file with its key."""

    @model_validator(mode="after")
    def _check_redis_certificate(self) -> Self:
        if (self.redis_certificate is None) != (self.redis_key is None):
            raise ValueError("set KEFU_REDIS_CERTIFICATE and KEFU_REDIS_KEY, or none of them")
        return self

    @property
    def redis_tls(self) -> RedisTls:
        """The files for TLS to Redis."""
        return RedisTls(self.redis_authority, self.redis_certificate, self.redis_key)


class ServiceConfig(Settings):
    """The variables that every service reads. A variable with the service's own prefix wins over `KEFU_…`.

    A variable that is missing in the environment may be a file in `SECRETS_FOLDER`, named as it in lower case.
    """

    metrics_listen: str = ""
    """Address of the Prometheus metrics, such as 0.0.0.0:9090. Empty: none. As everywhere, 0.0.0.0 and [::] mean every
    address of this machine, of IPv4 and IPv6."""

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

    settle_seconds: Annotated[float, Field(validation_alias="KEFU_SETTLE_SECONDS", ge=0)] = 0.0
    """After SIGTERM, a service says NOT_SERVING and still takes new connections for this long. It is for load balancers
    that probe health. nginx notices by being refused: leave it 0 there."""

    listener_grace_seconds: Fixed[float] = 0.5
    """Then the listening socket is closed, and calls on connections accepted before are still taken for this long."""

    watchdog_seconds: Annotated[float, Field(validation_alias="KEFU_WATCHDOG_SECONDS", ge=0)] = 5.0
    """A service whose event loop has stood still for this long ends with status 1 and the stacks of its threads in the
    log, to be started again. 0: never."""

    max_streams_per_connection: Fixed[int] = 10_000
    """Most calls at once on one connection; a client keeps further ones waiting. Bounds on work are set elsewhere."""

    max_connection_age_seconds: Annotated[float, Field(validation_alias="KEFU_MAX_CONNECTION_AGE_SECONDS", ge=0)] = 0.0
    """A connection ends gracefully after this, and its client resolves the name again. 0: never, as behind nginx."""

    max_connection_age_grace_seconds: Annotated[
        float, Field(validation_alias="KEFU_MAX_CONNECTION_AGE_GRACE_SECONDS", gt=0)
    ] = 600.0
    """Calls in flight on such a connection have this long to end: longer than the longest answer."""

    otlp_endpoint: Annotated[str, Field(validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")] = ""
    """Where traces go (OTLP over gRPC), such as http://collector:4317. Empty: nowhere."""

    tls_certificate: Annotated[Path | None, Field(validation_alias="KEFU_TLS_CERTIFICATE")] = None
    """PEM file with this service's certificate, for TLS between Kefu's services: all three of these, or none. It is
    shown to callers and to services that are called, and has to hold each name the service is called by. Read again
    when it has changed, as the other two are."""

    tls_key: Annotated[Path | None, Field(validation_alias="KEFU_TLS_KEY")] = None
    """PEM file with its key."""

    tls_authority: Annotated[Path | None, Field(validation_alias="KEFU_TLS_AUTHORITY")] = None
    """PEM file with the authority whose certificates are taken, of callers and of services that are called."""

    watched_certificates: Annotated[str, Field(validation_alias="KEFU_WATCHED_CERTIFICATES")] = ""
    """PEM files, comma between, whose certificates' end is a metric of this service, beside those of KEFU_TLS_…. Such
    as the one that nginx shows to customers, which has no metrics of its own."""

    @model_validator(mode="after")
    def _check_tls_complete(self) -> Self:
        if len({file is None for file in (self.tls_certificate, self.tls_key, self.tls_authority)}) > 1:
            raise ValueError("set KEFU_TLS_CERTIFICATE, KEFU_TLS_KEY and KEFU_TLS_AUTHORITY, or none of them")
        return self

    @property
    def tls(self) -> Tls | None:
        """The files for TLS between the services; None without TLS."""
        if self.tls_certificate and self.tls_key and self.tls_authority:
            return Tls(self.tls_certificate, self.tls_key, self.tls_authority)
        return None

    def watched_certificate_files(self) -> list[Path]:
        """Files of certificates whose end is reported."""
        own = [self.tls_certificate, self.tls_authority]
        named = [Path(path.strip()) for path in self.watched_certificates.split(",") if path.strip()]
        return [*(file for file in own if file is not None), *named]

    def transport(self) -> Transport:
        """The connection settings of this service's server."""
        return Transport(
            max_streams_per_connection=self.max_streams_per_connection,
            max_connection_age_seconds=self.max_connection_age_seconds,
            max_connection_age_grace_seconds=self.max_connection_age_grace_seconds,
            settle_seconds=self.settle_seconds,
            listener_grace_seconds=self.listener_grace_seconds,
        )


class StoredConfig(ServiceConfig, RedisSettings):
    """The variables of a service that uses Redis."""

    redis_memory_limit: Annotated[float, Field(validation_alias="KEFU_REDIS_MEMORY_LIMIT", ge=0, lt=1)] = 0.85
    """Share of Redis' maxmemory from which on no session, import, collection or curated answer is begun
    (STORAGE_FULL). Two thirds of the way from there to 1, at 0.95, running sessions get no further messages either.
    Without maxmemory, the share of the machine's memory. 0: off; a Redis that is full then refuses every write."""

    bootstrap_key: Annotated[SecretStr | None, Field(validation_alias="KEFU_BOOTSTRAP_KEY")] = None
    """The first key of tenant `default` (every scope): `kefu_bootstrap_` and 64 hex digits."""

    audit_days: Annotated[float, Field(validation_alias="KEFU_AUDIT_DAYS", gt=0)] = 400.0
    """Entries of the audit log are kept for this long."""
