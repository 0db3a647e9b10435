"""
Session watches of this router: clients that wait for whatever happens in a session.

A watcher is a number (the last event that its client has) and a flag that the change feed sets. A woken watcher reads
its session's stream once its client has taken the earlier events. So a slow client costs no memory. An idle client
costs a few hundred bytes and, at each sweep, a part of one pipelined read of all sessions that are watched here.
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
from kefu.router.storage.change_feed import SessionKey
from kefu.router.storage.session_events import SessionEvent, SessionEvents

_BATCH_SIZE = 128
_RETRY_SECONDS = 1.0
_log = structlog.stdlib.get_logger()


@dataclass(eq=False)
class _Watcher:
    last_seen: int
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class SessionWatches:
    """All watchers of this router, by session; see `open_watches`.

    A change that the feed lost is noticed within `sweep_seconds`.
    """

    def __init__(self, events: SessionEvents, *, sweep_seconds: float) -> None:
        self._events = events
        self._sweep_seconds = sweep_seconds
        self._watchers: dict[SessionKey, set[_Watcher]] = {}
        self._leaving = False

    async def watch(
        self, tenant: str, session_id: str, after: int | None, subject: str = ""
    ) -> AsyncGenerator[SessionEvent | None, None]:
        """First None, once the session is watched; then its events after number `after`, or from now on.

        The watch goes on while Redis is away. Raises SessionNotFound, also when the session is deleted meanwhile, or is
        no longer the subject's, if one is given: a visitor who signs in takes it along, and the visitor's watch ends.
        Raises BackendUnavailable when Redis does not answer at first, or when this router leaves.
        """
        with self._watching((tenant, session_id)) as watcher:
            last = await self._events.last_number(tenant, session_id)
            watcher.last_seen = last if after is None else after
            yield None
            while True:
                watcher.changed.clear()
                self._check_leaving()
                try:
                    events, last_seen = await self._events.after(tenant, session_id, watcher.last_seen, subject)
                except BackendUnavailable:
                    await asyncio.sleep(_RETRY_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - spread
                    continue
                for event in events:
                    yield event
                if last_seen == watcher.last_seen:
                    await watcher.changed.wait()
                watcher.last_seen = last_seen

    def on_changes(self, changed: Set[SessionKey]) -> None:
        """Wake the watchers of sessions that have changed."""
        for session in changed:
            for watcher in self._watchers.get(session, ()):
                watcher.changed.set()

    def on_gap(self) -> None:
        """Wake all watchers, since any session may have changed."""
        self.on_changes(set(self._watchers))

    def leave(self) -> None:
        """End every watch, since this router is stopping. Clients can watch at another router."""
        self._leaving = True
        self.on_gap()

    async def sweep(self) -> None:
        """Wake watchers whose change was lost on the feed, until cancelled."""
        while True:
            await asyncio.sleep(self._sweep_seconds)
            sessions = list(self._watchers)
            for start in range(0, len(sessions), _BATCH_SIZE):
                batch = sessions[start : start + _BATCH_SIZE]
                try:
                    lasts = await self._events.last_numbers(batch)
                except REDIS_FAILURES as error:
                    _log.warning("watching.not_swept", sessions=len(sessions), cause=str(error))
                    break
                for session, last in zip(batch, lasts, strict=True):
                    for watcher in self._watchers.get(session, ()):
                        if watcher.last_seen != last:
                            watcher.changed.set()

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
async def open_watches(events: SessionEvents, *, sweep_seconds: float) -> AsyncIterator[SessionWatches]:
    """Session watches, swept while the block runs; see `SessionWatches`."""
    watches = SessionWatches(events, sweep_seconds=sweep_seconds)
    sweeping = asyncio.create_task(watches.sweep(), name="sweep watched sessions")
    try:
        yield watches
    finally:
        watches.leave()
        await cancel_and_wait(sweeping)
