"""What nginx's limits refused, counted here: nginx has no counters of its own that could be read.

nginx sends a line by UDP for each call that it refuses (deploy/nginx/refusals-log.template). Lines that come faster
than they are read are lost, so that a flood at nginx costs a gateway next to nothing: then the count is a lower bound.
"""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import Counter

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import StartupError
from kefu.common.listen_addresses import hosts_to_bind

EDGE_REFUSED = Counter(
    "kefu_edge_refused_total",
    "Calls that a limit of nginx refused, by caller (keyless, keyed, browser) and by limit (calls a second, how many "
    "are open). Under a flood at least so many.",
    ("caller", "limit"),
)
_LINE = re.compile(rb"^<\d{1,3}>.{1,40} kefu: (keyless|keyed|browser) (calls|open)$")
_AT_ONCE = 50
_PAUSE_SECONDS = 0.05
_MOST_BYTES = 512
for _caller in ("keyless", "keyed", "browser"):
    for _limit in ("calls", "open"):  # at 0 from the start: a series that begins with its first refusal has no increase
        EDGE_REFUSED.labels(_caller, _limit)


@asynccontextmanager
async def counting_edge_refusals(listen: str) -> AsyncIterator[None]:
    """Count what nginx tells at `listen` (host:port, UDP) while the block runs; nothing where that is empty.

    At most 1,000 lines a second are read. Raises StartupError when the address cannot be bound.
    """
    if not listen:
        yield
        return
    try:
        host, _, port = listen.rpartition(":")
        # The last of both wildcards is that of IPv6, where a socket takes IPv4 as well.
        bound = _bind(hosts_to_bind(host)[-1], int(port))
    except (OSError, ValueError) as exc:
        raise StartupError(f"Cannot take nginx's refusals at {listen} ({exc}); choose another address.") from None
    with bound:
        reading = asyncio.create_task(_read(bound), name="count nginx's refusals")
        try:
            yield
        finally:
            await cancel_and_wait(reading)


def count(line: bytes) -> None:
    """Count a line of nginx's. Anything else counts for nothing."""
    if (found := _LINE.match(line)) is not None:
        EDGE_REFUSED.labels(found[1].decode(), found[2].decode()).inc()


def _bind(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    opened = socket.socket(family, kind, protocol)
    try:
        opened.setblocking(False)
        if family is socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        opened.bind(address)
    except OSError:
        opened.close()
        raise
    return opened


async def _read(bound: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    while True:
        count(await loop.sock_recv(bound, _MOST_BYTES))
        for _ in range(_AT_ONCE - 1):
            try:
                count(bound.recv(_MOST_BYTES))
            except BlockingIOError:
                break
        else:
            await asyncio.sleep(_PAUSE_SECONDS)
