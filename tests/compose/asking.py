"""Asking the suite in containers questions that its model has to answer."""

from collections.abc import Sequence

import grpc.aio

from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from tests.support.grpc_calls import bearer_metadata

ENGLISH = "How long are gift cards valid?"
CHINESE = "积分多久过期？"
LONG = "How do I return something that I bought, and what does it cost?"
MOST_TOKENS = 256
"""A message with options of its own is neither answered from the answers that are kept, nor is its answer kept."""


class Answer:
    """A turn, as its events told it."""

    def __init__(self, events: Sequence[pb.ConverseEvent]) -> None:
        self.turn = next(event.turn_started.turn for event in events if event.HasField("turn_started"))
        self.text = b""
        for event in events:
            if event.HasField("text_delta"):
                delta = event.text_delta
                self.text = self.text[: delta.offset] + delta.text.encode()
        assert events[-1].HasField("turn_completed"), events
        self.completed = events[-1].turn_completed


async def ask(channel: grpc.aio.Channel, key: str, text: str, session: str = "sessions/-") -> Answer:
    request = pb.ConverseRequest(session=session, text=text, collections=["collections/help"], max_tokens=MOST_TOKENS)
    return Answer(
        [event async for event in rpc.ChatServiceStub(channel).Converse(request, metadata=bearer_metadata(key))]
    )
