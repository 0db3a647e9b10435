"""One message and its answer over any number of connections, without a repeated or missing character."""

import time
import uuid
from collections.abc import AsyncGenerator

import grpc
import grpc.aio

from kefu.client.answer import Event
from kefu.client.persistence import Persistence
from kefu.common.rpc.status import failure_of
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc

Metadata = tuple[tuple[str, str], ...]
ANSWER_SECONDS = 300.0
"""The deadline of a whole answer."""
_NOT_RESUMED = {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.OUT_OF_RANGE, grpc.StatusCode.UNIMPLEMENTED}


async def follow(
    channel: grpc.aio.Channel,
    request: pb.ConverseRequest,
    metadata: Metadata,
    persistence: Persistence,
    seconds: float = ANSWER_SECONDS,
) -> AsyncGenerator[Event, None]:
    """The events of the turn of a message; each comes once, whatever was sent again. Raises ServiceErrors.

    ResumeTurn goes on after a lost stream, at any router. A turn that cannot be resumed, or was not known yet, is asked
    for again under its request_id, which gives the same turn. A TextDelta that begins below the end of the text
    replaces from there: another router has written the rest anew. `seconds` is the deadline of the whole answer.
    """
    stub, asked, merged = rpc.ChatServiceStub(channel), pb.ConverseRequest(), _Merged()
    asked.CopyFrom(request)
    asked.request_id = request.request_id or str(uuid.uuid4())
    asked.resumable = True
    ends, resuming = time.monotonic() + seconds, False
    while True:
        left = max(0.001, ends - time.monotonic())
        if resuming:
            resumed = pb.ResumeTurnRequest(turn=merged.turn, offset=len(merged.text))
            call = stub.ResumeTurn(resumed, metadata=metadata, timeout=left)
        else:
            call = stub.Converse(asked, metadata=metadata, timeout=left)
        try:
            async for message in call:
                for event in merged.news(message):
                    persistence.progressed()
                    yield event
                if merged.completed:
                    return
            raise _broken_off()
        except grpc.aio.AioRpcError as error:
            if resuming and error.code() in _NOT_RESUMED:
                resuming = False
                continue
            await persistence.pause(error)
            resuming = not failure_of(error).reason if resuming else bool(merged.turn)
        finally:
            call.cancel()


def _broken_off() -> grpc.aio.AioRpcError:
    nothing = grpc.aio.Metadata()
    return grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, nothing, nothing, "The answer broke off.")


class _Merged:
    """The events of a turn so far, and the new part of each message."""

    def __init__(self) -> None:
        self.turn = ""
        self.text = b""
        self.completed = False
        self._progress = ""
        self._told = set[str]()

    def news(self, message: pb.ConverseEvent) -> list[Event]:
        match kind := message.WhichOneof("event"):
            case "turn_started":
                known, self.turn = self.turn, message.turn_started.turn
                return [message.turn_started] if self.turn != known else []
            case "text_delta":
                return self._replaced(message.text_delta.offset, message.text_delta.text.encode())
            case "turn_completed":
                self.completed = True
                rest = self._cut(message.turn_completed.text_bytes)
                return [*rest, message.turn_completed]
            case "reasoning_delta":
                return [message.reasoning_delta]
            case "progress":
                known, self._progress = self._progress, message.progress.text
                return [message.progress] if self._progress != known else []
            case "passages_found" if kind not in self._told:
                self._told.add(kind)
                return [message.passages_found]
            case "handoff":
                told = kind in self._told
                self._told.add(kind)
                return [*self._cut(0), *([] if told else [message.handoff])]  # it withdraws the text
            case _:
                return []  # a repeated event, or one of a newer release

    def _replaced(self, offset: int, text: bytes) -> list[Event]:
        """The new part of a piece of text: all of it, the part beyond the text so far, or the part that differs."""
        if offset > len(self.text):
            raise _broken_off()
        held = self.text[offset : offset + len(text)]
        if held == text:
            return []
        same = next((at for at, byte in enumerate(held) if byte != text[at]), len(held))
        while text[same] & 0xC0 == 0x80:  # inside a character
            same -= 1
        start = offset + same
        self.text = self.text[:start] + text[same:]
        return [pb.TextDelta(offset=start, text=text[same:].decode())]

    def _cut(self, size: int) -> list[Event]:
        """The cut of the text at `size` bytes: an answer that was written anew may be shorter."""
        if len(self.text) <= size:
            return []
        self.text = self.text[:size]
        return [pb.TextDelta(offset=size)]
