"""One message to a router, and the turn that came of it."""

from typing import TYPE_CHECKING

from kefu.router.v1 import chat_pb2 as pb

if TYPE_CHECKING:
    from kefu.router.v1.chat_pb2_grpc import ChatServiceAsyncStub

NEW_SESSION = "sessions/-"


async def ask(stub: "ChatServiceAsyncStub", key: str, text: str, session: str = NEW_SESSION) -> pb.TurnStarted:
    """Ask, and wait until the answer has ended. Raises AioRpcError, and RuntimeError when the stream has no end."""
    started = None
    request = pb.ConverseRequest(session=session, text=text)
    async for event in stub.Converse(request, metadata=(("authorization", f"Bearer {key}"),)):
        if event.HasField("turn_started"):
            started = event.turn_started
        if event.HasField("turn_completed") and started is not None:
            return started
    raise RuntimeError("The answer did not end.")
