"""The cheapest gRPC client that Python allows: HTTP/2 spoken on the socket, for holding thousands of streams.

grpc.aio costs a client about 80 µs of CPU a message, so that on a small machine the generator would be what is
measured. Here one read of the socket yields the frames of all its streams, and a message costs a few microseconds.
It speaks what gRPC needs and no more: unary-request calls, HPACK, flow control, PING, GOAWAY, RST_STREAM, TLS by ALPN.
"""

import asyncio
import base64
import ssl
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol, cast

import grpc
from hpack import Decoder

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE, _CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
_END_STREAM, _ACK, _END_HEADERS, _PADDED, _PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
_MAX_CONCURRENT_STREAMS, _INITIAL_WINDOW_SIZE = 3, 4
_MOST_WINDOW = 2**31 - 1
_FIRST_WINDOW = 65_535
_CANCEL = 8
_HEAD = struct.Struct(">IBI")  # length and type in one word, flags, stream
_STATUS_DETAILS = "grpc-status-details-bin"
_STATUS = {cast("tuple[int, str]", status.value)[0]: status for status in grpc.StatusCode}


class Receiver(Protocol):
    """Callbacks of a call. Times are of time.monotonic."""

    def message(self, data: bytes, now: float) -> None:
        """Called with each whole message of the response."""
        ...

    def ended(self, status: grpc.StatusCode, detail: str, now: float) -> None:
        """Called once at the end of the call. `detail` is the server's, or names what broke."""
        ...


StatusDetails = Callable[[bytes], None]
"""Called before `Receiver.ended` with the google.rpc.Status of a call that failed, if the server sent one."""


class ConnectionLost(Exception):
    """The connection was closed, or takes no new calls."""


class _Call:
    __slots__ = ("details", "held", "receiver", "status")

    def __init__(self, receiver: Receiver, details: StatusDetails | None) -> None:
        self.receiver = receiver
        self.details = details
        self.held = b""
        self.status = ""


