"""
Those who watch a tenant's desk at this router, and who is present there.

Each desk that is watched here is kept once, whoever watches it: the doorbell names sessions that have changed, these
are read anew, and each watcher is told what differs from what it was told. A slow watcher costs no more than that.
While it watches, its name is in Redis with a lease of `PRESENCE_SECONDS`.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import BackendUnavailable, SessionNotFound
from kefu.common.redis.client import REDIS_FAILURES
from kefu.router import metrics
from kefu.router.desk.service import PRESENCE_SECONDS, held_by, is_at_desk
from kefu.router.desk.store import DeskStore
from kefu.router.domain.session import Conversation
from kefu.router.storage.change_feed import SWEEP_SECONDS, SessionKey

_RENEW_SECONDS = PRESENCE_SECONDS / 3
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class Gone:
    """A session was deleted."""

    session_id: str


@dataclass(frozen=True)
class Present:
    """Who is there, by name, and how many conversations each holds."""

    agents: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class CaughtUp:
    """All that there was has been told."""


DeskEvent = Conversation | Gone | Present | CaughtUp


class _Desk:
    """One tenant's, as it is now."""

    def __init__(self, store: DeskStore, tenant: str) -> None:
        self.conversations: dict[str, Conversation] = {}
        self.agents: tuple[tuple[str, int], ...] = ()
        self.here: Counter[str] = Counter()
        """Names of those who watch it at this router."""
        self._store = store
        self._tenant = tenant
        self._rung: set[str] = set()
        self._bell = asyncio.Event()
        self._swept = 0.0
        self._waiting: list[asyncio.Future[None]] = []
        self._refreshing = asyncio.Lock()
        self.keeping: asyncio.Task[None] | None = None

    def ring(self, session_ids: Set[str] = frozenset(), *, all_of_them: bool = False) -> None:
        """These have changed."""
        self._rung |= session_ids
        if all_of_them:
            self._swept = 0.0
        self._bell.set()

    async def changed(self) -> None:
        """Return when there may be something new."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        await waiter

    def wake(self) -> None:
        """There may be something new."""
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():  # its watcher may just have been cancelled
                waiter.set_result(None)

    async def keep(self) -> None:
        """Keep it current, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(_RENEW_SECONDS):
                    await self._bell.wait()
            except TimeoutError:
                pass
            self._bell.clear()
            rung, self._rung = self._rung, set()
            try:
                await self.refresh(rung)
            except REDIS_FAILURES as error:
                _log.warning("desk.not_refreshed", tenant=self._tenant, cause=str(error))
                self._rung |= rung
                await asyncio.sleep(1.0)
                self._bell.set()

    async def refresh(self, session_ids: Set[str]) -> None:
        """Read these anew, or all when that is due; and renew who is here."""
        async with self._refreshing:  # else an older reading could come after a newer one
            await self._refresh(session_ids)
        self.wake()

    async def _refresh(self, session_ids: Set[str]) -> None:
        now = time.monotonic()
        sweeps = not self._swept or now - self._swept >= SWEEP_SECONDS
        asked = set(session_ids)
        if sweeps:
            asked |= {*self.conversations, *await self._store.open_ids(self._tenant)}
        ids = sorted(asked)
        for session_id, found in zip(ids, await self._store.conversations(self._tenant, ids), strict=True):
            if found is None or not is_at_desk(found):
                self.conversations.pop(session_id, None)
            elif found != self.conversations.get(session_id):
                self.conversations[session_id] = found
        names = await self._store.present(self._tenant, list(self.here), PRESENCE_SECONDS)
        self.agents = tuple(held_by(names, self.conversations.values()))
        if sweeps:
            self._swept = now


class DeskWatches:
    """One per router; see `open_desk_watches`."""

    def __init__(self, store: DeskStore) -> None:
        self._store = store
        self._desks: dict[str, _Desk] = {}
        self._leaving = False

    async def watch(self, tenant: str, agent: str) -> AsyncGenerator[DeskEvent, None]:
        """All that is at the desk, CaughtUp, then what changes. Raises BackendUnavailable."""
        self._check_leaving()
        desk = self._desks.get(tenant)
        if desk is None:
            desk = self._desks[tenant] = _Desk(self._store, tenant)
        desk.here[agent] += 1
        metrics.DESK_WATCHERS.inc()
        try:
            await desk.refresh(set())
            if desk.keeping is None:
                desk.keeping = asyncio.create_task(desk.keep(), name=f"keep the desk of {tenant}")
            desk.ring()  # who is here has changed
            async for event in self._told(tenant, desk):
                yield event
        finally:
            metrics.DESK_WATCHERS.dec()
            desk.here -= Counter({agent: 1})
            if not desk.here and self._desks.get(tenant) is desk:
                del self._desks[tenant]
                if desk.keeping is not None:
                    await cancel_and_wait(desk.keeping)

    async def _told(self, tenant: str, desk: _Desk) -> AsyncGenerator[DeskEvent, None]:
        told: dict[str, Conversation] = {}
        agents: tuple[tuple[str, int], ...] | None = None
        caught_up = False
        while True:
            self._check_leaving()
            fresh = [one for session_id, one in desk.conversations.items() if told.get(session_id) is not one]
            left = [session_id for session_id in told if session_id not in desk.conversations]
            news = bool(fresh or left) or desk.agents != agents or not caught_up
            if not news:
                await desk.changed()
                continue
            for one in fresh:
                told[one.session.id] = one
                yield one
            for session_id in left:
                del told[session_id]
                try:
                    one = await self._store.conversation(tenant, session_id)
                except SessionNotFound:
                    yield Gone(session_id)
                else:
                    if not is_at_desk(one):  # else it has come back, and will be told
                        yield one
            if desk.agents != agents:
                agents = desk.agents
                yield Present(agents)
            if not caught_up:
                caught_up = True
                yield CaughtUp()

    def heard(self, changed: Set[SessionKey]) -> None:
        """These sessions have changed."""
        for tenant, desk in self._desks.items():
            if ids := {session_id for other, session_id in changed if other == tenant}:
                desk.ring(ids)

    def missed(self) -> None:
        """All may have changed."""
        for desk in self._desks.values():
            desk.ring(all_of_them=True)

    def leave(self) -> None:
        """End every watch: this router is stopping, and another one can be asked."""
        self._leaving = True
        for desk in self._desks.values():
            desk.wake()

    def _check_leaving(self) -> None:
        if self._leaving:
            raise BackendUnavailable("This router is stopping; watch the desk again.")


@asynccontextmanager
async def open_desk_watches(store: DeskStore) -> AsyncIterator[DeskWatches]:
    """Desks can be watched while the block runs."""
    watches = DeskWatches(store)
    try:
        yield watches
    finally:
        watches.leave()
