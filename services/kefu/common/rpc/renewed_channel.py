"""Channels to other services of Kefu, made anew when the files of their certificate have changed.

gRPC for Python reads a caller's certificate once. A connection that exists goes on with an old one; the next one, made
when a service was restarted or its connection has aged, would show a certificate that has ended, and be refused.
"""

import asyncio
import ipaddress
import time
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any

import grpc
import grpc.aio
import structlog

from kefu.common.errors import StartupError
from kefu.common.grpc_options import Options
from kefu.common.tls import Tls

CHECK_SECONDS = 5.0
"""A call that begins looks at the files when the last look was so long ago."""
_log = structlog.stdlib.get_logger()


def internal_channel(
    address: str, tls: Tls | None, options: Options, server_name: str = "", *, check_seconds: float = CHECK_SECONDS
) -> grpc.aio.Channel:
    """A channel to another service of Kefu.

    Args:
        address: host:port, or a gRPC target such as dns:///kefu-router:50051.
        tls: the files of this service; None: a connection without TLS.
        options: channel options, such as CLIENT_OPTIONS.
        server_name: the name that the certificate must hold when `address` is an IP address.
        check_seconds: see CHECK_SECONDS.
    """
    if tls is None:
        return grpc.aio.insecure_channel(address, options=options)
    if server_name and _is_ip(address):
        options = (*options, ("grpc.ssl_target_name_override", server_name))

    def connect() -> grpc.aio.Channel:
        return grpc.aio.secure_channel(address, tls.channel_credentials(), options=options)

    return RenewedChannel(tls, connect, check_seconds)


class RenewedChannel(grpc.aio.Channel):
    """Each call goes over a channel that was made from the files as they are when it begins.

    Calls in flight end on the channel they began on, which is closed after the last of them. Files that do not fit
    together, as in the middle of a renewal, change nothing.
    """

    def __init__(self, tls: Tls, connect: Callable[[], grpc.aio.Channel], check_seconds: float = CHECK_SECONDS) -> None:
        current = _CountedChannel(connect())  # StartupError for a file that cannot be read
        self._tls = tls
        self._connect = connect
        self._check_seconds = check_seconds
        self._version: tuple[int, ...] = tls.version()
        self._checked_at = time.monotonic()
        self._current = current
        self._old: set[_CountedChannel] = set()
        self._closing: set[asyncio.Task[None]] = set()

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """See grpc.aio.Channel."""
        return self._callable("unary_unary", method, args, kwargs)

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """See grpc.aio.Channel."""
        return self._callable("unary_stream", method, args, kwargs)

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """See grpc.aio.Channel."""
        return self._callable("stream_unary", method, args, kwargs)

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """See grpc.aio.Channel."""
        return self._callable("stream_stream", method, args, kwargs)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """State of the channel that the next call would take."""
        return self._current.channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """See grpc.aio.Channel."""
        await self._current.channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """See grpc.aio.Channel."""
        await self._current.channel.channel_ready()

    async def close(self, grace: float | None = None) -> None:
        """Close all channels; calls in flight have `grace` seconds to end."""
        await asyncio.gather(*(each.channel.close(grace) for each in (self._current, *self._old)), *self._closing)
        self._old.clear()

    async def __aenter__(self) -> "RenewedChannel":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _callable(self, kind: str, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Callable[..., Any]:
        of: _CountedChannel | None = None
        made: Any = None

        def call(*call_args: Any, **call_kwargs: Any) -> Any:
            nonlocal of, made
            current = self._renewed()
            if of is not current:
                of, made = current, getattr(current.channel, kind)(method, *args, **kwargs)
            began = made(*call_args, **call_kwargs)
            current.in_flight += 1
            began.add_done_callback(partial(self._end_call, current))
            return began

        return call

    def _renewed(self) -> "_CountedChannel":
        now = time.monotonic()
        if now - self._checked_at < self._check_seconds:
            return self._current
        self._checked_at = now
        try:
            version = self._tls.version()
            if version == self._version:
                return self._current
            self._tls.check()
            fresh = _CountedChannel(self._connect())
        except (OSError, StartupError) as error:  # half written: the next look finds the rest
            _log.warning("tls.not_renewed", cause=str(error))
            return self._current
        old, self._current, self._version = self._current, fresh, version
        self._old.add(old)
        self._close_if_idle(old)
        _log.info("tls.renewed", certificate=str(self._tls.certificate))
        return fresh

    def _end_call(self, channel: "_CountedChannel", _: Any) -> None:
        channel.in_flight -= 1
        self._close_if_idle(channel)

    def _close_if_idle(self, channel: "_CountedChannel") -> None:
        if channel in self._old and not channel.in_flight:
            self._old.discard(channel)
            task = asyncio.ensure_future(channel.channel.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


class _CountedChannel:
    """A channel, and how many calls are in flight on it."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.in_flight = 0


def _is_ip(address: str) -> bool:
    try:
        ipaddress.ip_address(address.rpartition(":")[0].strip("[]"))
    except ValueError:
        return False
    return True
