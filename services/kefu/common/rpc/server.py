"""Run a gRPC server the way every service does: health, reflection, one guard, a drain, and a clear end."""

import asyncio
import gc
import resource
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import grpc.aio
import pydantic
import structlog
import uvloop
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import SERVICE_NAME as HEALTH
from grpc_reflection.v1alpha import reflection

from kefu.common.auth import Keyring, Scope
from kefu.common.config import ServiceConfig
from kefu.common.errors import StartupError
from kefu.common.grpc_options import DEFAULT, Transport
from kefu.common.rpc.health import Health
from kefu.common.rpc.interceptor import Guard
from kefu.common.rpc.listening_socket import stop_listening
from kefu.common.telemetry import metrics, set_up_logging, traces
from kefu.common.tls import Tls

ConfigT = TypeVar("ConfigT", bound=ServiceConfig)
Register = Callable[[grpc.aio.Server], None]
CANNOT_START = 78
"""Exit status for a process that would fail again in the same way (sysexits.h calls it EX_CONFIG)."""

_log = structlog.stdlib.get_logger()


class Serving:
    """A server that is running. `healthy(False)` says NOT_SERVING for all services, as when an engine has died."""

    def __init__(self, port: int, health: Health, services: tuple[str, ...]) -> None:
        self.port = port
        self._health = health
        self._services = services

    async def healthy(self, serving: bool) -> None:
        """Set what `grpc.health.v1` answers for the server as a whole and for each service."""
        await self._health.set_all(self._services, serving=serving)


@asynccontextmanager
async def serving(
    listen: str,
    register: Register,
    *,
    keyring: Keyring,
    scopes: Mapping[str, tuple[Scope, ...]],
    drain: float = 20.0,
    transport: Transport = DEFAULT,
    tls: Tls | None = None,
    leaving: Callable[[], None] | None = None,
) -> AsyncIterator[Serving]:
    """Serve at `listen` while the block runs; port 0 gets a free one, see `Serving.port`.

    `scopes` names each service that `register` adds, and the scopes of which a caller needs one. With `tls`, callers
    need a certificate as well. At the end the server
    says NOT_SERVING first, settles, closes its listening socket, then refuses new calls and gives those in flight
    `drain` seconds. `leaving` is called just before that: for streams that would never end by themselves.
    Raises StartupError when the address cannot be had.
    """
    server = grpc.aio.server(interceptors=[Guard(keyring, scopes)], options=transport.server_options())
    register(server)
    health = Health()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)  # pyright: ignore[reportUnknownMemberType]
    reflection.enable_server_reflection([*scopes, HEALTH, reflection.SERVICE_NAME], server)
    port = _bind(server, listen, tls)
    await server.start()
    running = Serving(port, health, tuple(scopes))
    await running.healthy(True)
    _log.info("serving", address=listen, port=port)
    try:
        yield running
    finally:
        _log.info("draining", seconds=drain)
        # Readiness first, so that callers leave before calls in flight are cut.
        await health.enter_graceful_shutdown()
        try:
            await asyncio.sleep(transport.settle_seconds)
            if transport.listener_grace_seconds and await stop_listening(port):
                await asyncio.sleep(transport.listener_grace_seconds)
        finally:
            health.end_watches()
            if leaving is not None:
                leaving()
            await server.stop(drain)
        _log.info("stopped")


def check_address(listen: str) -> None:
    """Raise StartupError now if `serving` could not have this address: for services that load for minutes first."""
    host, _, port = listen.rpartition(":")
    if not port.isdigit():
        return  # a socket of the file system, say: gRPC knows more of those
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # A plain socket: gRPC gives back an address that it did not serve at only when it likes to.
        socket.create_server((host, int(port)), family=family).close()
    except OSError:
        raise _not_to_be_had(listen) from None


def _bind(server: grpc.aio.Server, listen: str, tls: Tls | None) -> int:
    try:
        return server.add_secure_port(listen, tls.server_credentials()) if tls else server.add_insecure_port(listen)
    except RuntimeError:
        raise _not_to_be_had(listen) from None


def _not_to_be_had(listen: str) -> StartupError:
    return StartupError(f"Cannot listen at {listen}: the port is in use, or the address is not this machine's.")


async def terminated() -> None:
    """Return at SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


def run(
    service: str, config_class: Callable[[], ConfigT], main: Callable[[ConfigT], Coroutine[Any, Any, None]]
) -> None:
    """The whole life of a service's process: read the configuration, set up telemetry, run `main` on uvloop.

    Exits with 0 after a clean end and with CANNOT_START, and one sentence, when starting again would not help.
    """
    try:
        config = config_class()
        _raise_descriptor_limit()
        set_up_logging(service, config.log_level, config.log_format)
        with traces(service, config.otlp_endpoint), metrics(config.metrics_listen):
            _collect_seldom()
            uvloop.run(main(config))
    except StartupError as error:
        _fail(service, str(error))
    except pydantic.ValidationError as error:
        problems = (
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors(include_input=False)
        )
        _fail(service, "wrong configuration: " + "; ".join(problems))


def _collect_seldom() -> None:
    # By default all objects of a few thousand open streams are looked through for cycles many times a minute.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _raise_descriptor_limit() -> None:
    # Behind nginx each stream is a connection, and the usual soft limit is 1,024.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # "unlimited" is more than some kernels grant
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _fail(service: str, message: str) -> None:
    sys.stderr.write(f"kefu-{service} cannot start: {message}\n")
    sys.exit(CANNOT_START)
