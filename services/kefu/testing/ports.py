"""Free TCP ports for tests."""

import os
import random
import socket
from itertools import chain, cycle

_FIRST, _LAST = 11_000, 32_767
"""Below the ports that Linux gives to outgoing connections: one of those would take a port before its server does."""


def free_port(count: int = 1) -> int:
    """A TCP port on loopback without a listener; with a count, the first of that many in a row.

    A process gets no port twice, and each worker of pytest-xdist has ports of its own.
    """
    while True:
        ports = [next(_PORTS) for _ in range(count)]
        if ports[-1] - ports[0] == count - 1 and all(map(_is_free, ports)):
            return ports[0]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _ports() -> "cycle[int]":
    """This worker's ports, from a random one on: tests of another checkout may run at the same time."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    size = (_LAST - _FIRST + 1) // workers
    first = _FIRST + worker % workers * size
    start = random.randrange(first, first + size)
    return cycle(chain(range(start, first + size), range(first, start)))


_PORTS = _ports()
