"""SSRF guard: outgoing calls go to permitted hosts and public addresses only.

A host is resolved once; each address is checked, and the connection goes to an address that was checked.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from typing import Any

import httpcore

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is given out for the internet (RFC 4291, IANA's registry); what lies outside is for other uses."""
_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        (
            "168.63.129.16/32",  # Azure's host, as each of its machines sees it
            "192.0.0.0/24",  # protocol assignments; Oracle's cloud answers at 192.0.0.192
            "3fff::/20",  # documentation (RFC 9637), which Python before 3.13 does not know
        ),
    )
)
_ISATAP = (0x00005EFE, 0x02005EFE)
"""First half of an interface identifier that embeds an IPv4 address (RFC 5214)."""


class AddressNotAllowed(Exception):
    """An address that may not be called. The message is a sentence without its full stop."""


class AddressNotPublic(AddressNotAllowed):
    """An address within a private network or on this machine."""


def is_public(address: Address) -> bool:
    """Whether an address is a public one: not private, loopback, link-local, multicast or reserved.

    An IPv6 address that embeds an IPv4 address (mapped, 6to4, Teredo, NAT64, ISATAP) is public only if both are. Some
    addresses by which a cloud's machines reach their host count as private, though no registry says so.
    """
    return all(map(_is_public, _embedded_addresses(address)))


def _is_public(address: Address) -> bool:
    if not address.is_global or address.is_multicast or any(address in network for network in _NOT_PUBLIC):
        return False
    return address.version == 4 or address in _GLOBAL_UNICAST or address in _NAT64


def is_allowed(host: str, allowed: Collection[str]) -> bool:
    """Whether a host is in `allowed`, or lies below an entry such as "*.example.com". Case does not matter."""
    host = host.lower().rstrip(".")
    return any(
        host == name or (name.startswith("*.") and host.endswith(name[1:]))
        for name in (each.lower().rstrip(".") for each in allowed)
    )


async def resolve_permitted(host: str, port: int, permitted: Callable[[Address], bool] = is_public) -> list[str]:
    """The addresses of a host now, each once. Raises AddressNotPublic when any of them is not permitted.

    Raises AddressNotAllowed when the host has none. `permitted` decides on each address.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise AddressNotAllowed(f"there is no host {host} ({exc.strerror})") from None
    except UnicodeError:
        raise AddressNotAllowed(f"{host} is no name of a host") from None
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    for address in addresses:
        if not permitted(ipaddress.ip_address(address)):
            named = host if host == address else f"{host} ({address})"
            raise AddressNotPublic(f"{named} is an address within a private network or this machine")
    return list(dict.fromkeys(addresses))


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """A network backend for httpcore that connects to the very address that was checked.

    A name that resolves to another address a moment later (DNS rebinding) gains nothing. TLS still verifies the
    certificate of the name. `permitted` decides on each address.
    """

    def __init__(self, permitted: Callable[[Address], bool] = is_public) -> None:
        self._permitted = permitted
        backend: Any = httpcore.AnyIOBackend
        self._inner: httpcore.AsyncNetworkBackend = backend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve the host, check every address, and connect to the first one that answers.

        `timeout` is in seconds, for each address.
        """
        *others, last = await resolve_permitted(host, port, self._permitted)
        for address in others:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):  # such as IPv6 without a route
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
        return await self._inner.connect_tcp(last, port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Refused: sockets of this machine are never called."""
        raise AddressNotAllowed("sockets of this machine are not called")

    async def sleep(self, seconds: float) -> None:
        """Wait between two attempts."""
        await asyncio.sleep(seconds)


def _embedded_addresses(address: Address) -> list[Address]:
    """The address and the addresses embedded in it; a mapped IPv4 address stands for itself alone."""
    embedded: list[Address | None] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        embedded += [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address.ipv4_mapped:
            embedded.remove(address)
        if address in _NAT64:
            embedded.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
            embedded.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in embedded if each is not None]
