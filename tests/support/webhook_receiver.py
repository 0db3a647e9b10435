"""A real HTTP server that receives webhooks, and answers as a test chooses."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks.webhooks import Webhook


@dataclass
class ReceivedWebhook:
    """One received POST."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> dict[str, Any]:
        """The body, decoded from JSON."""
        return json.loads(self.body)

    def verify(self, secret: str) -> dict[str, Any]:
        """Verify the signature with the `standardwebhooks` package, and return the body."""
        Webhook(secret).verify(self.body, self.headers)
        return self.payload


@dataclass
class WebhookReceiver:
    """A receiver of webhooks. `answer` returns a delivery's status and further headers; None sends no answer at all."""

    port: int = 0
    received: list[ReceivedWebhook] = field(default_factory=list[ReceivedWebhook])
    answer: Callable[[ReceivedWebhook], tuple[int, str] | None] = lambda _: (204, "")
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """URL of the receiver."""
        return f"http://127.0.0.1:{self.port}/hook"

    def of_type(self, kind: str) -> list[ReceivedWebhook]:
        """Received webhooks with one type of event."""
        return [one for one in self.received if one.payload["type"] == kind]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            one = ReceivedWebhook(head[0].split(" ")[1], headers, body)
            answer = self.answer(one)
            self.received.append(one)
            if answer is None:
                await self.released.wait()
            else:
                status, more = answer
                writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n{more}connection: close\r\n\r\n".encode())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the sender closed the connection, as it may
        finally:
            writer.close()


@asynccontextmanager
async def open_webhook_receiver() -> AsyncIterator[WebhookReceiver]:
    """A receiver on a free port while the block runs."""
    receiver = WebhookReceiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.close()
        await server.wait_closed()
