"""The scheduler of sources: each replica looks for sources whose time has come, and runs those whose lease it gets."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
import uuid_utils

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import CollectionNotFound, ServiceError, SourceNotFound
from kefu.common.redis.client import REDIS_FAILURES
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.sources import keys
from kefu.retrieval.sources.collectors import Fetching
from kefu.retrieval.sources.judges import JUDGES, Judge
from kefu.retrieval.sources.lease import LEASE_SECONDS, Lease, LeaseLost
from kefu.retrieval.sources.metrics import OLDEST_GOOD_SECONDS, SYNCS
from kefu.retrieval.sources.source import Schedule, Source, Sync, Trigger
from kefu.retrieval.sources.source_store import AGAIN, GOOD_TIME, RUNNING, SourceStore
from kefu.retrieval.sources.sync import Knowledge, SyncRun

JITTER = 0.1
"""Share of the time between two runs by which each comes earlier or later, so that not all come at once."""
_DAILY_JITTER_SECONDS = 600.0
_RETRY_SECONDS = 5.0
_LOOK_AHEAD = 50
_GAUGE_SECONDS = 60.0
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class Pace:
    """How the scheduler works. Times are in seconds."""

    at_once: int = 2
    """Sources that one replica runs at once."""
    poll_seconds: float = 1.0
    lease_seconds: float = LEASE_SECONDS
    accept_not_durable: bool = False
    wait_for_disk_seconds: float = 10.0
    clock: Callable[[], float] = field(default=time.time)


def next_time(schedule: Schedule, now: float, chance: Callable[[], float] = random.random) -> float | None:
    """When a source with a schedule runs next, in seconds since the epoch; None without one."""
    if schedule.every_minutes:
        return now + schedule.every_minutes * 60 * (1 + JITTER * (2 * chance() - 1))
    if schedule.daily_at:
        hours, _, minutes = schedule.daily_at.partition(":")
        moment = datetime.fromtimestamp(now, UTC)
        at = moment.replace(hour=int(hours), minute=int(minutes), second=0, microsecond=0)
        if at <= moment:
            at += timedelta(days=1)
        return at.timestamp() + _DAILY_JITTER_SECONDS * chance()
    return None


def new_sync(trigger: Trigger, now: float) -> Sync:
    """A run that waits. Ids of runs sort by time."""
    return Sync(uuid_utils.uuid7().hex, trigger=trigger, create_time=now)


class SourceScheduler:
    """Runs sources on this replica."""

    def __init__(
        self,
        sources: SourceStore,
        knowledge: Knowledge,
        fetching: Fetching,
        pace: Pace | None = None,
        judges: Sequence[Judge] = JUDGES,
    ) -> None:
        self._sources = sources
        self._knowledge = knowledge
        self._fetching = fetching
        self._pace = pace or Pace()
        self._judges = judges
        self._running: dict[tuple[CollectionKey, str], asyncio.Task[None]] = {}
        self._runs: dict[tuple[CollectionKey, str], SyncRun] = {}
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look for sources whose time has come, at once."""
        self._woken.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run sources while the block runs. What is under way at its end goes on at another replica."""
        looking = asyncio.create_task(self._look_for_ever(), name="sources")
        measuring = asyncio.create_task(self._measure_for_ever(), name="sources-age")
        try:
            yield
        finally:
            await cancel_and_wait(looking)  # first: it begins no further run
            for task in [measuring, *self._running.values()]:
                await cancel_and_wait(task)

    async def _look_for_ever(self) -> None:
        while True:
            self._woken.clear()
            try:
                await self._look()
            except REDIS_FAILURES:
                await asyncio.sleep(self._pace.poll_seconds)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self._pace.poll_seconds)

    async def _look(self) -> None:
        waiting = sum(run.waits for run in self._runs.values())  # for a check, which costs nothing here
        free = self._pace.at_once - (len(self._running) - waiting)
        if free <= 0:
            return
        for key, source in await self._sources.due(self._pace.clock(), _LOOK_AHEAD):
            if free <= 0:
                return
            if (key, source) in self._running:
                continue
            lease = Lease(
                self._sources.client,
                keys.lease(key, source),
                seconds=self._pace.lease_seconds,
                accept_not_durable=self._pace.accept_not_durable,
                wait_for_disk_seconds=self._pace.wait_for_disk_seconds,
            )
            if not await lease.take():
                continue
            free -= 1
            task = asyncio.create_task(self._run(key, source, lease), name=f"source {source}")
            self._running[key, source] = task
            task.add_done_callback(lambda _, entry=(key, source): self._ended(entry))

    def _ended(self, entry: tuple[CollectionKey, str]) -> None:
        self._running.pop(entry, None)
        self._runs.pop(entry, None)
        self.wake()

    async def _run(self, key: CollectionKey, source_id: str, lease: Lease) -> None:
        try:
            async with lease.held():
                await self._run_held(key, source_id, lease)
        except LeaseLost:
            SYNCS.labels("interrupted").inc()
            _log.warning("source.lease_lost", source=source_id, collection=key.member)
        except (*REDIS_FAILURES, ServiceError) as error:  # it stays due, and is run again
            SYNCS.labels("interrupted").inc()
            _log.warning("source.interrupted", source=source_id, collection=key.member, cause=type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)
        except Exception:
            SYNCS.labels("interrupted").inc()
            _log.exception("source.broken", source=source_id, collection=key.member)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _run_held(self, key: CollectionKey, source_id: str, lease: Lease) -> None:
        now = self._pace.clock()
        [due] = await self._sources.next_times(key, [source_id])
        if due is None or due > now:
            return  # another replica ran it between our look and our lease
        try:
            await self._knowledge.store.info(await self._knowledge.live(key))
            source = await self._sources.get(key, source_id)
        except (CollectionNotFound, SourceNotFound):
            await self._sources.schedule(key, source_id, None)
            return
        state = await self._sources.state(key, source_id)
        waiting = None
        if state.get(RUNNING):
            kept = {each.id: each for each in await self._sources.syncs(key, source_id)}
            waiting = kept.get(state[RUNNING])
        if waiting is None and source.paused:
            await self._sources.schedule(key, source_id, None)
            return
        sync = waiting or new_sync("schedule", now)
        if waiting is None and not await self._sources.claim(key, source_id, sync):
            return  # somebody has asked for a run just now: it is due
        run = self._runs[key, source_id] = SyncRun(
            self._sources, self._knowledge, self._fetching, self._judges, lease, key, source, sync
        )
        await run.run()
        await self._schedule_next(key, source_id, lease)

    async def _schedule_next(self, key: CollectionKey, source_id: str, lease: Lease) -> None:
        source = await self._sources.get(key, source_id)  # its schedule may have been changed meanwhile
        now = self._pace.clock()
        await self._sources.schedule(key, source_id, None if source.paused else next_time(source.schedule, now))
        # Read after that: whoever asks for a run notes it first, and sets the time then.
        state = await self._sources.state(key, source_id)
        if state.get(AGAIN):
            async with lease.writer() as writer:
                await writer.write([("HDEL", keys.state(key, source_id), AGAIN)])
            await self._sources.queue(key, source_id, new_sync("push", now), now)
        elif state.get(RUNNING):
            await self._sources.schedule(key, source_id, now)

    async def _measure_for_ever(self) -> None:
        while True:
            with suppress(*REDIS_FAILURES):
                OLDEST_GOOD_SECONDS.set(await self._oldest_good_seconds())
            await asyncio.sleep(_GAUGE_SECONDS)

    async def _oldest_good_seconds(self) -> float:
        oldest = 0.0
        for key in await self._knowledge.store.collections():
            for source in await self._sources.all(key):
                if not source.paused and source.schedule != Schedule():
                    oldest = max(oldest, self._pace.clock() - await self._last_good(key, source))
        return oldest

    async def _last_good(self, key: CollectionKey, source: Source) -> float:
        state = await self._sources.state(key, source.id)
        return float(state.get(GOOD_TIME) or source.create_time)
