"""Proxies in front of nginx, which know who calls: a WAF, a CDN, a cloud's balancer, an ingress."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kefu.common.errors import StartupError


class ClientAddressFrom(StrEnum):
    """How proxies tell the address of the client."""

    PROXY_PROTOCOL = "proxy-protocol"
    """A header before the first byte of each connection, version 1 or 2. Proxies that pass TLS through speak it."""
    FORWARDED_FOR = "x-forwarded-for"
    """The header X-Forwarded-For of each request. Proxies that end TLS set it."""


@dataclass(frozen=True)
class TrustedProxies:
    """The proxies whose word about a client's address is taken."""

    told_by: ClientAddressFrom
    networks: Sequence[str]
    """Networks that they call from, such as 10.0.0.0/8. What anybody else says is ignored."""

    def __post_init__(self) -> None:
        """Raises StartupError for no network, and for one that is none."""
        if not self.networks:
            raise StartupError("Name the networks of the proxies in front, such as --trusted-proxy 10.0.0.0/8.")
        for network in self.networks:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                raise StartupError(f"--trusted-proxy: {error}; write a network such as 10.0.0.0/8.") from None

    @property
    def speak_proxy_protocol(self) -> bool:
        """Whether each connection begins with the PROXY protocol."""
        return self.told_by is ClientAddressFrom.PROXY_PROTOCOL


def client_address_directives(proxies: TrustedProxies | None) -> str:
    """Directives by which `$remote_addr`, and with it limits, log and what the services hear, is the client's."""
    if proxies is None:
        return ""
    header = "proxy_protocol" if proxies.speak_proxy_protocol else "X-Forwarded-For"
    lines = (
        "# Proxies stand in front and say who calls. They are believed about it, and nobody else is.",
        *(f"set_real_ip_from {network};" for network in proxies.networks),
        f"real_ip_header {header};",
        "real_ip_recursive on;  # the last address that is no proxy's: what stands before it may be made up",
    )
    return "".join(f"    {line}\n" for line in lines)
