"""
Mutual TLS between Kefu's services: both ends present a certificate of one authority, from files.

A server reads its files again when a connection comes after they have changed, so that a renewed certificate needs no
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
        configuration, loaded_times = _read_or_fail(self._server_configuration), _read_or_fail(self._modified_times)

        def reload_if_changed() -> grpc.ServerCertificateConfiguration | None:
            nonlocal loaded_times
            try:
                times = self._modified_times()
                if times == loaded_times:
                    return None
                read = self._server_configuration()
            except OSError as error:  # in the middle of a renewal: the next connection looks again
                _log.warning("tls.not_renewed", cause=str(error))
                return None
            loaded_times = times
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

    def _server_configuration(self) -> grpc.ServerCertificateConfiguration:
        return grpc.ssl_server_certificate_configuration(
            [(self.key.read_bytes(), self.certificate.read_bytes())], self.authority.read_bytes()
        )

    def _modified_times(self) -> tuple[int, ...]:
        files = (self.certificate, self.key, self.authority)
        return tuple(file.stat().st_mtime_ns for file in files)


def internal_channel(address: str, tls: Tls | None, options: Options, server_name: str = "") -> grpc.aio.Channel:
    """A channel to another service of Kefu.

    Args:
        address: host:port, or a gRPC target such as dns:///kefu-router:50051.
        tls: the files of this service; None: a connection without TLS.
        options: channel options, such as CLIENT_OPTIONS.
        server_name: the name that the certificate must hold when `address` is an IP address.
    """
    if tls is None:
        return grpc.aio.insecure_channel(address, options=options)
    if server_name and _is_ip(address):
        options = (*options, ("grpc.ssl_target_name_override", server_name))
    return grpc.aio.secure_channel(address, tls.channel_credentials(), options=options)


def _read_or_fail(read: Callable[[], T]) -> T:
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
