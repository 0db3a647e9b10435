"""An HTTP proxy in front of a system of a company, which loses, keeps back or cuts off what it is told to."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum, auto

import httpx
from fastapi import FastAPI, Request, Response

from kefu.order_system.http_server import listening, serving_http


class Fate(Enum):
    """What happens to a write."""

    PASS = auto()
    LOSE = auto()
    """It does not reach the system, and nobody answers."""
    CUT = auto()
    """The system carries it out, and its answer is lost."""
    BREAK = auto()
    """The system carries it out, and a proxy answers 502."""


class Interposer:
    """Passes requests on. Dry runs are no writes."""

    def __init__(self, target: str) -> None:
        self._target = target
        self.origin = ""
        self.fate = Fate.PASS
        self.delay = 0.0
        """Seconds that a write takes before the system has it."""
        self.writes = 0
        """Writes that the caller has sent."""
        self.arrived = asyncio.Event()
        """A write has been sent."""
        self.outcome_status = 0
        """What asking for an outcome is answered with; 0: what the system says."""

    async def handle(self, request: Request) -> Response:
        """Pass one request on, or not."""
        is_write = request.method != "GET" and "dry_run" not in str(request.url)
        body = await request.body()
        if is_write:
            self.writes += 1
            self.arrived.set()
            await asyncio.sleep(self.delay)
            if self.fate is Fate.LOSE:
                return await _silence()
        if self.outcome_status and "/operations/" in request.url.path:
            return Response(b"{}", self.outcome_status, media_type="application/json")
        headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
        path = request.url.path.encode() if not request.scope.get("raw_path") else request.scope["raw_path"]
        query = f"?{request.url.query}" if request.url.query else ""
        async with httpx.AsyncClient() as client:
            answer = await client.request(
                request.method, f"{self._target}{path.decode()}{query}", headers=headers, content=body
            )
        if is_write and self.fate is Fate.CUT:
            return await _silence()
        if is_write and self.fate is Fate.BREAK:
            return Response(b"<html>Bad gateway</html>", 502, media_type="text/html")
        return Response(answer.content, answer.status_code, media_type=answer.headers["content-type"])


async def _silence() -> Response:
    await asyncio.sleep(60)
    return Response()


@asynccontextmanager
async def open_interposer(target: str) -> AsyncIterator[Interposer]:
    """A proxy in front of `target` while the block runs."""
    interposer = Interposer(target)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_route("/{path:path}", interposer.handle, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    listener: socket.socket = listening("127.0.0.1:0")
    async with serving_http(listener, app, 0.1):
        interposer.origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield interposer
