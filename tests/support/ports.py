"""Free ports."""

import socket


def free_port(count: int = 1) -> int:
    """A TCP port on loopback that nobody listens on now; with a count, the first of so many in a row."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if all(_is_free(port + number) for number in range(1, count)):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
        return True
