"""
Kubernetes API servers: one that plays a recording, where each request gets the next recorded answer, and one that a
test switches, from well to refusing to gone.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel


class Exchange(BaseModel, frozen=True, extra="forbid"):
    """One request and its answer. A `body` is one JSON document, `events` are lines of a watch."""

    what: str
    query: dict[str, str]
    """Parameters that the request has to have."""
    status: int = 200
    body: dict[str, Any] | None = None
    events: list[dict[str, Any]] = []
    then: Literal["end", "cut", "cut in a line", "stay"] = "end"


class Recording(BaseModel, frozen=True, extra="forbid"):
    """Exchanges in their order, and a note on their origin."""

    note: str
    path: str
    exchanges: list[Exchange]


@dataclass
class RecordedKubernetesApi:
    """Parameters and bearer tokens of the requests so far, and their mismatches with the recording."""

    recording: Recording
    url: str = ""
    requests: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    tokens: list[str] = field(default_factory=list[str])
    mismatches: list[str] = field(default_factory=list[str])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, which gets one answer."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
            number = len(self.requests)
            self._check(number, head)
            if number < len(self.recording.exchanges):
                await self._play(self.recording.exchanges[number], writer)
        except ConnectionError:
            pass  # the client left, as it may
        finally:
            writer.close()

    def _check(self, number: int, head: list[str]) -> None:
        target = urlsplit(head[0].split(" ")[1])
        query = dict(parse_qsl(target.query))
        self.requests.append(query)
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        self.tokens.append(headers.get("authorization", "").removeprefix("Bearer "))
        if number >= len(self.recording.exchanges):
            self.mismatches.append(f"one request too many: {query}")
            return
        expected = self.recording.exchanges[number]
        if target.path != self.recording.path:
            self.mismatches.append(f"{expected.what}: {target.path}")
        if ("watch" in query) != ("watch" in expected.query) or not expected.query.items() <= query.items():
            self.mismatches.append(f"{expected.what}: {query}")

    async def _play(self, exchange: Exchange, writer: asyncio.StreamWriter) -> None:
        writer.write(
            f"HTTP/1.1 {exchange.status} x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
            "Connection: close\r\n\r\n".encode("ascii")
        )
        documents = exchange.events if exchange.body is None else [exchange.body]
        for document in documents:
            writer.write(_chunk(json.dumps(document).encode() + b"\n"))
            await writer.drain()
        match exchange.then:
            case "end":
                writer.write(b"0\r\n\r\n")
            case "stay":
                await asyncio.sleep(60)
            case "cut in a line":
                writer.write(_chunk(b'{"type": "MODIF'))
            case "cut":
                pass
        await writer.drain()


def _chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode("ascii") + data + b"\r\n"


@asynccontextmanager
async def open_kubernetes_api(recording: Path) -> AsyncIterator[RecordedKubernetesApi]:
    """An API server at `RecordedKubernetesApi.url` while the block runs."""
    api = RecordedKubernetesApi(Recording.model_validate_json(recording.read_bytes()))
    server = await asyncio.start_server(api.serve, "127.0.0.1", 0)
    api.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield api
    finally:
        server.close()  # connections that stay are cut when the loop ends


@dataclass
class SwitchedKubernetesApi:
    """Knows one ready endpoint, until a test says otherwise: of any service, at `address`."""

    url: str = ""
    address: str = "127.0.0.1"
    status: int = 200
    """403, say, refuses; 0 closes each connection, those of watches too."""
    requests: list[str] = field(default_factory=list[str])
    _open: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, which gets one answer; a watch lasts until it is cut."""
        self._open.add(writer)
        try:
            target = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split(" ")[1]
            self.requests.append(target)
            if self.status:
                watch = "watch=1" in target and self.status == 200
                body = b"" if watch else json.dumps(self._list()).encode()
                length = "" if watch else f"Content-Length: {len(body)}\r\n"
                writer.write(f"HTTP/1.1 {self.status} x\r\n{length}Connection: close\r\n\r\n".encode() + body)
                await writer.drain()
                if watch:
                    await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left, as it may
        finally:
            self._open.discard(writer)
            writer.close()

    def cut(self) -> None:
        """From now on every connection is closed, those of watches at once."""
        self.status = 0
        for writer in self._open:
            writer.transport.abort()

    def _list(self) -> dict[str, Any]:
        endpoint = {"addresses": [self.address], "conditions": {"ready": True}}
        slices = [{"metadata": {"name": "one"}, "addressType": "IPv4", "endpoints": [endpoint]}]
        return {"metadata": {"resourceVersion": "1"}, "items": slices}


@asynccontextmanager
async def open_switched_api() -> AsyncIterator[SwitchedKubernetesApi]:
    """An API server at `SwitchedKubernetesApi.url` while the block runs."""
    api = SwitchedKubernetesApi()
    server = await asyncio.start_server(api.serve, "127.0.0.1", 0)
    api.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield api
    finally:
        server.close()
        api.cut()
