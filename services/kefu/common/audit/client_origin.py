"""
Where a call comes from, as the gateway tells the services.

A caller's own key goes through the gateway unchanged, so a service cannot tell by the key whether the gateway called.
The gateway therefore signs what it says with the services' own key (HMAC-SHA256).
"""

import base64
import hashlib
import hmac
import json
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import unquote

METADATA = "kefu-origin"
"""Metadata of a call with the signed origin."""


class ClientOrigin(NamedTuple):
    """Where a call comes from."""

    address: str
    """IP address of the client; empty: unknown."""
    name: str = ""
    """Name of the operator, for people; empty for others."""


def signed_origin(internal_key: str, origin: ClientOrigin) -> str:
    """The value of the metadata for an origin."""
    payload = base64.urlsafe_b64encode(json.dumps(origin).encode()).decode()
    return f"{payload}.{_signature(internal_key, payload)}"


def read_origin(internal_key: str, value: str) -> ClientOrigin | None:
    """The origin in a value that `signed_origin` made; None for any other value."""
    payload, _, signature = value.partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(internal_key, payload).encode()):
        return None
    with suppress(ValueError, TypeError):
        return ClientOrigin(*json.loads(base64.urlsafe_b64decode(payload)))
    return None


def peer_address(peer: str) -> str:
    """The address in gRPC's name of the other end of a connection, such as "ipv6:%5B::1%5D:50312"."""
    kind, _, address = unquote(peer).partition(":")
    return address.rpartition(":")[0].strip("[]") if kind in ("ipv4", "ipv6") else kind


def _signature(internal_key: str, payload: str) -> str:
    return hmac.new(internal_key.encode(), f"{METADATA}:{payload}".encode(), hashlib.sha256).hexdigest()
