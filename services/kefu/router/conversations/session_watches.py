"""
Those who watch sessions at this router.

A watcher is a number (the last event it was told) and a flag that the doorbell sets. It reads its session's stream when
it is woken and has told what it read before, so that a slow client costs no memory, and an idle one a few hundred bytes
and, every `SWEEP_SECONDS`, a share of one pipelined look at all sessions that are watched here.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Set
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import BackendUnavailable
from kefu.common.redis.client import REDIS_FAILURES
from kefu.router import metrics
from kefu.router.storage.change_feed import SWEEP_SECONDS, SessionKey
from kefu.router.storage.session_events import SessionEvent, SessionEvents

_AT_ONCE = 128
_PAUSE_SECONDS = 1.0
_log = structlog.stdlib.get_logger()


@dataclass(eq=False)
class _Watcher:
    told: int
    rung: asyncio.Event = field(default_factory=asyncio.Event)


class SessionWatches:
    """One per router; see `open_watches`."""

    def __init__(self, events: SessionEvents) -> None:
        self._events = events
        self._watchers: dict[SessionKey, set[_Watcher]] = {}
        self._leaving = False

    async def watch(self, tenant: str, session_id: str, after: int | None) -> AsyncGenerator[SessionEvent | None, None]:
        """First None, once it is watched; then what happens after event `after`, or from now on.

        It goes on while Redis is away. Raises SessionNotFound, also when the session is deleted meanwhile, and
        BackendUnavailable when Redis cannot be asked at first or this router leaves.
        """
        with self._watching((tenant, session_id)) as watcher:
            last = await self._events.last(tenant, session_id)
            watcher.told = last if after is None else after
            yield None
            while True:
                watcher.rung.clear()
                self._check_leaving()
                try:
                    events, told = await self._events.after(tenant, session_id, watcher.told)
                except BackendUnavailable:
                    await asyncio.sleep(_PAUSE_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - spread
                    continue
                for event in events:
                    yield event
                if told == watcher.told:
                    await watcher.rung.wait()
                watcher.told = told

    def heard(self, changed: Set[SessionKey]) -> None:
        """These sessions have changed."""
        for session in changed:
            for watcher in self._watchers.get(session, ()):
                watcher.rung.set()

    def missed(self) -> None:
        """All may have changed."""
        self.heard(set(self._watchers))

    def leave(self) -> None:
        """End every watch: this router is stopping, and another one can be asked."""
        self._leaving = True
        self.missed()

    async def sweep(self) -> None:
        """Wake those whose ring was lost, until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            sessions = list(self._watchers)
            for start in range(0, len(sessions), _AT_ONCE):
                batch = sessions[start : start + _AT_ONCE]
                try:
                    lasts = await self._events.last_of(batch)
                except REDIS_FAILURES as error:
                    _log.warning("watching.not_swept", sessions=len(sessions), cause=str(error))
                    break
                for session, last in zip(batch, lasts, strict=True):
                    for watcher in self._watchers.get(session, ()):
                        if watcher.told != last:
                            watcher.rung.set()

    def _check_leaving(self) -> None:
        if self._leaving:
            raise BackendUnavailable("This router is stopping; watch again, after the last event that you saw.")

    @contextmanager
    def _watching(self, session: SessionKey) -> Iterator[_Watcher]:
        self._check_leaving()
        watcher = _Watcher(0)
        self._watchers.setdefault(session, set()).add(watcher)
        metrics.SESSION_WATCHERS.inc()
        try:
            yield watcher
        finally:
            metrics.SESSION_WATCHERS.dec()
            watchers = self._watchers[session]
            watchers.remove(watcher)
            if not watchers:
                del self._watchers[session]


@asynccontextmanager
async def open_watches(events: SessionEvents) -> AsyncIterator[SessionWatches]:
    """Sessions can be watched while the block runs."""
    watches = SessionWatches(events)
    sweeping = asyncio.create_task(watches.sweep(), name="sweep watched sessions")
    try:
        yield watches
    finally:
        watches.leave()
        await cancel_and_wait(sweeping)
