"""The event log of a turn: what its readers are told, each at its own pace."""

import asyncio

from kefu.router.domain.turn import Completed, FinishReason
from kefu.router.turn_stream.event_log import TurnEventLog
from kefu.router.turn_stream.turn_events import Progress, Started, StreamEnd, Text, TurnEvent

STARTED = Started("s", "t", "en")
ENDED = Completed(FinishReason.STOP)


async def test_progress_is_told_as_it_comes_and_before_the_text() -> None:
    log, told = TurnEventLog(), list[TurnEvent]()

    async def read() -> None:
        told.extend([event async for event in log.read()])

    log.start(STARTED)
    reading = asyncio.create_task(read())
    for text in ("Looking up your orders", "Looking up your order"):
        log.add_progress(text)
        await asyncio.sleep(0)
    log.add_text("It is on its way.")
    log.complete(ENDED)
    await reading
    assert told == [
        STARTED,
        Progress("Looking up your orders"),
        Progress("Looking up your order"),
        Text(0, "It is on its way."),
        StreamEnd(ENDED),
    ]


async def test_who_reads_later_is_told_the_last_progress_alone_and_once() -> None:
    log = TurnEventLog()
    log.start(STARTED)
    log.add_progress("Looking up your orders")
    log.add_progress("Looking up your order")
    log.add_text("It is")
    log.complete(ENDED)
    events = [event async for event in log.read()]
    assert [event for event in events if isinstance(event, Progress)] == [Progress("Looking up your order")]
    assert events[-1] == StreamEnd(ENDED)
