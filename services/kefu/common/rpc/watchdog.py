"""Watchdog of an event loop: a process whose loop stands still ends itself, and says where it stood.

A service's health check, leases, timers and signals all run on its one event loop. While the loop stands still, nothing
else of the process can notice, so the kernel's view of it is that of a healthy process, for ever.

`faulthandler` waits in a thread of C, which needs no interpreter lock. So it also ends a process whose lock is held by
one call of C that does not return, such as a regular expression.
"""

import asyncio
import faulthandler
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import Histogram

from kefu.common.aio import cancel_and_wait

TICK_SECONDS = 0.05
"""The loop is measured this often. A block that is shorter may not be seen, and a longer one is seen as up to this much
shorter."""
_ARM_SECONDS = 0.5
LOOP_LAG_SECONDS = Histogram(
    "kefu_event_loop_lag_seconds",
    "How much later than asked the event loop came back to a timer of 50 ms.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)


@asynccontextmanager
async def watchdog(seconds: float) -> AsyncIterator[None]:
    """A block in which the running loop is watched. One block at a time in a process.

    A loop that has not turned for `seconds` ends the process with status 1, after the stack of every thread was written
    to standard error, below the line "Timeout (…)!". Stacks hold names of files and functions, and no values. With 0
    the loop is measured and never ended.

    A process that was stopped for longer (SIGSTOP, a frozen container) may end as it goes on, for its loop and the
    timer race then. A machine that sleeps does no harm, since its monotonic clock sleeps too.
    """
    watching = asyncio.create_task(_watch(seconds), name="watchdog")
    try:
        yield
    finally:
        await cancel_and_wait(watching)
        if seconds:
            faulthandler.cancel_dump_traceback_later()


async def _watch(seconds: float) -> None:
    armed_at = -_ARM_SECONDS
    while True:
        now = time.monotonic()
        if seconds and now - armed_at >= _ARM_SECONDS:
            # The pause between two calls is added: so no loop is ended that stood still for less than `seconds`.
            faulthandler.dump_traceback_later(seconds + _ARM_SECONDS, exit=True, file=sys.__stderr__ or 2)
            armed_at = now
        await asyncio.sleep(TICK_SECONDS)
        LOOP_LAG_SECONDS.observe(max(0.0, time.monotonic() - now - TICK_SECONDS))
