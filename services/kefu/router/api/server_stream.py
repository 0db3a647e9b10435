"""A stream to a client as the servicers send it: one that takes nothing for too long is cut."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, aclosing
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
CHECK_SECONDS = 60.0
"""A key that is revoked keeps a stream open for at most so long."""
_log = structlog.stdlib.get_logger()


async def streamed(
    events: AsyncGenerator[EventT, None],
    context: Context,
    message_of: Callable[[EventT], MessageT],
    *,
    slow_reader_seconds: float,
    keyring: Keyring | None = None,
) -> AsyncGenerator[MessageT, None]:
    """The events as messages. A client that takes none of them for so long gets UNAVAILABLE.

    With `keyring` the call's key is asked for again every now and then, for streams that have no end of their own.
    """
    loop, serving = asyncio.get_running_loop(), asyncio.current_task()
    cutting: list[asyncio.Task[None]] = []
    async with aclosing(events), AsyncExitStack() as stack:
        if keyring is not None:
            checking = asyncio.create_task(_check(keyring, context, serving), name="is the key still valid")
            stack.push_async_callback(cancel_and_wait, checking)
        async for event in events:
            # While we are suspended in `yield`, gRPC waits for the client to take what it was sent.
            watch = loop.call_later(
                slow_reader_seconds,
                lambda: cutting.append(asyncio.create_task(_cut_slow(context, serving, slow_reader_seconds))),
            )
            try:
                yield message_of(event)
            finally:
                watch.cancel()


async def _check(keyring: Keyring, context: Context, serving: "asyncio.Task[Any] | None") -> None:
    authorization = dict(context.invocation_metadata() or ()).get("authorization")
    while True:
        await asyncio.sleep(CHECK_SECONDS * random.uniform(0.5, 1.0))  # noqa: S311 - spread
        try:
            await keyring.principal(None if authorization is None else str(authorization))
        except BackendUnavailable:
            continue
        except ServiceError as error:
            await _end(context, serving, error)
            return


async def _cut_slow(context: Context, serving: "asyncio.Task[Any] | None", seconds: float) -> None:
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
