"""Channels to an address as people write it: host:port, http://host:port, or https://host:port for TLS."""

from collections.abc import Sequence
from pathlib import Path

import grpc
import grpc.aio


def channel_to(
    address: str, root_certificate: str = "", options: Sequence[tuple[str, int | str]] = ()
) -> grpc.aio.Channel:
    """A channel. `root_certificate` is the path of the certificate to trust in place of the system's."""
    scheme, _, rest = address.rpartition("://")
    if scheme not in ("https", "grpcs"):
        return grpc.aio.insecure_channel(rest if scheme == "http" else address, options=options)
    roots = Path(root_certificate).read_bytes() if root_certificate else None
    target = rest if ":" in rest else f"{rest}:443"
    return grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(roots), options=options)
