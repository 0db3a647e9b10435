"""A pool of HTTP/2 connections to one address."""

import asyncio
import ssl

from loadtest.generator.http2_client import Connection


class ConnectionPool:
    """Connections that are opened on demand and kept until `close`."""

    def __init__(self, address: str, tls: ssl.SSLContext | None = None, *, streams_each: int = 100) -> None:
        self._address = address
        self._tls = tls
        self._streams_each = streams_each
        self._all: list[Connection] = []
        self._opening = asyncio.Lock()
        self._gone = 0

    @property
    def messages(self) -> int:
        """Messages received so far."""
        return self._gone + sum(one.messages for one in self._all)

    @property
    def count(self) -> int:
        """Connections that are open."""
        return sum(not one.draining for one in self._all)

    async def acquire(self) -> Connection:
        """A connection with room for a call. Use it before the next await. OSError: none can be opened."""
        while True:
            if found := self._with_room():
                return found
            async with self._opening:
                if not self._with_room():
                    opened = await Connection.connect(self._address, self._tls)
                    opened.max_streams = min(opened.max_streams, self._streams_each)
                    self._all.append(opened)

    def close(self) -> None:
        """Close all."""
        for one in self._all:
            one.close()

    def _with_room(self) -> Connection | None:
        for one in reversed(self._all):
            if one.has_room:
                return one
        for one in [one for one in self._all if one.draining and not one.open_calls]:
            self._gone += one.messages
            self._all.remove(one)
            one.close()  # whether or not the server does
        return None
