"""A router that plays a script over real gRPC, for the load tests' clients."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio

from kefu.common.errors import Overloaded, ServiceError
from kefu.common.rpc.status import trailers_of
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc

Step = pb.ConverseEvent | ServiceError
STARTED = pb.ConverseEvent(turn_started=pb.TurnStarted(session="sessions/s", turn="sessions/s/turns/t"))
REFUSED = Overloaded("Come back later.", retry_after=0.2)
REFUSED_WITHOUT_A_TIME = Overloaded("Too much.")


def text(words: str) -> pb.ConverseEvent:
    return pb.ConverseEvent(text_delta=pb.TextDelta(offset=0, text=words))


def handoff(reason: "pb.Handoff.Reason.ValueType", message: str) -> pb.ConverseEvent:
    return pb.ConverseEvent(handoff=pb.Handoff(reason=reason, message=message))


def completed(
    text_bytes: int,
    reason: "pb.FinishReason.ValueType" = pb.FINISH_REASON_STOP,
    source: "pb.AnswerSource.ValueType" = pb.ANSWER_SOURCE_GENERATED,
) -> pb.ConverseEvent:
    usage = pb.Usage(completion_tokens=7)
    return pb.ConverseEvent(
        turn_completed=pb.TurnCompleted(finish_reason=reason, text_bytes=text_bytes, source=source, usage=usage)
    )


ANSWER: tuple[Step, ...] = (STARTED, text("Yes."), completed(4))
EXTRACT: tuple[Step, ...] = (STARTED, text("Yes."), completed(4, source=pb.ANSWER_SOURCE_EXTRACTIVE))
OVERLOADED: tuple[Step, ...] = (
    STARTED,
    handoff(pb.Handoff.REASON_OVERLOADED, "Hm"),
    completed(2, pb.FINISH_REASON_HANDOFF, pb.ANSWER_SOURCE_CANNED),
)


class _Router(rpc.ChatServiceServicer):
    def __init__(self, turns: Sequence[Sequence[Step]]) -> None:
        self._turns = turns
        self._asked = 0

    async def Converse(self, request: pb.ConverseRequest, context: Any) -> AsyncIterator[pb.ConverseEvent]:
        steps = self._turns[min(self._asked, len(self._turns) - 1)]
        self._asked += 1
        for step in steps:
            if isinstance(step, ServiceError):
                context.set_trailing_metadata(trailers_of(step))
                await context.abort(step.code, step.message)
            else:
                yield step


@asynccontextmanager
async def scripted_router(*turns: Sequence[Step]) -> AsyncIterator[str]:
    """The address of a router that plays one script to each message in turn, the last one again."""
    server = grpc.aio.server()
    rpc.add_ChatServiceServicer_to_server(_Router(turns), server)  # pyright: ignore[reportAbstractUsage] - clients call nothing else
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    try:
        yield address
    finally:
        await server.stop(0)
