"""Channels to an address as people write it: host:port, http://host:port, or https://host:port for TLS."""

from collections.abc import Sequence
from pathlib import Path

import grpc
import grpc.aio


def channel_to(
    address: str, root_certificate: str = "", options: Sequence[tuple[str, int | str]] = ()
) -> grpc.aio.Channel:
    """A channel. `root_certificate` is the path of the certificate to trust in place of the system's."""
    target, credentials = _parts(address, root_certificate)
    if credentials is None:
        return grpc.aio.insecure_channel(target, options=options)
    return grpc.aio.secure_channel(target, credentials, options=options)


def blocking_channel_to(
    address: str, root_certificate: str = "", options: Sequence[tuple[str, int | str]] = ()
) -> grpc.Channel:
    """The same for a thread without an event loop."""
    target, credentials = _parts(address, root_certificate)
    if credentials is None:
        return grpc.insecure_channel(target, options=options)
    return grpc.secure_channel(target, credentials, options=options)


def _parts(address: str, root_certificate: str) -> tuple[str, grpc.ChannelCredentials | None]:
    scheme, _, rest = address.rpartition("://")
    if scheme not in ("https", "grpcs"):
        return (rest if scheme == "http" else address), None
    roots = Path(root_certificate).read_bytes() if root_certificate else None
    return (rest if ":" in rest else f"{rest}:443"), grpc.ssl_channel_credentials(roots)
