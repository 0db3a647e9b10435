"""Connect's streams in JSON, as the chat page reads them: messages, the end, and the reason of a refusal."""

import base64
import json
import struct
from typing import Any, NamedTuple

from google.rpc import error_details_pb2

from kefu.common.errors import Overloaded

_END_OF_STREAM = 0b10
_NO_REASONS = ("", "INTERNAL", "BACKEND_UNAVAILABLE", "DEADLINE_EXCEEDED")
"""Reasons that do not tell a visitor what to do."""


class Refusal(NamedTuple):
    """Why a message was refused."""

    reason: str
    """Of the ErrorInfo; empty without one."""
    what: str = ""
    """What was refused or full, or the sentence for the visitor."""
    says_when: bool = False
    """Whether a RetryInfo says when to come back."""

    @property
    def for_load(self) -> bool:
        """Whether more was asked than can be answered in time."""
        return self.reason == Overloaded.reason

    @property
    def is_clear(self) -> bool:
        """Whether it tells a visitor what to do: for load that is when to come back."""
        return self.reason not in _NO_REASONS and (self.says_when or not self.for_load)

    def __str__(self) -> str:
        """Reason and what; empty without a reason."""
        return f"{self.reason} ({self.what})" if self.reason else ""


def frames(body: bytes) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The messages of a stream, and its end; empty when it was cut off."""
    messages: list[dict[str, Any]] = []
    while len(body) >= 5:
        flags, length = struct.unpack(">BI", body[:5])
        if len(body) < 5 + length:
            break
        data, body = body[5 : 5 + length], body[5 + length :]
        if flags & _END_OF_STREAM:
            return messages, json.loads(data)
        messages.append(json.loads(data))
    return messages, {}


def refusal_of(body: bytes) -> Refusal:
    """The refusal that an error in JSON tells."""
    try:
        error = json.loads(body)
    except ValueError:
        return Refusal("")
    details = {each.get("type"): base64.b64decode(each["value"] + "==") for each in error.get("details", [])}
    packed = details.get(error_details_pb2.ErrorInfo.DESCRIPTOR.full_name)
    if packed is None:
        return Refusal("")
    info = error_details_pb2.ErrorInfo.FromString(packed)
    what = info.metadata.get("what") or info.metadata.get("limit") or error.get("message", "")
    return Refusal(info.reason, what, error_details_pb2.RetryInfo.DESCRIPTOR.full_name in details)
