"""Ports of the local suite: the usual ones where they are free, the next free ones where they are not."""

import socket
from collections.abc import Callable

from kefu.local.errors import LocalError
from kefu.local.processes import listener_on

ROUTER, RETRIEVAL, GENERATION, REDIS, GATEWAY = 50051, 50052, 50053, 6380, 8080
ROUTER_BEHIND = 50071
"""The first of the routers behind nginx, which then has ROUTER."""
HOST = "127.0.0.1"
_TRIES = 200


class Ports:
    """Hands out ports on loopback, none twice. `tell` gets a sentence when a usual port is taken."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._given = set[int]()

    def take(self, what: str, usual: int, wanted: int | None = None) -> int:
        """A port for `what`: `wanted`, or LocalError if it is taken; else the first free one from `usual` on."""
        if wanted is not None:
            if wanted in self._given:
                raise LocalError(f"Port {wanted} was given twice; choose another one for {what}.")
            if not is_free(wanted):
                raise LocalError(
                    f"Port {wanted} for {what} is in use by {listener_on(wanted)}; end that, or choose another port."
                )
            self._given.add(wanted)
            return wanted
        for port in range(usual, usual + _TRIES):
            others = {ROUTER, RETRIEVAL, GENERATION, REDIS, GATEWAY} - {usual}
            if port in self._given or port in others or not is_free(port):
                continue
            if port != usual and usual not in self._given:
                self._tell(f"Port {usual} is in use by {listener_on(usual)}: {what} takes {port}.")
            self._given.add(port)
            return port
        raise LocalError(f"No port from {usual} to {usual + _TRIES - 1} is free for {what}.")


def is_free(port: int) -> bool:
    """Nobody listens on this TCP port of loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a run before may linger
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
