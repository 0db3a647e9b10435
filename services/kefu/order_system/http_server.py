"""The HTTP server of the order system: bound before it serves, drained before it ends."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import structlog
import uvicorn
from fastapi import FastAPI

from kefu.common.errors import StartupError

_log = structlog.stdlib.get_logger()


class _Server(uvicorn.Server):
    """A uvicorn server that handles no signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """See uvicorn.Server."""
        yield


def listening(address: str) -> socket.socket:
    """A socket bound to host:port; port 0 gets a free one. Raises StartupError when it cannot be bound."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        return socket.create_server((host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, ValueError):
        raise StartupError(
            f"Cannot listen at {address}: the port is in use, or the address is not this machine's."
        ) from None


@asynccontextmanager
async def serving_http(listener: socket.socket, app: FastAPI, drain_seconds: float) -> AsyncIterator[None]:
    """Serve the application while the block runs; then requests in flight have `drain_seconds` to end."""
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=max(1, round(drain_seconds)),
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]), name="http")
    while not server.started and not running.done():  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    _log.info("serving", port=listener.getsockname()[1])
    try:
        yield
    finally:
        server.should_exit = True
        await running
        _log.info("stopped")
