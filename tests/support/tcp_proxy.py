"""A network between a browser and a gateway that can be cut, and that remembers when what went through it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TcpProxy:
    """Passes TCP on to a port of this machine."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._pairs: set[asyncio.StreamWriter] = set()
        self._connected = asyncio.Event()
        self._connected.set()
        self.port = 0
        """Where a browser connects to."""
        self.forwarded: list[tuple[float, bytes]] = []
        """What the gateway sent, and when it was sent on, in seconds since the epoch."""

    def cut(self) -> None:
        """Break every connection, as when a network goes away; new ones are broken at once until `restore`."""
        self._connected.clear()
        for writer in self._pairs:
            writer.transport.abort()

    def restore(self) -> None:
        """New connections hold again."""
        self._connected.set()

    def first_forwarded(self, needle: bytes) -> float:
        """When these bytes were sent on, in seconds since the epoch."""
        return next(at for at, chunk in self.forwarded if needle in chunk)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        if not self._connected.is_set():
            writer.transport.abort()
            return
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._pairs |= {writer, there_writer}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pass(reader, there_writer))
                group.create_task(self._pass_back(there_reader, writer))
        except* ConnectionError:
            pass  # cut, or left by either side
        finally:
            self._pairs -= {writer, there_writer}
            for each in (writer, there_writer):
                each.transport.abort()

    async def _pass_back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            self.forwarded.append((time.time(), chunk))
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65536):
        writer.write(chunk)
        await writer.drain()
    writer.write_eof()


@asynccontextmanager
async def open_tcp_proxy(target: int) -> AsyncIterator[TcpProxy]:
    """A whole line while the block runs."""
    proxy = TcpProxy(target)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        proxy.cut()
        server.close()
