"""
TLS between Kefu's services: both ends show a certificate of one authority, from files.

A server reads its files again when a connection is made after they have changed, so that a renewed certificate needs no
restart. Clients keep what they read: their channels are made anew when the process starts.
"""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import grpc
import grpc.aio
import structlog

from kefu.common.errors import StartupError
from kefu.common.grpc_options import Options

T = TypeVar("T")
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class Tls:
    """Files in PEM."""

    certificate: Path
    """This service's, with its chain; for server and client, with every name by which the service is called."""
    key: Path
    authority: Path
    """Whose certificates are taken, of callers and of those that are called."""

    def server_credentials(self) -> grpc.ServerCredentials:
        """For a server that takes callers with a certificate of the authority, and no others."""
        configuration, seen = _or_fail(self._server_configuration), _or_fail(self._stamp)

        def renewed() -> grpc.ServerCertificateConfiguration | None:
            nonlocal seen
            try:
                stamp = self._stamp()
                if stamp == seen:
                    return None
                read = self._server_configuration()
            except OSError as error:  # in the middle of a renewal: the next connection looks again
                _log.warning("tls.not_renewed", cause=str(error))
                return None
            seen = stamp
            _log.info("tls.renewed", certificate=str(self.certificate))
            return read

        # None means that nothing has changed, which the stubs do not say.
        return grpc.dynamic_ssl_server_credentials(configuration, renewed, require_client_authentication=True)  # pyright: ignore[reportArgumentType]

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """For a client of such a server."""
        return _or_fail(
            lambda: grpc.ssl_channel_credentials(
                self.authority.read_bytes(), self.key.read_bytes(), self.certificate.read_bytes()
            )
        )

    def _server_configuration(self) -> grpc.ServerCertificateConfiguration:
        return grpc.ssl_server_certificate_configuration(
            [(self.key.read_bytes(), self.certificate.read_bytes())], self.authority.read_bytes()
        )

    def _stamp(self) -> tuple[int, ...]:
        files = (self.certificate, self.key, self.authority)
        return tuple(file.stat().st_mtime_ns for file in files)


def channel_inside(address: str, tls: Tls | None, options: Options, server_name: str = "") -> grpc.aio.Channel:
    """A channel to another service of Kefu. `server_name` is who has to answer at an address that is an IP."""
    if tls is None:
        return grpc.aio.insecure_channel(address, options=options)
    if server_name and _is_ip(address):
        options = (*options, ("grpc.ssl_target_name_override", server_name))
    return grpc.aio.secure_channel(address, tls.channel_credentials(), options=options)


def _or_fail(read: Callable[[], T]) -> T:
    try:
        return read()
    except OSError as error:
        raise StartupError(f"A file for TLS between services cannot be read: {error}.") from None


def _is_ip(address: str) -> bool:
    try:
        ipaddress.ip_address(address.rpartition(":")[0].strip("[]"))
    except ValueError:
        return False
    return True
