"""
Mutual TLS between Kefu's services: both ends present a certificate of one authority, from files.

A server reads its files again when a connection comes after they have changed, so that a renewed certificate needs no
restart. Clients keep what they read: `kefu.common.rpc.renewed_channel` makes their channels anew.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import grpc
import structlog

from kefu.common.errors import StartupError

T = TypeVar("T")
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class Tls:
    """The PEM files of one service."""

    certificate: Path
    """The service's certificate with its chain. It serves as server and client, and holds each name of the service."""
    key: Path
    """The private key of the certificate."""
    authority: Path
    """The authority whose certificates are accepted, of callers and of servers."""

    def server_credentials(self) -> grpc.ServerCredentials:
        """Credentials of a server that accepts only callers with a certificate of the authority.

        Raises StartupError when a file cannot be read.
        """
        configuration, loaded = _read_or_fail(self._server_configuration), _read_or_fail(self.version)

        def reload_if_changed() -> grpc.ServerCertificateConfiguration | None:
            nonlocal loaded
            try:
                version = self.version()
                if version == loaded:
                    return None
                self.check()
                read = self._server_configuration()
            except OSError as error:  # in the middle of a renewal: the next connection looks again
                _log.warning("tls.not_renewed", cause=str(error))
                return None
            loaded = version
            _log.info("tls.renewed", certificate=str(self.certificate))
            return read

        # None means that nothing has changed, which the stubs do not say.
        return grpc.dynamic_ssl_server_credentials(configuration, reload_if_changed, require_client_authentication=True)  # pyright: ignore[reportArgumentType]

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """Credentials of a client of such a server. Raises StartupError when a file cannot be read."""
        return _read_or_fail(
            lambda: grpc.ssl_channel_credentials(
                self.authority.read_bytes(), self.key.read_bytes(), self.certificate.read_bytes()
            )
        )

    def version(self) -> tuple[int, ...]:
        """Something that is another one when a file has changed. Raises OSError when there is none."""
        files = (self.certificate, self.key, self.authority)
        return tuple(file.stat().st_mtime_ns for file in files)

    def check(self) -> None:
        """Raise OSError, of which SSLError is one, when the key is not the certificate's, or a file is no PEM."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_cert_chain(self.certificate, self.key)
        context.load_verify_locations(self.authority)

    def _server_configuration(self) -> grpc.ServerCertificateConfiguration:
        return grpc.ssl_server_certificate_configuration(
            [(self.key.read_bytes(), self.certificate.read_bytes())], self.authority.read_bytes()
        )


def _read_or_fail(read: Callable[[], T]) -> T:
    try:
        return read()
    except OSError as error:
        raise StartupError(f"A file for TLS between services cannot be read: {error}.") from None
