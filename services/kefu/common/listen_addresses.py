"""Addresses to listen at. A wildcard, 0.0.0.0 or [::], means IPv4 and IPv6 where the machine has both, as with gRPC.

So one setting serves clusters of either kind: in one that has IPv6 alone, probes and callers come by it.
"""

import socket

_WILDCARDS = ("", "0.0.0.0", "::")


def hosts_to_bind(host: str) -> tuple[str, ...]:
    """Hosts that a host means: both wildcards for one of them, without that of IPv6 where the kernel has none."""
    host = host.strip("[]")
    if host not in _WILDCARDS:
        return (host,)
    return ("0.0.0.0", "::") if socket.has_dualstack_ipv6() else ("0.0.0.0",)


def listening_sockets(listen: str, backlog: int) -> list[socket.socket]:
    """Listening sockets for host:port, one for each family, so that a caller's IPv4 address stays one.

    Raises OSError for an address that cannot be bound, ValueError for one that is none.
    """
    host, _, port = listen.rpartition(":")
    sockets: list[socket.socket] = []
    try:
        for each in hosts_to_bind(host):
            family = socket.AF_INET6 if ":" in each else socket.AF_INET
            number = sockets[0].getsockname()[1] if sockets else int(port)
            sockets.append(socket.create_server((each, number), family=family, backlog=backlog))
    except OSError:
        for each in sockets:
            each.close()
        raise
    return sockets
