"""A router that answers with its own port, in a process of its own: python -m tests.support.echo_router PORT

It serves as every service does, so that it drains as they do. Its answers: the port as the turn's name at once, then
for a text that is a number a pause of so many seconds, then the end.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio

from kefu.common.auth import open_keyring
from kefu.common.grpc_options import DEFAULT_TRANSPORT, Transport
from kefu.common.permissions import permissions_of
from kefu.common.rpc.server import serving, terminated
from kefu.common.tls import Tls
from kefu.router.v1 import chat_pb2 as pb

SERVICE = "kefu.router.v1.ChatService"
INTERNAL_KEY = f"kefu_internal_{'0' * 64}"
KEY = f"kefu_bootstrap_{'1' * 64}"


def chat_service(port: int) -> grpc.GenericRpcHandler:
    """ChatService with Converse alone."""

    async def converse(
        request: pb.ConverseRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[pb.ConverseEvent]:
        yield pb.ConverseEvent(turn_started=pb.TurnStarted(turn=str(port)))
        if request.text:
            await asyncio.sleep(float(request.text))
        yield pb.ConverseEvent(turn_completed=pb.TurnCompleted())

    handler = grpc.unary_stream_rpc_method_handler(
        converse, pb.ConverseRequest.FromString, pb.ConverseEvent.SerializeToString
    )
    return grpc.method_handlers_generic_handler(SERVICE, {"Converse": handler})


@asynccontextmanager
async def echo_router(
    port: int, transport: Transport = DEFAULT_TRANSPORT, drain: float = 0, tls: Tls | None = None
) -> AsyncIterator[None]:
    """Serve while the block runs."""
    async with (
        open_keyring(INTERNAL_KEY, KEY) as keyring,
        serving(
            f"127.0.0.1:{port}",
            lambda server: server.add_generic_rpc_handlers((chat_service(port),)),
            keyring=keyring,
            permissions=permissions_of(SERVICE),
            drain_seconds=drain,
            transport=transport,
            tls=tls,
        ),
    ):
        yield


async def main(port: int) -> None:
    """Serve until SIGTERM. What was accepted has longer than at a service: here all of the tests want the processor."""
    async with echo_router(port, Transport(listener_grace_seconds=2), drain=20):
        await terminated()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
