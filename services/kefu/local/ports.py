"""Ports of the local suite: the default ones where they are free, else the next free ones."""

import socket
from collections.abc import Callable

from kefu.local.errors import LocalError
from kefu.local.processes import listener_on

ROUTER, RETRIEVAL, GENERATION, REDIS, GATEWAY = 50051, 50052, 50053, 6380, 8080
ROUTER_BEHIND_NGINX = 50071
"""The first router's port behind nginx, which then has the port ROUTER."""
HOST = "127.0.0.1"
_MAX_ATTEMPTS = 200


class PortAllocator:
    """Allocates ports on loopback, none twice. `notify` is called with a sentence when a default port is in use."""

    def __init__(self, notify: Callable[[str], None]) -> None:
        self._notify = notify
        self._allocated = set[int]()

    def allocate(self, what: str, default: int, requested: int | None = None) -> int:
        """A port for `what`: `requested`, or else the first free one from `default` on.

        Raises LocalError when the requested port is in use, or none of the next 200 is free.
        """
        if requested is not None:
            if requested in self._allocated:
                raise LocalError(f"Port {requested} was given twice; choose another one for {what}.")
            if not is_free(requested):
                raise LocalError(
                    f"Port {requested} for {what} is in use by {listener_on(requested)}; "
                    "end that, or choose another port."
                )
            self._allocated.add(requested)
            return requested
        for port in range(default, default + _MAX_ATTEMPTS):
            others = {ROUTER, RETRIEVAL, GENERATION, REDIS, GATEWAY} - {default}
            if port in self._allocated or port in others or not is_free(port):
                continue
            if port != default and default not in self._allocated:
                self._notify(f"Port {default} is in use by {listener_on(default)}: {what} takes {port}.")
            self._allocated.add(port)
            return port
        raise LocalError(f"No port from {default} to {default + _MAX_ATTEMPTS - 1} is free for {what}.")


def is_free(port: int) -> bool:
    """Whether a TCP port of loopback has no listener."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a run before may linger
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
