"""Messages of google.protobuf for connectrpc, whose own runtime is another one."""

from typing import TypeVar

from connectrpc.codec import Codec
from google.protobuf.json_format import MessageToJson, Parse
from google.protobuf.message import Message

M = TypeVar("M", bound=Message)


class Binary(Codec[Message, M]):
    """The binary form."""

    def name(self) -> str:
        """In content types."""
        return "proto"

    def encode(self, message: Message) -> bytes:
        """A message as bytes."""
        return message.SerializeToString()

    def decode(self, data: bytes | bytearray, message_class: type[M]) -> M:
        """A message of a class; raises DecodeError."""
        return message_class.FromString(bytes(data))


class Json(Codec[Message, M]):
    """The JSON form, on one line and in the characters of its language: streams are sent in it."""

    def name(self) -> str:
        """In content types."""
        return "json"

    def encode(self, message: Message) -> bytes:
        """A message as bytes."""
        return MessageToJson(message, indent=None, ensure_ascii=False).encode()

    def decode(self, data: bytes | bytearray, message_class: type[M]) -> M:
        """A message of a class, fields that it does not have left out; raises ParseError."""
        message = message_class()
        if data:
            Parse(bytes(data), message, ignore_unknown_fields=True)
        return message


CODECS: tuple[Codec[Message, Message], ...] = (Binary[Message](), Json[Message]())