class Connection(asyncio.Protocol):
    """One HTTP/2 connection. Make it with `connect`."""

    def __init__(self, window: int = _MOST_WINDOW) -> None:
        self.draining = False
        """Whether the server accepts no new calls on this connection, or is gone."""
        self._stream_window = window
        self.max_streams = 100
        self.messages = 0
        """Messages received so far, over all calls."""
        self._calls: dict[int, _Call] = {}
        self._next = 1
        self._rest = b""
        self._decoder = Decoder()
        self._headers = b""
        self._headers_end = False
        self._unacknowledged = 0
        self._window = _FIRST_WINDOW
        self._waiting: deque[bytes] = deque()
        self._transport: asyncio.Transport | None = None
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def connect(
        cls, address: str, tls: ssl.SSLContext | None = None, seconds: float = 30.0, *, window: int = _MOST_WINDOW
    ) -> "Connection":
        """Connect to "host:port" and wait for the server's settings. OSError or TimeoutError when that fails.

        `window`: bytes that the server may send of each answer; it is never widened.
        """
        host, _, port = address.rpartition(":")
        made = partial(cls, window)
        async with asyncio.timeout(seconds):
            _, connection = await asyncio.get_running_loop().create_connection(made, host, int(port), ssl=tls)
            try:
                await connection._ready
            except BaseException:
                connection.close()
                raise
        return connection

    @property
    def open_calls(self) -> int:
        """Calls that have not ended."""
        return len(self._calls)

    @property
    def has_room(self) -> bool:
        """Whether another call may begin."""
        return not self.draining and len(self._calls) < self.max_streams

    def call(self, headers: bytes, message: bytes, receiver: Receiver, *, details: StatusDetails | None = None) -> int:
        """Begin a call; `headers` are from `request_headers`. Returns its number. Raises ConnectionLost."""
        if self.draining or self._transport is None:
            raise ConnectionLost("The connection takes no new calls.")
        number, self._next = self._next, self._next + 2
        self._calls[number] = _Call(receiver, details)
        body = b"\0" + len(message).to_bytes(4, "big") + message
        self._transport.write(_frame(_HEADERS, _END_HEADERS, number, headers))
        data = _frame(_DATA, _END_STREAM, number, body)
        if self._waiting or len(body) > self._window:
            self._waiting.append(data)
        else:
            self._window -= len(body)
            self._transport.write(data)
        return number

    def cancel(self, number: int) -> None:
        """Cancel a call. Its receiver is called no more."""
        if self._calls.pop(number, None) is not None and self._transport is not None:
            self._transport.write(_frame(_RST_STREAM, 0, number, _CANCEL.to_bytes(4, "big")))

    def close(self) -> None:
        """Close the connection. Open calls end as UNAVAILABLE."""
        self.draining = True
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast("asyncio.Transport", transport)
        settings = _INITIAL_WINDOW_SIZE.to_bytes(2, "big") + self._stream_window.to_bytes(4, "big")
        wider = (_MOST_WINDOW - _FIRST_WINDOW).to_bytes(4, "big")
        self._transport.write(_PREFACE + _frame(_SETTINGS, 0, 0, settings) + _frame(_WINDOW_UPDATE, 0, 0, wider))

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self.draining, self._transport = True, None
        if not self._ready.done():
            self._ready.set_exception(exc or ConnectionResetError("closed before its settings came"))
        now = time.monotonic()
        calls, self._calls = self._calls, {}
        for call in calls.values():
            call.receiver.ended(grpc.StatusCode.UNAVAILABLE, f"connection lost: {exc or 'closed by the server'}", now)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        now = time.monotonic()
        if self._rest:
            data = self._rest + data
        at, size, calls = 0, len(data), self._calls
        while size - at >= 9:
            word, flags, number = _HEAD.unpack_from(data, at)
            end = at + 9 + (word >> 8)
            if end > size:
                break
            kind = word & 0xFF
            if kind == _DATA and not flags & _PADDED:
                self._unacknowledged += end - at - 9
                call = calls.get(number)
                if call is not None:
                    self._body(call, data[at + 9 : end], now)
                    if flags & _END_STREAM:
                        self._end(number, grpc.StatusCode.INTERNAL, "ended without trailers", now)
            else:
                self._other(kind, flags, number & _MOST_WINDOW, data[at + 9 : end], now)
            at = end
        self._rest = data[at:]
        if self._unacknowledged > _MOST_WINDOW // 4 and self._transport is not None:
            self._transport.write(_frame(_WINDOW_UPDATE, 0, 0, self._unacknowledged.to_bytes(4, "big")))
            self._unacknowledged = 0

    def _body(self, call: _Call, data: bytes, now: float) -> None:
        if call.held:
            data = call.held + data
        while len(data) >= 5:
            end = 5 + int.from_bytes(data[1:5], "big")
            if len(data) < end:
                break
            self.messages += 1
            call.receiver.message(data[5:end], now)
            data = data[end:]
        call.held = data

    def _other(self, kind: int, flags: int, number: int, payload: bytes, now: float) -> None:
        if kind == _DATA:
            self._unacknowledged += len(payload)
            if (call := self._calls.get(number)) is not None:
                self._body(call, _unpadded(payload), now)
        elif kind == _HEADERS:
            if flags & _PADDED:
                payload = _unpadded(payload)
            self._headers, self._headers_end = payload[5:] if flags & _PRIORITY else payload, bool(flags & _END_STREAM)
            if flags & _END_HEADERS:
                self._header_block(number, now)
        elif kind == _CONTINUATION:
            self._headers += payload
            if flags & _END_HEADERS:
                self._header_block(number, now)
        elif kind == _SETTINGS and not flags & _ACK:
            for place in range(0, len(payload), 6):
                if int.from_bytes(payload[place : place + 2], "big") == _MAX_CONCURRENT_STREAMS:
                    self.max_streams = int.from_bytes(payload[place + 2 : place + 6], "big")
            self._write(_frame(_SETTINGS, _ACK, 0, b""))
            if not self._ready.done():
                self._ready.set_result(None)
        elif kind == _PING and not flags & _ACK:
            self._write(_frame(_PING, _ACK, 0, payload))
        elif kind == _WINDOW_UPDATE and number == 0:
            self._window += int.from_bytes(payload, "big") & _MOST_WINDOW
            self._flush()
        elif kind == _RST_STREAM:
            self._end(number, grpc.StatusCode.UNAVAILABLE, f"RST_STREAM {int.from_bytes(payload, 'big')}", now)
        elif kind == _GOAWAY:
            self.draining = True
            last = int.from_bytes(payload[:4], "big") & _MOST_WINDOW
            for refused in [one for one in self._calls if one > last]:
                self._end(refused, grpc.StatusCode.UNAVAILABLE, "GOAWAY before it was taken", now)

    def _header_block(self, number: int, now: float) -> None:
        fields = {_text(name): _text(value) for name, value in self._decoder.decode(self._headers, raw=True)}
        call = self._calls.get(number)
        if call is None:
            return
        call.status = fields.get(":status", call.status)
        if not self._headers_end:
            return
        if call.status != "200":
            self._end(number, grpc.StatusCode.UNAVAILABLE, f"HTTP {call.status}", now)
        else:
            status = _STATUS.get(int(fields.get("grpc-status", "2")), grpc.StatusCode.UNKNOWN)
            if call.details is not None and (encoded := fields.get(_STATUS_DETAILS)):
                call.details(base64.b64decode(f"{encoded}=="))  # the padding is optional on the wire
            self._end(number, status, fields.get("grpc-message", ""), now)

    def _end(self, number: int, status: grpc.StatusCode, detail: str, now: float) -> None:
        call = self._calls.pop(number, None)
        if call is not None:
            call.receiver.ended(status, detail, now)

    def _flush(self) -> None:
        while self._waiting and len(self._waiting[0]) - 9 <= self._window:
            data = self._waiting.popleft()
            self._window -= len(data) - 9
            self._write(data)

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)


def request_headers(path: str, authority: str, metadata: Iterable[tuple[str, str]], *, tls: bool = False) -> bytes:
    """A call's header block: literals that touch no table, so it can be made once and sent on any connection."""
    fields = [
        (":method", "POST"),
        (":scheme", "https" if tls else "http"),
        (":path", path),
        (":authority", authority),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
        *metadata,
    ]
    return b"".join(b"\0" + _string(name) + _string(value) for name, value in fields)


def _string(text: str) -> bytes:
    data = text.encode("ascii")
    size = len(data)
    if size < 127:
        return bytes((size,)) + data
    prefix, size = b"\x7f", size - 127
    while size >= 128:
        prefix, size = prefix + bytes((size & 0x7F | 0x80,)), size >> 7
    return prefix + bytes((size,)) + data


def _frame(kind: int, flags: int, number: int, payload: bytes) -> bytes:
    return _HEAD.pack(len(payload) << 8 | kind, flags, number) + payload


def _unpadded(payload: bytes) -> bytes:
    return payload[1 : len(payload) - payload[0]]


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
