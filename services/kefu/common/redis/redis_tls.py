"""TLS to Redis: the files for it, and what they are for redis-py. Imports no redis, which not every service has."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kefu.common.errors import StartupError

_TLS_SCHEME = "rediss://"


@dataclass(frozen=True)
class RedisTls:
    """PEM files for a rediss:// URL. Without any, the server's certificate has to be one that the system vouches for.

    They are read when a connection is made for the first time; renewed ones want a restart.
    """

    authority: Path | None = None
    """A private authority, whose certificates are taken and no others."""
    certificate: Path | None = None
    """Shown to a server that wants to see one, with its key."""
    key: Path | None = None

    def options(self, url: str) -> dict[str, Any]:
        """Options of redis-py. Raises StartupError for a file that cannot be read, and for a URL without TLS."""
        if self == SYSTEM_AUTHORITIES:
            return {}
        if not url.startswith(_TLS_SCHEME):
            raise StartupError(
                "KEFU_REDIS_AUTHORITY, KEFU_REDIS_CERTIFICATE and KEFU_REDIS_KEY are for rediss://, and KEFU_REDIS_URL "
                "is something else: Redis would be spoken to without TLS."
            )
        self.context()
        files = {"ssl_ca_certs": self.authority, "ssl_certfile": self.certificate, "ssl_keyfile": self.key}
        return {name: str(file) for name, file in files.items() if file}

    def context(self) -> ssl.SSLContext:
        """For a connection of one's own. Raises StartupError for a file that cannot be read."""
        try:
            context = ssl.create_default_context(cafile=self.authority)
            if self.certificate:
                context.load_cert_chain(self.certificate, self.key)
        except OSError as error:  # SSLError is one
            raise StartupError(f"A file for TLS to Redis cannot be read: {error}.") from None
        return context


SYSTEM_AUTHORITIES = RedisTls()
