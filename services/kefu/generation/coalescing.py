"""Coalescing: gathers pieces into frames by time, in one buffer, so that no client slows the reading of the engine."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress

from kefu.generation.engine import Event, Finished, Piece

TICK_SECONDS = 0.1


class FramePacer:
    """Decides when the next frame of one answer is due: at the same point of every interval, however late the last was.

    `interval` is in seconds. If intervals were counted from the last frame, answers that were late together would be
    due together for ever after: thousands of frames would come at one moment and none at the others. Intervals of two
    ticks or more end at ticks common to all answers. Many frames at once take a third less CPU than one by one, here
    and in all services downstream, which are woken once for many frames.
    """

    def __init__(self, interval: Callable[[], float], clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = interval
        self._clock = clock
        self._due: float | None = None

    def seconds_to_next(self) -> float:
        """Seconds from now, when a frame has just been sent, to the next frame."""
        now, interval = self._clock(), self._interval()
        due = now if self._due is None else self._due
        if interval <= 0:
            return 0.0
        due += interval * max(math.ceil((now - due) / interval), 1)
        if interval >= 2 * TICK_SECONDS:
            due = math.ceil(due / TICK_SECONDS) * TICK_SECONDS
        self._due = due
        return due - now


class FrameBuffer:
    """Events that were read and not yet taken.

    Neighbouring pieces of one channel become one piece. So the buffer holds no more than one answer's text, bounded by
    the request's `max_tokens`, however slow the reader is.
    """

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._error: Exception | None = None
        self._ended = False
        self._changed = asyncio.Event()

    def put(self, event: Event) -> None:
        """Add an event; a piece joins the piece before it."""
        last = self._events[-1] if self._events else None
        if isinstance(event, Piece) and isinstance(last, Piece) and last.channel is event.channel:
            self._events[-1] = Piece(event.channel, last.text + event.text, last.token_ids + event.token_ids)
        elif not (isinstance(event, Piece) and not event.text and not event.token_ids):
            self._events.append(event)
        self._changed.set()

    def end(self, error: Exception | None = None) -> None:
        """Record that nothing more comes; `error` is raised to the reader after the held events."""
        self._error, self._ended = error, True
        self._changed.set()

    async def take(self) -> list[Event]:
        """Wait for events and take all; empty once the answer has ended. Raises the error that it ended with."""
        while not self._events and not self._ended:
            self._changed.clear()
            await self._changed.wait()
        events, self._events = self._events, []
        if not events and self._error is not None:
            raise self._error
        return events

    async def linger(self, seconds: float) -> None:
        """Wait for `seconds`, or until the answer has ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._ended:
                    self._changed.clear()
                    await self._changed.wait()


@asynccontextmanager
async def paced(
    events: AsyncGenerator[Event, None], interval: Callable[[], float], observe: Callable[[Event], None]
) -> AsyncIterator[AsyncIterator[Event]]:
    """As `coalesced`, for an engine that coalesces by itself: without task or buffer, with a pause after each text."""
    pacer = FramePacer(interval)

    async def gathered() -> AsyncIterator[Event]:
        async for event in events:
            observe(event)
            yield event
            if isinstance(event, Piece) and event.text:
                await asyncio.sleep(pacer.seconds_to_next())

    async with aclosing(events):
        yield gathered()


@asynccontextmanager
async def coalesced(
    events: AsyncGenerator[Event, None], interval: Callable[[], float], observe: Callable[[Event], None]
) -> AsyncIterator[AsyncIterator[Event]]:
    """Read `events` in a task of its own while the block runs, and yield them coalesced.

    The first text comes at once, then at most one frame every `interval()` seconds. `observe` is called with every
    event as soon as it is read. Leaving the block cancels the task and closes `events`, which aborts the request in
    the engine.
    """
    buffer, pacer = FrameBuffer(), FramePacer(interval)

    async def read() -> None:
        error: Exception | None = None
        try:
            async with aclosing(events) as source:
                async for event in source:
                    observe(event)
                    buffer.put(event)
        except Exception as raised:  # raised to the reader
            error = raised
        buffer.end(error)

    async def gathered() -> AsyncIterator[Event]:
        while taken := await buffer.take():
            wrote = False
            for event in taken:
                yield event
                wrote = wrote or (isinstance(event, Piece) and bool(event.text))
                if isinstance(event, Finished):
                    return
            if wrote:
                await buffer.linger(pacer.seconds_to_next())

    reader = asyncio.create_task(read(), name="engine-reader")
    try:
        yield gathered()
    finally:
        reader.cancel()
        with suppress(asyncio.CancelledError):
            await reader
