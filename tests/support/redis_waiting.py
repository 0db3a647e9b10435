"""What is said of a Redis that cannot be reached."""

import asyncio

from structlog.testing import capture_logs

from kefu.common.aio import cancel_and_wait
from kefu.common.redis.client import open_redis
from kefu.common.redis.redis_tls import SYSTEM_AUTHORITIES, RedisTls
from tests.support.waiting import wait_until


async def advice_while_waiting(url: str, tls: RedisTls = SYSTEM_AUTHORITIES) -> str:
    """What the log says of a Redis that is not reached this way, and is waited for."""

    async def opening() -> None:
        async with open_redis(url, tls=tls, advice_after_seconds=0.0):
            raise AssertionError("it was reached")

    with capture_logs() as lines:
        task = asyncio.create_task(opening())
        await wait_until(lambda: task.done() or any(line["event"] == "redis.still_waiting" for line in lines))
        assert not task.done()
        await cancel_and_wait(task)
    return next(line["advice"] for line in lines if line["event"] == "redis.still_waiting")
