"""Codecs of google.protobuf messages for connectrpc, whose own protobuf runtime is another one."""

from typing import TypeVar

from connectrpc.codec import Codec
from google.protobuf.json_format import MessageToJson, Parse
from google.protobuf.message import Message

M = TypeVar("M", bound=Message)


class Binary(Codec[Message, M]):
    """The codec of the binary form."""

    def name(self) -> str:
        """The codec's name in content types."""
        return "proto"

    def encode(self, message: Message) -> bytes:
        """A message as bytes."""
        return message.SerializeToString()

    def decode(self, data: bytes | bytearray, message_class: type[M]) -> M:
        """A message of a class. Raises DecodeError."""
        return message_class.FromString(bytes(data))


class Json(Codec[Message, M]):
    """The codec of the JSON form, on one line and without escapes of non-ASCII characters: streams are sent in it."""

    def name(self) -> str:
        """The codec's name in content types."""
        return "json"

    def encode(self, message: Message) -> bytes:
        """A message as bytes."""
        return MessageToJson(message, indent=None, ensure_ascii=False).encode()

    def decode(self, data: bytes | bytearray, message_class: type[M]) -> M:
        """A message of a class; unknown fields are ignored. Raises ParseError."""
        message = message_class()
        if data:
            Parse(bytes(data), message, ignore_unknown_fields=True)
        return message


CODECS: tuple[Codec[Message, Message], ...] = (Binary[Message](), Json[Message]())
