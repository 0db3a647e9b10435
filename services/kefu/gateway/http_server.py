"""The HTTP server of the gateway's ASGI application: bound before it serves, drained before it ends."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import h11
import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import StartupError
from kefu.common.listen_addresses import listening_sockets
from kefu.common.tls import Tls
from kefu.gateway.config import GatewayConfig, comma_separated

_KEEP_ALIVE_SECONDS = 75
_MAX_HEADER_BYTES = 32 * 1024
_BACKLOG = 2048
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 20), (socket.TCP_KEEPCNT, 3))
"""A client that is gone without a word, such as a telephone that changed its network, is found within two minutes."""
CERTIFICATE_CHECK_SECONDS = 5.0
_log = structlog.stdlib.get_logger()


@dataclass
class Readiness:
    """The state that /readyz reports."""

    ready: bool = False


class _Server(uvicorn.Server):
    """A uvicorn server that handles no signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """See uvicorn.Server."""
        yield


@asynccontextmanager
async def serving_http(
    config: GatewayConfig,
    app: ASGIApp,
    readiness: Readiness,
    on_shutdown: Callable[[], None],
    *,
    certificate_check_seconds: float = CERTIFICATE_CHECK_SECONDS,
) -> AsyncIterator[int]:
    """An HTTP server at `config.listen` while the block runs; yields its port.

    At the end the server is not ready first, and settles. Then `on_shutdown` ends the streams that would never end, the
    listening socket is closed, and requests in flight have `config.drain_seconds`. With `config.tls`, callers need a
    certificate; its files are read again every `certificate_check_seconds`. Raises StartupError when the address cannot
    be bound.
    """
    listeners = _bind(config.listen)
    port: int = listeners[0].getsockname()[1]
    server = _Server(
        uvicorn.Config(
            app,
            **_tls_options(config.tls),
            http=_protocol(config.header_seconds, config.send_seconds),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(comma_separated(config.trusted_proxies)),
            forwarded_allow_ips=list(comma_separated(config.trusted_proxies)),
            limit_concurrency=config.max_connections,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=max(1, round(config.drain_seconds)),
            h11_max_incomplete_event_size=_MAX_HEADER_BYTES,
            backlog=_BACKLOG,
        )
    )
    try:
        server.config.load()
    except OSError as error:  # of the certificate's files: SSLError is one
        for listener in listeners:
            listener.close()
        raise StartupError(f"The files of KEFU_TLS_… cannot be used: {error}.") from None
    running = asyncio.create_task(server.serve(sockets=listeners), name="http")
    while not server.started and not running.done():  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    renewing = asyncio.create_task(
        _reload_certificate(server.config.ssl, config.tls, certificate_check_seconds), name="renew the certificate"
    )
    readiness.ready = True
    _log.info("serving", address=config.listen, port=port)
    try:
        yield port
    finally:
        _log.info("draining", seconds=config.drain_seconds)
        readiness.ready = False
        await cancel_and_wait(renewing)
        try:
            await asyncio.sleep(config.settle_seconds)
        finally:
            on_shutdown()
            server.should_exit = True
            await running
        _log.info("stopped")


def _tls_options(tls: Tls | None) -> dict[str, Any]:
    if tls is None:
        return {}
    return {
        "ssl_certfile": str(tls.certificate),
        "ssl_keyfile": str(tls.key),
        "ssl_ca_certs": str(tls.authority),
        "ssl_cert_reqs": ssl.CERT_REQUIRED,
    }


async def _reload_certificate(context: ssl.SSLContext | None, tls: Tls | None, check_seconds: float) -> None:
    """Show new connections a renewed certificate, and take those of a renewed authority, until cancelled."""
    if context is None or tls is None:
        return
    current = context

    def choose(connection: ssl.SSLObject, _: str | None, __: ssl.SSLContext) -> None:
        connection.context = current

    context.sni_callback = choose  # called at each handshake, whether or not the caller names a server
    loaded = _contents(tls)
    while True:
        await asyncio.sleep(check_seconds)
        try:
            found = _contents(tls)
            if found != loaded:
                fresh = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                fresh.load_cert_chain(tls.certificate, tls.key)
                fresh.load_verify_locations(tls.authority)
                fresh.verify_mode = ssl.CERT_REQUIRED
                current, loaded = fresh, found
                _log.info("certificate.renewed")
        except OSError as error:  # half written, or not its key yet (SSLError is one): the old one stays
            _log.warning("certificate.not_renewed", cause=str(error))


def _contents(tls: Tls) -> tuple[bytes, ...]:
    return tuple(file.read_bytes() for file in (tls.certificate, tls.key, tls.authority))


def _bind(listen: str) -> list[socket.socket]:
    try:
        listeners = listening_sockets(listen, _BACKLOG)
    except (OSError, ValueError):
        raise StartupError(
            f"Cannot listen at {listen}: the port is in use, or the address is not this machine's."
        ) from None
    for listener in listeners:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # Linux: what is accepted inherits it
        for option, value in _KEEPALIVE:
            listener.setsockopt(socket.IPPROTO_TCP, option, value)
    return listeners


def _protocol(header_seconds: float, send_seconds: float) -> type[asyncio.Protocol]:
    """HTTP/1.1 that closes a connection whose request header takes longer than `header_seconds`.

    A client that does not read is cut off: what is written has to be taken, but for a few KiB, within `send_seconds`.
    uvicorn itself would wait for ever for both.
    """

    class Protocol(H11Protocol):
        _header_timer: asyncio.TimerHandle | None = None
        _send_timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._start_header_timer()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.their_state is not h11.IDLE:
                self._cancel_header_timer()
            elif self._header_timer is None:  # the beginning of another header, on a connection that was kept
                self._start_header_timer()

        def connection_lost(self, exc: Exception | None) -> None:
            self._cancel_header_timer()
            self._cancel_send_timer()
            super().connection_lost(exc)

        def pause_writing(self) -> None:
            """See asyncio.Protocol: the transport's buffer is full."""
            super().pause_writing()
            self._send_timer = self.loop.call_later(send_seconds, self.transport.abort)

        def resume_writing(self) -> None:
            """See asyncio.Protocol: most of the buffer was taken."""
            self._cancel_send_timer()
            super().resume_writing()

        def _cancel_send_timer(self) -> None:
            if self._send_timer is not None:
                self._send_timer.cancel()
                self._send_timer = None

        def _start_header_timer(self) -> None:
            self._header_timer = self.loop.call_later(header_seconds, self._close_if_idle)

        def _cancel_header_timer(self) -> None:
            if self._header_timer is not None:
                self._header_timer.cancel()
                self._header_timer = None

        def _close_if_idle(self) -> None:
            self._header_timer = None
            if self.conn.their_state is h11.IDLE:
                self.transport.close()

    return Protocol
