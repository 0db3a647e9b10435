"""Server streams: a client that reads nothing for too long is cut, and so is one whose key was revoked."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc.aio
import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.auth import Keyring
from kefu.common.errors import BackendUnavailable, ServiceError
from kefu.common.rpc.status import trailers_of
from kefu.router import metrics

Context = grpc.aio.ServicerContext[Any, Any]
EventT = TypeVar("EventT")
MessageT = TypeVar("MessageT")
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class StreamLimits:
    """When a stream to a client is cut, in seconds."""

    slow_reader_seconds: float
    """A client that reads nothing for this long gets UNAVAILABLE."""
    key_check_seconds: float
    """A key is checked again after at most this long, for streams that have no end of their own."""


async def stream_messages(
    events: AsyncGenerator[EventT, None],
    context: Context,
    message_of: Callable[[EventT], MessageT],
    limits: StreamLimits,
    *,
    keyring: Keyring | None = None,
) -> AsyncGenerator[MessageT, None]:
    """The events as messages, within limits. With `keyring` the call's key is checked again and again."""
    loop, serving = asyncio.get_running_loop(), asyncio.current_task()
    cuts: list[asyncio.Task[None]] = []
    async with aclosing(events), AsyncExitStack() as stack:
        if keyring is not None:
            checking = asyncio.create_task(
                _check_key(keyring, context, serving, limits.key_check_seconds), name="check the stream's key"
            )
            stack.push_async_callback(cancel_and_wait, checking)
        async for event in events:
            # While this is suspended in `yield`, gRPC waits for the client to read what it was sent.
            timer = loop.call_later(
                limits.slow_reader_seconds,
                lambda: cuts.append(
                    asyncio.create_task(_cut_slow_reader(context, serving, limits.slow_reader_seconds))
                ),
            )
            try:
                yield message_of(event)
            finally:
                timer.cancel()


async def _check_key(keyring: Keyring, context: Context, serving: "asyncio.Task[Any] | None", seconds: float) -> None:
    authorization = dict(context.invocation_metadata() or ()).get("authorization")
    while True:
        await asyncio.sleep(seconds * random.uniform(0.5, 1.0))  # noqa: S311 - spread
        try:
            await keyring.principal(None if authorization is None else str(authorization))
        except BackendUnavailable:
            continue
        except ServiceError as error:
            await _end(context, serving, error)
            return


async def _cut_slow_reader(context: Context, serving: "asyncio.Task[Any] | None", seconds: float) -> None:
    metrics.SLOW_READERS_CUT.inc()
    _log.warning("stream.cut", seconds=seconds)
    await _end(context, serving, BackendUnavailable(f"Nothing of this stream was read for {seconds:g} s; resume it."))


async def _end(context: Context, serving: "asyncio.Task[Any] | None", error: ServiceError) -> None:
    # The status first: a cancelled handler sends none, and the client would wait forever once it reads again.
    aborting = asyncio.create_task(context.abort(error.code, error.message, trailers_of(error)))
    await asyncio.wait({aborting}, timeout=0.1)
    if serving is not None:
        serving.cancel()
    await asyncio.gather(aborting, return_exceptions=True)
