"""The configuration of the sample shop's order system."""

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from kefu.common.config import ServiceConfig

DEMO_FOLDER = Path(__file__).parent / "data"
"""The demo's own data."""
_MIN_KEY_CHARACTERS = 16


class OrdersConfig(ServiceConfig, env_prefix="KEFU_ORDERS_"):
    """Where the order system listens, where its data are, who may call it, and which Kefu its page shows."""

    internal_key: Annotated[SecretStr, Field(validation_alias="KEFU_INTERNAL_KEY")] = SecretStr("")
    """Not used: the order system stands for a company's own, and calls none of Kefu's services."""

    listen: str = "127.0.0.1:8090"
    """Address to serve HTTP at."""

    database: Path = Path(".kefu/orders.db")
    """The SQLite file, made when there is none. The key of identity tokens lies beside it."""

    data: Path = DEMO_FOLDER
    """Folder with users.jsonl, orders.jsonl and products.jsonl, which a new database begins with. By default the
    demo's own data."""

    api_key: SecretStr
    """What callers of the API send as `Authorization: Bearer`, at least 16 characters."""

    kefu: str = "http://127.0.0.1:8080"
    """URL of Kefu's gateway, as browsers reach it: the shop's page loads its widget from there."""

    origin: str = ""
    """The shop's own URL, as browsers reach it: the issuer of identity tokens. Empty: the address it listens at."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(self.api_key.get_secret_value()) < _MIN_KEY_CHARACTERS:
            raise ValueError(f"KEFU_ORDERS_API_KEY must have at least {_MIN_KEY_CHARACTERS} characters")
        for variable, url in (("KEFU", self.kefu), ("ORIGIN", self.origin)):
            if url and not _is_origin(url):
                raise ValueError(f"KEFU_ORDERS_{variable} must be like https://shop.example.com, without a path")
        return self

    def origin_at(self, port: int) -> str:
        """The shop's URL when it listens at this port."""
        if self.origin:
            return self.origin.rstrip("/")
        host = self.listen.rpartition(":")[0]
        return f"http://{'localhost' if host in ('', '0.0.0.0', '[::]') else host}:{port}"


def _is_origin(url: str) -> bool:
    parts = urlsplit(url)
    only_origin = parts.path in ("", "/") and not parts.query and not parts.fragment and "@" not in parts.netloc
    # What stands in a header must not end it, nor begin another directive there.
    return (
        parts.scheme in ("http", "https") and bool(parts.hostname) and only_origin and not set(url) & set(" ;,'\"\r\n")
    )
