"""What a service needs and does not have: the log says so once, with its address, and once when it is there again."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from kefu.common.aio import cancel_and_wait

LOOK_SECONDS = 2.0
"""Pause between two looks."""
_SHORT_SECONDS = 3.0
_log = structlog.stdlib.get_logger()


class OutageLog:
    """The log of one part's outages. One that was never there is no outage: it may still be starting.

    `part` is the word for it, such as redis; `address` where it was looked for, without a password. What is away for
    less than `after_seconds` is not told.
    """

    def __init__(
        self,
        part: str,
        address: str,
        *,
        after_seconds: float = _SHORT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._part = part
        self._address = address
        self._after_seconds = after_seconds
        self._clock = clock
        self._seen_at: float | None = None
        self._told = False

    def note(self, there: bool, cause: str = "") -> None:
        """Note a look. `cause`: why it is not there, as far as that is known."""
        now = self._clock()
        if there:
            if self._told and self._seen_at is not None:
                seconds = round(now - self._seen_at, 1)
                _log.warning("outage.over", part=self._part, address=self._address, seconds=seconds)
            self._seen_at, self._told = now, False
        elif self._seen_at is not None and not self._told and now - self._seen_at >= self._after_seconds:
            self._told = True
            _log.error("outage.began", part=self._part, address=self._address, cause=cause)


@asynccontextmanager
async def outages_logged(part: str, address: str, is_there: Callable[[], bool], cause: str) -> AsyncIterator[None]:
    """Look every `LOOK_SECONDS` while the block runs, and log outages. `cause`: what it means that it is not there."""
    log = OutageLog(part, address)

    async def follow() -> None:
        while True:
            log.note(is_there(), cause)
            await asyncio.sleep(LOOK_SECONDS)

    following = asyncio.create_task(follow(), name=f"outages of {part}")
    try:
        yield
    finally:
        await cancel_and_wait(following)
