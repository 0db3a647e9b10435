"""The configuration of backups: where they go, how many are kept, who can read them."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from kefu.common.config import RedisSettings
from kefu.router.conversations.attachments.file_store import S3Access


class BackupConfig(RedisSettings):
    """The variables of `python -m kefu.backup`. Those of Redis and of customers' files are the router's own."""

    model_config = SettingsConfigDict(env_prefix="KEFU_BACKUP_")

    to: str
    """Where backups are kept: a folder's absolute path, or s3://BUCKET/PREFIX."""

    endpoint: str = ""
    """The address of a service that speaks S3 and is not Amazon's. Empty: Amazon's."""

    region: str = ""
    """The bucket's region. Empty: us-east-1."""

    access_key: str = ""
    """The access key of the bucket. Empty: as the machine's role gives one."""

    secret_key: SecretStr | None = None
    """The secret of that access key."""

    keep: int = Field(default=14, ge=1)
    """So many backups are kept; older ones are deleted after the next good one."""

    recipient: str = ""
    """Public key of age (`age1…`): what Redis holds is encrypted for whoever has its other half. Empty: as it is."""

    identity: SecretStr | None = None
    """The other half (`AGE-SECRET-KEY-1…`), for a restore alone."""

    scratch: Path | None = None
    """Unix socket of an empty Redis that shares its folder with this program and reads `dump.rdb` there: what was
    copied is loaded into it. Unset: one is started, where redis-server or valkey-server is installed."""

    attachments: Annotated[str, Field(validation_alias="KEFU_ROUTER_ATTACHMENTS")] = ""
    """Where customers' files are; they are copied too. Empty: there are none."""

    attachments_endpoint: Annotated[str, Field(validation_alias="KEFU_ROUTER_S3_ENDPOINT")] = ""
    """As the router has it."""

    attachments_region: Annotated[str, Field(validation_alias="KEFU_ROUTER_S3_REGION")] = ""
    """As the router has it."""

    attachments_access_key: Annotated[str, Field(validation_alias="KEFU_ROUTER_S3_ACCESS_KEY")] = ""
    """As the router has it."""

    attachments_secret_key: Annotated[SecretStr | None, Field(validation_alias="KEFU_ROUTER_S3_SECRET_KEY")] = None
    """As the router has it."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.to.startswith(("/", "s3://")):
            raise ValueError("KEFU_BACKUP_TO must be an absolute path, or s3://BUCKET/PREFIX")
        if self.recipient and not self.recipient.startswith("age1"):
            raise ValueError("KEFU_BACKUP_RECIPIENT must be a public key of age, which begins with age1")
        return self

    @property
    def access(self) -> S3Access:
        """How the bucket of the backups is reached."""
        return _access(self.endpoint, self.region, self.access_key, self.secret_key)

    @property
    def attachments_access(self) -> S3Access:
        """How the bucket of customers' files is reached."""
        return _access(
            self.attachments_endpoint,
            self.attachments_region,
            self.attachments_access_key,
            self.attachments_secret_key,
        )


def _access(endpoint: str, region: str, access_key: str, secret: SecretStr | None) -> S3Access:
    return S3Access(endpoint, region, access_key, secret.get_secret_value() if secret else "")
