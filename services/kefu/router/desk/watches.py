"""
Desk watches: clients that follow a tenant's desk at this router, and the agents who are present there.

Each watched desk is kept once for all of its watches. The change feed names sessions that have changed, and these are
read anew. Each watch receives what differs from what it has received. A slow watch costs no more than that. While a
watch lasts, its agent's name is in Redis with a lease.
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
from kefu.router.desk.desk_service import conversation_counts, is_at_desk
from kefu.router.desk.desk_store import DeskStore
from kefu.router.domain.session import Conversation, SessionState
from kefu.router.storage.change_feed import SessionKey

_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class SessionDeleted:
    """A session was deleted."""

    session_id: str


@dataclass(frozen=True)
class AgentsPresent:
    """The agents who are present, by name, each with the number of conversations they have claimed."""

    agents: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class CaughtUp:
    """The watch has received all that was there."""


DeskEvent = Conversation | SessionDeleted | AgentsPresent | CaughtUp


class _WatchedDesk:
    """The current state of one tenant's desk."""

    def __init__(self, store: DeskStore, tenant: str, presence_seconds: float, sweep_seconds: float) -> None:
        self.conversations: dict[str, Conversation] = {}
        self.agents: tuple[tuple[str, int], ...] = ()
        self.local_agents: Counter[str] = Counter()
        """Names of the agents who watch the desk at this router."""
        self._store = store
        self._tenant = tenant
        self._presence_seconds = presence_seconds
        self._sweep_seconds = sweep_seconds
        self._changed: set[str] = set()
        self._stale = asyncio.Event()
        self._swept_at = 0.0
        self._waiting: list[asyncio.Future[None]] = []
        self._refreshing = asyncio.Lock()
        self.refresher: asyncio.Task[None] | None = None

    def mark_changed(self, session_ids: Set[str] = frozenset(), *, all_sessions: bool = False) -> None:
        """Note sessions that have changed."""
        self._changed |= session_ids
        if all_sessions:
            self._swept_at = 0.0
        self._stale.set()

    async def wait_changed(self) -> None:
        """Return when the desk may have changed."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        await waiter

    def wake(self) -> None:
        """Wake all watches: the desk may have changed."""
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():  # its watch may just have been cancelled
                waiter.set_result(None)

    async def run(self) -> None:
        """Keep the desk current, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(self._presence_seconds / 3):
                    await self._stale.wait()
            except TimeoutError:
                pass
            self._stale.clear()
            changed, self._changed = self._changed, set()
            try:
                await self.refresh(changed)
            except REDIS_FAILURES as error:
                _log.warning("desk.not_refreshed", tenant=self._tenant, cause=str(error))
                self._changed |= changed
                await asyncio.sleep(1.0)
                self._stale.set()

    async def refresh(self, session_ids: Set[str]) -> None:
        """Read these sessions anew, or all when a sweep is due, and renew the presence of local agents."""
        async with self._refreshing:  # else an older read could end after a newer one
            await self._refresh(session_ids)
        self.wake()

    async def _refresh(self, session_ids: Set[str]) -> None:
        now = time.monotonic()
        sweeps = not self._swept_at or now - self._swept_at >= self._sweep_seconds
        due = set(session_ids)
        if sweeps:
            due |= {*self.conversations, *await self._store.open_ids(self._tenant)}
        ids = sorted(due)
        for session_id, found in zip(ids, await self._store.conversations(self._tenant, ids), strict=True):
            if found is None or not is_at_desk(found):
                self.conversations.pop(session_id, None)
            elif found != self.conversations.get(session_id):
                self.conversations[session_id] = found
        names = await self._store.renew_presence(self._tenant, list(self.local_agents), self._presence_seconds)
        claimed = [one.session for one in self.conversations.values() if one.session.state is SessionState.HUMAN]
        self.agents = tuple(conversation_counts(names, [session.agent for session in claimed]))
        if sweeps:
            self._swept_at = now


class DeskWatches:
    """All desk watches of this router; see `open_desk_watches`."""

    def __init__(self, store: DeskStore, *, presence_seconds: float, sweep_seconds: float) -> None:
        self._store = store
        self._presence_seconds = presence_seconds
        self._sweep_seconds = sweep_seconds
        self._desks: dict[str, _WatchedDesk] = {}
        self._stopping = False

    async def watch(self, tenant: str, agent: str) -> AsyncGenerator[DeskEvent, None]:
        """All conversations at the desk, CaughtUp, then each change. Raises BackendUnavailable."""
        self._check_stopping()
        desk = self._desks.get(tenant)
        if desk is None:
            desk = self._desks[tenant] = _WatchedDesk(self._store, tenant, self._presence_seconds, self._sweep_seconds)
        desk.local_agents[agent] += 1
        metrics.DESK_WATCHERS.inc()
        try:
            await desk.refresh(set())
            if desk.refresher is None:
                desk.refresher = asyncio.create_task(desk.run(), name=f"watched desk of {tenant}")
            desk.mark_changed()  # an agent has come
            async for event in self._events(tenant, desk):
                yield event
        finally:
            metrics.DESK_WATCHERS.dec()
            desk.local_agents -= Counter({agent: 1})
            if not desk.local_agents and self._desks.get(tenant) is desk:
                del self._desks[tenant]
                if desk.refresher is not None:
                    await cancel_and_wait(desk.refresher)

    async def _events(self, tenant: str, desk: _WatchedDesk) -> AsyncGenerator[DeskEvent, None]:
        sent: dict[str, Conversation] = {}
        agents: tuple[tuple[str, int], ...] | None = None
        caught_up = False
        while True:
            self._check_stopping()
            fresh = [one for session_id, one in desk.conversations.items() if sent.get(session_id) is not one]
            left = [session_id for session_id in sent if session_id not in desk.conversations]
            if not fresh and not left and desk.agents == agents and caught_up:
                await desk.wait_changed()
                continue
            for one in fresh:
                sent[one.session.id] = one
                yield one
            for session_id in left:
                del sent[session_id]
                try:
                    one = await self._store.conversation(tenant, session_id)
                except SessionNotFound:
                    yield SessionDeleted(session_id)
                else:
                    if not is_at_desk(one):  # else it has come back, and will be sent
                        yield one
            if desk.agents != agents:
                agents = desk.agents
                yield AgentsPresent(agents)
            if not caught_up:
                caught_up = True
                yield CaughtUp()

    def on_changes(self, changed: Set[SessionKey]) -> None:
        """See ChangeListener."""
        for tenant, desk in self._desks.items():
            if ids := {session_id for other, session_id in changed if other == tenant}:
                desk.mark_changed(ids)

    def on_gap(self) -> None:
        """See ChangeListener."""
        for desk in self._desks.values():
            desk.mark_changed(all_sessions=True)

    def end_all(self) -> None:
        """End every watch: this router is stopping, and clients can watch at another one."""
        self._stopping = True
        for desk in self._desks.values():
            desk.wake()

    def _check_stopping(self) -> None:
        if self._stopping:
            raise BackendUnavailable("This router is stopping; watch the desk again.")


@asynccontextmanager
async def open_desk_watches(
    store: DeskStore, *, presence_seconds: float, sweep_seconds: float
) -> AsyncIterator[DeskWatches]:
    """Desk watches while the block runs.

    `presence_seconds`: life of an agent's presence, renewed every third of it. `sweep_seconds`: a watched desk is read
    whole at least this often.
    """
    watches = DeskWatches(store, presence_seconds=presence_seconds, sweep_seconds=sweep_seconds)
    try:
        yield watches
    finally:
        watches.end_all()
