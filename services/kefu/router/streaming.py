"""A stream to a client as the servicers send it: one that takes nothing for too long is cut."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, TypeVar

import grpc.aio
import structlog

from kefu.common.errors import BackendUnavailable
from kefu.common.status import trailers_of
from kefu.router import metrics

Context = grpc.aio.ServicerContext[Any, Any]
EventT = TypeVar("EventT")
MessageT = TypeVar("MessageT")
_log = structlog.stdlib.get_logger()


async def streamed(
    events: AsyncGenerator[EventT, None],
    context: Context,
    message_of: Callable[[EventT], MessageT],
    *,
    slow_reader_seconds: float,
) -> AsyncGenerator[MessageT, None]:
    """The events as messages. A client that takes none of them for so long gets UNAVAILABLE."""
    loop, serving = asyncio.get_running_loop(), asyncio.current_task()
    cutting: list[asyncio.Task[None]] = []
    async with aclosing(events):
        async for event in events:
            # While we are suspended in `yield`, gRPC waits for the client to take what it was sent.
            watch = loop.call_later(
                slow_reader_seconds,
                lambda: cutting.append(asyncio.create_task(_cut(context, serving, slow_reader_seconds))),
            )
            try:
                yield message_of(event)
            finally:
                watch.cancel()


async def _cut(context: Context, serving: "asyncio.Task[Any] | None", seconds: float) -> None:
    metrics.SLOW_READERS_CUT.inc()
    _log.warning("stream.cut", seconds=seconds)
    error = BackendUnavailable(f"Nothing of this stream was read for {seconds:g} s; resume it.")
    # The status first: a cancelled handler sends none, and the client would wait forever once it reads again.
    aborting = asyncio.create_task(context.abort(error.code, error.message, trailers_of(error)))
    await asyncio.wait({aborting}, timeout=0.1)
    if serving is not None:
        serving.cancel()
    await asyncio.gather(aborting, return_exceptions=True)
