"""Which addresses may be called: hosts that are allowed by name, and never a private address behind a name."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from typing import Any

import httpcore

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotAllowed(Exception):
    """This address may not be called; the message is a sentence without its full stop."""


class NotPublic(NotAllowed):
    """It is an address within a private network or this machine."""


def is_public(address: Address) -> bool:
    """Whether anyone on the Internet may be meant by it: not private, loopback, link-local, multicast or reserved."""
    return all(each.is_global and not each.is_multicast for each in _meant(address))


def is_allowed(host: str, allowed: Collection[str]) -> bool:
    """Whether a host is named, or lies below one that is named as "*.example.com"."""
    host = host.lower().rstrip(".")
    return any(
        host == name or (name.startswith("*.") and host.endswith(name[1:]))
        for name in (each.lower().rstrip(".") for each in allowed)
    )


async def addresses_of(host: str, port: int, permitted: Callable[[Address], bool] = is_public) -> list[str]:
    """What a host's name means now, each once. Raises NotPublic when any of it is not permitted, and NotAllowed when it
    means nothing.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise NotAllowed(f"there is no host {host} ({exc.strerror})") from None
    except UnicodeError:
        raise NotAllowed(f"{host} is no name of a host") from None
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    for address in addresses:
        if not permitted(ipaddress.ip_address(address)):
            named = host if host == address else f"{host} ({address})"
            raise NotPublic(f"{named} is an address within a private network or this machine")
    return list(dict.fromkeys(addresses))


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections to the very address that was checked: a name that means another one a moment later (DNS
    rebinding) is of no use. TLS still asks for the certificate of the name.
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
        """Resolve, check every address, connect to the first that answers."""
        *others, last = await addresses_of(host, port, self._permitted)
        for address in others:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):  # as of IPv6 that leads nowhere
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
        return await self._inner.connect_tcp(last, port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise NotAllowed("sockets of this machine are not called")

    async def sleep(self, seconds: float) -> None:
        """Between tries."""
        await asyncio.sleep(seconds)


def _meant(address: Address) -> list[Address]:
    """The address, and those that it stands for."""
    meant: list[Address | None] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        meant += [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address.ipv4_mapped:
            meant.remove(address)
        if address in _NAT64:
            meant.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in meant if each is not None]
