"""
Codecs of google.protobuf messages for connectrpc, whose own protobuf runtime is another one, and gzip within bounds.

A request is not decoded by its codec, which could neither wait nor know the method, but by `EncodedRequest.message`.
"""

import asyncio
import json
import zlib
from dataclasses import dataclass
from typing import Any

from connectrpc.code import Code
from connectrpc.codec import Codec
from connectrpc.compression.gzip import GzipCompression
from connectrpc.errors import ConnectError
from google.protobuf.json_format import MessageToJson, Parse, ParseError
from google.protobuf.message import DecodeError, Message

from kefu.common.errors import BadRequest
from kefu.gateway.failures import Failure

_INLINE_BYTES = 8 * 1024
"""What is larger is decoded in a thread: JSON takes Python some 2 ms for each KiB at worst."""
_MAX_RATIO = 32
_MAX_UNPACKED_BYTES = 16 * 1024
"""A compressed request may always become this large, and else 32 times as large as it came."""


@dataclass(frozen=True)
class EncodedRequest:
    """A request as it came, not decoded yet."""

    data: bytes
    message_class: type[Message]
    is_json: bool

    async def message(self, max_values: int, thread: asyncio.Semaphore) -> Message:
        """The message. Raises BadRequest, also for JSON of more than `max_values` values.

        A large one is decoded in a thread once `thread` is free.
        """
        if len(self.data) <= _INLINE_BYTES:
            return self._decode(max_values)
        async with thread:
            return await asyncio.to_thread(self._decode, max_values)

    def _decode(self, max_values: int) -> Message:
        message = self.message_class()
        try:
            if not self.is_json:
                message.ParseFromString(self.data)
            elif self.data:
                _check_count(json.loads(self.data), max_values)
                Parse(self.data, message, ignore_unknown_fields=True)
        except (DecodeError, ParseError, ValueError, RecursionError) as error:
            raise BadRequest("request", f"cannot be read ({str(error)[:300]}).") from None
        return message


def _check_count(parsed: Any, max_values: int) -> None:
    """Raise BadRequest for more than `max_values` values: parsing JSON is cheap, making messages of it is not."""
    count, waiting = 1, [parsed]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict | list):
            count += len(value)  # pyright: ignore[reportUnknownArgumentType] - of json
            if count > max_values:
                raise BadRequest("request", f"has more than {max_values} values; send less in one call.")
            waiting.extend(value.values() if isinstance(value, dict) else value)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


class _Binary(Codec[Message, Any]):
    """The codec of the binary form."""

    def name(self) -> str:
        """The codec's name in content types."""
        return "proto"

    def encode(self, message: Message) -> bytes:
        """A message as bytes."""
        return message.SerializeToString()

    def decode(self, data: bytes | bytearray, message_class: type[Any]) -> EncodedRequest:
        """A request of a class."""
        return EncodedRequest(bytes(data), message_class, is_json=False)


class _Json(Codec[Message, Any]):
    """The codec of the JSON form, on one line and without escapes of non-ASCII characters: streams are sent in it."""

    def name(self) -> str:
        """The codec's name in content types."""
        return "json"

    def encode(self, message: Message) -> bytes:
        """A message as bytes."""
        return MessageToJson(message, indent=None, ensure_ascii=False).encode()

    def decode(self, data: bytes | bytearray, message_class: type[Any]) -> EncodedRequest:
        """A request of a class; unknown fields are ignored."""
        return EncodedRequest(bytes(data), message_class, is_json=True)


class BoundedGzip(GzipCompression):
    """gzip of one member, whose requests may not unpack to far more than was sent. connect-python's clients use it."""

    def decompress(self, data: bytes | bytearray | memoryview, read_max_bytes: int | None = None) -> bytes:
        """The bytes. Raises ConnectError."""
        if not data:
            return b""
        most = max(_MAX_UNPACKED_BYTES, _MAX_RATIO * len(data))
        within = most if read_max_bytes is None else min(most, read_max_bytes)
        decompressor = zlib.decompressobj(wbits=31)
        unpacked = decompressor.decompress(data, within + 1)
        if len(unpacked) > within:
            if within == read_max_bytes:
                raise ConnectError(Code.RESOURCE_EXHAUSTED, f"message is larger than configured max {within}")
            raise _wrong_encoding(f"must not compress more than {_MAX_RATIO} to 1; send the request uncompressed.")
        if not decompressor.eof or decompressor.unused_data:
            raise _wrong_encoding("must be one whole member of gzip, or none at all.")
        return unpacked


def _wrong_encoding(description: str) -> ConnectError:
    return Failure.of(BadRequest("content-encoding", description)).connect()


CODECS: tuple[Codec[Message, Any], ...] = (_Binary(), _Json())
