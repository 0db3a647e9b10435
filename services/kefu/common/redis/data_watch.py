"""
Whether Redis answers, and still holds the data that this process knew.

A Redis that was emptied answers as well as ever: a lost volume, an empty replica that became the primary, FLUSHALL.
The record of the schema tells. Every service writes it into an empty Redis before anything else, and nothing takes it
away; who has seen it and does not find it any more would answer customers out of nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from prometheus_client import Gauge
from redis.asyncio import Redis

from kefu.common.aio import cancel_and_wait
from kefu.common.outage import LOOK_SECONDS, OutageLog
from kefu.common.redis.client import REDIS_FAILURES, CommandBreaker
from kefu.common.redis.schema.version import SCHEMA_KEY

EMPTIED = Gauge("kefu_redis_emptied", "1 while the data that this process knew is gone from Redis.")
_log = structlog.stdlib.get_logger()


@asynccontextmanager
async def open_data_watch(
    client: Redis, address: str, on_change: Callable[[bool], Awaitable[None]] | None = None
) -> AsyncIterator[None]:
    """Look every `LOOK_SECONDS` while the block runs, and log what is wrong, with Redis' `address`.

    `on_change` is called with False when the data is gone, and with True when it is back, as after a restore.
    """
    breaker, outages = CommandBreaker(), OutageLog("redis", address)
    redis: Any = client
    known, emptied = False, False

    async def look() -> None:
        nonlocal known, emptied
        try:
            async with breaker.sending():
                there = await redis.exists(SCHEMA_KEY) == 1
        except REDIS_FAILURES as error:
            outages.note(False, str(error.__cause__ or error))
            return
        outages.note(True)
        known = known or there
        if known and emptied is there:
            emptied = not there
            EMPTIED.set(emptied)
            if emptied:
                _log.error(
                    "redis.emptied",
                    address=address,
                    missing=SCHEMA_KEY,
                    advice="Its data is gone. Stop the services and restore the last backup: docs/operate/backup.md.",
                )
            else:
                _log.warning("redis.filled", address=address)
            if on_change is not None:
                await on_change(there)

    async def follow() -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await look()

    await look()
    following = asyncio.create_task(follow(), name="data watch")
    try:
        yield
    finally:
        await cancel_and_wait(following)
        EMPTIED.set(0)
