"""Shutdown of a listening socket while its server goes on serving, for which gRPC has no call.

`grpc.aio.Server.stop` closes the listening socket and refuses new streams in the same moment. A proxy that opens a
connection for each stream then loses streams whose connection was accepted just before. The proxy has sent the request
by then, and may not send it to another server. So the socket is shut down first, the server serves on, and `stop` comes
later.
"""

import asyncio
import os
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress

_POLL_SECONDS = 0.002
_POLLS = 1_000
"""Two seconds in all: gRPC's thread takes milliseconds to accept what waits, but where others want the processor."""
_ACCEPT_QUEUE = slice(24, 28)  # of struct tcp_info: tcpi_unacked, which of a listening socket is its accept queue


async def stop_listening(port: int) -> bool:
    """Refuse new connections to a TCP port on which this process listens; accepted connections go on.

    False when there is no such socket, or on another system than Linux: then nothing has changed. gRPC logs that its
    acceptor was closed.
    """
    if sys.platform != "linux":
        return False
    found = False
    for listener in _listeners(port):
        with listener:
            for _ in range(_POLLS):  # what waits in the kernel would be reset
                if not _accept_queue(listener):
                    break
                await asyncio.sleep(_POLL_SECONDS)
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RD)
                found = True
    return found


def _listeners(port: int) -> Iterator[socket.socket]:
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            if not os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                continue
            candidate = socket.socket(fileno=os.dup(int(name)))
            if (
                candidate.family in (socket.AF_INET, socket.AF_INET6)
                and candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
                and candidate.getsockname()[1] == port
            ):
                yield candidate
            else:
                candidate.close()


def _accept_queue(listener: socket.socket) -> int:
    info = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    waiting: int = struct.unpack("I", info[_ACCEPT_QUEUE])[0]
    return waiting
