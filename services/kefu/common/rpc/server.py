"""The gRPC server of every service: health, reflection, the call interceptor, a drain, and a clear exit status."""

import asyncio
import gc
import os
import resource
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import grpc.aio
import pydantic
import structlog
import uvloop
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import SERVICE_NAME as HEALTH
from grpc_reflection.v1alpha import reflection_pb2_grpc
from grpc_reflection.v1alpha.reflection import SERVICE_NAME as REFLECTION
from pydantic_settings import SettingsError

from kefu.common.audit.recorder import AuditRecorder
from kefu.common.auth import Keyring
from kefu.common.config import ServiceConfig
from kefu.common.errors import CANNOT_START, StartupError
from kefu.common.grpc_options import DEFAULT_TRANSPORT, Transport
from kefu.common.permissions import Permissions
from kefu.common.rpc.certificate_expiry import report_expiry
from kefu.common.rpc.health import Health
from kefu.common.rpc.interceptor import CallInterceptor
from kefu.common.rpc.listening_socket import stop_listening
from kefu.common.rpc.reflection import Reflection
from kefu.common.rpc.watchdog import watchdog
from kefu.common.telemetry import metrics, set_up_logging, traces
from kefu.common.tls import Tls

ConfigT = TypeVar("ConfigT", bound=ServiceConfig)
Register = Callable[[grpc.aio.Server], None]
"""Adds servicers to a server."""

_log = structlog.stdlib.get_logger()


class RunningServer:
    """A gRPC server that serves, and its port."""

    def __init__(self, port: int, health: Health, services: tuple[str, ...]) -> None:
        self.port = port
        self._health = health
        self._services = services

    async def set_healthy(self, serving: bool) -> None:
        """Set what `grpc.health.v1` answers for the server as a whole and for each service.

        False means NOT_SERVING, as when an engine has died.
        """
        await self._health.set_all(self._services, serving=serving)


@asynccontextmanager
async def serving(
    listen: str,
    register: Register,
    *,
    keyring: Keyring,
    permissions: Permissions,
    drain_seconds: float = 20.0,
    transport: Transport = DEFAULT_TRANSPORT,
    tls: Tls | None = None,
    on_shutdown: Callable[[], None] | None = None,
    audit: AuditRecorder | None = None,
    healthy: bool = True,
) -> AsyncIterator[RunningServer]:
    """A gRPC server while the block runs.

    At the end the server says NOT_SERVING first, settles, and closes its listening socket. Then it refuses new calls,
    and calls in flight have `drain_seconds` to end.

    Args:
        listen: host:port. Port 0 gets a free one, see `RunningServer.port`.
        register: adds the servicers.
        keyring: checks the callers' keys.
        permissions: the services that `register` adds, and what their methods need: `permissions_of(SERVICE, …)`.
        drain_seconds: how long calls in flight may go on after the block, 0 or more.
        transport: connection settings; `settle_seconds` and `listener_grace_seconds` lengthen the end.
        tls: the files for TLS; callers then need a certificate as well. None: no TLS.
        on_shutdown: called just before new calls are refused, to end streams that would never end by themselves.
        audit: records calls in the audit log; None: none are.
        healthy: False where the server is NOT_SERVING until `RunningServer.set_healthy` says otherwise.

    Raises StartupError when the address cannot be bound.
    """
    interceptor = CallInterceptor(keyring, permissions, audit)
    server = grpc.aio.server(interceptors=[interceptor], options=transport.server_options())
    register(server)
    health = Health()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)  # pyright: ignore[reportUnknownMemberType]
    reflection = Reflection([*permissions, HEALTH, REFLECTION])
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(reflection, server)  # pyright: ignore[reportUnknownMemberType]
    port = _bind(server, listen, tls)
    await server.start()
    running = RunningServer(port, health, tuple(permissions))
    await health.set_alive()
    await running.set_healthy(healthy)
    _log.info("serving", address=listen, port=port)
    try:
        yield running
    finally:
        _log.info("draining", seconds=drain_seconds)
        # Readiness first, so that callers go elsewhere before calls in flight are cut.
        await health.enter_graceful_shutdown()
        try:
            await asyncio.sleep(transport.settle_seconds)
            if transport.listener_grace_seconds and await stop_listening(port):
                await asyncio.sleep(transport.listener_grace_seconds)
        finally:
            health.end_watches()
            if on_shutdown is not None:
                on_shutdown()
            await server.stop(drain_seconds)
        _log.info("stopped")


def check_address(listen: str) -> None:
    """Raise StartupError now if `serving` could not bind this address. For services that load for minutes first."""
    host, _, port = listen.rpartition(":")
    if not port.isdigit():
        return  # a socket of the file system, say: gRPC knows more of those
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # A plain socket: gRPC releases an address that it did not serve at a time of its own choice.
        socket.create_server((host, int(port)), family=family).close()
    except OSError:
        raise _address_unavailable(listen) from None


def _bind(server: grpc.aio.Server, listen: str, tls: Tls | None) -> int:
    try:
        return server.add_secure_port(listen, tls.server_credentials()) if tls else server.add_insecure_port(listen)
    except RuntimeError:
        raise _address_unavailable(listen) from None


def _address_unavailable(listen: str) -> StartupError:
    return StartupError(f"Cannot listen at {listen}: the port is in use, or the address is not this machine's.")


async def terminated(watchdog_seconds: float = 0.0) -> None:
    """Return at SIGTERM or SIGINT. Until then the loop is watched, see `watchdog`.

    Call this when all is open: what a service loads as it starts may hold the loop for long.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with watchdog(watchdog_seconds):
        await stop.wait()


def run(
    service: str, config_class: Callable[[], ConfigT], main: Callable[[ConfigT], Coroutine[Any, Any, None]]
) -> None:
    """The main function of a service's process: reads the configuration, sets up telemetry, runs `main` on uvloop.

    Returns after a clean end. Exits with CANNOT_START and one sentence on standard error when another start would not
    help. `service` is the service's name, such as "router".
    """
    try:
        config = config_class()
        _raise_descriptor_limit()
        set_up_logging(service, config.log_level, config.log_format)
        if unread := config.unread(os.environ):
            _log.warning(
                "config.unread", variables=unread, advice="nothing reads them: docs/reference/configuration.md"
            )
        with traces(service, config.otlp_endpoint), metrics(config.metrics_listen):
            report_expiry(config.watched_certificate_files())
            _tune_garbage_collection()
            uvloop.run(main(config))
    except StartupError as error:
        _fail(service, str(error))
    except pydantic.ValidationError as error:
        problems = (
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors(include_input=False)
        )
        _fail(service, "wrong configuration: " + "; ".join(problems))
    except SettingsError as error:  # a variable that holds a list or an object
        _fail(service, f"wrong configuration: {error}: it is no JSON ({error.__cause__})")


def _tune_garbage_collection() -> None:
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
