"""Ports of the local suite: the default ones where they are free, else the next free ones."""

import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from kefu.local.errors import LocalError
from kefu.local.processes import listener_on

ROUTER, RETRIEVAL, GENERATION, REDIS, GATEWAY, ORDER_SYSTEM = 50051, 50052, 50053, 6380, 8080, 8090
ROUTER_BEHIND_NGINX = 50071
"""The first router's port behind nginx, which then has the port ROUTER."""
HOST = "127.0.0.1"
_MAX_ATTEMPTS = 200


class PortAllocator:
    """Allocates ports on loopback, none twice, and reserves them while its block runs.

    Most of the usual ports lie in the range from which Linux takes the source ports of connections (32768 to 60999). A
    port that was free a moment ago may be some connection's source when its service starts, or starts again. So each
    allocated port stays bound here, without a listener. The kernel then gives it to no connection, and the service can
    listen beside it, since both set SO_REUSEADDR. So could another `kefu up` that starts at this moment, hence a claim
    beside it: a Unix socket of the port's name, which only one process can have.

    `notify` is called with a sentence when a default port is in use.
    """

    def __init__(self, notify: Callable[[str], None]) -> None:
        self._notify = notify
        self._allocated = set[int]()
        self._reservations: list[socket.socket] = []

    def __enter__(self) -> Self:
        """Return the allocator itself."""
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        """Give the ports back."""
        for reservation in self._reservations:
            reservation.close()
        self._reservations.clear()

    def allocate(self, what: str, default: int, requested: int | None = None) -> int:
        """A port for `what`: `requested`, or else the first free one from `default` on.

        Raises LocalError when the requested port is in use, or none of the next 200 is free.
        """
        if requested is not None:
            if requested in self._allocated:
                raise LocalError(f"Port {requested} was given twice; choose another one for {what}.")
            if not self._reserve(requested):
                raise LocalError(
                    f"Port {requested} for {what} is in use by {listener_on(requested)}; "
                    "end that, or choose another port."
                )
            return requested
        for port in range(default, default + _MAX_ATTEMPTS):
            others = {ROUTER, RETRIEVAL, GENERATION, REDIS, GATEWAY} - {default}
            if port in self._allocated or port in others or not self._reserve(port):
                continue
            if port != default and default not in self._allocated:
                self._notify(f"Port {default} is in use by {listener_on(default)}: {what} takes {port}.")
            return port
        raise LocalError(f"No port from {default} to {default + _MAX_ATTEMPTS - 1} is free for {what}.")

    def _reserve(self, port: int) -> bool:
        reservation = _bound(port)
        if reservation is None:
            return False
        if sys.platform == "linux":
            claim = _claimed(port)
            if claim is None:
                reservation.close()
                return False
            self._reservations += (reservation, claim)
        else:  # elsewhere the service could not listen beside it
            reservation.close()
        self._allocated.add(port)
        return True


def unused_ports(count: int) -> list[int]:
    """Ports of loopback that nothing uses now, apart from the usual ones of a suite, as the kernel chooses them."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) for _ in range(count)]
        for one in sockets:
            one.bind((HOST, 0))
        return [int(one.getsockname()[1]) for one in sockets]


def is_free(port: int) -> bool:
    """Whether a TCP port of loopback has no listener, and is no connection's source."""
    bound = _bound(port)
    if bound is not None:
        bound.close()
    return bound is not None


def _bound(port: int) -> socket.socket | None:
    """A socket that is bound to a port of loopback; None when it is in use."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a run before may linger
    try:
        bound.bind((HOST, port))
    except OSError:
        bound.close()
        return None
    return bound


def _claimed(port: int) -> socket.socket | None:
    """A socket whose name claims a port for one process; None when another process has it.

    The name is an abstract one (unix(7)): it belongs to the network namespace, as ports do, and ends with its process.
    """
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        claim.bind(f"\0kefu-port-{port}")
    except OSError:
        claim.close()
        return None
    return claim
