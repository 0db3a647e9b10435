"""
Memory guard: refuses new work while Redis' memory is nearly full, so that what was promised can be kept.

At all of its memory Redis refuses every write (`noeviction`), and conversations, imports and settings fail alike. So
the guard stops earlier, in two steps. From `limit` on nothing new begins: no session, no import, no collection. From
two thirds of the way between `limit` and 1 on, running sessions get no further messages either. The last part is for
turns in flight, for agents and for operators. Each step ends a little below where it began, or it would flutter.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import IntEnum
from typing import Any

import structlog
from prometheus_client import Counter, Gauge
from redis.asyncio import Redis

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import StorageFull
from kefu.common.redis.client import REDIS_FAILURES, STORAGE_RETRY_SECONDS, CommandBreaker

MEMORY_RATIO = Gauge(
    "kefu_redis_memory_ratio", "Share of its memory that Redis uses, as this process last saw it; 0: not known."
)
MEMORY_GUARD = Gauge(
    "kefu_redis_memory_guard", "Step of the memory guard: 0 open, 1 nothing new begins, 2 no further messages either."
)
REFUSED = Counter(
    "kefu_redis_memory_refused_total",
    "Calls refused since Redis' memory is nearly full, by what they wanted.",
    ("what",),
)
for _what in ("session", "message", "import", "collection", "curated_answer", "dictionary"):
    REFUSED.labels(_what)  # at 0 from the start: a series that begins with its first refusal shows no increase
CHECK_SECONDS = 1.0
"""Pause between two looks. Fifty visitors a second write some 2.5 MB meanwhile, if each sends 4,000 characters."""
_log = structlog.stdlib.get_logger()


class GuardStep(IntEnum):
    """What the guard refuses."""

    OPEN = 0
    """Nothing."""
    NO_NEW_WORK = 1
    """New sessions, imports, collections, curated answers."""
    NO_MESSAGES = 2
    """Further messages of running sessions as well."""


class MemoryGuard:
    """The memory guard of one process; see `open_memory_guard`.

    Args:
        client: the client of the Redis that is written to.
        limit: share of Redis' memory, 0 to 1, from which on nothing new begins. 0: nothing is ever refused.
    """

    def __init__(self, client: Redis, *, limit: float) -> None:
        self._client: Any = client  # redis-py's own types are of no use to a strict checker
        self._breaker = CommandBreaker()
        self._limit = limit
        self._used = 0
        self._total = 0
        self._has_maxmemory = True
        self.step = GuardStep.OPEN

    @property
    def ratio(self) -> float:
        """The share of Redis' memory that is used, as it was last seen. 0: not known."""
        return self._used / self._total if self._total else 0.0

    @property
    def refuses_new(self) -> bool:
        """Whether no new work may begin."""
        return self.step >= GuardStep.NO_NEW_WORK

    @property
    def refuses_messages(self) -> bool:
        """Whether running sessions may have no further message."""
        return self.step >= GuardStep.NO_MESSAGES

    def check_new(self, what: str, size: int = 0) -> None:
        """Raise StorageFull unless new work may begin.

        `what` names it in the error and in the metric, such as "import". `size`: the bytes that it will write, at
        least. They count as used until the next look.
        """
        if self.refuses_new or (size and self._limit and self._used + size >= self._limit * self._total > 0):
            raise self.refusal(what)
        self._used += size

    def refusal(self, what: str) -> StorageFull:
        """The error for a call that is refused; it is counted here."""
        REFUSED.labels(what).inc()
        return StorageFull(
            f"The storage is nearly full, so no {what.replace('_', ' ')} is taken now. Nothing is lost, and what runs "
            "goes on. Try again later; operators give Redis more memory, or delete what is no longer needed.",
            metadata={"what": what, "limit": "KEFU_REDIS_MEMORY_LIMIT"},
            retry_after=STORAGE_RETRY_SECONDS,
        )

    async def look(self) -> None:
        """Read Redis' memory now. While Redis does not answer, what was last seen holds."""
        try:
            async with self._breaker.sending():
                info: dict[str, Any] = await self._client.info("memory")
        except REDIS_FAILURES:
            return
        # What Redis does not hold against maxmemory: buffers of replicas and of the append-only file.
        self._used = int(info["used_memory"]) - int(info.get("mem_not_counted_for_evict", 0))
        most = int(info.get("maxmemory", 0))
        self._total = most or int(info.get("total_system_memory", 0))
        self._note_maxmemory(most > 0)
        MEMORY_RATIO.set(self.ratio)
        self._move_to(self._step_now())

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            await self.look()

    def _note_maxmemory(self, has_maxmemory: bool) -> None:
        if self._limit and self._has_maxmemory and not has_maxmemory:
            log = _log.info if self._total else _log.warning
            log(
                "redis.without_maxmemory",
                counted_of_mib=self._total // 2**20,
                advice="Set maxmemory in Redis: the memory guard takes all of the machine's memory for it.",
            )
        self._has_maxmemory = has_maxmemory

    def _step_now(self) -> GuardStep:
        if not self._limit or not self._total:
            return GuardStep.OPEN
        room = 1 - self._limit
        starts = {
            GuardStep.NO_NEW_WORK: (self._limit, self._limit - room / 3),
            GuardStep.NO_MESSAGES: (self._limit + room * 2 / 3, self._limit + room / 2),
        }
        held = [step for step, (start, end) in starts.items() if self.ratio >= (end if self.step >= step else start)]
        return max(held, default=GuardStep.OPEN)

    def _move_to(self, step: GuardStep) -> None:
        if step is not self.step:
            log = _log.warning if step > self.step else _log.info
            log("redis.memory_guard", step=step.name.lower(), ratio=round(self.ratio, 3), limit=self._limit)
        self.step = step
        MEMORY_GUARD.set(step)


@asynccontextmanager
async def open_memory_guard(client: Redis, *, limit: float) -> AsyncIterator[MemoryGuard]:
    """A memory guard that looks once before the block, and each second while it runs. Arguments as of MemoryGuard."""
    guard = MemoryGuard(client, limit=limit)
    await guard.look()
    looking = asyncio.create_task(guard.run(), name="memory guard")
    try:
        yield guard
    finally:
        await cancel_and_wait(looking)
