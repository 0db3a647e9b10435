"""A TCP proxy that can be cut, and that keeps the time of every chunk it forwarded."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TcpProxy:
    """Forwards TCP connections to a port of this machine."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._pairs: set[asyncio.StreamWriter] = set()
        self._connected = asyncio.Event()
        self._connected.set()
        self.port = 0
        """Port to which clients connect."""
        self.forwarded: list[tuple[float, bytes]] = []
        """Chunks from the target with their time of forwarding, in seconds since the epoch."""

    def cut(self) -> None:
        """Break every connection, as a lost network does. New ones are broken at once until `restore`."""
        self._connected.clear()
        for writer in self._pairs:
            writer.transport.abort()

    def restore(self) -> None:
        """Let new connections hold again."""
        self._connected.set()

    def first_forwarded(self, needle: bytes) -> float:
        """Time at which these bytes were forwarded, in seconds since the epoch."""
        return next(at for at, chunk in self.forwarded if needle in chunk)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        if not self._connected.is_set():
            writer.transport.abort()
            return
        target_reader, target_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._pairs |= {writer, target_writer}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_forward(reader, target_writer))
                group.create_task(self._forward_back(target_reader, writer))
        except* ConnectionError:
            pass  # cut, or left by either side
        finally:
            self._pairs -= {writer, target_writer}
            for each in (writer, target_writer):
                each.transport.abort()

    async def _forward_back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            self.forwarded.append((time.time(), chunk))
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65536):
        writer.write(chunk)
        await writer.drain()
    writer.write_eof()


@asynccontextmanager
async def open_tcp_proxy(target: int) -> AsyncIterator[TcpProxy]:
    """A proxy while the block runs."""
    proxy = TcpProxy(target)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        proxy.cut()
        server.close()
