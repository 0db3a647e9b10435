"""An HTTP/1.1 server in the gateway's place that echoes the requests that reach it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route


class EchoGateway:
    """Counts the received bytes of imports. `may_continue` lets a stream write its second line."""

    def __init__(self) -> None:
        self.received = 0
        self.request_received = asyncio.Event()
        self.may_continue = asyncio.Event()
        self.client_left = asyncio.Event()

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/", self._page),
                Route("/stream", self._stream),
                Route("/api/import", self._import, methods=["POST"]),
                Route("/missing", self._missing),
                Route("/{path:path}", self._echo, methods=["GET", "POST", "OPTIONS"]),
            ]
        )

    async def _page(self, _: Request) -> Response:
        return PlainTextResponse("a page")

    async def _missing(self, _: Request) -> Response:
        return PlainTextResponse("the gateway's own words", 404)

    async def _echo(self, request: Request) -> Response:
        body = await request.body()
        echoed = {
            "method": request.method,
            "path": request.url.path,
            "query": request.url.query,
            "bytes": len(body),
            "headers": dict(request.headers),
        }
        return JSONResponse(echoed)

    async def _import(self, request: Request) -> Response:
        # To its end before a word is said: nginx sends no more of a request once it has seen the answer begin.
        async for part in request.stream():
            self.received += len(part)
            self.request_received.set()
        return JSONResponse({"method": request.method, "bytes": self.received})

    async def _stream(self, _: Request) -> Response:
        async def lines() -> AsyncIterator[bytes]:
            try:
                yield b"first\n"
                await self.may_continue.wait()
                yield b"second\n"
            finally:
                self.client_left.set()

        return StreamingResponse(lines(), media_type="text/event-stream")


@asynccontextmanager
async def echo_gateway(port: int) -> AsyncIterator[EchoGateway]:
    """An echo gateway that serves while the block runs."""
    gateway = EchoGateway()
    server = uvicorn.Server(uvicorn.Config(gateway.app(), port=port, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:
            await asyncio.sleep(0.01)
    try:
        yield gateway
    finally:
        server.should_exit = server.force_exit = True
        gateway.may_continue.set()
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(serving, 20)
