"""A real HTTP server that receives webhooks, and answers as a test wants it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks.webhooks import Webhook


@dataclass
class Received:
    """One POST."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        """The body."""
        return json.loads(self.body)

    def verified(self, secret: str) -> dict[str, Any]:
        """The body, when an implementation that is not ours takes its signature."""
        Webhook(secret).verify(self.body, self.headers)
        return self.told


@dataclass
class Receiver:
    """`answer` says what a delivery gets: a status and further headers, or None for no answer at all."""

    port: int = 0
    received: list[Received] = field(default_factory=list[Received])
    answer: Callable[[Received], tuple[int, str] | None] = lambda _: (204, "")
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    def of_type(self, kind: str) -> list[Received]:
        """What was told of one type of event."""
        return [one for one in self.received if one.told["type"] == kind]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            one = Received(head[0].split(" ")[1], headers, body)
            answer = self.answer(one)
            self.received.append(one)
            if answer is None:
                await self.released.wait()
            else:
                status, more = answer
                writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n{more}connection: close\r\n\r\n".encode())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the sender went: that is its affair
        finally:
            writer.close()


@asynccontextmanager
async def webhook_receiver() -> AsyncIterator[Receiver]:
    """A receiver on a free port while the block runs."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.close()
        await server.wait_closed()
